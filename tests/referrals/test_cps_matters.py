"""A matter between police and prosecutors, for one suspect, told in sentences."""

import pytest
from support.pathways import Case, here

from portal.errors import Finding
from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.pathway import Part, Turn

CPS = load(FOLDER / "cps_charging.toml")
POLICE, PROSECUTOR = Part.SENDER, Part.RECEIVER
TO_REVIEW = ("register", "submit", "accept_file")
TO_COURT = (*TO_REVIEW, "authorise_charge", "charge", "first_hearing_magistrates")
TO_NFA = (*TO_REVIEW, "decide_nfa_evidential")


@pytest.fixture
def matter() -> Case:
    return Case.of(CPS)


def message(found: list[Finding]) -> str:
    assert found, "it was allowed"
    return found[0].message


@pytest.mark.parametrize("before", [("register",), ("register", "submit"), TO_REVIEW])
def test_a_charge_before_authorisation_is_refused_and_says_what_is_possible(
    matter: Case, before: tuple[str, ...]
):
    matter.goes(*before)
    says = message(matter.tries("charge", POLICE))
    assert "needs a prosecutor's authorisation" in says
    assert "`charge_in_emergency`, by an inspector and with a review to follow" in says
    assert "the sender can record: " in says


def test_a_prosecutor_authorises_and_the_police_charge(matter: Case):
    matter.goes(*TO_REVIEW, "authorise_charge")
    assert matter.state == "charge_authorised"  # authorised is not charged
    assert matter.standing.turn is Turn.POLICE
    assert "for the sender" in message(matter.tries("charge", PROSECUTOR))
    assert matter.says("charge", POLICE).state == "charged"


def test_where_the_police_decide_they_charge_and_say_why(matter: Case):
    matter.says("register", decision_maker="police")
    found = matter.tries("charge_by_police", POLICE, police_charge_reason="")
    assert found[0].code == "REQUIRED"
    matter.says("charge_by_police", POLICE, police_charge_reason="summary_offence")
    assert matter.state == "charged"


def test_where_prosecutors_decide_the_police_do_not_charge_on_their_own(matter: Case):
    says = message(matter.says("register", decision_maker="cps").tries("charge_by_police", POLICE))
    assert 'it needs "decision_maker" to be police' in says
    assert "submit the file" in says
    matter.says("decision_maker_changed", decision_maker="police")
    assert not matter.tries("charge_by_police", POLICE)


def test_an_inspector_charges_in_an_emergency_and_a_prosecutor_reviews_it(matter: Case):
    matter.goes(*TO_REVIEW)
    for missing in ("emergency_reason", "rank"):
        assert matter.tries("charge_in_emergency", POLICE, **{missing: ""})[0].code == "REQUIRED"
    assert matter.tries("charge_in_emergency", POLICE, rank="sergeant")[0].code == "NOT_A_CODE"
    matter.says("charge_in_emergency", POLICE, at="2026-11-20 15:00")
    assert matter.state == "charged_awaiting_review"
    review = matter.standing.clock("review_emergency_charge")
    assert review is not None
    assert (review.holder, review.due_at) == (Turn.CPS, here("2026-11-23 23:59:59"))
    assert "not possible" in message(matter.tries("first_hearing_magistrates"))
    assert matter.says("ratify_charge", PROSECUTOR).state == "charged"


def test_a_prosecutor_can_stop_what_was_charged_in_an_emergency(matter: Case):
    matter.goes(*TO_REVIEW, "charge_in_emergency", "discontinue")
    assert matter.state == "discontinued"


def test_an_action_plan_that_is_left_unanswered_is_finalised_administratively(matter: Case):
    matter.goes(*TO_REVIEW)
    matter.says("issue_action_plan", at="2026-11-20 10:00", answer_by="2026-12-04")
    early = matter.tries("finalise_plan_unanswered", PROSECUTOR, at="2026-12-04 18:00")
    assert "only once the action plan is left unanswered past its day" in message(early)
    matter.says("finalise_plan_unanswered", PROSECUTOR, at="2026-12-05 09:00")
    assert matter.state == "admin_finalised"


def test_administratively_finalised_is_no_decision_and_can_be_reopened(matter: Case):
    matter.goes(*TO_REVIEW)
    matter.says("issue_action_plan", at="2026-11-20 10:00", answer_by="2026-12-04")
    matter.says("finalise_plan_unanswered", PROSECUTOR, at="2026-12-05 09:00")
    standing = matter.standing
    assert "legal_decision" not in standing.counts  # so it is in no charge rate's denominator
    assert not standing.counts & {"nfa_decision", "police_decision"}
    assert not standing.state.to_be_told
    assert "not possible" in message(matter.tries("ask_review"))  # no decision, no review of it
    assert matter.says("reopen", POLICE).state == "submitted"
    assert matter.standing.turn is Turn.CPS


def test_early_advice_that_is_left_unanswered_is_finalised_too(matter: Case):
    matter.goes("register")
    says = message(matter.tries("finalise_advice_unanswered", PROSECUTOR))
    assert "only after early advice that was left unanswered" in says
    matter.goes("ask_early_advice")
    matter.says("give_advice", at="2026-11-20 10:00", answer_by="2026-12-04")
    assert matter.tries("finalise_advice_unanswered", PROSECUTOR, at="2026-12-04 10:00")
    assert not matter.tries("finalise_advice_unanswered", PROSECUTOR, at="2026-12-05 10:00")
    matter.says("answer_advice", POLICE, at="2026-12-06 10:00")
    late = matter.tries("finalise_advice_unanswered", PROSECUTOR, at="2027-12-05 10:00")
    assert "nothing done about it since" in message(late)


def test_the_police_end_it_themselves_with_a_code_and_their_own_review(matter: Case):
    matter.goes("register")
    assert matter.tries("end_by_police", POLICE, police_outcome="")[0].code == "REQUIRED"
    matter.says("end_by_police", POLICE, police_outcome="evidential_victim_does_not")
    assert matter.state == "police_nfa"
    assert "legal_decision" not in matter.standing.counts
    assert "not possible" in message(matter.tries("ask_review"))  # that is the prosecutors' scheme
    matter.says("tell_of_police_nfa", POLICE)
    assert matter.says("ask_police_review", POLICE).standing.turn is Turn.POLICE
    assert matter.says("overturn_police_nfa", POLICE).state == "investigation"


def test_triage_sends_a_file_back_with_codes(matter: Case):
    matter.goes("register", "submit")
    prose = matter.tries("reject_at_triage", triage_reasons=["The statement is thin"])
    assert prose[0].code == "NOT_A_CODE"
    matter.says("reject_at_triage", triage_reasons=["disclosure_missing", "wrong_form"])
    assert matter.standing.turn is Turn.POLICE
    assert matter.says("resubmit", POLICE).state == "submitted"


def test_an_early_contact_counts_as_no_referral_and_can_become_one(matter: Case):
    matter.says("log_contact", POLICE)
    assert matter.standing.counts == frozenset()
    matter.says("answer_contact", PROSECUTOR)
    assert matter.standing.counts == frozenset()
    matter.says("register_from_contact", POLICE)
    assert matter.standing.counts == {"referral"}


def test_days_with_the_police_with_prosecutors_and_with_the_court_are_kept_apart(matter: Case):
    matter.says("register", at="2026-09-01 10:00").says("submit", at="2026-09-11 10:00")
    matter.says("accept_file", at="2026-09-12 10:00").says(
        "issue_action_plan", at="2026-09-20 10:00"
    )
    matter.says("answer_action_plan", at="2026-09-25 10:00", plan_answered="full")
    matter.says("accept_file", at="2026-09-26 10:00").says(
        "authorise_charge", at="2026-09-30 10:00"
    )
    matter.says("charge", at="2026-10-01 10:00")
    matter.says("first_hearing_magistrates", at="2026-10-04 10:00")
    held = matter.standing.days_held(here("2026-11-04 10:00"))
    assert held == {Turn.POLICE: 10 + 5 + 1 + 3, Turn.CPS: 1 + 8 + 5, Turn.COURT: 31}


def test_half_an_answer_says_what_is_still_missing(matter: Case):
    matter.goes(*TO_REVIEW, "issue_action_plan")
    found = matter.tries("answer_action_plan", plan_answered="part")
    assert [one.path for one in found] == [("fields", "items_open")]
    assert not matter.tries("answer_action_plan", plan_answered="part", items_open=["phone"])


@pytest.mark.parametrize(
    ("complexity", "due"),
    [("simple", "2026-11-25"), ("standard", "2026-12-11"), ("complex", "2026-12-18")],
)
def test_how_long_a_decision_may_take_goes_by_complexity(matter: Case, complexity: str, due: str):
    matter.goes("register", "submit").says(
        "accept_file", at="2026-11-20 10:00", complexity=complexity
    )
    decide = matter.standing.clock("decide")
    assert decide is not None
    assert decide.due_at == here(f"{due} 10:00")


@pytest.mark.parametrize(("rights", "due"), [("enhanced", "23"), ("standard", "27")])
def test_the_victim_is_told_in_one_working_day_or_in_five(matter: Case, rights: str, due: str):
    matter.says("register", POLICE, victim_rights=rights).goes("submit", "accept_file")
    matter.says("decide_nfa_evidential", at="2026-11-20 15:00")
    tell = matter.standing.clock("tell_victim")
    assert tell is not None
    assert tell.due_at == here(f"2026-11-{due} 23:59:59")


def test_the_time_to_ask_for_a_review_is_provisional_until_the_victim_was_told(matter: Case):
    matter.goes(*TO_REVIEW).says("decide_nfa_evidential", at="2026-11-20 15:00")
    window = matter.standing.clock("vrr_window")
    assert window is not None
    assert window.provisional
    assert window.due_at == here("2026-12-04 23:59:59")
    matter.says("tell_of_nfa", at="2026-11-23 10:00")
    window = matter.standing.clock("vrr_window")
    assert window is not None
    assert not window.provisional
    assert window.due_at == here("2026-12-07 23:59:59")
    assert len([one for one in matter.standing.clocks if one.clock.name == "vrr_window"]) == 1


def test_a_late_request_says_why_and_a_very_late_one_what_is_exceptional(matter: Case):
    matter.goes(*TO_NFA).says("tell_of_nfa", at="2026-11-23 10:00")

    def missing(at: str) -> list[tuple[str, ...]]:
        return [one.path for one in matter.tries("ask_review", at=at)]

    assert missing("2026-12-07 10:00") == []
    assert missing("2026-12-08 10:00") == [("fields", "late_reason")]
    assert missing("2027-02-24 10:00") == [
        ("fields", "late_reason"),
        ("fields", "exceptional_reason"),
    ]
    given = {"late_reason": "unwell", "exceptional_reason": "new_information"}
    assert matter.says("ask_review", at="2027-02-24 10:00", **given).state == "vrr_local"


def test_no_matter_is_closed_while_the_victim_can_still_ask_for_a_review(matter: Case):
    matter.goes(*TO_NFA).says("tell_of_nfa", at="2026-11-23 10:00")
    found = matter.tries("close_unreviewed", at="2027-02-23 10:00")
    assert "The victim can ask for a review until then" in message(found)
    assert matter.says("close_unreviewed", at="2027-02-24 10:00").state == "closed"


def test_a_review_is_local_first_and_then_independent(matter: Case):
    matter.goes(*TO_NFA, "tell_of_nfa", "ask_review")
    assert matter.tries("ask_independent_review")
    matter.goes("uphold_locally", "ask_independent_review")
    clock = matter.standing.clock("vrr_independent")
    assert clock is not None
    assert str(clock.clock.limit) == "30 working days"
    assert matter.says("overturn_nfa", PROSECUTOR).state == "charge_authorised"


def test_a_review_can_ask_for_more_work(matter: Case):
    matter.goes(*TO_NFA, "tell_of_nfa", "ask_review", "review_needs_more")
    assert matter.state == "action_plan"
    assert matter.standing.clock("answer_action_plan") is not None


def test_what_was_discontinued_can_begin_again_after_a_review(matter: Case):
    matter.goes(*TO_COURT, "discontinue", "tell_of_stop", "ask_review")
    assert matter.tries("overturn_nfa", PROSECUTOR)
    assert matter.says("reinstate", PROSECUTOR).state == "charged"


def test_where_no_evidence_was_offered_it_cannot_begin_again(matter: Case):
    matter.goes(*TO_COURT, "offer_no_evidence", "tell_of_stop", "ask_review")
    assert "cannot begin again" in message(matter.tries("reinstate", PROSECUTOR))
    assert "cannot begin again" in message(matter.tries("overturn_nfa", PROSECUTOR))
    assert matter.says("uphold_locally", PROSECUTOR).state == "vrr_local_answered"


@pytest.mark.parametrize("court", ["first_hearing_magistrates", "first_hearing_youth"])
def test_magistrates_and_youth_court_list_trial_and_sentence_themselves(matter: Case, court: str):
    matter.goes(
        *TO_REVIEW, "authorise_charge", "charge", court, "list_trial", "convict", "sentence"
    )
    matter.goes("victim_told", "close")
    assert matter.state == "closed"
    assert {"legal_decision", "charge_decision", "charged", "conviction"} <= matter.standing.counts


def test_the_crown_court_is_optional_and_a_jury_may_not_agree(matter: Case):
    matter.goes(*TO_COURT, "send_to_crown_court", "list_trial", "jury_undecided", "list_trial")
    assert matter.says("acquit").state == "acquitted"


def test_events_change_no_state_and_relists_are_counted(matter: Case):
    matter.goes(*TO_COURT, "list_trial")
    before = matter.standing
    matter.goes("relist", "relist", "warrant", "warrant_executed", "transfer_to_area", "urn_merged")
    after = matter.standing
    assert (after.state, after.turn, after.spans) == (before.state, before.turn, before.spans)
    assert after.times("relist") == 2


def test_when_the_suspect_dies_it_is_an_event_and_then_it_can_be_closed(matter: Case):
    matter.goes(*TO_COURT)
    assert "Record `suspect_died` first" in message(matter.tries("close_after_death"))
    assert matter.says("suspect_died").state == "magistrates"
    assert matter.says("close_after_death").state == "closed"


def test_that_the_victim_withdrew_has_a_reason_and_a_day_and_stops_nothing(matter: Case):
    matter.goes(*TO_REVIEW)
    assert {
        one.path[-1] for one in matter.tries("victim_withdrew", withdrew_reason="", withdrew_on="")
    } == {
        "withdrew_reason",
        "withdrew_on",
    }
    matter.says("victim_withdrew", withdrew_reason="delay", withdrew_on="2026-11-10")
    assert matter.state == "under_review"
    assert matter.says("authorise_charge").state == "charge_authorised"


def test_a_supporter_is_shown_a_decision_only_once_the_victim_was_told(matter: Case):
    matter.goes(*TO_REVIEW)
    assert matter.standing.told is matter.standing.state
    matter.goes("authorise_charge", "charge", "first_hearing_magistrates")
    assert matter.standing.told is CPS.states["under_review"]  # even where it went on meanwhile
    matter.says("victim_told")
    assert matter.standing.told is CPS.states["magistrates"]


def test_two_suspects_of_a_case_come_to_two_outcomes(matter: Case):
    other = Case.of(CPS)
    matter.goes(*TO_COURT)
    other.goes(*TO_REVIEW, "decide_nfa_evidential")
    assert (matter.state, other.state) == ("magistrates", "nfa_evidential")


def test_there_is_no_field_for_evidence_advice_or_reasoning():
    worded = {"code", "codes", "day", "number", "urn", "yes_no"}
    assert {one.kind.value for one in CPS.fields.values()} == worded
