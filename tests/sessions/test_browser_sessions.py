"""Browser sessions: a cookie works until it is replaced, idle, too old or ended, and for its own
person's memberships only.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from auth.sessions import verbs
from auth.sessions.verbs import NotOffered, SessionOver, hash_of
from auth.strength import Strength
from portal.context import BySession, Context
from portal.sample.partnership import fixed, membership_id
from portal.store.engines import Engines

ASHA = fixed("person", "Asha Penrose")
"""One membership, at RASA."""
NOOR = fixed("person", "Noor Pemberton")
"""Wirral Council and its MARAC."""
HOME = membership_id("rasa.coordinator")


def now() -> datetime:
    return datetime.now(UTC)


async def signed_in(engines: Engines, person: UUID = ASHA, at: datetime | None = None) -> str:
    async with async_sessionmaker(engines.auth).begin() as db:
        return await verbs.begin(
            db,
            person_id=person,
            acr=Strength.PHISHING_RESISTANT,
            amr=["hwk", "user"],
            device="Firefox on Linux",
            now=at or now(),
        )


async def asked(engines: Engines, cookie: str) -> UUID:
    """Who a page's request with this cookie is."""
    context = Context(engines.runtime, BySession(hash_of(cookie)), uuid4(), now())
    async with context.reading():
        return context.caller.principal_id


async def refused(engines: Engines, cookie: str) -> str:
    """The database's word on a page's request with this cookie."""
    import asyncpg

    with pytest.raises(asyncpg.PostgresError) as said:
        await asked(engines, cookie)
    return str(said.value.sqlstate)


async def owner(engines: Engines, sql: str, **given: object) -> None:
    async with engines.owner.begin() as db:
        await db.execute(text(sql), given)


async def test_whoever_has_one_membership_acts_as_that_from_the_start(engines: Engines) -> None:
    cookie = await signed_in(engines)
    assert await asked(engines, cookie) == HOME
    async with engines.owner.connect() as db:
        came = (
            "SELECT last_signed_in_at > now() - interval '1 minute' FROM membership WHERE id = :id"
        )
        assert (await db.execute(text(came), {"id": HOME})).scalar_one()
        told = "SELECT says FROM notice WHERE person_id = :id AND kind = 'new_sign_in'"
        assert (
            "Firefox on Linux" in (await db.execute(text(told), {"id": ASHA})).scalars().all()[-1]
        )
