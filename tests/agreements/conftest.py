"""Each file has a database with the whole sample to itself: what is done here meets nobody else."""

from collections.abc import AsyncIterator

import pytest
from support.asking import Portal, the_schema
from support.databases import copied_database, empty_database, sample_in

from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def sample(server: Server) -> AsyncIterator[str]:
    """The name of a database with the sample as it is at first."""
    async with empty_database(server, "agreed_at_first") as engines:
        await sample_in(engines)
        yield "agreed_at_first"


@pytest.fixture(scope="module")
async def agreed(server: Server, sample: str) -> AsyncIterator[Engines]:
    """The sample, behind every login role."""
    async with copied_database(server, sample, "agreed") as engines:
        yield engines


@pytest.fixture(scope="module")
def portal(agreed: Engines) -> Portal:
    return Portal(the_schema(), agreed.command)
