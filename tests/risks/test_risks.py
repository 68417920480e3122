"""The lead keeps the risks, partners read them, and one closed stays on record."""

from typing import Any

import pytest
from support.asking import Portal
from support.joint_work import (
    LEAD,
    PARTNER,
    RASA_TEAM,
    SEFTON_TEAM,
    STRANGER,
    WIRRAL_TEAM,
    joint_initiative,
    of,
)

SHOWN = (
    "...on RiskPayload { risk { id version title likelihood impact score mitigation state"
    " closedReason reviewOn reviewDue ownerTeam { id } ownerAgency { shortName } } }"
)
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("changeRisk", {"impact": 5}),
    ("closeRisk", {"reason": "Paid for"}),
    ("reopenRisk", {}),
]


async def feared(portal: Portal, initiative: str, **more: Any) -> dict[str, Any]:
    """A fresh risk."""
    given = {
        "initiative": initiative,
        "title": "The grant ends",
        "likelihood": 3,
        "impact": 4,
        "ownerTeam": RASA_TEAM,
        **more,
    }
    found: dict[str, Any] = (await portal.do(LEAD, "addRisk", given, SHOWN))["risk"]
    return found


async def test_a_risk_is_assessed_closed_and_watched_again(portal: Portal) -> None:
    risk = await feared(portal, await joint_initiative(portal), reviewOn="2026-11-16")
    assert (risk["score"], risk["state"], risk["reviewDue"]) == (12, "OPEN", True)
    assert (risk["ownerTeam"], risk["ownerAgency"]) == ({"id": RASA_TEAM}, {"shortName": "RASA"})
    anew = of(risk, likelihood=5, mitigation=" Ask the PCC ", ownerTeam=WIRRAL_TEAM)
    worse = (await portal.do(LEAD, "changeRisk", anew, SHOWN))["risk"]
    assert (worse["score"], worse["mitigation"], worse["impact"]) == (20, "Ask the PCC", 4)
    assert (worse["ownerTeam"], worse["reviewOn"]) == ({"id": WIRRAL_TEAM}, "2026-11-16")
    closed = await portal.do(LEAD, "closeRisk", of(worse, reason=" Paid for "), SHOWN)
    assert (closed["risk"]["state"], closed["risk"]["closedReason"]) == ("CLOSED", "Paid for")
    assert closed["risk"]["reviewDue"] is False
    opened = (await portal.do(LEAD, "reopenRisk", of(closed["risk"]), SHOWN))["risk"]
    assert (opened["state"], opened["closedReason"], opened["reviewDue"]) == ("OPEN", None, True)
    unreviewed = await portal.do(LEAD, "changeRisk", of(opened, reviewOn=None), SHOWN)
    assert (unreviewed["risk"]["reviewOn"], unreviewed["risk"]["reviewDue"]) == (None, False)


@pytest.mark.parametrize("step", STEPS)
async def test_only_the_leads_coordinator_touches_it(
    portal: Portal, step: tuple[str, dict[str, Any]]
) -> None:
    risk = await feared(portal, await joint_initiative(portal))
    for who in (PARTNER, "wirral.contributor"):
        refused = await portal.do(who, step[0], of(risk, **step[1]))
        assert (refused["__typename"], refused["rule"]) == (
            "NotPermitted",
            "initiative.lead_edits",
        )
    hidden = await portal.do(STRANGER, step[0], of(risk, **step[1]))
    assert hidden["__typename"] == "NotFound"
    stale = await portal.do(LEAD, step[0], {**of(risk, **step[1]), "expectedVersion": 7})
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 1)


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"title": ""}, "title"),
        ({"likelihood": 0}, "likelihood"),
        ({"impact": 6}, "impact"),
        ({"mitigation": "x" * 4001}, "mitigation"),
        ({"ownerTeam": SEFTON_TEAM}, "ownerTeam"),
    ],
)
async def test_a_faulty_risk_is_refused_when_added_and_when_changed(
    portal: Portal, fault: dict[str, Any], field: str
) -> None:
    initiative = await joint_initiative(portal)
    whole = {
        "initiative": initiative, "title": "The grant ends", "likelihood": 3, "impact": 4,
        "ownerTeam": RASA_TEAM,
    }  # fmt: skip
    refused = await portal.do(LEAD, "addRisk", {**whole, **fault})
    assert [error["path"] for error in refused["errors"]] == [["input", field]]
    risk = await feared(portal, initiative)
    refused = await portal.do(LEAD, "changeRisk", of(risk, **fault))
    assert [error["path"] for error in refused["errors"]] == [["input", field]]


async def test_closing_needs_a_reason_and_an_open_risk(portal: Portal) -> None:
    risk = await feared(portal, await joint_initiative(portal))
    silent = await portal.do(LEAD, "closeRisk", of(risk, reason=" "))
    assert silent["errors"][0]["path"] == ["input", "reason"]
    early = await portal.do(LEAD, "reopenRisk", of(risk))
    assert early["errors"][0]["code"] == "WRONG_STATE"
    closed = (await portal.do(LEAD, "closeRisk", of(risk, reason="Paid for"), SHOWN))["risk"]
    twice = await portal.do(LEAD, "closeRisk", of(closed, reason="Paid for"))
    assert twice["errors"][0]["code"] == "WRONG_STATE"


@pytest.mark.parametrize(("who", "refusal"), [(PARTNER, "NotPermitted"), (STRANGER, "NotFound")])
async def test_nobody_else_adds_one(portal: Portal, who: str, refusal: str) -> None:
    given = {
        "initiative": await joint_initiative(portal), "title": "The grant ends",
        "likelihood": 3, "impact": 4, "ownerTeam": RASA_TEAM,
    }  # fmt: skip
    assert (await portal.do(who, "addRisk", given))["__typename"] == refusal


async def test_partners_read_the_worst_first(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    small = await feared(portal, initiative, title="Small", likelihood=1)
    await feared(portal, initiative, title="Great", likelihood=5, impact=5)
    await portal.do(LEAD, "closeRisk", of(small, reason="Paid for"))
    query = (
        "query($id: ID!) { initiative(id: $id) { risks { totalCount nodes { title score } }"
        " open: risks(filter: {state: OPEN}) { nodes { title } } } }"
    )
    seen = (await portal.ask(PARTNER, query, id=initiative))["initiative"]
    assert seen["risks"]["totalCount"] == 2
    assert [risk["title"] for risk in seen["risks"]["nodes"]] == ["Great", "Small"]
    assert seen["open"]["nodes"] == [{"title": "Great"}]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask(STRANGER, node, id=small["id"]))["node"] is None
