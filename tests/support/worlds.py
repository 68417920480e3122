"""The matrix's world in a database of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.casework import cases, parties
from support.databases import empty_database
from support.records import records
from support.world import World, gather, initiatives, people

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server


@asynccontextmanager
async def world_in(server: Server, name: str) -> AsyncIterator[tuple[Engines, World]]:
    """Every role in every agency, and everything there is."""
    world = World()
    async with empty_database(server, name) as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
            await people(owner, world)
            await initiatives(owner, world)
            await records(owner)
            await cases(owner)
            await gather(owner, world)
            world.parties = parties(world)
        missing = [table for table, rows in world.rows.items() if not rows]
        assert not missing, f"give the world a row of {missing}"
        yield engines, world
