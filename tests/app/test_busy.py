"""When all connections are taken, people are told to come back; a bad request takes one only."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from graphql import GraphQLError
from support.asking import Portal
from support.databases import environ_of
from support.site import Site

from portal.context import Context
from portal.edge.codes import Code
from portal.edge.errors import published
from portal.edge.guarded import guarded
from portal.settings import Settings
from portal.store.engines import Engines
from portal.store.server import Server

BAD = '{ initiatives(after: "no cursor") { nodes { id } } }'
POOL = 2


@pytest.fixture
async def narrow(engines: Engines, server: Server):
    """The same database through a pool of two connections."""
    settings = replace(Settings.from_env(environ_of(server, "portal")), pool_size=POOL)
    made = Engines(settings)
    yield made
    await made.dispose()


def test_bad_requests_at_once_are_answered_at_once(site: Site):
    """More than there are connections: none waits for a second while it holds its own."""
    with site.program("rasa") as rasa, ThreadPoolExecutor(16) as crowd:
        headers = [rasa.headers() for _ in range(16)]
        answers = list(crowd.map(lambda each: rasa.send(BAD, each).json(), headers))
    codes = [answer["errors"][0]["extensions"]["code"] for answer in answers]
    assert set(codes) == {"BAD_CURSOR"}


async def test_who_finds_no_connection_is_told_to_come_back(portal: Portal, narrow: Engines):
    held = [await narrow.command.connect() for _ in range(POOL)]
    schema, _ = guarded()
    context = portal.context("wirral.viewer")
    waiting = Context(narrow.command, context.opening, uuid4(), datetime.now(UTC))
    result = await schema.execute("{ areas { nodes { code } } }", context_value=waiting)
    for connection in held:
        await connection.close()
    told = published(result.errors[0], str(uuid4()))
    assert told.extensions == {"code": Code.BUSY.value}
    assert "Ask again" in told.message


@pytest.mark.parametrize(
    "cause",
    [
        asyncpg.LockNotAvailableError("x"),
        asyncpg.DeadlockDetectedError("x"),
        asyncpg.AdminShutdownError("x"),
        ConnectionRefusedError(),
    ],
)
def test_a_lock_or_a_restart_is_no_fault_to_report(cause: Exception):
    told = published(GraphQLError("x", original_error=cause), str(uuid4()))
    assert told.extensions == {"code": Code.BUSY.value}
