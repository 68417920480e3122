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
    async with empty_database(server, "cases_at_first") as engines:
        await sample_in(engines)
        yield "cases_at_first"


@pytest.fixture(scope="module")
async def cases(server: Server, sample: str) -> AsyncIterator[Engines]:
    """The sample, behind every login role."""
    async with copied_database(server, sample, "cases") as engines:
        yield engines


@pytest.fixture(scope="module")
def portal(cases: Engines) -> Portal:
    return Portal(the_schema(), cases.command)
