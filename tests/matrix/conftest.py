"""One world for the whole matrix: it is built once, and tests leave it as it is."""

from collections.abc import AsyncIterator

import pytest
from support.sharing import shared_in
from support.world import World
from support.worlds import world_in

from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def matrix(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    async with world_in(server, "matrix") as built:
        yield built


@pytest.fixture(scope="session")
async def shared(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    """Cases between agencies, in every state of their agreements; who asks leaves lines in it."""
    async with shared_in(server, "sharing") as built:
        yield built
