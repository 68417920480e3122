"""PostgreSQL is killed while people change things: whoever got an answer may rely on it."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import strawberry
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from support.asking import the_schema

from auth.oauth.resource import Presented
from auth.oauth.tables import AccessToken, Client, ClientAcceptance, Grant
from auth.roles import Scope
from portal import database
from portal.context import ByToken, Context
from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, agency_id, load_partnership, membership_id
from portal.settings import Settings
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.rules import table_of
from portal.store.server import Server, running

ROUNDS, PEOPLE, PATIENCE = 3, 6, 60
PROGRAM, THUMBPRINT = uuid4(), "t" * 43
WRITES = [str(scope) for scope in (Scope.INITIATIVES_READ, Scope.INITIATIVES_EDIT)]
LOG = """mutation($input: LogInitiativeInput!) { logInitiative(input: $input) {
    __typename ...on InitiativePayload { initiative { id } } } }"""


async def first_build(engines: Engines) -> None:
    """A partnership, and a program that answers to one of its people."""
    now = datetime.now(UTC)
    async with engines.owner.begin() as owner:
        await build(owner, database.statements())
        await furnish_portal(owner)
        await load_partnership(owner)
        program = {
            "id": PROGRAM, "agency_id": agency_id("wirral"), "name": "A program", "scopes": WRITES,
            "owner_membership_id": membership_id("wirral.coordinator"), "created_at": now,
            "expires_at": now + timedelta(days=1), "redirect_uris": [],
            "grants": [Grant.CLIENT_CREDENTIALS],
        }  # fmt: skip
        await owner.execute(insert(table_of(Client)), program)
        await owner.execute(insert(table_of(ClientAcceptance)), _accepted(program))


def _accepted(program: dict[str, Any]) -> dict[str, Any]:
    """Its owner has said yes to all of it."""
    kept = ("id", "owner_membership_id", "scopes", "grants", "redirect_uris")
    yes = {"accepted_at": program["created_at"], "thumbprints": []}
    return {name: program[name] for name in kept} | yes


async def a_token(engines: Engines) -> bytes:
    now, token = datetime.now(UTC), os.urandom(32)
    row = {
        "token_hash": token, "principal_id": PROGRAM, "kind": "client", "client_id": PROGRAM,
        "thumbprint": THUMBPRINT, "scopes": WRITES, "issued_at": now,
        "expires_at": now + timedelta(minutes=5),
    }  # fmt: skip
    async with engines.owner.begin() as owner:
        await owner.execute(insert(table_of(AccessToken)), row)
    return token


def family(pid: int) -> Iterator[int]:
    """The postmaster and the processes it has started."""
    yield pid
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(stat.parent.name)


def kill(server: Server) -> None:
    """All at once, so that nobody is left to write down what was only kept in memory."""
    for pid in list(family(server.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def logging(
    schema: strawberry.Schema, engines: Engines, token: bytes, told: Callable[[UUID], None]
) -> None:
    """One person logs initiatives, as over HTTP, until there is no answer any more."""
    now = datetime.combine(DAY, time(9), UTC)
    while True:
        proof = Presented(token, THUMBPRINT, os.urandom(32), datetime.now(UTC), uuid4())
        given = {"title": "Kept", "idempotencyKey": str(uuid4())}
        context = Context(engines.runtime, ByToken(proof), uuid4(), now)
        try:
            result = await schema.execute(LOG, {"input": given}, context)
        except (DBAPIError, OSError):
            return
        if result.errors:
            return
        raw: Any = result.data
        answer = json.loads(raw.bytes)["logInitiative"]
        told(UUID(answer["initiative"]["id"].partition(":")[2]))


async def a_round(server: Server, number: int, answered: list[UUID]) -> None:
    engines = Engines(Settings.from_env(server.environ()))
    if number == 0:
        await first_build(engines)
    await all_are_there(engines, answered)
    token = await a_token(engines)
    schema, enough = the_schema(), len(answered) + 10 * (number + 1)

    def told(initiative: UUID) -> None:
        answered.append(initiative)
        if len(answered) == enough:
            kill(server)

    people = [logging(schema, engines, token, told) for _ in range(PEOPLE)]
    await asyncio.wait_for(asyncio.gather(*people), PATIENCE)
    with suppress(DBAPIError, OSError):
        await engines.dispose()


async def all_are_there(engines: Engines, answered: list[UUID]) -> None:
    """Each initiative, and with it its change, its audit line and its key."""
    count = text(
        "SELECT count(DISTINCT i.id), count(DISTINCT c.object_id), count(DISTINCT a.object_id),"
        " count(DISTINCT r.object_id) FROM initiative i"
        " LEFT JOIN change c ON c.object_id = i.id LEFT JOIN audit_line a ON a.object_id = i.id"
        " LEFT JOIN repeat r ON r.object_id = i.id WHERE i.id = ANY (:ids)"
    )
    async with engines.owner.connect() as owner:
        found = (await owner.execute(count, {"ids": answered})).one()
    assert tuple(found) == (len(answered),) * 4


async def looked_at(server: Server, answered: list[UUID]) -> None:
    engines = Engines(Settings.from_env(server.environ()))
    await all_are_there(engines, answered)
    await engines.dispose()


def test_what_was_acknowledged_is_there_after_the_server_was_killed(kept: str) -> None:
    answered: list[UUID] = []
    with ThreadPoolExecutor(1) as thread:
        for number in range(ROUNDS):
            with running(name=kept) as server:
                thread.submit(asyncio.run, a_round(server, number, answered)).result()
        with running(name=kept) as server:
            thread.submit(asyncio.run, looked_at(server, answered)).result()
    assert len(set(answered)) == len(answered) > 50
