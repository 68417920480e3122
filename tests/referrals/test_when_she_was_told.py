"""From the day on which a victim was told her rights run and her supporter may know; days that
cannot be are refused.
"""

from typing import Any

import pytest
from support.asking import Portal
from support.charging import (
    LIAISON,
    OFFICER,
    drafted,
    goes,
    matter,
    on,
    registered,
    registration,
    sent,
    tries,
)
from support.referring import team

FILE = {"colour": "green", "test": "full_code"}
ISVA, SERVICE = "rasa.caseworker", ("rasa", "ISVA service")
AUTHORITY = "...on SupportAuthorityPayload { supportAuthority { id } }"
SHOWN = """query($reference: String!) { supportedMatters(filter: {reference: $reference}) {
  nodes { state } } }"""


def told(day: str) -> dict[str, str]:
    return {"told_on": day, "told_by": "liaison_unit"}


async def under_review(portal: Portal) -> str:
    """A matter of one suspect that a prosecutor decides on, on a Monday."""
    case: str = (await registered(portal, 1))["id"]
    await goes(portal, OFFICER, case, 1, "submit", **FILE)
    await goes(portal, LIAISON, case, 1, "accept_file")
    return case


async def clocks(portal: Portal, case: str) -> dict[str, dict[str, Any]]:
    nodes = (await matter(portal, case))["tracks"][1]["clocks"]["nodes"]
    return {one["name"]: one for one in nodes}


async def supporter_sees(portal: Portal, case: str) -> list[str]:
    row = await matter(portal, case)
    found = await portal.ask(ISVA, SHOWN, reference=row["reference"])
    return [one["state"] for one in found["supportedMatters"]["nodes"]]


async def supported(portal: Portal, case: str) -> None:
    given = {"referral": case, "team": team(*SERVICE)}
    done = await portal.do(OFFICER, "giveAuthority", given, AUTHORITY)
    assert done["__typename"] == "SupportAuthorityPayload", done


def fault(refused: dict[str, Any]) -> tuple[str, str]:
    assert refused["__typename"] == "ValidationError", refused
    [error] = refused["errors"]
    return error["path"][-1], error["message"]


async def test_nobody_was_told_on_a_day_to_come_and_so_her_supporter_is_shown_nothing(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await supported(portal, case)
    await goes(portal, LIAISON, case, 1, "decide_nfa_evidential")
    for who, move in ((LIAISON, "tell_of_nfa"), (OFFICER, "victim_told")):
        field, says = fault(await tries(portal, who, case, 1, move, **told("2026-11-17")))
        assert (field, "still to come" in says) == ("told_on", True)
    assert await supporter_sees(portal, case) == ["under_review"]
    gone = {"withdrew_reason": "delay", "withdrew_on": "2026-11-17"}
    refused = await tries(portal, OFFICER, case, 1, "victim_withdrew", **gone)
    assert fault(refused)[0] == "withdrew_on"


async def test_an_answer_that_was_due_yesterday_cannot_be_asked_for_and_then_called_unanswered(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    asked: dict[str, Any] = {"plan_items": ["phone"], "answer_by": "2026-11-15"}
    field, says = fault(await tries(portal, LIAISON, case, 1, "issue_action_plan", **asked))
    assert (field, "has passed" in says) == ("answer_by", True)
    refused = await tries(portal, LIAISON, case, 1, "finalise_plan_unanswered")
    assert refused["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
    await goes(portal, LIAISON, case, 1, "issue_action_plan", **asked | {"answer_by": "2026-11-16"})
    sooner: dict[str, Any] = {"plan_items": ["phone"], "item_due": "2026-11-15"}
    refused = await tries(portal, LIAISON, case, 1, "plan_item_dated", **sooner)
    assert fault(refused)[0] == "item_due"


async def test_what_was_asked_for_last_week_may_be_written_down_with_the_day_of_that_week(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    track = (await matter(portal, case))["tracks"][1]
    asked = [
        {"name": "plan_items", "values": ["phone"]},
        {"name": "answer_by", "values": ["2026-11-20"]},
    ]
    given = {
        "recipient": track["id"], "expectedVersion": track["version"], "move": "issue_action_plan",
        "fields": asked, "at": "2026-11-18T10:00:00Z",
    }  # fmt: skip
    later = on(portal, "2026-11-23")
    done = await later.do(LIAISON, "moveReferral", given)
    assert done["__typename"] == "RecipientPayload", done
    assert await goes(later, LIAISON, case, 1, "finalise_plan_unanswered") == "admin_finalised"


async def test_her_time_to_ask_runs_from_the_day_she_was_told_and_not_from_when_it_was_noted(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "decide_nfa_evidential")
    before = await clocks(portal, case)
    assert before["vrr_window"]["provisional"]
    assert not before["tell_victim"]["stoppedAt"]
    later = on(portal, "2026-11-20")
    await goes(later, LIAISON, case, 1, "tell_of_nfa", **told("2026-11-17"))
    after = await clocks(later, case)
    assert not after["vrr_window"]["provisional"]
    assert after["vrr_window"]["dueAt"].startswith("2026-12-01")  # ten working days from the 17th
    assert after["vrr_last_day"]["dueAt"].startswith("2027-02-17")
    assert not after["tell_victim"]["late"]  # she was told on the next working day
    track = (await matter(later, case))["tracks"][1]
    assert (track["state"], track["stateOn"]) == ("nfa_notified", "2026-11-17")


async def test_after_the_usual_time_a_reason_is_due_and_after_the_last_day_an_exceptional_one(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "decide_nfa_evidential")
    await goes(portal, LIAISON, case, 1, "tell_of_nfa", **told("2026-11-16"))
    scheme = {"scheme_version": "edition_2021"}
    past_time, past_last_day = on(portal, "2026-12-01"), on(portal, "2027-02-17")
    late, exceptional = {"late_reason": "unwell"}, {"exceptional_reason": "safety"}
    for day, said, lacks in (
        (past_time, {}, ["late_reason"]),
        (past_last_day, {}, ["late_reason", "exceptional_reason"]),
        (past_last_day, late, ["exceptional_reason"]),
    ):
        refused = await tries(day, OFFICER, case, 1, "ask_review", **scheme, **said)
        assert [one["path"][-1] for one in refused["errors"]] == lacks
    reasons = scheme | late | exceptional
    assert await goes(past_last_day, OFFICER, case, 1, "ask_review", **reasons) == "vrr_local"


async def test_on_the_last_day_of_the_usual_time_she_asks_without_a_reason(portal: Portal) -> None:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "decide_nfa_evidential")
    await goes(portal, LIAISON, case, 1, "tell_of_nfa", **told("2026-11-16"))
    asked = {"scheme_version": "edition_2021"}
    in_time = on(portal, "2026-11-30")
    assert await goes(in_time, OFFICER, case, 1, "ask_review", **asked) == "vrr_local"


async def test_who_has_standard_rights_is_told_within_five_working_days(portal: Portal) -> None:
    row = await drafted(portal, 1)
    rights = registration(1) | {"victim_rights": "standard"}
    done = await sent(portal, row, "register", rights)
    assert done["__typename"] == "ReferralPayload", done
    case = row["id"]
    await goes(portal, OFFICER, case, 1, "submit", **FILE)
    await goes(portal, LIAISON, case, 1, "accept_file")
    await goes(portal, LIAISON, case, 1, "decide_nfa_evidential")
    tell = (await clocks(portal, case))["tell_victim"]
    assert tell["dueAt"].startswith("2026-11-23"), tell


async def test_she_cannot_have_been_told_of_a_decision_before_it_was_made(portal: Portal) -> None:
    case = await under_review(portal)
    day = on(portal, "2026-11-18")
    await goes(day, LIAISON, case, 1, "decide_nfa_evidential")
    refused = await tries(day, LIAISON, case, 1, "tell_of_nfa", **told("2026-11-17"))
    field, says = fault(refused)
    assert field == "told_on"
    assert "Under review" in says
    assert (await matter(day, case))["tracks"][1]["state"] == "nfa_evidential"


async def test_what_she_was_told_is_what_stood_on_that_day_and_nothing_since(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await supported(portal, case)
    await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    charged = on(portal, "2026-11-18")
    await goes(charged, OFFICER, case, 1, "charge", charge_form="charged")
    later = on(portal, "2026-11-19")
    await goes(later, OFFICER, case, 1, "victim_told", **told("2026-11-17"))
    assert await supporter_sees(later, case) == ["charge_authorised"]
    await goes(later, OFFICER, case, 1, "victim_told", **told("2026-11-19"))
    assert await supporter_sees(later, case) == ["charged"]


@pytest.mark.parametrize("verdict", ["acquit", "convict"])
async def test_no_matter_is_closed_before_she_was_told_how_it_ended(
    portal: Portal, verdict: str
) -> None:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    await goes(portal, OFFICER, case, 1, "charge", charge_form="charged")
    await goes(portal, OFFICER, case, 1, "first_hearing_magistrates")
    await goes(portal, LIAISON, case, 1, "list_trial", hearing_on="2026-11-20")
    await goes(portal, OFFICER, case, 1, "victim_told", **told("2026-11-16"))
    await goes(portal, LIAISON, case, 1, verdict)
    if verdict == "convict":
        await goes(portal, OFFICER, case, 1, "victim_told", **told("2026-11-16"))
        await goes(portal, LIAISON, case, 1, "sentence", sentence_kind="custody")
    refused = await tries(portal, OFFICER, case, 1, "close", closing="served")
    field, says = fault(refused)
    assert field == "move"
    assert "Record `victim_told` first" in says
    await goes(portal, OFFICER, case, 1, "victim_told", **told("2026-11-16"))
    assert await goes(portal, OFFICER, case, 1, "close", closing="served") == "closed"
