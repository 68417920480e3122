"""The benchmarks' databases: seeded once for each version of the schema, kept in one cluster."""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from portal import database
from portal.furnishing import furnish_portal
from portal.sample import case_seeding, invented, plots, seeding
from portal.sample.invented import Spread
from portal.sample.partnership import load_partnership
from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import ROLE_OF_SETTING, Server, running

AGENCIES = 8
COMMAND = "portal_command"
GENERATORS = (seeding, invented, case_seeding, plots)


class Content(Protocol):
    """What is in a database."""

    @property
    def name(self) -> str:
        """Of the database: what is in it, how much, and under which schema and generator."""

    async def fill(self, owner: AsyncConnection, progress: Callable[[int], object]) -> None:
        """Write it on top of the sample partnership."""


def _named(what: str, number: int, *more: object) -> str:
    made_by = [*database.statements(), *map(inspect.getsource, GENERATORS), *map(repr, more)]
    return f"{what}_{number}_{sha256(chr(10).join(made_by).encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Size:
    """So many initiatives, and what hangs on each."""

    initiatives: int
    spread: Spread

    @property
    def name(self) -> str:
        """The database's name."""
        return _named("seeded", self.initiatives, self.spread)

    async def fill(self, owner: AsyncConnection, progress: Callable[[int], object]) -> None:
        """Written in bulk."""
        await seeding.seed(
            owner, self.initiatives, agencies=AGENCIES, spread=self.spread, progress=progress
        )


@dataclass(frozen=True)
class Cases:
    """So many referrals between sixty agencies."""

    referrals: int

    @property
    def name(self) -> str:
        """The database's name."""
        return _named("cases", self.referrals)

    async def fill(self, owner: AsyncConnection, progress: Callable[[int], object]) -> None:
        """Written in bulk."""
        await case_seeding.seed_referrals(owner, self.referrals, progress=progress)


FULL = Size(5_000, Spread())
"""50,000 actions, 10,000 measures, 120,000 observations."""
FEW = Size(1_000, Spread(actions=2, measures=1, observations=1, extras=0))
MANY = Size(100_000, FEW.spread)
MANY_CASES = Cases(1_000_000)
FEW_CASES = Cases(10_000)


@contextmanager
def bench_server() -> Iterator[Server]:
    """The kept cluster of all seeded databases."""
    with running(name="bench") as server:
        yield server


async def seeded(server: Server, content: Content) -> str:
    """The name of the database with that in it, made now if there is none."""
    known, kind = await _databases(server), content.name.rpartition("_")[0]
    if content.name in known:
        return content.name
    outdated = [name for name in known if name.startswith(f"{kind}_")]
    await as_superuser(server, *(f"DROP DATABASE {name}" for name in outdated))
    building = f"new_{kind}"
    await as_superuser(server, f"DROP DATABASE IF EXISTS {building}")
    await asyncio.to_thread(bootstrap, server.dsn, building)
    await fill(server, building, content)
    await as_superuser(server, f"ALTER DATABASE {building} RENAME TO {content.name}")
    return content.name


async def copied(server: Server, name: str, copy: str) -> str:
    """A copy of a database for what changes it; the next copy of that name replaces it."""
    await as_superuser(
        server, f"DROP DATABASE IF EXISTS {copy}", f"CREATE DATABASE {copy} TEMPLATE {name}"
    )
    return copy


def environ(server: Server, name: str) -> dict[str, str]:
    """Settings that make the API's engine open callers by command: no token is looked up."""
    return guarded(server, name) | {"PORTAL_DATABASE_URL": server.dsn(COMMAND, name)}


def guarded(server: Server, name: str) -> dict[str, str]:
    """Settings of an API that opens callers as it should, by token or cookie."""
    return {setting: server.dsn(role, name) for setting, role in ROLE_OF_SETTING.items()}


async def fill(server: Server, name: str, content: Content) -> None:
    """The sample partnership, and that on top of it."""
    engines = Engines(Settings.from_env(environ(server, name)))
    said = 0

    def tell(written: int) -> None:
        nonlocal said
        said += written
        sys.stderr.write(f"\rseeding {content.name}: {said} ")

    try:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
            await content.fill(owner, tell)
    finally:
        await engines.dispose()
        sys.stderr.write("\n")
    await as_superuser(server, "VACUUM (ANALYZE)", database=name)


async def _databases(server: Server) -> list[str]:
    connection = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
    finally:
        await connection.close()
    return [row["datname"] for row in rows]


async def as_superuser(server: Server, *commands: str, database: str = "postgres") -> None:
    """Outside any transaction."""
    connection = await asyncpg.connect(server.dsn(SUPERUSER, database))
    try:
        for command in commands:
            await connection.execute(command)
    finally:
        await connection.close()
