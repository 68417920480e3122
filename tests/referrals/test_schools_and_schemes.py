"""What schools, councils, the police's disclosure scheme and universities are bound to in time."""

from datetime import date

import pytest
from support.pathways import Case, here

from portal.calendars.days import Calendar, Term
from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.moving import possible
from portal.referrals.engine.pathway import Part, Turn

RECEIVER = Part.RECEIVER
AUTUMN = Calendar(
    terms=(Term(date(2026, 11, 2), date(2026, 12, 18)), Term(date(2027, 1, 4), date(2027, 2, 12)))
)


def begun(name: str, calendar: Calendar = AUTUMN) -> Case:
    return Case(load(FOLDER / f"{name}.toml"), [], calendar)


@pytest.mark.parametrize(
    ("told_at", "late"), [("2026-11-16 08:15", False), ("2026-11-16 08:45", True)]
)
def test_a_school_is_told_before_the_day_begins_counted_from_what_happened(
    told_at: str, late: bool
):
    case = begun("operation_encompass")
    case.says("notify", at=told_at, happened_at="2026-11-14T23:10:00+00:00")  # a Saturday
    told = case.standing.clock("in_time")
    assert told is not None
    assert (told.holder, told.due_at) == (Turn.SENDER, here("2026-11-16 08:30"))
    assert told.is_late(here(told_at)) is late
    assert not told.runs


def test_over_the_holidays_the_school_opens_it_by_the_first_day_of_term():
    case = begun("operation_encompass")
    case.says("notify", at="2026-12-24 10:00", happened_at="2026-12-23T23:10:00+00:00")
    assert case.standing.due_at == here("2027-01-04 08:30")
    case.says("not_our_pupil", RECEIVER, at="2026-12-28 10:00")
    assert case.standing.turn is Turn.SENDER


def test_a_child_who_was_not_there_is_told_of_as_well():
    assert begun("operation_encompass").tries("notify", present="not_present") == []


def test_clares_law_has_three_clocks_from_the_application_on():
    case = begun("dvds").says("apply", at="2026-11-16 10:00")
    dues = {one.clock.name: one.due_at for one in case.standing.clocks}
    assert dues == {
        "initial_checks": here("2026-11-17 10:00"),
        "face_to_face": here("2026-11-30 23:59:59"),
        "whole": here("2026-12-14 10:00"),
    }
    case.goes("begin_checks", "meet", "bring_to_decision", "decide_to_disclose", "deliver")
    assert [one for one in case.standing.clocks if one.runs] == []


def test_a_front_door_that_does_nothing_says_why_and_can_be_asked_again():
    case = begun("mash_contact").goes("send", "rate", "decide_no_further_action")
    assert case.tries("ask_again", disagreement="because")[0].code == "NOT_A_CODE"
    assert case.says("ask_again", Part.SENDER).state == "contact"


def test_a_disclosure_at_a_university_is_no_formal_report():
    disclosure, report = begun("university_disclosure"), begun("university_formal_report")
    assert "investigation" not in disclosure.pathway.states
    disclosure.goes("disclose", "begin_support", "explain_options")
    assert {"report_formally", "close"} <= set(possible(disclosure.standing, RECEIVER))
    assert "investigation" in report.pathway.states


def test_a_university_waits_for_the_police_and_its_clock_with_it():
    case = begun("university_formal_report").goes("report", "assess_risk", "investigate")
    clock = case.says("pause").standing.clock("investigate")
    assert clock is not None
    assert clock.due_at is None
    assert case.standing.turn is Turn.POLICE
    assert case.standing.turn_part is None  # they take no part in it
    clock = case.says("resume").standing.clock("investigate")
    assert clock is not None
    assert clock.due_at is not None


@pytest.mark.parametrize("name", ["idva", "isva"])
def test_who_declines_support_can_change_her_mind(name: str):
    case = begun(name).goes("send", "accept", "attempt_contact", "record_her_no")
    assert case.standing.hold == "ended"
    assert case.says("engage").standing.hold == "taken"


@pytest.mark.parametrize("name", ["idva", "isva"])
@pytest.mark.parametrize(
    ("at", "late"),
    [("2026-11-16 09:00", False), ("2026-11-17 23:30", False), ("2026-11-18 00:30", True)],
)
def test_the_police_refer_her_within_two_working_days_of_her_report(name: str, at: str, late: bool):
    told = {"source": "police", "reported_at": here("2026-11-14 22:00").isoformat()}  # a Saturday
    offer = begun(name).says("send", at=at, **told).standing.clock("offer")
    assert offer is not None
    assert (offer.holder, offer.is_late(here(at)), offer.runs) == (Turn.SENDER, late, False)


@pytest.mark.parametrize("name", ["idva", "isva"])
def test_the_police_say_when_she_told_them_and_nobody_else_does(name: str):
    [missing] = begun(name).tries("send", source="police")
    assert (missing.path[-1], missing.code) == ("reported_at", "REQUIRED")
    case = begun(name).says("send", source="charity")
    assert case.standing.clock("offer") is None


def test_a_programme_asks_the_victims_adviser_first():
    found = begun("perpetrator_programme").tries("nominate", idva_asked="")
    assert [one.path[-1] for one in found] == ["idva_asked"]
