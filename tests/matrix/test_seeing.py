"""What the database shows is what the rules in Python say: every role, every agency, every row."""

import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.databases import empty_database
from support.world import World, gather, in_partnership, initiatives, people

from auth.caller import Caller
from auth.roles import Scope
from portal import database
from portal.furnishing import furnish_portal
from portal.initiatives.access import sees
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server

OPEN = "SELECT * FROM open_command_caller($1, $2)"
AT_LEAST = 100_000
Row = dict[str, Any]


@pytest.fixture(scope="session")
async def matrix(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    world = World()
    async with empty_database(server, "matrix") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
            await people(owner, world)
            await initiatives(owner, world)
            await gather(owner, world)
        yield engines, world


def seen_initiatives(world: World, caller: Caller) -> set[UUID]:
    """The rule in Python, over every initiative."""
    joined = caller.agency_id in in_partnership()
    return {
        found.id
        for found in world.initiatives.values()
        if sees(caller, found, world.partners.get(found.id, set()), in_partnership=joined)
    }


def partners_work(caller: Caller, _: Row) -> bool:
    """The partnership's own records: partners who may read work."""
    return caller.can(Scope.INITIATIVES_READ) and caller.agency_id in in_partnership()


def own_assessment(caller: Caller, row: Row) -> bool:
    """A self-assessment is its own agency's too, should that be no partner."""
    own = caller.can(Scope.INITIATIVES_READ) and row["agency_id"] == caller.agency_id
    return own or partners_work(caller, row)


def own_line(caller: Caller, row: Row) -> bool:
    """One's own audit lines; every line for an auditor."""
    return row["principal_id"] == caller.principal_id or caller.can(Scope.AUDIT_READ)


TWINS: dict[str, Callable[[Caller, Row], bool]] = {
    "client": lambda caller, row: row["agency_id"] == caller.agency_id,
    "audit_line": own_line,
    "plan_action": partners_work,
    "plan_update": partners_work,
    "self_assessment": own_assessment,
}
"""Tables whose rule is another than `everyone` or `whoever sees the initiative`."""


def expected(world: World, caller: Caller) -> dict[str, set[UUID]]:
    """Every row this caller should see, by table."""
    seen = seen_initiatives(world, caller)
    found: dict[str, set[UUID]] = {}
    for name, rows in world.rows.items():
        twin = TWINS.get(name)
        if twin is not None:
            found[name] = {row["id"] for row in rows if twin(caller, row)}
        elif name == "initiative":
            found[name] = seen
        elif rows and "initiative_id" in rows[0]:
            found[name] = {row["id"] for row in rows if row["initiative_id"] in seen}
        else:
            found[name] = {row["id"] for row in rows}
    return found


async def test_every_caller_sees_exactly_what_the_rules_say(
    matrix: tuple[Engines, World],
) -> None:
    engines, world = matrix
    names = [name for name, rows in world.rows.items() if rows and name != "change"]
    union = " UNION ALL ".join(f"SELECT '{n}', array_agg(id) FROM {n}" for n in names)  # noqa: S608 - declared names
    cells, wrong = 0, []
    async with engines.command.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        for caller in world.callers.values():
            async with driver.transaction():
                await driver.fetchrow(OPEN, caller.principal_id, uuid4())
                shown = {name: set(ids or ()) for name, ids in await driver.fetch(union)}
            should = expected(world, caller)
            cells += sum(len(world.rows[name]) for name in names)
            for name in names:
                wrong += [(name, caller, odd) for odd in should[name] ^ shown[name]]
    sys.stdout.write(f"\n{cells:,} cells, {len(wrong)} disagreements\n")
    assert not wrong, wrong[:5]
    assert cells >= AT_LEAST
