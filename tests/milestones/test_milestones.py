"""The lead says what is to be reached by when, and whether it was; partners read it."""

from typing import Any

import pytest
from support.asking import Portal
from support.joint_work import LEAD, PARTNER, STRANGER, joint_initiative, of

SHOWN = (
    "...on MilestonePayload { milestone { id version title dueOn reachedOn overdue"
    " initiative { title } } }"
)


async def set_by_lead(portal: Portal, initiative: str, **more: Any) -> dict[str, Any]:
    """A fresh milestone."""
    given = {
        "initiative": initiative,
        "title": " Ten  stations lit ",
        "dueOn": "2026-11-15",
        **more,
    }
    found: dict[str, Any] = (await portal.do(LEAD, "addMilestone", given, SHOWN))["milestone"]
    return found


async def test_a_milestone_is_late_until_it_is_reached(portal: Portal) -> None:
    milestone = await set_by_lead(portal, await joint_initiative(portal))
    assert (milestone["title"], milestone["overdue"]) == ("Ten stations lit", True)
    assert milestone["initiative"] == {"title": "Safer stations"}
    reached = await portal.do(LEAD, "reachMilestone", of(milestone), SHOWN)
    assert reached["milestone"]["reachedOn"] == "2026-11-16"
    assert reached["milestone"]["overdue"] is False
    taken_back = await portal.do(LEAD, "unreachMilestone", of(reached["milestone"]), SHOWN)
    assert taken_back["milestone"]["reachedOn"] is None
    changed = of(taken_back["milestone"], dueOn="2026-12-24")
    later = (await portal.do(LEAD, "changeMilestone", changed, SHOWN))["milestone"]
    assert (later["title"], later["overdue"], later["version"]) == ("Ten stations lit", False, 4)


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("changeMilestone", {"title": "Other"}),
    ("reachMilestone", {}),
    ("unreachMilestone", {}),
]


@pytest.mark.parametrize("step", STEPS)
async def test_only_the_leads_coordinator_touches_it(
    portal: Portal, step: tuple[str, dict[str, Any]]
) -> None:
    milestone = await set_by_lead(portal, await joint_initiative(portal))
    for who in (PARTNER, "rasa.coordinator", "wirral.contributor"):
        refused = await portal.do(who, step[0], of(milestone, **step[1]))
        assert (refused["__typename"], refused["rule"]) == (
            "NotPermitted",
            "initiative.lead_edits",
        )
    hidden = await portal.do(STRANGER, step[0], of(milestone, **step[1]))
    assert (hidden["__typename"], hidden["path"]) == ("NotFound", ["input", "id"])
    stale = await portal.do(LEAD, step[0], {**of(milestone, **step[1]), "expectedVersion": 7})
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 1)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [(PARTNER, "NotPermitted"), (STRANGER, "NotFound"), (LEAD, "ValidationError")],
)
async def test_adding_is_refused(portal: Portal, who: str, refusal: str) -> None:
    given = {"initiative": await joint_initiative(portal), "title": " ", "dueOn": "2026-12-01"}
    assert (await portal.do(who, "addMilestone", given))["__typename"] == refusal


async def test_a_milestone_is_reached_once_and_not_tomorrow(portal: Portal) -> None:
    milestone = await set_by_lead(portal, await joint_initiative(portal))
    ahead = await portal.do(LEAD, "reachMilestone", of(milestone, reachedOn="2026-11-17"))
    assert ahead["errors"][0]["path"] == ["input", "reachedOn"]
    early = await portal.do(LEAD, "unreachMilestone", of(milestone))
    assert early["errors"][0]["code"] == "WRONG_STATE"
    reached = (await portal.do(LEAD, "reachMilestone", of(milestone), SHOWN))["milestone"]
    twice = await portal.do(LEAD, "reachMilestone", of(reached))
    assert twice["errors"][0]["code"] == "WRONG_STATE"


async def test_partners_read_them_in_order(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    last = await set_by_lead(portal, initiative, title="Last", dueOn="2027-01-01")
    first = await set_by_lead(portal, initiative, title="First")
    await portal.do(LEAD, "reachMilestone", of(first))
    query = (
        "query($id: ID!) { initiative(id: $id) { milestones { totalCount nodes { title } }"
        " coming: milestones(filter: {reached: false}) { nodes { title } } } }"
    )
    seen = (await portal.ask(PARTNER, query, id=initiative))["initiative"]
    assert seen["milestones"]["nodes"] == [{"title": "First"}, {"title": "Last"}]
    assert seen["milestones"]["totalCount"] == 2
    assert seen["coming"]["nodes"] == [{"title": "Last"}]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask(PARTNER, node, id=last["id"]))["node"] == {"id": last["id"]}
    assert (await portal.ask(STRANGER, node, id=last["id"]))["node"] is None
