"""A matter of police and prosecutors goes its ways: at each turn it is seen whose it is, for how
many days it lay with whom, what is due, and what whoever tries the wrong thing is told.
"""

from typing import Any
from uuid import uuid4

from sqlalchemy import text
from support.asking import Portal
from support.charging import LIAISON, OFFICER, URN, goes, matter, on, registered, said, tries
from support.referring import REFERRAL

from portal.sample.partnership import agency_id
from portal.store.engines import Engines

FILE = {"colour": "green", "test": "full_code"}
TOLD = {"told_on": "2026-11-16", "told_by": "liaison_unit"}
HEARINGS = """query($id: ID!) { hearings(filter: {referral: $id}) {
  nodes { heldOn kind state } } }"""
FOUND = "query($urn: String!) { referrals(first: 100, filter: {urn: $urn}) { nodes { id } } }"
STRANGERS = ("rasa.caseworker", "wirral.idva", "police.viewer", "uol.caseworker")


async def track(portal: Portal, case: str) -> dict[str, Any]:
    """The first suspect's, with days by holder, clocks that go on by name, and what happened."""
    row: dict[str, Any] = (await matter(portal, case, LIAISON))["tracks"][1]
    row["days"] = {one["holder"]: one["days"] for one in row["daysHeld"]}
    row["running"] = {one["name"]: one for one in row["clocks"]["nodes"] if not one["stoppedAt"]}
    row["happened"] = [one["name"] for one in row["events"]["nodes"]]
    return row


async def refused(
    portal: Portal, who: str, case: str, move: str, *instead: str, **told: Any
) -> None:
    """A step is impossible for somebody, who reads what is possible."""
    done = await tries(portal, who, case, 1, move, **told)
    assert done["__typename"] == "ValidationError", done
    [error] = done["errors"]
    assert error["code"] in {"IMPOSSIBLE_MOVE", "OTHER_PART"}, error
    assert error["path"] == ["input", "move"]
    possible = error["message"].rpartition("can record: ")[2].rstrip(".").split(", ")
    assert set(instead) <= set(possible), (instead, possible)
    assert move not in possible


async def under_review(portal: Portal) -> str:
    case: str = (await registered(portal, 1))["id"]
    await goes(portal, OFFICER, case, 1, "submit", **FILE)
    await goes(portal, LIAISON, case, 1, "accept_file")
    return case


async def charged(portal: Portal) -> str:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    await goes(portal, OFFICER, case, 1, "charge", charge_form="charged")
    return case


async def hearings(portal: Portal, case: str) -> list[tuple[str, str, str]]:
    nodes = (await portal.ask(LIAISON, HEARINGS, id=case))["hearings"]["nodes"]
    return [(one["heldOn"], one["kind"], one["state"]) for one in nodes]


async def test_what_was_finalised_administratively_waits_for_nobody_and_is_opened_again(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    plan: dict[str, Any] = {"plan_items": ["phone"], "answer_by": "2026-11-20"}
    await goes(portal, LIAISON, case, 1, "issue_action_plan", **plan)
    early = on(portal, "2026-11-20")
    await refused(early, LIAISON, case, "finalise_plan_unanswered", "plan_item_dated")
    late = on(portal, "2026-11-23")
    await refused(late, OFFICER, case, "finalise_plan_unanswered", "answer_action_plan")
    assert await goes(late, LIAISON, case, 1, "finalise_plan_unanswered") == "admin_finalised"
    stands = await track(on(portal, "2026-12-23"), case)
    assert (stands["turn"], stands["open"], stands["days"]["police"]) == ("none", False, 7)
    assert not stands["running"].keys() & {"tell_victim", "vrr_window"}  # it is no decision
    assert (await matter(late, case))["overall"] == "ENDED"
    again = on(portal, "2026-12-01")
    await refused(again, LIAISON, case, "ask_review", "victim_told", scheme_version="edition_2021")
    await refused(again, LIAISON, case, "reopen", "urn_merged", **FILE)
    assert await goes(again, OFFICER, case, 1, "reopen", **FILE) == "submitted"
    stands = await track(on(portal, "2026-12-03"), case)
    assert (stands["turn"], stands["open"]) == ("cps", True)
    assert (stands["days"]["police"], stands["days"]["cps"]) == (7, 2)
    assert "triage" in stands["running"]
    assert (await matter(again, case))["overall"] == "IN_HAND"


async def test_what_is_resolved_out_of_court_is_told_to_her_and_closed_by_the_police(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await refused(portal, OFFICER, case, "decide_out_of_court", resolution="caution")
    words = await tries(portal, LIAISON, case, 1, "decide_out_of_court", resolution="A warning")
    assert words["errors"][0]["code"] == "NOT_A_CODE"
    await goes(portal, LIAISON, case, 1, "decide_out_of_court", resolution="conditional_caution")
    stands = await track(portal, case)
    tell = stands["running"]["tell_victim"]
    assert (stands["turn"], tell["dueAt"][:10]) == ("police", "2026-11-17")
    await refused(portal, LIAISON, case, "close_resolved", **TOLD)
    assert await goes(portal, OFFICER, case, 1, "close_resolved", **TOLD) == "closed"
    assert not (await track(portal, case))["running"]


async def test_what_happens_in_court_moves_no_state_no_turn_and_no_days(portal: Portal) -> None:
    case = await charged(portal)
    await refused(portal, OFFICER, case, "warrant", "first_hearing_magistrates")
    await goes(portal, OFFICER, case, 1, "first_hearing_magistrates", hearing_on="2026-11-17")
    later = on(portal, "2026-11-18")
    await refused(later, LIAISON, case, "warrant_executed", "warrant")
    merged = f"05A1{uuid4().int % 10_000_000:07d}"
    for who, name, told in (
        (OFFICER, "warrant", {}),
        (OFFICER, "warrant_executed", {}),
        (LIAISON, "special_measures", {"measure": "screen", "measure_answer": "granted"}),
        (LIAISON, "transfer_to_area", {"to_area": "north_west"}),
        (OFFICER, "urn_merged", {"urn": merged}),
    ):
        assert await goes(later, who, case, 1, name, **told) == "magistrates", name
    stands = await track(on(portal, "2026-11-20"), case)
    assert (stands["turn"], stands["stateOn"]) == ("court", "2026-11-16")
    assert stands["days"] == {"police": 0, "cps": 0, "court": 4}
    assert stands["happened"][-2:] == ["transfer_to_area", "urn_merged"]
    assert await hearings(later, case) == [("2026-11-17", "FIRST", "LISTED")]
    for urn in (merged, URN):
        found = (await portal.ask(LIAISON, FOUND, urn=urn))["referrals"]["nodes"]
        assert urn != merged or [one["id"] for one in found] == [case]
    for stranger in STRANGERS:
        assert not (await portal.ask(stranger, FOUND, urn=merged))["referrals"]["nodes"]


async def test_what_is_said_in_court_is_a_code_and_never_words(portal: Portal) -> None:
    case = await charged(portal)
    await goes(portal, OFFICER, case, 1, "first_hearing_magistrates")
    words = "She is afraid of his brother"
    for name, told, field in (
        ("special_measures", {"measure": words, "measure_answer": "granted"}, "measure"),
        ("transfer_to_area", {"to_area": words}, "to_area"),
        ("urn_merged", {"urn": words}, "urn"),
        ("suspect_died", {"reason": words}, "reason"),
    ):
        done = await tries(portal, OFFICER, case, 1, name, **told)
        assert [one["path"][-1] for one in done["errors"]] == [field], done
        assert words not in done["message"]


async def test_when_the_suspect_died_it_stays_until_she_was_told_and_is_closed(
    portal: Portal,
) -> None:
    case = await charged(portal)
    await refused(portal, OFFICER, case, "close_after_death", "suspect_died", **TOLD)
    assert await goes(portal, LIAISON, case, 1, "suspect_died") == "charged"
    await refused(portal, LIAISON, case, "suspect_died", "close_after_death")  # nobody dies twice
    assert await goes(portal, LIAISON, case, 1, "close_after_death", **TOLD) == "closed"
    stands = await track(on(portal, "2026-12-01"), case)
    assert (stands["turn"], stands["open"], stands["running"]) == ("none", False, {})
    assert stands["days"] == {"police": 0, "cps": 0}
    await refused(portal, OFFICER, case, "charge", "victim_told", charge_form="charged")


async def test_the_youth_court_lists_trial_and_sentence_and_relists_are_kept(
    portal: Portal,
) -> None:
    case = await charged(portal)
    await refused(portal, OFFICER, case, "list_trial", "first_hearing_youth", hearing_on=DAY_1)
    await goes(portal, OFFICER, case, 1, "first_hearing_youth")
    await refused(
        portal, OFFICER, case, "relist", "list_trial", hearing_on=DAY_2, relist_reason="x"
    )
    await goes(portal, LIAISON, case, 1, "list_trial", hearing_on=DAY_1)
    for day in (DAY_2, DAY_3):
        off = {"hearing_on": day, "relist_reason": "witness_absent"}
        assert await goes(portal, OFFICER, case, 1, "relist", **off) == "trial_listed"
    assert await hearings(portal, case) == [
        (DAY_1, "TRIAL", "RELISTED"), (DAY_2, "TRIAL", "RELISTED"), (DAY_3, "TRIAL", "LISTED"),
    ]  # fmt: skip
    end = on(portal, DAY_3)
    await refused(end, OFFICER, case, "sentence", "convict", sentence_kind="youth")
    await goes(end, LIAISON, case, 1, "convict")
    assert await goes(end, OFFICER, case, 1, "sentence", sentence_kind="youth") == "sentenced"
    stands = await track(end, case)
    assert (stands["turn"], stands["days"]["court"]) == ("police", 23)
    assert stands["happened"].count("relist") == 2


DAY_1, DAY_2, DAY_3 = "2026-12-01", "2026-12-04", "2026-12-09"


async def test_a_review_is_local_and_then_independent_with_a_clock_and_days_for_each(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    await goes(portal, LIAISON, case, 1, "decide_nfa_public_interest")
    scheme = {"scheme_version": "edition_2021"}
    await refused(portal, OFFICER, case, "ask_review", "victim_told", **scheme)
    assert (await track(portal, case))["running"]["vrr_window"]["provisional"]
    await refused(portal, OFFICER, case, "tell_of_nfa", "victim_told", **TOLD)
    await goes(portal, LIAISON, case, 1, "tell_of_nfa", **TOLD)
    stands = await track(portal, case)
    assert stands["turn"] == "none"
    assert not stands["running"]["vrr_window"]["provisional"]
    asks = on(portal, "2026-11-18")
    for wrong in ({}, {"scheme_version": "The new one"}):
        done = await tries(asks, OFFICER, case, 1, "ask_review", **wrong)
        assert done["errors"][0]["path"] == ["input", "fields", "scheme_version"]
    await refused(asks, OFFICER, case, "ask_independent_review", "ask_review")
    await goes(asks, OFFICER, case, 1, "ask_review", **scheme)
    stands = await track(asks, case)
    clock = stands["running"]["vrr_local"]
    assert (clock["holder"], clock["dueAt"][:10]) == ("cps", "2026-12-02")
    assert not stands["running"].keys() & {"vrr_window", "vrr_last_day"}
    answers = on(portal, "2026-11-23")
    answered = TOLD | {"told_on": "2026-11-23"}
    await refused(answers, OFFICER, case, "uphold_locally", **answered)
    await goes(answers, LIAISON, case, 1, "uphold_locally", **answered)
    asks = on(portal, "2026-11-25")
    await goes(asks, OFFICER, case, 1, "ask_independent_review")
    clock = (await track(asks, case))["running"]["vrr_independent"]
    assert (clock["holder"], clock["dueAt"][:10]) == ("cps", "2027-01-11")
    end = on(portal, "2026-11-30")
    assert await goes(end, LIAISON, case, 1, "overturn_nfa") == "charge_authorised"
    stands = await track(end, case)
    assert (stands["turn"], stands["days"]) == ("police", {"police": 0, "cps": 5 + 5})
    assert {"charge", "tell_victim"} <= stands["running"].keys()


async def test_after_no_evidence_was_offered_nothing_begins_again(portal: Portal) -> None:
    case = await charged(portal)
    await goes(portal, OFFICER, case, 1, "first_hearing_magistrates", hearing_on="2026-11-20")
    await goes(portal, LIAISON, case, 1, "offer_no_evidence", stop_reason="witness")
    assert await hearings(portal, case) == [("2026-11-20", "FIRST", "VACATED")]
    await goes(portal, LIAISON, case, 1, "tell_of_stop", **TOLD)
    await goes(portal, OFFICER, case, 1, "ask_review", scheme_version="edition_2021")
    for move in ("reinstate", "overturn_nfa"):
        await refused(portal, LIAISON, case, move, "uphold_locally")
    assert await goes(portal, LIAISON, case, 1, "uphold_locally", **TOLD) == "vrr_local_answered"


async def test_the_police_charge_alone_only_where_they_decide_or_an_inspector_has_to(
    portal: Portal,
) -> None:
    case = (await registered(portal, 1))["id"]
    alone = {"charge_form": "charged", "police_charge_reason": "summary_offence"}
    await refused(portal, OFFICER, case, "charge", "charge_in_emergency", charge_form="charged")
    await refused(portal, OFFICER, case, "charge_by_police", "decision_maker_changed", **alone)
    urgent = {"charge_form": "charged", "emergency_reason": "custody_limit", "rank": "inspector"}
    for field, wrong in (("rank", "sergeant"), ("emergency_reason", "He was drunk"), ("rank", "")):
        told = urgent | {field: wrong}
        done = await tries(portal, OFFICER, case, 1, "charge_in_emergency", **told)
        assert [one["path"][-1] for one in done["errors"]] == [field], done
    await refused(portal, LIAISON, case, "charge_in_emergency", **urgent)
    await goes(portal, OFFICER, case, 1, "charge_in_emergency", **urgent)
    stands = await track(portal, case)
    review = stands["running"]["review_emergency_charge"]
    assert (stands["turn"], review["holder"], review["dueAt"][:10]) == ("cps", "cps", "2026-11-17")
    await refused(portal, OFFICER, case, "first_hearing_magistrates", "victim_told")
    assert await goes(portal, LIAISON, case, 1, "ratify_charge", test="threshold") == "charged"
    await refused(portal, LIAISON, case, "ratify_charge", test="full_code")  # not a second time
    other = (await registered(portal, 1))["id"]
    await goes(portal, OFFICER, other, 1, "decision_maker_changed", decision_maker="police")
    assert await goes(portal, OFFICER, other, 1, "charge_by_police", **alone) == "charged"
    await refused(portal, OFFICER, other, "charge_by_police", "hearing", **alone)


async def test_the_police_end_it_themselves_and_look_again_when_she_asks(portal: Portal) -> None:
    case = (await registered(portal, 1))["id"]
    ended = {"police_outcome": "evidential_victim_does_not"}
    await refused(portal, LIAISON, case, "end_by_police", **ended)
    words = await tries(portal, OFFICER, case, 1, "end_by_police", police_outcome="Outcome 16")
    assert words["errors"][0]["code"] == "NOT_A_CODE"
    await goes(portal, OFFICER, case, 1, "end_by_police", **ended)
    assert (await track(portal, case))["running"]["tell_victim"]["holder"] == "police"
    await refused(portal, OFFICER, case, "ask_police_review", "tell_of_police_nfa")
    told = TOLD | {"told_by": "officer"}
    await goes(portal, OFFICER, case, 1, "tell_of_police_nfa", **told)
    scheme = {"scheme_version": "edition_2021"}
    await refused(portal, OFFICER, case, "ask_review", "ask_police_review", **scheme)
    await goes(portal, OFFICER, case, 1, "ask_police_review")
    stands = await track(on(portal, "2026-11-26"), case)
    assert (stands["turn"], stands["days"]) == ("police", {"police": 10})
    assert stands["running"]["police_review"]["holder"] == "police"
    assert await goes(portal, OFFICER, case, 1, "overturn_police_nfa") == "investigation"


async def test_that_she_no_longer_supports_it_has_a_code_and_a_day_and_it_goes_on(
    portal: Portal,
) -> None:
    case = await under_review(portal)
    words = {"withdrew_reason": "She is tired of it", "withdrew_on": "2026-11-10"}
    done = await tries(portal, OFFICER, case, 1, "victim_withdrew", **words)
    assert [one["path"][-1] for one in done["errors"]] == ["withdrew_reason"]
    gone = words | {"withdrew_reason": "delay"}
    await refused(portal, OFFICER, case, "victim_supports_again", "victim_withdrew")
    assert await goes(portal, OFFICER, case, 1, "victim_withdrew", **gone) == "under_review"
    decided = await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    assert decided == "charge_authorised"
    assert "victim_withdrew" in (await track(portal, case))["happened"]


async def test_a_number_of_a_person_tells_nobody_whether_there_is_such_a_person(
    portal: Portal, cases: Engines
) -> None:
    seen = await registered(portal, 1)
    async with cases.owner.connect() as owner:
        theirs = await owner.execute(
            text(
                "SELECT s.person, s.referral_id FROM subject s JOIN referral r"
                " ON r.id = s.referral_id WHERE r.sender_agency_id = :agency LIMIT 1"
            ),
            {"agency": agency_id("tww")},
        )
        person, hidden = theirs.one()
    told = {"urn": URN, "suspects": "2", "victim_rights": "enhanced", "decision_maker": "cps"}
    given = {
        "id": seen["id"], "expectedVersion": seen["version"], "employment": "NONE_KNOWN",
        "fields": said(told),
    }  # fmt: skip
    answers = [
        await portal.do(OFFICER, "addSuspect", given | {"person": str(number)}, REFERRAL)
        for number in (person, uuid4())
    ]
    assert answers[0] == answers[1]
    assert answers[0]["errors"][0]["path"] == ["input", "person"]
    gone = [
        await portal.do(OFFICER, "addSuspect", given | {"id": f"Referral:{id}"})
        for id in (hidden, uuid4())
    ]
    assert {one["__typename"] for one in gone} == {"NotFound"}
    assert (await matter(portal, seen["id"]))["tracks"].keys() == {1}
