"""A database of its own with the whole sample: what is done here meets nobody else."""

from collections.abc import AsyncIterator

import pytest
from support.asking import Portal, the_schema
from support.databases import empty_database

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def cases(server: Server) -> AsyncIterator[Engines]:
    """The sample, behind every login role."""
    async with empty_database(server, "cases") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
        yield engines


@pytest.fixture(scope="session")
def portal(cases: Engines) -> Portal:
    return Portal(the_schema(), cases.command)
