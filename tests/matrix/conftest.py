"""One world for the whole matrix: it is built once."""

from collections.abc import AsyncIterator

import pytest
from support.databases import empty_database
from support.records import records
from support.world import World, gather, initiatives, people

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def matrix(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    """Every role in every agency, and everything there is; tests leave it as it is."""
    world = World()
    async with empty_database(server, "matrix") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
            await people(owner, world)
            await initiatives(owner, world)
            await records(owner)
            await gather(owner, world)
            assert all(world.rows.values()), [t for t, rows in world.rows.items() if not rows]
        yield engines, world
