"""Further databases on the run's own server, each with the portal's roles in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import ROLE_OF_SETTING, Server


@asynccontextmanager
async def empty_database(server: Server, name: str) -> AsyncIterator[Engines]:
    """An empty database as an administrator prepares it; gone afterwards."""
    bootstrap(server.dsn, name)
    engines = Engines(Settings.from_env(environ_of(server, name)))
    try:
        yield engines
    finally:
        await engines.dispose()
        await _as_superuser(server, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def copied_database(server: Server, original: str, name: str) -> AsyncIterator[Engines]:
    """A copy of a database that nobody is connected to; gone afterwards."""
    await _as_superuser(server, f"CREATE DATABASE {name} TEMPLATE {original} OWNER portal_owner")
    async with empty_database(server, name) as engines:
        yield engines


async def sample_in(engines: Engines) -> None:
    """The whole sample, and nobody connected to it."""
    async with engines.owner.begin() as owner:
        await build(owner, database.statements())
        await furnish_portal(owner)
        await load_sample(owner)
    await engines.dispose()


async def _as_superuser(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def execute(dsn: str, sql: str) -> None:
    """For tests without an event loop."""

    async def work() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(work())


def value(dsn: str, *statements: str) -> object:
    """The first value of the last statement, all in one transaction."""

    async def work() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            async with connection.transaction():
                return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(work())


def environ_of(server: Server, name: str) -> dict[str, str]:
    """The settings that point at this database."""
    return {setting: server.dsn(role, name) for setting, role in ROLE_OF_SETTING.items()}
