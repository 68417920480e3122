"""Whoever signs out everywhere while a consent is being given has no consent left afterwards."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col
from support.consenting import answer_of

from auth.oauth.authorize import Door, approve, silently
from auth.oauth.consents import Consent
from auth.sessions.verbs import SessionOver, end_all


@pytest.fixture
async def agreeing(flow):
    """Bea, signed in, in front of a request; and a door of its own for her answer."""
    who = await flow.signed_in(flow.visitor)
    asked = await flow.opened(await flow.pushed(prompt="consent"))
    return who, asked


async def living(flow, who):
    async with flow.desk.sessions() as db:
        found = select(col(Consent.id)).where(
            col(Consent.person_id) == who.person_id,
            col(Consent.ended_at).is_(None),
            col(Consent.expires_at) > datetime.now(UTC),
        )
        return len((await db.execute(found)).all())


async def sign_out_everywhere(flow, who):
    async with flow.desk.sessions.begin() as db:
        await end_all(db, who.person_id, datetime.now(UTC))


async def test_a_yes_that_is_under_way_is_waited_for_and_ended(flow, agreeing):
    who, asked = agreeing
    async with flow.desk.sessions.begin() as db:
        door = Door(db, flow.desk.provider, uuid4())
        code = answer_of(await approve(door, asked, who, who.membership_id))["code"]
        leaving = asyncio.create_task(sign_out_everywhere(flow, who))
        await somebody_waits(flow)
        assert not leaving.done()
    await leaving
    assert await living(flow, who) == 0
    assert (await flow.redeem(code)).json()["error"] == "invalid_grant"


async def test_a_yes_that_comes_while_the_session_ends_gives_nothing(flow, agreeing):
    who, asked = agreeing

    async def say_yes():
        async with flow.desk.sessions.begin() as db:
            await approve(Door(db, flow.desk.provider, uuid4()), asked, who, who.membership_id)

    async with flow.desk.sessions.begin() as db:
        await end_all(db, who.person_id, datetime.now(UTC))
        agreeing_now = asyncio.create_task(say_yes())
        await somebody_waits(flow)
    with pytest.raises(SessionOver):
        await agreeing_now
    assert await living(flow, who) == 0


async def test_a_program_that_asks_silently_hears_that_nobody_is_signed_in(flow):
    await flow.code()
    who = await flow.signed_in(flow.visitor)
    asked = await flow.opened(await flow.pushed(prompt="none"))
    await flow.desk.sql("UPDATE browser_session SET ended_at = now() WHERE id = $1", who.session_id)
    async with flow.desk.sessions.begin() as db:
        back = answer_of(await silently(Door(db, flow.desk.provider, uuid4()), asked, who))
    assert back["error"] == "login_required"


async def somebody_waits(flow):
    """Until a transaction waits for another's lock."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(200):
        async with flow.desk.sessions() as db:
            if await db.scalar(waits):
                return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")
