"""Of the charge rate it is said what it is a part of: prosecutors' decisions, and no others."""

from typing import Any

import pytest
from support.asking import Portal
from support.charging import LIAISON, OFFICER, drafted, goes, matter, on, registered, sent

from portal.referrals.engine.files import shipped

PROGRAMME, SMALL = "pcc.programme", 5
FILE = {"colour": "green", "test": "full_code"}
TOTALS = "query($year: Int!) { chargingTotals(year: $year) { whole decision suspects percent } }"
CASES = "query($year: Int!) { caseTotals(by: PATHWAY, year: $year) { whole key cases } }"


async def totals(portal: Portal, who: str = PROGRAMME, year: int = 2026) -> dict[str, Any]:
    rows = (await portal.ask(who, TOTALS, year=year))["chargingTotals"]
    return {"whole" if row["whole"] else row["decision"]: row for row in rows}


async def suspects(portal: Portal, decision: str) -> int:
    return ((await totals(portal)).get(decision) or {"suspects": 0})["suspects"] or 0


async def decided(portal: Portal, move: str, **told: Any) -> str:
    """A matter of one suspect that came to this decision."""
    case: str = (await registered(portal, 1))["id"]
    for who, step, said in (
        (OFFICER, "submit", FILE),
        (LIAISON, "accept_file", {}),
        (LIAISON, move, told),
    ):
        await goes(portal, who, case, 1, step, **said)
    return case


@pytest.fixture(scope="module", autouse=True)
async def enough(portal: Portal) -> None:
    """So many of each decision that all are shown."""
    for move, told in (
        ("authorise_charge", {"test": "full_code"}),
        ("decide_nfa_evidential", {}),
        ("decide_out_of_court", {"resolution": "caution"}),
    ):
        for _ in range(SMALL):
            await decided(portal, move, **told)


async def test_the_rate_is_of_legal_decisions_and_says_so(portal: Portal) -> None:
    seen = await totals(portal)
    whole, charge = seen["whole"]["suspects"], seen["CHARGE"]["suspects"]
    assert whole >= charge + seen["NO_FURTHER_ACTION"]["suspects"] >= 2 * SMALL
    assert float(seen["CHARGE"]["percent"]) == round(100 * charge / whole, 1)
    assert float(seen["whole"]["percent"]) == 100


async def test_what_police_end_and_what_is_finalised_administratively_is_in_no_part_of_it(
    portal: Portal,
) -> None:
    before = await totals(portal)
    case = (await registered(portal, 1))["id"]
    told = {"police_outcome": "evidential_victim_supports"}
    assert await goes(portal, OFFICER, case, 1, "end_by_police", **told) == "police_nfa"
    other = (await registered(portal, 1))["id"]
    await goes(portal, OFFICER, other, 1, "submit", **FILE)
    await goes(portal, LIAISON, other, 1, "accept_file")
    plan = {"plan_items": ["phone"], "answer_by": "2026-11-20"}
    await goes(portal, LIAISON, other, 1, "issue_action_plan", **plan)
    later = on(portal, "2026-11-23")
    assert await goes(later, LIAISON, other, 1, "finalise_plan_unanswered") == "admin_finalised"
    assert await totals(portal) == before


async def test_a_resolution_out_of_court_is_a_legal_decision_and_no_charge(
    portal: Portal,
) -> None:
    before = await totals(portal)
    await decided(portal, "decide_out_of_court", resolution="caution")
    after = await totals(portal)
    for row in ("OUT_OF_COURT", "whole"):
        assert after[row]["suspects"] == before[row]["suspects"] + 1
    assert after["CHARGE"]["suspects"] == before["CHARGE"]["suspects"]
    rest = sum(after[row]["suspects"] for row in ("CHARGE", "NO_FURTHER_ACTION", "OUT_OF_COURT"))
    assert after["whole"]["suspects"] == rest


async def test_a_decision_that_a_review_overturned_counts_as_the_charge_it_became(
    portal: Portal,
) -> None:
    case = await decided(portal, "decide_nfa_evidential")
    before = await totals(portal)
    told = {"told_on": "2026-11-16", "told_by": "liaison_unit"}
    await goes(portal, LIAISON, case, 1, "tell_of_nfa", **told)
    await goes(portal, OFFICER, case, 1, "ask_review", scheme_version="edition_2021")
    await goes(portal, LIAISON, case, 1, "overturn_nfa")
    after = await totals(portal)
    assert after["whole"]["suspects"] == before["whole"]["suspects"]
    assert after["CHARGE"]["suspects"] == before["CHARGE"]["suspects"] + 1


async def test_two_suspects_are_two_and_a_decision_taken_anew_is_one(portal: Portal) -> None:
    before = await suspects(portal, "whole")
    case = (await registered(portal, 2))["id"]
    for suspect in (1, 2):
        await goes(portal, OFFICER, case, suspect, "submit", **FILE)
        await goes(portal, LIAISON, case, suspect, "accept_file")
        await goes(portal, LIAISON, case, suspect, "authorise_charge", test="full_code")
    assert await suspects(portal, "whole") == before + 2


async def test_what_was_recorded_in_error_counts_no_more(portal: Portal) -> None:
    case = await decided(portal, "authorise_charge", test="full_code")
    before = await suspects(portal, "CHARGE")
    events = (await matter(portal, case, LIAISON))["tracks"][1]["events"]["nodes"]
    [wrong] = [one["id"] for one in events if one["name"] == "authorise_charge"]
    given = {"event": wrong, "reason": "wrong_case"}
    done = await portal.do(LIAISON, "correctReferral", given)
    assert done["__typename"] == "RecipientPayload", done
    assert await suspects(portal, "CHARGE") == before - 1


async def test_an_early_contact_is_counted_as_no_referral_until_it_is_registered(
    portal: Portal,
) -> None:
    for _ in range(SMALL):
        await registered(portal, 1)

    async def counted() -> int:
        rows = (await portal.ask(PROGRAMME, CASES, year=2026))["caseTotals"]
        return int(next(row["cases"] for row in rows if row["whole"]))

    before = await counted()
    row = await drafted(portal, 1)
    await sent(portal, row, "log_contact", {"contact_topic": "digital"})
    assert await counted() == before
    await goes(portal, LIAISON, row["id"], None, "answer_contact")
    assert await counted() == before
    told = {"urn": "05A10012326", "suspects": "1", "victim_rights": "enhanced"}
    given = told | {"decision_maker": "cps"}
    await goes(portal, OFFICER, row["id"], None, "register_from_contact", **given)
    assert await counted() == before + 1


@pytest.mark.parametrize("who", ["wirral.viewer", "wirral.coordinator", "pcc.administrator"])
async def test_who_works_on_no_cases_is_told_nothing(portal: Portal, who: str) -> None:
    assert await totals(portal, who) == {}


async def test_others_count_what_they_see_and_a_charity_sees_none(portal: Portal) -> None:
    assert (await totals(portal, LIAISON))["whole"] == (await totals(portal))["whole"]
    assert (await totals(portal, "tww.caseworker"))["whole"]["suspects"] == 0
    assert (await totals(portal, year=2020))["whole"]["suspects"] == 0


def test_the_decisions_are_those_that_the_pathway_counts() -> None:
    states = shipped().of("cps_charging", 1).states.values()
    legal = {state.name for state in states if "legal_decision" in state.counts}
    assert legal == {"charge_authorised", "nfa_evidential", "nfa_public_interest", "out_of_court"}
    charge = {state.name for state in states if "charge_decision" in state.counts}
    assert charge == {"charge_authorised"}
