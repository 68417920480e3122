"""Bringing a database to this release's revision, one migrator at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from asyncpg import PostgresError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from portal.store.states import sqlstate

HERE = Path(__file__).parent
TABLE = "public.alembic_version"
TURN = 7_204_311_916  # the number of the advisory lock: any will do, if nothing else takes it
PATIENCE = "60s"  # for another migrator to finish
LOCK_TIMEOUT = "4s"  # for a table that is in use: those who wait behind us must not wait long
LOCK_NOT_AVAILABLE = "55P03"

Furnish = Callable[[AsyncConnection], Awaitable[None]]


class MigrationProblem(RuntimeError):
    """The database cannot be brought to this release; the message says what a person can do."""


class Stand(StrEnum):
    """How a database's revision relates to those this release knows."""

    EMPTY = "empty"
    BEHIND = "behind"
    HEAD = "head"
    UNKNOWN = "unknown"
    """A later release has been here, or one that never came out."""


@dataclass(frozen=True)
class Migrated:
    """Which revision the database had, and which it has now."""

    before: str | None
    after: str


@cache
def scripts() -> ScriptDirectory:
    """The migrations of this release."""
    return ScriptDirectory(str(HERE), version_locations=[str(HERE / "versions")])


def head() -> str:
    """The revision that this release needs."""
    (newest,) = scripts().get_heads()
    return newest


async def stand(engine: AsyncEngine) -> Stand:
    """Where the database is, as any of the portal's roles may ask."""
    async with engine.connect() as connection:
        revision = await _revision(connection)
    return _stand(revision)


async def at_head(engine: AsyncEngine) -> bool:
    """Whether this release can serve the database.

    A revision it does not know was made by the next release, whose migrations only add: the old
    one serves on until it is replaced.
    """
    return await stand(engine) in {Stand.HEAD, Stand.UNKNOWN}


async def migrate(engine: AsyncEngine, furnish: Furnish) -> Migrated:
    """Run what is missing as the owner, then see that the rows every database needs are there."""
    async with engine.connect() as connection:
        await _take_turn(connection)
        try:
            return await _migrate(connection, furnish)
        except (DBAPIError, PostgresError) as error:
            raise _explained(error) or error from error
        finally:
            await connection.rollback()
            await connection.execute(text("SELECT pg_advisory_unlock(:turn)"), {"turn": TURN})
            await connection.commit()


async def _migrate(connection: AsyncConnection, furnish: Furnish) -> Migrated:
    before = await _revision(connection)
    if _stand(before) is Stand.UNKNOWN:
        raise MigrationProblem(
            f"The database was made by revision {before}, which this release does not know: "
            "use the release that made it, or a later one."
        )
    await connection.rollback()
    await connection.run_sync(_upgrade)
    await connection.commit()
    await furnish(connection)
    await connection.commit()
    return Migrated(before, head())


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait for another migrator; the lock is the session's: it outlasts a transaction."""
    await connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    try:
        await connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": TURN})
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise MigrationProblem(
                f"Another migration has been running for {PATIENCE}: wait for it, then start again."
            ) from error
        raise
    await connection.commit()


def _upgrade(connection: Connection) -> None:
    """Each migration is a transaction of its own, under a short lock limit."""
    directory = scripts()

    def steps(revision: Any, _: object) -> Any:  # noqa: ANN401 - Alembic's own
        _limit_waits(connection)
        return directory._upgrade_revs("head", revision)  # noqa: SLF001 - what Alembic's own command does

    with EnvironmentContext(Config(), directory, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, transaction_per_migration=True)
        with environment.begin_transaction():
            environment.run_migrations()


def run_sql(connection: Connection, name: str) -> None:
    """Run a migration's SQL file: several statements, which only the driver's own call takes."""
    _limit_waits(connection)
    script = (HERE / "versions" / name).read_text()
    driver: Any = connection.connection.dbapi_connection
    driver.run_async(lambda plain: plain.execute(script))


def _limit_waits(connection: Connection) -> None:
    """Within the transaction, which this begins if need be."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


async def _revision(connection: AsyncConnection) -> str | None:
    if (await connection.execute(text(f"SELECT to_regclass('{TABLE}')"))).scalar_one() is None:
        return None
    found = await connection.execute(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608 - ours
    return found.scalar_one_or_none()


def _stand(revision: str | None) -> Stand:
    if revision is None:
        return Stand.EMPTY
    if revision == head():
        return Stand.HEAD
    known = {script.revision for script in scripts().walk_revisions()}
    return Stand.BEHIND if revision in known else Stand.UNKNOWN


def _explained(error: Exception) -> MigrationProblem | None:
    if sqlstate(error) != LOCK_NOT_AVAILABLE:
        return None
    return MigrationProblem(
        f"A table has been in use for longer than {LOCK_TIMEOUT}, so the migration stopped and "
        "changed nothing: start it again."
    )
