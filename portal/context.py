"""What a request is to the schema: who opens it, its one now, its id, and the connection it reads
on.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

import asyncpg
from graphql import GraphQLError
from graphql.execution.values import VariableValues
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

from auth.caller import Caller
from auth.oauth.resource import Presented, invalid_token
from auth.roles import Role, Scope
from auth.strength import Strength, fresh
from portal.clock import LONDON
from portal.reading.binding import Asked
from portal.reading.plans import Plan, numbered


class Opening(Protocol):
    """How the caller is opened: with a token, a session, or by an operator's command."""

    source: ClassVar[str]
    """The SQL function whose one row is the caller, with a `{}` for each value."""
    delegates: ClassVar[bool]
    """Whether a person who is opened so is not there, and a program acts in their name."""

    def values(self, request_id: UUID, moment: datetime) -> Sequence[object]:
        """What the function is given."""


@dataclass(frozen=True)
class ByToken:
    """An API request."""

    source: ClassVar[str] = "open_caller({}, {}, {}, {}, {}, {}, {}, {})"
    delegates: ClassVar[bool] = True
    presented: Presented

    def values(self, request_id: UUID, moment: datetime) -> Sequence[object]:
        """Token, proof, request."""
        p = self.presented
        return (
            p.token_hash,
            p.thumbprint,
            p.proof,
            p.proof_issued,
            p.membership,
            request_id,
            moment,
            p.exchange,
        )


@dataclass(frozen=True)
class BySession:
    """A page's request, with the hash of its session cookie."""

    source: ClassVar[str] = "open_session_caller({}, {}, {})"
    delegates: ClassVar[bool] = False
    token_hash: bytes

    def values(self, request_id: UUID, moment: datetime) -> Sequence[object]:
        """Cookie, request."""
        return self.token_hash, request_id, moment


@dataclass(frozen=True)
class ByCommand:
    """An operator's command that runs as somebody (`--as`); only the command role may."""

    source: ClassVar[str] = "open_command_caller({}, {}, {})"
    delegates: ClassVar[bool] = False
    principal: UUID

    def values(self, request_id: UUID, moment: datetime) -> Sequence[object]:
        """Whom, request."""
        return self.principal, request_id, moment


def opening(by: Opening) -> str:
    """The statement that only opens the caller."""
    return f"SELECT * FROM {numbered(by.source, 1)}"  # noqa: S608 - our own functions


@dataclass
class Context:
    """One request."""

    engine: AsyncEngine
    opening: Opening
    request_id: UUID
    now: datetime
    opened: Caller | None = None
    demonstration: bool = False
    """Whether invented cases may be kept here, as whoever makes the request knows; real ones wait
    until they can be sealed.
    """

    withheld: Sequence[Mapping[str, object]] = ()
    """What the answer leaves out, by path and code."""

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
        """The moment, which every statement is given."""
        return Asked(self.now, self.today)

    async def read(self, plan: Plan, variables: VariableValues) -> bytes:
        """The answer, by one statement that opens the caller and reads: one way to the database
        and back, without a session, on the driver's own connection.
        """
        lent = await self.engine.raw_connection()
        try:
            driver = lent.driver_connection
            if not isinstance(driver, asyncpg.Connection):
                raise TypeError("reads need asyncpg")
            try:
                given = self.opening.values(self.request_id, self.now)
                values = plan.arguments(variables, self.asked())
                row = await driver.fetchrow(plan.opened_by(self.opening.source), *values, *given)
            except GraphQLError:
                # Who sends a bad cursor is asked for a name first, like anybody.
                await driver.fetchrow(opening(self.opening), *given)
                raise
            except BaseException as problem:
                await self._mark(driver, problem)
                raise
            self.opened = caller_of(row, self.opening)
            if row["withheld"]:
                self.withheld = json.loads(f"[{row['withheld']}]")
            answer: bytes = row["answer"]
            return answer
        finally:
            if lent.driver_connection is not None and lent.driver_connection.is_closed():
                # The pool saw nothing of what passed by it, and would lend the broken one again.
                await greenlet_spawn(lent.invalidate)
            await greenlet_spawn(lent.close)

    async def introduce(self) -> None:
        """Learn who is calling, before anything dearer is done for them."""
        async with self.engine.connect() as connection:
            values = self.opening.values(self.request_id, self.now)
            found = await connection.exec_driver_sql(opening(self.opening), tuple(values))
            self.opened = caller_of(found.mappings().one(), self.opening)
            await connection.commit()

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
            except BaseException as problem:
                await session.rollback()
                await self._mark((await connection.get_raw_connection()).driver_connection, problem)
                raise

    async def _mark(self, driver: Any, problem: BaseException) -> None:  # noqa: ANN401 - the driver is untyped
        """Keep the proof's replay mark after a rollback: no proof works twice.

        On the connection at hand: a second one might never come while others wait as this one does.
        """
        nobody = isinstance(problem, Exception) and invalid_token(problem)
        if nobody or not isinstance(self.opening, ByToken):
            return
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            values = self.opening.values(self.request_id, self.now)
            await driver.fetchrow(opening(self.opening), *values)

    async def _open(self, session: AsyncSession) -> None:
        session.info["now"] = self.now
        values = self.opening.values(self.request_id, self.now)
        connection = await session.connection()
        found = await connection.exec_driver_sql(opening(self.opening), tuple(values))
        self.opened = caller_of(found.mappings().one(), self.opening)


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


def caller_of(row: Any, opening: Opening) -> Caller:  # noqa: ANN401 - a record of either driver
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
        delegated=opening.delegates and row["kind"] == "membership",
    )


@lru_cache(512)
def _roles(names: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(map(Role, names))


@lru_cache(512)
def _scopes(names: tuple[str, ...]) -> frozenset[Scope]:
    return frozenset(map(Scope, names))
