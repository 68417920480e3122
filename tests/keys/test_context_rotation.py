"""The database's key for callers changes under requests, and none of them notices."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from support.databases import empty_database, environ_of

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership, membership_id
from portal.store.build import build
from portal.store.context_keys import context_keys, new_context_key
from portal.store.engines import Engines
from portal.store.server import Server

OPEN = "SELECT * FROM open_command_caller($1, $2)"
COUNT = "SELECT count(*) FROM agency"
LATE = "UPDATE auth_secret.context_key SET made_at = made_at - interval '61 minutes'"
NAME = "turning"


@pytest.fixture(scope="module")
async def turning(server: Server) -> AsyncIterator[Engines]:
    """A database whose context keys this module changes."""
    async with empty_database(server, NAME) as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield engines


@pytest.fixture
async def asking(server: Server, turning: Engines) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(environ_of(server, NAME)["PORTAL_COMMAND_DATABASE_URL"])
    yield connection
    await connection.close()


async def begin(connection: asyncpg.Connection) -> None:
    await connection.fetchrow(OPEN, membership_id("wirral.coordinator"), uuid4())


async def turn(engines: Engines, *, stolen: bool = False) -> int:
    async with engines.owner.begin() as owner:
        await new_context_key(owner, stolen=stolen)
        return len(await context_keys(owner))


async def make_late(server: Server) -> None:
    connection = await asyncpg.connect(server.dsn("portal_owner", NAME))
    await connection.execute(LATE)
    await connection.close()


async def test_no_request_under_way_loses_its_caller(server: Server, turning: Engines):
    dsn, seen, done = environ_of(server, NAME)["PORTAL_COMMAND_DATABASE_URL"], [], asyncio.Event()

    async def ask() -> None:
        connection = await asyncpg.connect(dsn)
        while not done.is_set():
            async with connection.transaction():
                await begin(connection)
                seen.append(await connection.fetchval(COUNT))
                await asyncio.sleep(0.01)
                seen.append(await connection.fetchval(COUNT))
        await connection.close()

    asking = [asyncio.create_task(ask()) for _ in range(8)]
    for _ in range(20):
        await asyncio.sleep(0.03)
        await turn(turning)
    done.set()
    await asyncio.gather(*asking)
    assert len(seen) > 100
    assert min(seen) > 20


async def test_an_older_key_is_good_for_an_hour_and_then_gone(server, turning, asking):
    async with asking.transaction():
        await begin(asking)
        await turn(turning)
        assert await asking.fetchval(COUNT) > 20
        await make_late(server)
        assert await asking.fetchval(COUNT) == 0
    assert await turn(turning) == 2


async def test_a_stolen_key_is_worth_nothing_at_once(turning, asking):
    async with asking.transaction():
        await begin(asking)
        assert await turn(turning, stolen=True) == 1
        assert await asking.fetchval(COUNT) == 0
    async with asking.transaction():
        await begin(asking)
        assert await asking.fetchval(COUNT) > 20
