"""Owners report on their actions and the lead on all; nobody else does, and nothing gets lost."""

from typing import Any

import pytest
from support.asking import Portal
from support.joint_work import (
    ACTION,
    ASKED,
    LEAD,
    PARTNER,
    STRANGER,
    WIRRAL_TEAM,
    added,
    joint_initiative,
    of,
)

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("changeAction", {"title": "Other"}),
    ("startAction", {}),
    ("finishAction", {}),
    ("dropAction", {"reason": "No money"}),
]
REPORT = (
    "...on ActionPayload { action { id version state overdue doneOn doneNote notDoneReason"
    " evidenceUrl moves { nodes { state note movedBy { agency { shortName } }"
    " movedByAgency { shortName } } } } }"
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", [PARTNER, "rasa.coordinator", LEAD])
async def test_the_owner_and_the_lead_report(
    portal: Portal, who: str, step: tuple[str, dict[str, Any]]
) -> None:
    action = await added(portal, await joint_initiative(portal))
    answer = await portal.do(who, step[0], of(action, **step[1]), ACTION)
    assert answer["__typename"] == "ActionPayload", answer


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", [ASKED, "wirral.contributor", "wirral.viewer"])
async def test_others_who_see_it_do_not(
    portal: Portal, who: str, step: tuple[str, dict[str, Any]]
) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(who, step[0], of(action, **step[1]))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "action.owner_updates")


@pytest.mark.parametrize("step", [*STEPS, ("reopenAction", {"reason": "Again"})])
async def test_a_stranger_finds_no_such_action(
    portal: Portal, step: tuple[str, dict[str, Any]]
) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(STRANGER, step[0], of(action, **step[1]))
    assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "id"])


async def test_a_partner_does_not_touch_the_leads_action(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal), ownerTeam=WIRRAL_TEAM)
    refused = await portal.do(PARTNER, "finishAction", of(action))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "action.owner_updates")


async def test_of_two_editors_the_second_is_told(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal))
    await portal.do(PARTNER, "startAction", of(action))
    refused = await portal.do(LEAD, "changeAction", of(action, title="Other"))
    assert (refused["__typename"], refused["currentVersion"]) == ("Conflict", 2)


async def test_finished_dropped_and_taken_up_again(portal: Portal) -> None:
    """Each report is a move that stays, also when the action is taken up again."""
    action = await added(portal, await joint_initiative(portal), dueOn="2026-11-10")
    given = of(
        action, note=" 40 trained ", evidenceUrl="https://example.org/list", doneOn="2026-11-09"
    )
    done = (await portal.do(PARTNER, "finishAction", given, REPORT))["action"]
    assert (done["state"], done["doneOn"], done["doneNote"]) == ("DONE", "2026-11-09", "40 trained")
    assert (done["overdue"], done["evidenceUrl"]) == (False, "https://example.org/list")
    reason = of(done, reason="Two depots were missed")
    opened = (await portal.do(LEAD, "reopenAction", reason, REPORT))["action"]
    assert (opened["state"], opened["doneOn"], opened["doneNote"]) == ("OPEN", None, None)
    assert opened["overdue"] is True
    dropped = await portal.do(PARTNER, "dropAction", of(opened, reason="No money"), REPORT)
    assert dropped["action"]["notDoneReason"] == "No money"
    assert dropped["action"]["overdue"] is False
    rasa, wirral = {"shortName": "RASA"}, {"shortName": "Wirral"}
    assert dropped["action"]["moves"]["nodes"] == [
        {"state": state, "note": note, "movedBy": {"agency": by}, "movedByAgency": by}
        for state, note, by in [
            ("DONE", "40 trained", rasa),
            ("OPEN", "Two depots were missed", wirral),
            ("NOT_DONE", "No money", rasa),
        ]
    ]


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("startAction", {}),
        ("finishAction", {}),
        ("dropAction", {"reason": "No money"}),
        ("allocateAction", {}),
    ],
)
async def test_a_finished_action_is_reopened_first(
    portal: Portal, step: str, more: dict[str, Any]
) -> None:
    action = await added(portal, await joint_initiative(portal))
    done = (await portal.do(PARTNER, "finishAction", of(action), ACTION))["action"]
    refused = await portal.do(PARTNER, step, of(done, **more))
    assert (refused["__typename"], refused["errors"][0]["code"]) == (
        "ValidationError",
        "WRONG_STATE",
    )


async def test_an_open_action_is_not_reopened(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(PARTNER, "reopenAction", of(action, reason="Again"))
    assert refused["errors"][0]["code"] == "WRONG_STATE"


@pytest.mark.parametrize("step", ["dropAction", "reopenAction"])
@pytest.mark.parametrize("reason", ["", " \n", "x" * 1001])
async def test_giving_up_and_taking_up_need_a_reason(
    portal: Portal, step: str, reason: str
) -> None:
    action = await added(portal, await joint_initiative(portal))
    if step == "reopenAction":
        action = (await portal.do(PARTNER, "finishAction", of(action), ACTION))["action"]
    refused = await portal.do(PARTNER, step, of(action, reason=reason))
    assert refused["errors"][0]["path"] == ["input", "reason"]


async def test_nothing_is_done_on_a_day_to_come(portal: Portal) -> None:
    action = await added(portal, await joint_initiative(portal))
    refused = await portal.do(PARTNER, "finishAction", of(action, doneOn="2026-11-17"))
    assert refused["errors"][0]["path"] == ["input", "doneOn"]


async def test_a_change_leaves_alone_what_it_does_not_name(portal: Portal) -> None:
    first = {"detail": "For drivers", "evidenceUrl": "https://example.org/plan"}
    action = await added(portal, await joint_initiative(portal), **first)
    shows = "...on ActionPayload { action { id version title detail dueOn evidenceUrl } }"
    changed = await portal.do(PARTNER, "changeAction", of(action, dueOn="2026-12-24"), shows)
    assert (changed["action"]["detail"], changed["action"]["dueOn"]) == (
        "For drivers",
        "2026-12-24",
    )
    cleared = await portal.do(
        PARTNER, "changeAction", of(changed["action"], evidenceUrl=None), shows
    )
    assert (cleared["action"]["title"], cleared["action"]["evidenceUrl"]) == (
        "Train the staff",
        None,
    )
    refused = await portal.do(PARTNER, "changeAction", of(cleared["action"], title=" "))
    assert refused["errors"][0]["path"] == ["input", "title"]
