"""The servers that are measured, each a process of its own: python serving.py NAME.

NAME is ours, hand or oracle: they open the same caller by command, on the database of
PORTAL_DATABASE_URL, in one transaction a request, over as many connections. Or it is portal: all of
it, with tokens, sign-in and pages. Prints its port when it is ready.
"""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvicorn
from starlette.requests import Request

from auth.keys.ring import KeyRing
from portal.app import create_app
from portal.cli.serve import door, spare_the_collector
from portal.context import ByCommand, Context, opening
from portal.edge.guarded import guarded
from portal.edge.logs import configure
from portal.edge.requests import Requests, request_id_of
from portal.edge.router import Edge
from portal.sample.partnership import DAY, membership_id
from portal.sample.seeding import BUSY
from portal.settings import Settings
from portal.store.engines import Engines

HERE = Path(__file__).parent
KEYS = HERE.parents[1] / ".portal" / "bench-keys"
NOW = datetime.combine(DAY, time(9), UTC)


def caller_of(environ: Mapping[str, str]) -> ByCommand:
    """Who asks: the busiest of the sample, or whom the benchmark names."""
    return ByCommand(membership_id(environ.get("BENCH_CALLER", BUSY)))


CALLER = caller_of(os.environ)
Answer = Callable[[dict], Awaitable[bytes]]


def ours(settings: Settings):
    """The portal's edge and schema as `portal serve` runs them, without the look-up of a token."""
    engines = Engines(settings)
    schema, library = guarded()

    async def open_context(request: Request) -> Context:
        return Context(engines.runtime, CALLER, UUID(request_id_of(request)), NOW)

    return Requests(Edge(schema, open_context, library))


def hand(settings: Settings):
    """What somebody writes who knows the questions beforehand: a statement for each."""
    sql = {file.stem: file.read_text() for file in (HERE / "sql").glob("*.sql")}
    opened: list[asyncpg.Pool] = []

    async def answer(body: dict) -> bytes:
        if not opened:
            opened.append(await _pool(settings))
        name, variables = body["name"], body["variables"]
        given = [UUID(variables[key].split(":")[1]) for key in ("id", "team") if key in variables]
        async with opened[0].acquire() as connection, connection.transaction():
            await connection.fetchrow(opening(CALLER), *CALLER.values(uuid4(), NOW))
            when = NOW if name == "queue" else DAY
            found = await connection.fetchval(sql[name], when, *given)
            return b'{"data":' + found + b"}"

    return bare(answer)


async def _pool(settings: Settings) -> asyncpg.Pool:
    """As many connections with the same limits, and no statement to clean them: none is needed."""
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        server_settings={"statement_timeout": str(settings.statement_timeout_ms)},
        reset=_nothing,
    )


async def _nothing(_connection: object) -> None:
    """A transaction's settings have gone with it."""


def oracle(settings: Settings):
    """graphql-core executes field by field over rows fetched one by one."""
    sys.path.append(str(HERE.parent))
    from support.oracle import oracle as execute  # noqa: PLC0415 - the tests' second reader

    engines = Engines(settings)
    schema, _ = guarded()

    async def answer(body: dict) -> bytes:
        context = Context(engines.runtime, CALLER, uuid4(), NOW)
        data, errors = await execute(schema, context, body["query"], body["variables"], paged=True)
        if errors:
            raise ValueError(errors)
        return json.dumps({"data": data}).encode()

    return bare(answer)


def bare(answer: Answer):
    """An application of one route, without a framework."""

    async def app(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        content = await answer(json.loads(body))
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


def whole(settings: Settings, port: int):
    """The portal as `portal serve` runs it, at the address that its port makes."""
    if not KEYS.exists():
        KeyRing.make(KEYS)
    here = replace(settings, base_url=f"http://localhost:{port}", today=DAY)
    return create_app(here, Engines(here), KeyRing.load(KEYS))


def serve(make: Callable[[int], Any]) -> None:
    """With the settings of `portal serve`."""
    with door("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        app = make(port)
        spare_the_collector()
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    configure()
    settings, name = Settings.from_env(os.environ), sys.argv[1]
    made = {"ours": ours, "hand": hand, "oracle": oracle}
    serve(lambda port: whole(settings, port) if name == "portal" else made[name](settings))
