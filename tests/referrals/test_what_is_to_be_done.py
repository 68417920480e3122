"""What agencies agree to do in a case: by which team, until when, and what became of it."""

from typing import Any

import pytest
from support.asking import Portal
from support.referring import FAMILY_SAFETY, OUTREACH, SENDER, member, sent, team

IDVA, LEAD = "wirral.idva", "wirral.idvalead"
ACTION = (
    "...on CaseActionPayload { caseAction { id version state dueOn overdue recordedLate endedAt"
    " team { name } agency { shortName } allocatedTo { id } addedByAgency { shortName } } }"
)
LISTED = """query($case: ID!) { caseActions(filter: {referral: $case}) {
  totalCount nodes { state } } }"""
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
  actions { code notDoneReason state dueOn team { name } } } }"""


def agreed(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What is given to add an action for the family safety unit."""
    usual = {"code": "SAFETY_PLAN", "team": team(*FAMILY_SAFETY), "dueOn": "2026-11-20"}
    return {"referral": row["id"], **usual, **more}


async def added(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    done = await portal.do(who, "addCaseAction", agreed(row, **more), ACTION)
    assert done["__typename"] == "CaseActionPayload", done
    found: dict[str, Any] = done["caseAction"]
    return found


def of(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": action["id"], "expectedVersion": action["version"], **more}


async def test_the_sender_and_the_receiver_add_actions_for_either_side(portal: Portal) -> None:
    row = await sent(portal)
    theirs = await added(portal, SENDER, row)
    assert (theirs["agency"]["shortName"], theirs["state"]) == ("Wirral", "OPEN")
    ours = await added(portal, IDVA, row, team=team(*OUTREACH), code="SHARE_BACK")
    assert (ours["agency"]["shortName"], ours["addedByAgency"]["shortName"]) == ("TWW", "Wirral")


async def test_both_see_that_there_is_something_and_only_the_full_view_says_what(
    portal: Portal,
) -> None:
    row = await sent(portal)
    await added(portal, IDVA, row)
    for who in (SENDER, IDVA, "tww.protection"):
        assert (await portal.ask(who, LISTED, case=row["id"]))["caseActions"]["totalCount"] == 1
    [action] = (await portal.ask(IDVA, FILE, id=row["id"]))["referralFile"]["actions"]
    assert action == {
        "code": "SAFETY_PLAN", "notDoneReason": None, "state": "OPEN", "dueOn": "2026-11-20",
        "team": {"name": "Family safety unit"},
    }  # fmt: skip
    assert (await portal.ask("tww.protection", FILE, id=row["id"]))["referralFile"] is None


async def test_whoever_is_no_party_neither_sees_nor_adds_any(portal: Portal) -> None:
    row = await sent(portal)
    await added(portal, IDVA, row)
    for who in ("police.caseworker", "uol.caseworker", "wirral.viewer"):
        assert (await portal.ask(who, LISTED, case=row["id"]))["caseActions"]["totalCount"] == 0
        refused = await portal.do(who, "addCaseAction", agreed(row))
        assert refused["__typename"] == "NotFound", who
    refused = await portal.do("tww.protection", "addCaseAction", agreed(row))
    assert refused["rule"] == "case_action.parties_add"


async def test_a_team_that_does_not_have_the_case_is_given_nothing_to_do(portal: Portal) -> None:
    row = await sent(portal)
    for stranger in (("police", "Protecting vulnerable people"), ("savera", "Casework")):
        refused = await portal.do(SENDER, "addCaseAction", agreed(row, team=team(*stranger)))
        assert [error["code"] for error in refused["errors"]] == ["NO_PARTY"]
        assert "refer it" in refused["message"]
    await added(portal, SENDER, row, team=team("wirral", "Early help"))


async def test_a_day_that_has_passed_is_given_only_as_recorded_late(portal: Portal) -> None:
    row = await sent(portal)
    refused = await portal.do(IDVA, "addCaseAction", agreed(row, dueOn="2026-11-15"))
    assert (refused["errors"][0]["code"], refused["path"]) == ("PAST", ["input", "dueOn"])
    late = await added(portal, IDVA, row, dueOn="2026-11-15", recordedLate=True)
    assert (late["overdue"], late["recordedLate"]) == (True, True)


async def test_nobody_agrees_actions_in_a_draft_or_once_it_is_over(portal: Portal) -> None:
    row = await sent(portal)
    given = {
        "id": row["id"], "expectedVersion": row["version"],
        "fields": [{"name": "withdraw_reason", "values": ["unsafe"]}],
    }  # fmt: skip
    assert (await portal.do(SENDER, "withdrawReferral", given))["__typename"] == "ReferralPayload"
    mine = agreed(row, team=team(*OUTREACH))
    refused = await portal.do(SENDER, "addCaseAction", mine)
    assert refused["errors"][0]["code"] == "WRONG_STATE"


async def test_the_doing_team_says_who_does_it_and_that_it_is_done(portal: Portal) -> None:
    action = await added(portal, SENDER, await sent(portal))
    given = of(action, allocatedTo=member(IDVA))
    assert (await portal.do(SENDER, "allocateCaseAction", given))["rule"] == (
        "referral.own_team_allocates"
    )
    done = await portal.do(LEAD, "allocateCaseAction", given, ACTION)
    assert done["caseAction"]["allocatedTo"] == {"id": member(IDVA)}
    outsider = of(done["caseAction"], allocatedTo=member("wirral.caseworker"))
    refused = await portal.do(LEAD, "allocateCaseAction", outsider)
    assert refused["path"] == ["input", "allocatedTo"]
    refused = await portal.do(SENDER, "finishCaseAction", of(done["caseAction"]))
    assert refused["rule"] == "case_action.doer_answers"
    done = await portal.do(IDVA, "finishCaseAction", of(done["caseAction"]), ACTION)
    assert (done["caseAction"]["state"], bool(done["caseAction"]["endedAt"])) == ("DONE", True)


async def test_what_will_not_be_done_has_a_reason_and_can_be_reopened(portal: Portal) -> None:
    row = await sent(portal)
    action = await added(portal, IDVA, row)
    done = await portal.do(IDVA, "dropCaseAction", of(action, reason="NOT_SAFE"), ACTION)
    assert done["caseAction"]["state"] == "NOT_DONE"
    [seen] = (await portal.ask(SENDER, FILE, id=row["id"]))["referralFile"]["actions"]
    assert seen["notDoneReason"] == "NOT_SAFE"
    again = await portal.do(IDVA, "finishCaseAction", of(done["caseAction"]))
    assert again["errors"][0]["code"] == "WRONG_STATE"
    done = await portal.do(IDVA, "reopenCaseAction", of(done["caseAction"]), ACTION)
    assert (done["caseAction"]["state"], done["caseAction"]["endedAt"]) == ("OPEN", None)
    [seen] = (await portal.ask(SENDER, FILE, id=row["id"]))["referralFile"]["actions"]
    assert seen["notDoneReason"] is None
    refused = await portal.do(IDVA, "reopenCaseAction", of(done["caseAction"]))
    assert refused["errors"][0]["code"] == "WRONG_STATE"


async def test_its_day_is_moved_by_whoever_does_it_or_added_it(portal: Portal) -> None:
    action = await added(portal, IDVA, await sent(portal, FAMILY_SAFETY, ("savera", "Casework")))
    refused = await portal.do(SENDER, "changeCaseAction", of(action, dueOn="2026-11-27"))
    assert refused["rule"] == "case_action.doer_or_adder_changes"
    done = await portal.do(IDVA, "changeCaseAction", of(action, dueOn="2026-11-27"), ACTION)
    assert done["caseAction"]["dueOn"] == "2026-11-27"
    refused = await portal.do(IDVA, "changeCaseAction", of(action, dueOn="2026-11-28"))
    assert refused["__typename"] == "Conflict"


@pytest.mark.parametrize("verb", ["finishCaseAction", "reopenCaseAction", "dropCaseAction"])
async def test_who_does_not_work_on_cases_says_nothing_of_them(portal: Portal, verb: str) -> None:
    action = await added(portal, IDVA, await sent(portal))
    more = {"reason": "NOT_SAFE"} if verb == "dropCaseAction" else {}
    refused = await portal.do("wirral.spoc", verb, of(action, **more))
    assert refused["rule"] == "case_action.doer_answers"
