"""The lead links what shows how an initiative does; a withdrawn link stays on record."""

from typing import Any

import pytest
from support.asking import Portal
from support.joint_work import LEAD, PARTNER, STRANGER, joint_initiative, of

SHOWN = (
    "...on EvidenceItemPayload { evidenceItem { id version title edition url framework reviewOn"
    " reviewDue state withdrawnReason } }"
)
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("changeEvidence", {"edition": "2"}),
    ("withdrawEvidence", {"reason": "Superseded"}),
]
WHOLE = {"title": "Evaluation", "url": "https://example.org/evaluation"}


async def linked(portal: Portal, initiative: str, **more: Any) -> dict[str, Any]:
    """A fresh item."""
    given = {"initiative": initiative, **WHOLE, **more}
    found: dict[str, Any] = (await portal.do(LEAD, "addEvidence", given, SHOWN))["evidenceItem"]
    return found


async def test_evidence_is_linked_renewed_and_withdrawn(portal: Portal) -> None:
    more = {"edition": " 1.0 ", "framework": "4 Ps", "reviewOn": "2026-11-16"}
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
        ({"framework": "x" * 201}, "framework"),
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


async def test_partners_read_it_by_state_and_framework(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    first = await linked(portal, initiative, title="First", framework="4 Ps")
    await linked(portal, initiative, title="Second")
    await portal.do(LEAD, "withdrawEvidence", of(first, reason="Superseded"))
    query = (
        "query($id: ID!) { initiative(id: $id) { evidence { totalCount nodes { title } }"
        " current: evidence(filter: {state: CURRENT}) { nodes { title } }"
        ' fours: evidence(filter: {framework: "4 Ps"}) { nodes { title } } } }'
    )
    seen = (await portal.ask(PARTNER, query, id=initiative))["initiative"]
    assert seen["evidence"]["totalCount"] == 2
    assert seen["current"]["nodes"] == [{"title": "Second"}]
    assert seen["fours"]["nodes"] == [{"title": "First"}]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask(STRANGER, node, id=first["id"]))["node"] is None
