"""Gives an embedded server the portal's roles and database: runs deploy/postgresql-roles.sql."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

HERE = Path(__file__)
SUPERUSER = "postgres"


def roles_sql() -> str:
    """From the package when installed, else from the checkout."""
    packaged = HERE.with_name("postgresql-roles.sql")
    checkout = HERE.parents[2] / "deploy" / "postgresql-roles.sql"
    return (packaged if packaged.exists() else checkout).read_text()


def bootstrap(dsn: Callable[[str, str], str], database: str = "portal") -> None:
    """In a thread of its own, so that it also works where an event loop is already running.

    A test or a benchmark may want a database beside the portal's, by another name.
    """
    script = re.sub(r"(DATABASE |\\connect |datname = ')portal\b", rf"\g<1>{database}", roles_sql())
    with ThreadPoolExecutor(1, "bootstrap") as thread:
        thread.submit(asyncio.run, _apply(dsn, script)).result()


async def _apply(dsn: Callable[[str, str], str], script: str) -> None:
    for database, text in _by_database(script):
        connection = await asyncpg.connect(dsn(SUPERUSER, database))
        try:
            await _run(connection, text)
        finally:
            await connection.close()


def _by_database(script: str) -> Iterator[tuple[str, str]]:
    script = re.sub(r"^\\set .*$", "", script, flags=re.MULTILINE)
    database = "postgres"
    first, *others = re.split(r"^\\connect (\w+)$", script, flags=re.MULTILINE)
    yield database, first
    yield from zip(others[::2], others[1::2], strict=True)


async def _run(connection: asyncpg.Connection, text: str) -> None:
    *generating, last = re.split(r"^\\gexec$", text, flags=re.MULTILINE)
    for part in generating:
        before, _, query = part.rpartition(";")
        await connection.execute(before)
        for row in await connection.fetch(query):
            await connection.execute(row[0])
    if last.strip():  # asyncpg stumbles over an empty statement
        await connection.execute(last)
