"""Steps of referrals by eight clients: through the API, and the same statements issued directly."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
from asked import DOCUMENTS
from ground import Ground
from seeded import FEW_CASES, copied, environ, seeded
from servers import Request, serving
from serving import NOW
from sqlalchemy import event, text

from portal.context import ByCommand, Context
from portal.edge.guarded import guarded
from portal.sample.case_seeding import caseworker
from portal.sample.partnership import membership_id
from portal.settings import Settings
from portal.store.engines import Engines

CLIENTS = 8
WHO = caseworker(1)
NEXT: Mapping[str, Mapping[str, Any]] = {
    "sent": {"move": "acknowledge"},
    "acknowledged": {"move": "accept"},
    "accepted": {"move": "start"},
    "waiting_list": {"move": "start"},
    "started": {
        "move": "contact_attempted",
        "fields": [{"name": "contact_result", "values": ["reached"]}],
    },
}
"""What may happen next to a referral that has come so far."""
OPEN = text(
    "SELECT p.id, p.state, p.version FROM recipient p JOIN agency a ON a.id = p.agency_id"
    " WHERE p.is_open AND a.name = 'Invented Charity 1' ORDER BY p.id"
)
Statement = tuple[str, Any]
"""And its arguments: of one that was executed for many rows, a list of them."""


@dataclass
class Record:
    """The statements of one transaction after the other, as they went to the database.

    It stands in for a connection's protocol: asyncpg's own loggers do not hear of prepared ones.
    """

    protocol: Any
    transactions: list[list[Statement]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)

    async def query(self, query: str, *more: Any) -> Any:
        """Such as BEGIN and COMMIT."""
        self._note(query, ())
        return await self.protocol.query(query, *more)

    async def bind_execute(self, state: Any, args: Any, *more: Any, **named: Any) -> Any:
        """One that was prepared."""
        self._note(state.query, tuple(args))
        return await self.protocol.bind_execute(state, args, *more, **named)

    async def bind_execute_many(self, state: Any, args: Any, *more: Any, **named: Any) -> Any:
        """The same, for many rows."""
        rows = [tuple(each) for each in args]
        self._note(state.query, rows)
        return await self.protocol.bind_execute_many(state, rows, *more, **named)

    def _note(self, query: str, args: Any) -> None:
        if any(word in query for word in ("typeinfo_tree", "current_setting('jit')")):
            return  # the driver learns a type
        if query.startswith("BEGIN"):
            self.transactions.append([])
        self.transactions[-1].append((query, args))


def ratio(ground: Ground) -> float:
    """The API's rate over that of its statements, on copies of one database."""
    name = asyncio.run(seeded(ground.server, FEW_CASES))
    steps = asyncio.run(_steps(environ(ground.server, name)))
    recorded = environ(ground.server, _copy(ground, name, "cases_recorded"))
    transactions = asyncio.run(_record(recorded, steps))
    direct = environ(ground.server, _copy(ground, name, "cases_directly"))
    theirs = asyncio.run(_directly(direct["PORTAL_DATABASE_URL"], transactions))
    served = environ(ground.server, _copy(ground, name, "cases_served"))
    with serving("ours", served | {"BENCH_CALLER": WHO}) as ours:
        mine = ours.load([_request(step) for step in steps], CLIENTS, f"{len(steps)}x")["rate"]
    _check_alike(ground, direct, served)
    return mine / theirs


def _copy(ground: Ground, name: str, copy: str) -> str:
    return asyncio.run(copied(ground.server, name, copy))


def _engines(settings: Mapping[str, str]) -> Engines:
    return Engines(Settings.from_env(settings))


async def _steps(settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """One for each open case of the agency that is sent most."""
    engines = _engines(settings)
    async with engines.owner.connect() as owner:
        rows = (await owner.execute(OPEN)).all()
    await engines.dispose()
    return [
        {
            "recipient": f"Recipient:{row.id}", "expectedVersion": row.version,
            "idempotencyKey": f"step-{row.id}", **NEXT[row.state],
        }
        for row in rows
    ]  # fmt: skip


def _request(step: Mapping[str, Any]) -> Request:
    return ("/graphql", {"query": DOCUMENTS["move"], "variables": {"input": step}})


async def _record(
    settings: Mapping[str, str], steps: Sequence[Mapping[str, Any]]
) -> list[list[Statement]]:
    """What the portal asks the database for each step."""
    engines = _engines(settings)
    transactions: list[list[Statement]] = [[]]

    def listen(connection: Any, *_: object) -> None:
        driver = connection.driver_connection
        driver._protocol = Record(driver._protocol, transactions)

    event.listen(engines.runtime.sync_engine, "connect", listen)
    schema, _ = guarded()
    for step in steps:
        who = ByCommand(membership_id(WHO))
        context = Context(engines.runtime, who, uuid4(), NOW, demonstration=True)
        answer = await schema.execute(
            DOCUMENTS["move"], variable_values={"input": step}, context_value=context
        )
        said = answer.data.bytes if answer.data else b""
        if b"RecipientPayload" not in said:
            raise SystemExit(f"a step was refused: {said.decode()} {answer.errors}")
    await engines.dispose()
    return [each for each in transactions if any(q.startswith("UPDATE") for q, _ in each)]


async def _directly(database_url: str, transactions: list[list[Statement]]) -> float:
    """The rate at which a program issues them that knows them beforehand."""
    waiting = iter(transactions)
    pool = await asyncpg.create_pool(database_url, min_size=CLIENTS, max_size=CLIENTS)

    async def work() -> None:
        async with pool.acquire() as connection:
            for transaction in waiting:
                for query, args in transaction:
                    if isinstance(args, list):
                        await connection.executemany(query, args)
                    else:
                        await connection.fetch(query, *args)

    begun = perf_counter()
    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    taken = perf_counter() - begun
    await pool.close()
    return len(transactions) / taken


def _check_alike(ground: Ground, direct: Mapping[str, str], served: Mapping[str, str]) -> None:
    """Both have written every event, audit line and notice."""
    left, right = (asyncio.run(_written(each)) for each in (direct, served))
    if left != right:
        raise SystemExit(f"directly {left}, through the API {right}")


async def _written(settings: Mapping[str, str]) -> dict[str, int]:
    engines = _engines(settings)
    found = {}
    async with engines.owner.connect() as owner:
        for table in ("referral_event", "audit_line", "notice", "running_clock", "event_codes"):
            found[table] = await owner.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
    await engines.dispose()
    return found
