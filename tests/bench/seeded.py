"""The benchmarks' databases: seeded once for each version of the schema, kept in one cluster."""

import asyncio
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import asyncpg

from portal import database
from portal.furnishing import furnish_portal
from portal.sample import invented, seeding
from portal.sample.invented import Spread
from portal.sample.partnership import load_partnership
from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import ROLE_OF_SETTING, Server, running

AGENCIES = 8
COMMAND = "portal_command"


@dataclass(frozen=True)
class Size:
    """How much is in a database."""

    initiatives: int
    spread: Spread

    @property
    def name(self) -> str:
        """The database's name: what is in it, and under which schema and generator."""
        made_by = [*database.statements(), inspect.getsource(seeding), inspect.getsource(invented)]
        version = sha256("\n".join([*made_by, repr(self.spread)]).encode()).hexdigest()[:10]
        return f"seeded_{self.initiatives}_{version}"


FULL = Size(5_000, Spread())
"""50,000 actions, 10,000 measures, 120,000 observations."""
FEW = Size(1_000, Spread(actions=2, measures=1, observations=1, extras=0))
MANY = Size(100_000, FEW.spread)


@contextmanager
def bench_server() -> Iterator[Server]:
    """The kept cluster of all seeded databases."""
    with running(name="bench") as server:
        yield server


async def seeded(server: Server, size: Size) -> str:
    """The name of the database of that size, made now if there is none."""
    known = await _databases(server)
    if size.name in known:
        return size.name
    of_this_size = [name for name in known if name.startswith(f"seeded_{size.initiatives}_")]
    await _as_superuser(server, *(f"DROP DATABASE {name}" for name in of_this_size))
    building = f"new_{size.initiatives}"
    await _as_superuser(server, f"DROP DATABASE IF EXISTS {building}")
    await asyncio.to_thread(bootstrap, server.dsn, building)
    await _fill(server, building, size)
    await _as_superuser(server, f"ALTER DATABASE {building} RENAME TO {size.name}")
    return size.name


def environ(server: Server, name: str) -> dict[str, str]:
    """Settings that make the API's engine open callers by command: no token is looked up."""
    return guarded(server, name) | {"PORTAL_DATABASE_URL": server.dsn(COMMAND, name)}


def guarded(server: Server, name: str) -> dict[str, str]:
    """Settings of an API that opens callers as it should, by token or cookie."""
    return {setting: server.dsn(role, name) for setting, role in ROLE_OF_SETTING.items()}


async def _fill(server: Server, name: str, size: Size) -> None:
    engines = Engines(Settings.from_env(environ(server, name)))
    said = 0

    def tell(written: int) -> None:
        nonlocal said
        said += written
        sys.stderr.write(f"\rseeding {said} of {size.initiatives} initiatives ")

    try:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
            await seeding.seed(
                owner, size.initiatives, agencies=AGENCIES, spread=size.spread, progress=tell
            )
    finally:
        await engines.dispose()
        sys.stderr.write("\n")
    await _as_superuser(server, "VACUUM (ANALYZE)", database=name)


async def _databases(server: Server) -> list[str]:
    connection = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
    finally:
        await connection.close()
    return [row["datname"] for row in rows]


async def _as_superuser(server: Server, *commands: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(server.dsn(SUPERUSER, database))
    try:
        for command in commands:
            await connection.execute(command)
    finally:
        await connection.close()
