"""`portal seed --referrals`: cases loaded in bulk are as if people had made them."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.asking import Portal, the_schema
from support.databases import empty_database

from portal import database
from portal.calendars.days import Calendar
from portal.furnishing import furnish_portal
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Part
from portal.referrals.engine.standing import Event
from portal.referrals.tables import EventCodes, Recipient, Referral, ReferralEvent
from portal.sample.case_seeding import TABLES, caseworker, seed_referrals
from portal.sample.partnership import load_partnership, membership_id
from portal.store.build import build
from portal.store.rules import table_of

CASES = 60
SHOWN = "{ referrals(filter: {sentByUs: false}) { totalCount } queue { totalCount } }"


@pytest.fixture(scope="module")
async def cases(server):
    """A database with invented referrals, told of as they were written."""
    async with empty_database(server, "seeded_cases") as engines:
        told: list[int] = []
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
            await seed_referrals(owner, CASES - 20, progress=told.append)
        async with engines.owner.begin() as owner:
            await seed_referrals(owner, 20, progress=told.append)
        assert told == [CASES - 20, 20]
        yield engines


async def _keys(owner) -> list:
    found = []
    for model in TABLES:
        name = table_of(model).name
        full = ", full_acl" if model is Referral else ""
        rows = await owner.execute(text(f"SELECT id, acl, routes{full} FROM {name} ORDER BY id"))  # noqa: S608
        found.append([tuple(row) for row in rows])
    return found


async def test_every_row_has_the_keys_that_its_trigger_would_give_it(cases):
    async with cases.owner.connect() as owner:
        before = await _keys(owner)
        assert all(row[1] for rows in before for row in rows)
        for model in TABLES:
            await owner.execute(text(f"UPDATE {table_of(model).name} SET acl = '{{}}'"))  # noqa: S608
        assert await _keys(owner) == before
        await owner.rollback()


async def test_every_case_stands_where_its_events_have_led(cases):
    pathway = shipped().of("request_for_support", 1)
    async with AsyncSession(cases.owner) as db:
        said = {row.event_id: row.codes for row in (await db.execute(select(EventCodes))).scalars()}
        recipients = list((await db.execute(select(Recipient))).scalars())
        assert len(recipients) == CASES
        for row in recipients:
            found = select(ReferralEvent).where(col(ReferralEvent.recipient_id) == row.id)
            found = found.order_by(col(ReferralEvent.position))
            events = [
                Event(id=e.id, name=e.name, at=e.at, part=Part(e.part), fields=said.get(e.id, {}))
                for e in (await db.execute(found)).scalars()
            ]
            standing = replay(pathway, events, Calendar())
            stands = (standing.state.name, standing.turn, standing.hold, standing.due_at)
            assert (row.state, row.turn, row.hold, row.due_at) == stands
            assert row.events == len(events)


async def test_an_agency_is_sent_its_share_and_no_more(cases):
    asked = Portal(the_schema(), cases.command)
    large = await asked.ask(caseworker(1), SHOWN)
    small = await asked.ask(caseworker(3), SHOWN)
    assert CASES * 0.65 < large["referrals"]["totalCount"] < CASES * 0.95
    assert large["queue"]["totalCount"] == large["referrals"]["totalCount"]
    assert small["referrals"]["totalCount"] < CASES * 0.1


async def test_whoever_has_most_holds_as_many_keys_as_one_can(cases):
    async with cases.command.connect() as connection:
        opened = text("SELECT cardinality(caller_keys()) FROM open_command_caller(:who, NULL)")
        await connection.execute(opened, {"who": membership_id(caseworker(1))})
        held = await connection.execute(select(func.cardinality(func.caller_keys())))
        assert held.scalar_one() == 64


async def test_the_triggers_are_back_at_work(cases):
    off = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'"
    async with cases.owner.connect() as owner:
        assert (await owner.execute(text(off))).scalar_one() == 0
