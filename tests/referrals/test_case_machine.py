"""Where a case stands follows from what happened, and from nothing else."""

import pytest
from support.pathways import BEGAN, PLAIN, Case, here

from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.machine import Impossible, replay
from portal.referrals.engine.moving import check_error, check_recorded_late, possible
from portal.referrals.engine.pathway import Hold, OverallRule, Part, Pathway, Rung, Turn
from portal.referrals.engine.standing import Event, overall

SENDER, RECEIVER, OTHER = Part.SENDER, Part.RECEIVER, Part.NEW_RECEIVER


@pytest.fixture(scope="module")
def support() -> Pathway:
    return load(FOLDER / "request_for_support.toml")


@pytest.fixture
def case(support: Pathway) -> Case:
    return Case.of(support)


def mark(case: Case, name: str, part: Part, reason: str = "wrong_step") -> Event:
    of = next(one for one in case.events if one.name == name)
    return Event(
        id=f"mark {name}",
        name="recorded_in_error",
        at=of.at,
        part=part,
        fields={"reason": reason},
        error_of=of.id,
    )


def codes(found: list) -> list[str]:
    return [one.code for one in found]


def test_a_draft_is_its_senders_alone(case: Case):
    standing = case.standing
    assert (standing.state.name, standing.turn, standing.hold) == ("draft", Turn.SENDER, Hold.ASKED)
    assert possible(standing, SENDER) == ("send",)
    assert possible(standing, RECEIVER) == ()
    assert standing.clocks == ()


def test_sent_it_is_the_receivers_turn(case: Case):
    standing = case.says("send").standing
    assert (standing.turn, standing.turn_part) == (Turn.RECEIVER, RECEIVER)
    assert "accept" in possible(standing, RECEIVER)
    assert possible(standing, SENDER) == ("withdraw",)


def test_an_impossible_move_names_those_that_are_possible(case: Case):
    (found,) = case.goes("send", "accept").tries("accept")
    assert found.code == "IMPOSSIBLE_MOVE"
    assert found.path == ("move",)
    assert 'not possible from "Accepted"' in found.message
    assert "put_on_waiting_list, start, close, transfer" in found.message


def test_a_move_of_the_other_side_says_whose_it_is(case: Case):
    (found,) = case.goes("send").tries("accept", SENDER)
    assert found.code == "OTHER_PART"
    assert "is for the receiver" in found.message
    assert "the sender can record: withdraw" in found.message


def test_a_move_that_no_pathway_has_is_refused(case: Case):
    (found,) = case.goes("send").tries("vanish", SENDER)
    assert found.code == "UNKNOWN_MOVE"
    assert "withdraw" in found.message


def test_after_work_began_the_sender_can_only_ask_to_close(case: Case):
    case.goes("send", "accept", "start")
    (found,) = case.tries("withdraw", SENDER)
    assert "ask the team to close it" in found.message
    assert case.says("ask_to_close", SENDER).state == "started"


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"decline_reason": ""}, "REQUIRED", "no_capacity"),
        ({"decline_reason": "She is difficult"}, "NOT_A_CODE", "no words of your own"),
        ({"decline_reason": ["no_capacity"]}, "NOT_A_CODE", "one of these codes"),
        ({"note": "no_capacity"}, "UNKNOWN_FIELD", "It has: decline_reason"),
    ],
)
def test_a_reason_is_a_code(case: Case, fields: dict, code: str, words: str):
    found = case.goes("send").tries("decline", **fields)
    assert codes(found) == [code]
    assert words in found[0].message


def test_several_codes_are_a_list_in_which_none_comes_twice(case: Case):
    case.goes("send")
    assert case.tries("return_for_information", return_reasons=["needs", "area"]) == []
    for bad in ("needs", [], ["needs", "needs"], ["needs", "gossip"]):
        assert case.tries("return_for_information", return_reasons=bad) != [], bad


@pytest.mark.parametrize("bad", ["soon", "2026-13-01", 5, here("2026-12-01 10:00")])
def test_a_day_is_a_date(case: Case, bad: object):
    case.goes("send")
    assert case.tries("put_on_waiting_list", expected_on="2026-12-01") == []
    assert codes(case.tries("put_on_waiting_list", expected_on=bad)) == ["NOT_A_CODE"]


def test_clocks_start_with_sending_and_stop_with_the_answer(case: Case):
    case.says("send", at="2026-11-20 16:00")
    assert case.standing.due_at == here("2026-11-24 23:59:59")
    case.says("accept", at="2026-11-23 10:00")
    found = case.standing
    assert [one.clock.name for one in found.clocks if one.runs] == ["first_contact"]
    assert found.due_at == here("2026-11-25 10:00")
    decide = found.clock("decide")
    assert decide is not None
    assert not decide.is_late(here("2026-12-24 10:00"))


def test_while_the_sender_is_asked_the_teams_clock_stands_still(case: Case):
    case.says("send", at="2026-11-16 10:00")
    case.says("return_for_information", at="2026-11-18 10:00")
    decide, answer = case.standing.clock("decide"), case.standing.clock("answer")
    assert decide is not None
    assert decide.due_at is None
    assert not decide.runs
    assert answer is not None
    assert answer.holder is Turn.SENDER
    case.says("answer", at="2026-11-30 10:00")
    decide = case.standing.clock("decide")
    assert decide is not None
    assert decide.due_at == here("2026-12-03 23:59:59")  # two of five working days were used


def test_who_is_told_comes_one_after_the_other(case: Case):
    decide = case.says("send", at="2026-11-16 10:00").standing.clock("acknowledge")
    assert decide is not None
    assert decide.rungs(PLAIN) == (
        (Rung.TEAM_INBOX, here("2026-11-18 23:59:59")),
        (Rung.TEAM_LEAD, here("2026-11-19 23:59:59")),
        (Rung.AGENCY_SPOC, here("2026-11-20 23:59:59")),
    )


def test_days_are_counted_for_whoever_had_it(case: Case):
    case.says("send", at="2026-11-16 10:00")
    case.says("return_for_information", at="2026-11-18 10:00")
    case.says("answer", at="2026-11-25 10:00")
    held = case.standing.days_held(here("2026-11-27 09:00"))
    assert held == {Turn.RECEIVER: 4, Turn.SENDER: 7}
    case.says("decline", at="2026-11-27 10:00")
    assert case.standing.days_held(here("2027-11-27 09:00")) == held


def test_a_transfer_waits_for_the_other_team(case: Case):
    case.goes("send", "accept").says("transfer", RECEIVER)
    standing = case.standing
    assert standing.state.name == "accepted"
    assert standing.pending is not None
    assert possible(standing, OTHER) == ("consent_given", "consent_refused")
    assert codes(case.tries("consent_given", RECEIVER)) == ["OTHER_PART"]
    assert codes(case.tries("transfer", RECEIVER)) == ["ALREADY_ASKED"]
    wordy = case.tries("consent_given", OTHER, why="because she moved")
    assert codes(wordy) == ["UNKNOWN_FIELD"]
    case.says("consent_given", OTHER)
    assert case.state == "transferred"
    assert case.standing.facts["transfer_reason"] == "moved_area"


def test_a_refused_transfer_leaves_everything_as_it_was(case: Case):
    case.goes("send", "accept").says("transfer", RECEIVER)
    case.says("consent_refused", OTHER)
    assert case.state == "accepted"
    assert case.standing.pending is None
    assert codes(case.tries("consent_given", OTHER)) == ["IMPOSSIBLE_MOVE"]


def test_a_move_in_the_meantime_ends_the_wait_for_consent(case: Case):
    case.goes("send", "accept").says("transfer", RECEIVER)
    case.says("start", RECEIVER)
    assert case.standing.pending is None


def test_what_was_recorded_in_error_no_longer_counts(case: Case):
    case.says("send", at="2026-11-16 10:00").says("decline", at="2026-11-17 10:00")
    wrong = mark(case, "decline", RECEIVER)
    assert check_error(case.pathway, case.events, wrong, PLAIN) == []
    case.events.append(wrong)
    standing = case.standing
    assert standing.state.name == "sent"
    assert standing.due_at == here("2026-11-18 23:59:59")
    assert standing.facts == {}
    assert possible(standing, RECEIVER)[0] == "acknowledge"


def test_a_move_on_which_later_ones_rest_cannot_be_marked_before_them(case: Case):
    case.goes("send", "accept", "start", "close")
    found = check_error(case.pathway, case.events, mark(case, "accept", RECEIVER), PLAIN)
    assert codes(found) == ["IMPOSSIBLE_MOVE", "IMPOSSIBLE_MOVE"]
    assert 'Without it, "Start" of 16.11.2026' in found[0].message
    assert 'Without it, "Close" of 16.11.2026' in found[1].message


def test_only_the_movers_side_marks_it_once_and_says_why(case: Case):
    case.goes("send", "decline")

    def marking(*said: str, of: str = "decline", part: Part = RECEIVER) -> list[str]:
        wrong = mark(case, of, part, *said)
        return codes(check_error(case.pathway, case.events, wrong, PLAIN))

    assert marking(part=SENDER) == ["OTHER_PART"]
    assert marking("because") == ["NOT_A_CODE"]
    assert marking(of="send", part=SENDER) == ["SENT"]
    assert marking() == []
    case.events.append(mark(case, "decline", RECEIVER))
    assert marking() == ["ENDED"]
    assert marking(of="recorded_in_error") == ["INVALID"]


def test_a_consent_falls_with_the_move_that_it_answered(case: Case):
    case.goes("send", "accept").says("transfer", RECEIVER)
    case.says("consent_given", OTHER)
    wrong = mark(case, "transfer", RECEIVER)
    assert check_error(case.pathway, case.events, wrong, PLAIN) == []
    case.events.append(wrong)
    assert case.state == "accepted"


def test_what_is_recorded_late_takes_its_place_in_time(case: Case):
    case.says("send", at="2026-11-16 10:00").says("accept", at="2026-11-18 10:00")
    assert codes(case.tries("contact_attempted", at="2026-11-17 10:00")) == ["OUT_OF_ORDER"]
    late = Event(id="late", name="acknowledge", at=here("2026-11-17 10:00"), part=RECEIVER)
    assert check_recorded_late(case.pathway, case.events, late, PLAIN) == []
    case.events.append(late)
    assert case.standing.happened == ("send", "acknowledge", "accept")
    early = Event(id="early", name="start", at=here("2026-11-17 11:00"), part=RECEIVER)
    found = check_recorded_late(case.pathway, case.events, early, PLAIN)
    assert 'not possible from "Acknowledged"' in found[0].message
    early = Event(
        id="early",
        name="return_for_information",
        at=late.at,
        part=RECEIVER,
        fields={"return_reasons": ["area"]},
    )
    found = check_recorded_late(case.pathway, case.events, early, PLAIN)
    assert 'With it, "Accept" of 18.11.2026 10:00 is impossible' in found[0].message


def test_what_is_recorded_late_is_checked_like_everything_else(case: Case):
    case.says("send", at="2026-11-16 10:00").says("acknowledge", at="2026-11-18 10:00")

    def late(name: str, part: Part, at: str = "2026-11-19 10:00", **fields: object) -> list[str]:
        event = Event(id="late", name=name, at=here(at), part=part, fields=fields)
        return codes(check_recorded_late(case.pathway, case.events, event, PLAIN))

    case.says("accept", at="2026-11-20 10:00")
    assert late("acknowledge", SENDER, "2026-11-17 10:00") == ["OTHER_PART"]
    assert late("decline", RECEIVER) == ["REQUIRED"]
    assert late("decline", RECEIVER, decline_reason="She is rude") == ["NOT_A_CODE"]
    assert late("decline", RECEIVER, decline_reason="no_capacity") == ["IMPOSSIBLE_MOVE"]
    assert late("acknowledge", RECEIVER, "2026-11-16 09:00") == ["IMPOSSIBLE_MOVE"]
    assert late("contact_attempted", RECEIVER, "2026-11-20 10:00", contact_result="reached") == []


def test_a_clock_that_begins_twice_in_one_moment_is_one():
    matter = Case.of(load(FOLDER / "cps_charging.toml"))
    matter.says("register")
    for name in ("submit", "reject_at_triage", "resubmit", "reject_at_triage", "resubmit"):
        matter.says(name, at="2026-11-17 10:00")
    names = [(one.clock.name, one.started_at) for one in matter.standing.clocks]
    assert len(names) == len(set(names))
    triage = matter.standing.clock("triage")
    assert triage is not None
    assert triage.runs


def test_a_history_that_cannot_be_is_not_believed(case: Case):
    event = Event(id=1, name="accept", at=BEGAN, part=RECEIVER)
    with pytest.raises(Impossible, match='not possible from "Draft"'):
        replay(case.pathway, [event], PLAIN)


@pytest.mark.parametrize(
    ("holds", "one", "all_"),
    [
        ([Hold.ASKED, Hold.ASKED], Hold.ASKED, Hold.ASKED),
        ([Hold.ASKED, Hold.TAKEN], Hold.TAKEN, Hold.ASKED),
        ([Hold.ENDED, Hold.TAKEN], Hold.TAKEN, Hold.TAKEN),
        ([Hold.ENDED, Hold.ASKED], Hold.ASKED, Hold.ASKED),
        ([Hold.ENDED, Hold.ENDED], Hold.ENDED, Hold.ENDED),
        ([], Hold.ASKED, Hold.ASKED),
    ],
)
def test_several_recipients_make_one_state(holds: list[Hold], one: Hold, all_: Hold):
    assert overall(OverallRule.ONE_TAKES, holds) is one
    assert overall(OverallRule.ALL_TAKE, holds) is all_
