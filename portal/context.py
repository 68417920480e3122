"""What a request is to the schema: who opens it, its one now, its id, and the connection it reads
on.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from auth.caller import Caller
from auth.oauth.resource import Presented
from auth.roles import Role, Scope
from auth.strength import Strength, fresh
from portal.reading.binding import Asked

LONDON = ZoneInfo("Europe/London")


class Opening(Protocol):
    """How the caller is opened: with a token, or by an operator's command."""

    def statement(self, request_id: UUID, moment: datetime) -> tuple[str, Sequence[object]]:
        """The SQL that opens the caller, as the transaction's first statement, and its values."""


@dataclass(frozen=True)
class ByToken:
    """An API request."""

    presented: Presented

    def statement(self, request_id: UUID, moment: datetime) -> tuple[str, Sequence[object]]:
        """`open_caller`."""
        p = self.presented
        values = (
            p.token_hash,
            p.thumbprint,
            p.proof,
            p.proof_issued,
            p.membership,
            request_id,
            moment,
            p.exchange,
        )
        return "SELECT * FROM open_caller($1, $2, $3, $4, $5, $6, $7, $8)", values


@dataclass(frozen=True)
class BySession:
    """A page's request, with the hash of its session cookie."""

    token_hash: bytes

    def statement(self, request_id: UUID, moment: datetime) -> tuple[str, Sequence[object]]:
        """`open_session_caller`."""
        values = (self.token_hash, request_id, moment)
        return "SELECT * FROM open_session_caller($1, $2, $3)", values


@dataclass(frozen=True)
class ByCommand:
    """An operator's command that runs as somebody (`--as`)."""

    principal: UUID

    def statement(self, request_id: UUID, moment: datetime) -> tuple[str, Sequence[object]]:
        """`open_command_caller`, which only the command role may call."""
        return "SELECT * FROM open_command_caller($1, $2, $3)", (self.principal, request_id, moment)


@dataclass
class Context:
    """One request."""

    engine: AsyncEngine
    opening: Opening
    request_id: UUID
    now: datetime
    opened: Caller | None = None

    @property
    def today(self) -> date:
        """The day in London, where the working day is."""
        return self.now.astimezone(LONDON).date()

    @property
    def caller(self) -> Caller:
        """Who is calling; known once the transaction has been opened."""
        if self.opened is None:
            raise LookupError("no caller has been opened")
        return self.opened

    @property
    def proved_afresh(self) -> bool:
        """Whether the caller proved who they are strongly, and a moment ago by the real clock."""
        return fresh(self.caller.acr, self.caller.authenticated_at, datetime.now(UTC))

    def asked(self) -> Asked:
        """What the caller brings to every statement."""
        return Asked(
            self.now,
            self.today,
            self.caller.principal_id,
            self.caller.agency_id,
            self.caller.team_ids,
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[asyncpg.Connection]:
        """A transaction on the driver's own connection, with the caller opened: reads need neither
        a session nor SQLAlchemy's connection, only its pool.
        """
        lent = await self.engine.raw_connection()
        try:
            driver = lent.driver_connection
            if not isinstance(driver, asyncpg.Connection):
                raise TypeError("reads need asyncpg")
            sql, values = self.opening.statement(self.request_id, self.now)
            try:
                async with driver.transaction():
                    self.opened = caller_of(await driver.fetchrow(sql, *values))
                    yield driver
            except BaseException:
                await self._mark(driver)
                raise
        finally:
            await greenlet_spawn(lent.close)

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[AsyncSession]:
        """A session with the caller opened; it commits at the end, or rolls back."""
        async with (
            self.engine.connect() as connection,
            AsyncSession(connection, expire_on_commit=False) as session,
        ):
            try:
                await self._open(session)
                yield session
                await session.commit()
            except BaseException:
                await session.rollback()
                await self._mark((await connection.get_raw_connection()).driver_connection)
                raise

    async def _mark(self, driver: Any) -> None:  # noqa: ANN401 - the driver is untyped
        """Keep the proof's replay mark after a rollback: no proof works twice.

        On the connection at hand: a second one might never come while others wait as this one does.
        """
        if self.opened is None or not isinstance(self.opening, ByToken):
            return
        sql, values = self.opening.statement(self.request_id, self.now)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with driver.transaction():
                await driver.fetchrow(sql, *values)

    async def _open(self, session: AsyncSession) -> None:
        session.info["now"] = self.now
        sql, values = self.opening.statement(self.request_id, self.now)
        found = await (await session.connection()).exec_driver_sql(sql, tuple(values))
        self.opened = caller_of(found.mappings().one())


@dataclass
class Rehearsal(Context):
    """A request whose verbs really run, and whose changes are then taken back."""

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[AsyncSession]:
        """As for any request, without the commit."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await self._open(session)
            yield session
            await session.flush()
            await session.rollback()


def caller_of(row: Any) -> Caller:  # noqa: ANN401 - a record of either driver
    """The caller that the database has opened; asyncpg's ids are UUIDs already."""
    return Caller(
        principal_id=row["principal_id"],
        kind=row["kind"],
        agency_id=row["agency_id"],
        person_id=row["person_id"],
        roles=_roles(tuple(row["roles"])),
        scopes=_scopes(tuple(row["scopes"])),
        team_ids=frozenset(row["team_ids"]),
        authenticated_at=row["authenticated_at"],
        acr=row["acr"] and Strength(row["acr"]),
    )


@lru_cache(512)
def _roles(names: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(map(Role, names))


@lru_cache(512)
def _scopes(names: tuple[str, ...]) -> frozenset[Scope]:
    return frozenset(map(Scope, names))
