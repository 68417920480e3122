"""Further databases on the run's own server, each with the portal's roles in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER, bootstrap
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
        connection = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
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
