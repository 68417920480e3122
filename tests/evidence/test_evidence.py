"""The lead links what shows how an initiative does; a withdrawn link stays on record."""

from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal
from support.joint_work import LEAD, PARTNER, STRANGER, joint_initiative, of
from support.mapping import entry

from portal.frameworks.reference import fixed

SHOWN = (
    "...on EvidenceItemPayload { evidenceItem { id version title edition url reviewOn reviewDue"
    " frameworkEntry { title frameworkVersion { label } } state withdrawnReason } }"
)
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("changeEvidence", {"edition": "2"}),
    ("withdrawEvidence", {"reason": "Superseded"}),
]
PREVENT, PILLAR = entry("four_ps", "PREVENT"), entry("pillars", 3)
WHOLE = {"title": "Evaluation", "url": "https://example.org/evaluation"}


async def linked(portal: Portal, initiative: str, **more: Any) -> dict[str, Any]:
    """A fresh item."""
    given = {"initiative": initiative, **WHOLE, **more}
    found: dict[str, Any] = (await portal.do(LEAD, "addEvidence", given, SHOWN))["evidenceItem"]
    return found


async def test_evidence_is_linked_renewed_and_withdrawn(portal: Portal) -> None:
    more = {"edition": " 1.0 ", "frameworkEntry": PREVENT, "reviewOn": "2026-11-16"}
    item = await linked(portal, await joint_initiative(portal), **more)
    assert (item["edition"], item["state"], item["reviewDue"]) == ("1.0", "CURRENT", True)
    newer = of(item, edition="2.0", url="https://example.org/2", reviewOn="2027-11-16")
    renewed = (await portal.do(LEAD, "changeEvidence", newer, SHOWN))["evidenceItem"]
    assert (renewed["title"], renewed["edition"], renewed["reviewDue"]) == (
        "Evaluation",
        "2.0",
        False,
    )
    gone = await portal.do(LEAD, "withdrawEvidence", of(renewed, reason=" Wrong place "), SHOWN)
    assert gone["evidenceItem"]["state"] == "WITHDRAWN"
    assert gone["evidenceItem"]["withdrawnReason"] == "Wrong place"
    for step, change in STEPS:
        refused = await portal.do(LEAD, step, of(gone["evidenceItem"], **change))
        assert refused["errors"][0]["code"] == "WRONG_STATE"


@pytest.mark.parametrize("step", STEPS)
async def test_only_the_leads_coordinator_touches_it(
    portal: Portal, step: tuple[str, dict[str, Any]]
) -> None:
    item = await linked(portal, await joint_initiative(portal))
    for who in (PARTNER, "wirral.contributor"):
        refused = await portal.do(who, step[0], of(item, **step[1]))
        assert (refused["__typename"], refused["rule"]) == (
            "NotPermitted",
            "initiative.lead_edits",
        )
    hidden = await portal.do(STRANGER, step[0], of(item, **step[1]))
    assert hidden["__typename"] == "NotFound"
    stale = await portal.do(LEAD, step[0], {**of(item, **step[1]), "expectedVersion": 7})
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 1)


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"edition": "x" * 41}, "edition"),
    ],
)
async def test_a_faulty_item_is_refused_when_added_and_when_changed(
    portal: Portal, fault: dict[str, Any], field: str
) -> None:
    initiative = await joint_initiative(portal)
    refused = await portal.do(LEAD, "addEvidence", {"initiative": initiative, **WHOLE, **fault})
    assert [error["path"] for error in refused["errors"]] == [["input", field]]
    item = await linked(portal, initiative)
    refused = await portal.do(LEAD, "changeEvidence", of(item, **fault))
    assert [error["path"] for error in refused["errors"]] == [["input", field]]


async def test_withdrawing_needs_a_reason(portal: Portal) -> None:
    item = await linked(portal, await joint_initiative(portal))
    refused = await portal.do(LEAD, "withdrawEvidence", of(item, reason=""))
    assert refused["errors"][0]["path"] == ["input", "reason"]


@pytest.mark.parametrize(("who", "refusal"), [(PARTNER, "NotPermitted"), (STRANGER, "NotFound")])
async def test_nobody_else_adds_any(portal: Portal, who: str, refusal: str) -> None:
    given = {"initiative": await joint_initiative(portal), **WHOLE}
    assert (await portal.do(who, "addEvidence", given))["__typename"] == refusal


async def test_it_is_evidence_for_an_entry_of_a_framework_in_one_version(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    item = await linked(portal, initiative, frameworkEntry=PREVENT)
    assert item["frameworkEntry"] == {
        "title": "Prevent", "frameworkVersion": {"label": "The 4 Ps, 2024"}
    }  # fmt: skip
    shows = SHOWN.replace("Payload {", "Payload { warnings { path code }")
    older = await portal.do(LEAD, "changeEvidence", of(item, frameworkEntry=PILLAR), shows)
    assert older["warnings"] == [{"path": ["input", "frameworkEntry"], "code": "VERSION_ENDED"}]
    item = older["evidenceItem"]
    same = await portal.do(LEAD, "changeEvidence", of(item, frameworkEntry=PILLAR), shows)
    assert same["warnings"] == [], "what it has already needs no second look"
    item = same["evidenceItem"]
    none = await portal.do(LEAD, "changeEvidence", of(item, frameworkEntry=None), SHOWN)
    assert none["evidenceItem"]["frameworkEntry"] is None
    for wrong in (f"FrameworkEntry:{uuid4()}", initiative):
        given = {"initiative": initiative, **WHOLE, "frameworkEntry": wrong}
        refused = await portal.do(LEAD, "addEvidence", given)
        assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "frameworkEntry"])


async def test_partners_read_it_by_state_and_framework(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    first = await linked(portal, initiative, title="First", frameworkEntry=PREVENT)
    given = of(await linked(portal, initiative, title="Third", frameworkEntry=PILLAR))
    await portal.do(LEAD, "changeEvidence", {**given, "frameworkEntry": entry("plan", 3)})
    await linked(portal, initiative, title="Second")
    await portal.do(LEAD, "withdrawEvidence", of(first, reason="Superseded"))
    query = (
        "query($id: ID!, $p: ID, $npcc: ID) { initiative(id: $id) {"
        " evidence { totalCount nodes { title } }"
        " current: evidence(filter: {state: CURRENT}) { nodes { title } }"
        " prevent: evidence(filter: {frameworkEntry: $p}) { nodes { title } }"
        " npcc: evidence(filter: {framework: $npcc}) { nodes { title } } } }"
    )
    npcc = f"Framework:{fixed('framework', 'npcc')}"
    seen = (await portal.ask(PARTNER, query, id=initiative, p=PREVENT, npcc=npcc))["initiative"]
    assert seen["evidence"]["totalCount"] == 3
    assert {item["title"] for item in seen["current"]["nodes"]} == {"Second", "Third"}
    assert seen["prevent"]["nodes"] == [{"title": "First"}]
    assert seen["npcc"]["nodes"] == [{"title": "First"}]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask(STRANGER, node, id=first["id"]))["node"] is None
