"""How much is late, programme leads hear each Monday, and find in the totals with whom; of fewer
than five cases nothing.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from support.asking import Portal
from support.referring import sent
from support.reminding import KEYS, remind

from portal.sample.partnership import DAY
from portal.store.engines import Engines

PROGRAMME = "pcc.programme"
SMALL = 5
SAVERA = ("savera", "Casework")
MONDAY = DAY + timedelta(weeks=7)
TOTALS = "query { caseTotals(by: LATE_WITH, year: 2026) { whole key cases } }"
TOLD = text(
    "SELECT p.name, n.says FROM notice n JOIN person p ON p.id = n.person_id"
    " WHERE n.kind = 'cases_late' AND n.at >= :since ORDER BY n.at"
)
ALL_BUT = text(
    "UPDATE running_clock SET stopped_at = started_at, next_at = NULL WHERE referral_id NOT IN ("
    "SELECT k.referral_id FROM running_clock k JOIN recipient p ON p.id = k.recipient_id"
    " WHERE p.is_open AND k.stopped_at IS NULL AND k.due_at < :at AND NOT k.provisional"
    " GROUP BY k.referral_id ORDER BY k.referral_id LIMIT :most)"
)
LOOK = text("SELECT tell_late_totals(:at)")


async def told(owner: AsyncConnection, since: datetime) -> list[tuple[str, str]]:
    return [(KEYS[name], says) for name, says in await owner.execute(TOLD, {"since": since})]


async def test_they_hear_once_a_week_how_many_cases_are_late(
    portal: Portal, cases: Engines
) -> None:
    begun = datetime.now(UTC)
    for _ in range(SMALL):
        await sent(portal)
    await remind(cases, MONDAY, workers=3)
    await remind(cases, MONDAY + timedelta(days=2))
    async with cases.owner.connect() as owner:
        [(who, says)] = await told(owner, begun)
    assert who == PROGRAMME
    assert int(says.split()[0]) >= SMALL
    assert says.endswith("cases are late. Totals say with whom most of them lie.")


async def test_of_fewer_than_five_they_hear_nothing(portal: Portal, cases: Engines) -> None:
    for _ in range(SMALL):
        await sent(portal)
    begun = datetime.now(UTC)
    at = datetime.combine(MONDAY + timedelta(weeks=1), datetime.min.time(), UTC)
    for most, heard in ((SMALL - 1, []), (SMALL, [PROGRAMME])):
        async with cases.owner.connect() as owner:
            await owner.execute(ALL_BUT, {"at": at, "most": most})
            await owner.execute(LOOK, {"at": at + timedelta(hours=6, minutes=59)})
            assert await told(owner, begun) == []  # it is not seven yet
            await owner.execute(LOOK, {"at": at + timedelta(hours=7)})
            assert [who for who, _ in await told(owner, begun)] == heard
            await owner.rollback()


async def test_the_totals_say_with_which_agency_most_are_late(portal: Portal) -> None:
    for _ in range(SMALL):
        await sent(portal, SAVERA)
        await sent(portal)
    await sent(portal)
    then = Portal(portal.schema, portal.engine, DAY + timedelta(days=5))
    rows = (await then.ask(PROGRAMME, TOTALS))["caseTotals"]
    late = {row["key"]: row["cases"] for row in rows if not row["whole"]}
    assert (late["Wirral"] or 0) >= SMALL
    assert all(count is None or count >= SMALL for count in late.values())
    now = {row["key"]: row["cases"] for row in (await portal.ask(PROGRAMME, TOTALS))["caseTotals"]}
    assert (now.get("Wirral") or 0) < late["Wirral"]
