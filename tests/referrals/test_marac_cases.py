"""A MARAC case: four routes, a screening, a meeting, actions; and what differs by borough."""

from datetime import date

import pytest
from support.pathways import Case, here

from portal.calendars.days import Calendar
from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.local_rules import (
    follows,
    grade,
    in_force,
    is_repeat,
    open_routes,
    repeat_rule,
    threshold,
)
from portal.referrals.engine.moving import possible
from portal.referrals.engine.pathway import Part, Rung, Turn

MARAC = load(FOLDER / "marac.toml")
SENDER, AGENCY, COORDINATOR = Part.SENDER, Part.RECEIVER, Part.COORDINATOR
LIVERPOOL, ST_HELENS, WIRRAL = "E08000012", "E08000013", "E08000015"
TODAY = date(2026, 11, 16)


@pytest.fixture
def case() -> Case:
    return Case.of(MARAC)


def missing(case: Case, **fields: object) -> set[str]:
    given = {"route": "visible_high_risk", "consent": "given", "aware": "yes", **fields}
    return {one.path[-1] for one in case.tries("submit", **given)}


def test_each_route_says_what_it_rests_on(case: Case):
    assert missing(case) == set()
    assert missing(case, route="professional_judgement") == {"judgement_reasons"}
    assert missing(case, route="potential_escalation") == {"incidents"}
    assert missing(case, route="repeat") == {"repeat_of"}
    assert missing(case, route="somebody_asked") == {"route"}


def test_a_referral_without_consent_or_knowledge_says_why(case: Case):
    assert missing(case, consent="refused") == {"no_consent_reason"}
    assert missing(case, consent="not_asked", aware="no") == {
        "no_consent_reason",
        "not_aware_reason",
    }
    assert missing(case, aware="no", not_aware_reason="unsafe_to_tell") == set()


def test_the_coordinator_screens_and_nobody_else(case: Case):
    case.goes("submit")
    assert case.standing.turn is Turn.COORDINATOR
    for name in ("accept", "return_for_information", "not_met_criteria"):
        assert name in possible(case.standing, COORDINATOR)
        assert case.tries(name, AGENCY)[0].code == "OTHER_PART"


def test_criteria_not_met_has_a_reason_and_another_way(case: Case):
    case.goes("submit")
    found = case.tries("not_met_criteria", not_met_reason="", other_way="")
    assert {one.path[-1] for one in found} == {"not_met_reason", "other_way"}
    assert case.says("not_met_criteria").standing.state.final


def test_agencies_say_whether_they_know_them_before_the_meeting(case: Case):
    case.goes("submit").says("accept", meeting_on="2026-12-02", research_by="2026-11-30")
    assert case.standing.due_at == here("2026-11-30 23:59:59")
    assert "At least one agency says first" in case.tries("finish_research")[0].message
    case.says("research", AGENCY, known="not_known").says("finish_research")
    assert case.standing.due_at == here("2026-12-02 23:59:59")


def test_a_meeting_that_is_put_off_has_another_day(case: Case):
    case.goes("submit").says("accept", meeting_on="2026-12-02", research_by="2026-11-30")
    case.says("research", AGENCY).goes("finish_research")
    case.says("defer", meeting_on="2026-12-16")
    hear = case.standing.clock("hear")
    assert hear is not None
    assert hear.due_at == here("2026-12-16 23:59:59")
    assert [rung for rung, _ in hear.rungs(Calendar())] == [Rung.TEAM_INBOX, Rung.CONTACT]
    assert hear.clock.contact == "marac_chair"


def test_a_case_goes_all_the_way(case: Case):
    case.goes("submit", "accept").says("research", AGENCY).goes("finish_research", "hear")
    assert "heard" in case.standing.counts
    case.goes("open_actions", "complete_actions", "close")
    assert case.state == "closed"
    assert possible(case.standing, AGENCY) == ("flag_repeat", "victim_told")


def test_an_urgent_case_does_not_wait_for_the_meeting(case: Case):
    case.goes("submit").says("call_urgent_meeting", meeting_on="2026-11-17")
    assert case.says("hear").state == "heard"


def test_an_earlier_case_is_named_by_its_reference_and_in_no_words(case: Case):
    assert missing(case, route="repeat", repeat_of="RF-7K2P9W") == set()
    for words in ("as last spring", "RF-7K2P9", "7", "RF-7K2P9W, hers"):
        assert missing(case, route="repeat", repeat_of=words) == {"repeat_of"}


def test_another_marac_takes_it_over_if_it_agrees(case: Case):
    case.goes("submit", "accept").says("transfer", COORDINATOR)
    assert case.state == "accepted"
    assert case.tries("consent_given", COORDINATOR)[0].code == "OTHER_PART"
    case.says("consent_given", Part.NEW_RECEIVER)
    assert case.state == "transferred"


def test_a_score_is_graded_by_the_borough_where_she_lives_and_by_the_day():
    st_helens = threshold(MARAC, "merit", "gold", ST_HELENS, TODAY)
    assert st_helens is not None
    assert (st_helens.score, st_helens.unconfirmed) == (72, False)
    elsewhere = threshold(MARAC, "merit", "gold", WIRRAL, TODAY)
    assert elsewhere is not None
    assert elsewhere.unconfirmed
    assert grade(MARAC, "merit", 74, ST_HELENS, TODAY) == "gold"
    assert grade(MARAC, "merit", 71, ST_HELENS, TODAY) is None  # nobody has said what silver is
    assert grade(MARAC, "dash", 14, LIVERPOOL, TODAY) == "high"
    assert grade(MARAC, "dash", 14, LIVERPOOL, date(2021, 1, 1)) is None


def test_liverpool_takes_two_routes_since_its_pilot():
    assert len(open_routes(MARAC, LIVERPOOL, date(2025, 6, 30))) == 4
    assert open_routes(MARAC, LIVERPOOL, TODAY) == ("visible_high_risk", "professional_judgement")
    assert len(open_routes(MARAC, WIRRAL, TODAY)) == 4


def test_the_newest_rule_of_the_area_holds_and_not_one_to_come():
    rows = MARAC.routes
    chosen = in_force(rows, LIVERPOOL, TODAY)
    assert chosen is not None
    assert chosen.area == LIVERPOOL
    assert in_force(rows, LIVERPOOL, date(2020, 1, 1)) is None


def test_within_twelve_months_of_the_last_referral_it_is_a_repeat():
    rule = repeat_rule(MARAC, WIRRAL, TODAY)
    assert rule is not None
    assert (rule.trigger, rule.anchor) == ("any_abuse", "last_referral")
    assert is_repeat(rule, date(2025, 11, 16), here("2026-11-16 23:00"), Calendar())
    assert not is_repeat(rule, date(2025, 11, 16), here("2026-11-17 00:01"), Calendar())


def test_a_repeat_after_a_leap_day_counts_to_the_last_of_february():
    rule = repeat_rule(MARAC, WIRRAL, TODAY)
    assert rule is not None
    leap = date(2028, 2, 29)
    assert is_repeat(rule, leap, here("2029-02-28 23:59"), Calendar())
    assert not is_repeat(rule, leap, here("2029-03-01 00:01"), Calendar())
    assert is_repeat(rule, date(2027, 2, 28), here("2028-02-28 23:59"), Calendar())
    assert not is_repeat(rule, date(2027, 2, 28), here("2028-02-29 00:01"), Calendar())


def test_an_idva_referral_follows_by_itself_where_the_borough_says_so():
    (row,) = follows(MARAC, "submit", ST_HELENS, TODAY)
    assert (row.pathway, row.unless_sender_offers) == ("idva", True)
    assert follows(MARAC, "submit", WIRRAL, TODAY) == ()
    assert follows(MARAC, "accept", ST_HELENS, TODAY) == ()
