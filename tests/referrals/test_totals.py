"""Programme leads see how much there is, and of nobody that she is there."""

from sqlalchemy import text
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, move, see, sent

from portal.referrals.totals import CaseTotalsBy
from portal.store.engines import Engines

PROGRAMME, IDVA = "pcc.programme", "wirral.idva"
TOTALS = """query($by: CaseTotalsBy!, $year: Int!) { caseTotals(by: $by, year: $year) {
  whole key cases } }"""
CASES = "{ referrals(first: 100) { totalCount nodes { id } } }"
SMALL = 5


async def totals(
    portal: Portal, who: str, by: str = "PATHWAY", year: int = 2026
) -> dict[str | None, int | None]:
    rows = (await portal.ask(who, TOTALS, by=by, year=year))["caseTotals"]
    return {"whole" if row["whole"] else row["key"]: row["cases"] for row in rows}


async def test_a_programme_lead_sees_totals_and_no_case(portal: Portal) -> None:
    for _ in range(SMALL):
        await sent(portal)
    seen = await totals(portal, PROGRAMME)
    assert (seen["whole"] or 0) >= SMALL
    assert (await portal.ask(PROGRAMME, CASES))["referrals"] == {"totalCount": 0, "nodes": []}


async def test_fewer_than_five_are_shown_by_nothing(portal: Portal, cases: Engines) -> None:
    for _ in range(SMALL):
        await sent(portal)
    row = await sent(portal)
    change = "UPDATE referral SET pathway = 'isva' WHERE id = :id"
    async with cases.owner.begin() as owner:
        await owner.execute(text(change), {"id": row["id"].removeprefix("Referral:")})
    seen = await totals(portal, PROGRAMME)
    assert seen["isva"] is None
    hidden = [key for key, count in seen.items() if count is None]
    assert len(hidden) > 1
    shown = sum(count for key, count in seen.items() if count and key != "whole")
    assert (seen["whole"] or 0) - shown >= SMALL


async def test_each_way_of_counting_counts_the_same_cases(portal: Portal) -> None:
    for _ in range(SMALL):
        await sent(portal, area="E08000015")
    wholes = {(await totals(portal, PROGRAMME, by.name))["whole"] for by in CaseTotalsBy}
    assert len(wholes) == 1
    assert "2026-11" in await totals(portal, PROGRAMME, "MONTH")
    assert await totals(portal, PROGRAMME, year=2020) == {"whole": 0}


async def test_of_what_is_no_year_there_are_none(portal: Portal) -> None:
    for year in (-(2**31), -1, 0, 9999, 294_277, 2**31 - 1):
        assert await totals(portal, PROGRAMME, year=year) == {"whole": 0}


async def closed(portal: Portal, outcome: str = "needs_met") -> str:
    """A case of which somebody said what came of it."""
    row = await sent(portal)
    [recipient] = row["recipients"]["nodes"]
    for name, fields in (
        ("acknowledge", ()),
        ("accept", ()),
        ("start", ()),
        ("close", (("outcome", outcome),)),
    ):
        done = await move(portal, IDVA, recipient, name, *fields)
        recipient = done["recipient"]
    return str(row["id"])


async def test_an_outcome_recorded_in_error_counts_no_more(portal: Portal) -> None:
    for _ in range(SMALL):
        await closed(portal, "moved_away")  # hidden before needs_met is, should another be small
    done = [await closed(portal) for _ in range(SMALL + 2)]
    before = (await totals(portal, PROGRAMME, "OUTCOME"))["needs_met"] or 0
    assert before >= SMALL
    last = (await see(portal, IDVA, done[0]))["events"]["nodes"][-1]
    given = {"event": last["id"], "reason": "wrong_case"}
    assert (await portal.do(IDVA, "correctReferral", given))["__typename"] == "RecipientPayload"
    assert (await totals(portal, PROGRAMME, "OUTCOME"))["needs_met"] == before - 1


async def test_others_count_what_they_see(portal: Portal) -> None:
    await sent(portal, FAMILY_SAFETY)
    for who in (SENDER, IDVA):
        mine = (await portal.ask(who, "{ referrals { totalCount } }"))["referrals"]["totalCount"]
        drafts = await portal.ask(who, "{ referrals(filter: {overall: DRAFT}) { totalCount } }")
        count = mine - drafts["referrals"]["totalCount"]
        assert (await totals(portal, who))["whole"] == (count if count >= SMALL else None)


async def test_who_works_on_no_cases_is_told_nothing(portal: Portal) -> None:
    for who in ("wirral.viewer", "wirral.coordinator", "pcc.administrator", "wirral.administrator"):
        assert await totals(portal, who) == {}, who
