"""While a team is asked to take a case over, and after it did: what else can happen meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text
from support.asking import Portal
from support.referring import REFERRAL, SENDER, listed, move, see
from support.transferring import IDVA, ISVA, opens, place, taken_on, transfer

from portal.store.engines import Engines

GATE = text("SELECT agreement_id FROM recipient WHERE id = :id")
REST = "UPDATE agreement SET suspended_at = {} WHERE id = :id"


@asynccontextmanager
async def suspended(cases: Engines, where: dict[str, Any]) -> AsyncIterator[None]:
    """The agreement under which a team has its place rests for as long as this lasts."""
    of = {"id": UUID(where["id"].removeprefix("Recipient:"))}
    async with cases.owner.begin() as owner:
        gate = {"id": (await owner.execute(GATE, of)).scalar_one()}
        await owner.execute(text(REST.format("now()")), gate)
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(REST.format("NULL")), gate)


async def test_who_referred_her_takes_it_back_from_both(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    now = await see(portal, SENDER, row["id"])
    why = [{"name": "withdraw_reason", "values": ["unsafe"]}]
    given = {"id": row["id"], "expectedVersion": now["version"], "fields": why}
    done = await portal.do(SENDER, "withdrawReferral", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
    assert done["referral"]["overall"] == "WITHDRAWN"
    for who in (IDVA, ISVA):
        assert await see(portal, who, row["id"]) is None
        assert row["id"] not in await listed(portal, who)


async def test_while_the_agreement_rests_the_asked_team_sees_nothing_and_answers_afterwards(
    portal: Portal, cases: Engines
) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    new = await place(portal, ISVA, row, "RASA")
    async with suspended(cases, new):
        assert await see(portal, ISVA, row["id"]) is None
        assert (await move(portal, ISVA, new, "accept"))["__typename"] == "NotFound"
        assert (await place(portal, SENDER, row, "Wirral"))["state"] == "accepted"
    done = await move(portal, ISVA, new, "accept")
    assert done["recipient"]["state"] == "accepted", done
    assert (await place(portal, SENDER, row, "Wirral"))["state"] == "transferred"


async def test_once_it_has_passed_each_has_it_under_an_agreement_of_its_own(
    portal: Portal, cases: Engines
) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    async with suspended(cases, await place(portal, SENDER, row, "RASA")):
        assert await see(portal, ISVA, row["id"]) is None
        assert (await place(portal, SENDER, row, "RASA"))["state"] == "accepted"
    assert await opens(portal, ISVA, row)
