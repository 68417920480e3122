"""The row rule of referrals against another way to write one: the same rows, asked for in turn."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from ground import Ground
from results import Result, at_most
from seeded import MANY_CASES, seeded
from serving import NOW

from portal.sample.case_seeding import SHARES, caseworker
from portal.sample.partnership import agency_id, membership_id
from portal.store.bootstrap import SUPERUSER

OPEN = "SELECT FROM open_command_caller($1, $2, $3)"
SOME = "SELECT referral_id FROM recipient WHERE agency_id = $1 LIMIT 1"
SCALAR = """(SELECT true FROM recipient p WHERE p.referral_id = r.id
             AND p.agency_id = (SELECT caller_agency()) LIMIT 1)"""
"""The agencies that are asked for send nothing themselves: what they are sent is all they see."""
ASKED: Mapping[str, tuple[str, float]] = {
    "newest 50": ("SELECT r.id FROM referral r WHERE {} ORDER BY created_at DESC, id DESC LIMIT 50",
                  1),
    "by id": ("SELECT r.id FROM referral r WHERE {} AND r.id = '{some}'", 1.5),
    "count": ("SELECT count(*) FROM referral r WHERE {}", 0.25),
}  # fmt: skip
"""What is asked, and how long ours may take of the other's time."""
AT_LEAST = 0.05
"""Seconds that are timed at least."""
Rows = Sequence[Any]


def row_rules(ground: Ground) -> Iterator[Result]:
    """64 keys and an array on the row against a scalar that looks for a recipient."""
    for number, share in SHARES.items():
        for what, (ratio, bar) in asyncio.run(_compared(ground, number)).items():
            name = f"{what}, agency sees {share} %, median"
            yield at_most(bar, name, "a look at the recipients", ratio)


async def _compared(ground: Ground, number: int) -> dict[str, tuple[float, float]]:
    """The portal's rule as its own role meets it; the other as a condition, without rules."""
    database = await seeded(ground.server, MANY_CASES)
    ours = await asyncpg.connect(ground.server.dsn("portal_command", database))
    rival = await asyncpg.connect(ground.server.dsn(SUPERUSER, database))
    who = membership_id(caseworker(number))
    try:
        some = await rival.fetchval(SOME, agency_id(f"seed{number}"))
        found = {}
        for what, (query, bar) in ASKED.items():
            pair = query.format("true", some=some), query.format(SCALAR, some=some)
            times = []
            for _ in range(ground.pace.rounds):
                mine, rows = await _timed(ours, pair[0], who)
                theirs, same = await _timed(rival, pair[1], who)
                if rows != same:
                    raise SystemExit(f"{what}: {rows[:3]} is not {same[:3]}")
                times.append((mine, theirs))
            found[what] = median(one for one, _ in times) / median(other for _, other in times), bar
        return found
    finally:
        await ours.close()
        await rival.close()


async def _timed(connection: asyncpg.Connection, query: str, who: UUID) -> tuple[float, Rows]:
    """How long a run takes after the first, in a transaction of the caller's.

    A short query runs until some time has gone: one run of 0.1 ms says little.
    """
    async with connection.transaction(readonly=True):
        await connection.execute("SET LOCAL jit = off")
        await connection.fetch(OPEN, who, uuid4(), NOW)
        rows, runs = await connection.fetch(query), 0
        begun = perf_counter()
        while (gone := perf_counter() - begun) < AT_LEAST or not runs:
            rows = await connection.fetch(query)
            runs += 1
        return gone / runs, rows
