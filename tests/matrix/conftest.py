"""One world for the whole matrix: it is built once, and tests leave it as it is."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from support.sharing import shared_in
from support.world import World
from support.worlds import world_in

from portal.store.engines import Engines
from portal.store.server import Server

_FORGET = text("DELETE FROM consultation WHERE id <> ALL (:known)")


@pytest.fixture(scope="session")
async def matrix(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    async with world_in(server, "matrix") as built:
        yield built


@pytest.fixture(autouse=True)
async def traceless(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Whoever is shown a full view is noted; the next test finds the world without these lines."""
    yield
    if "matrix" in request.fixturenames:
        engines, world = request.getfixturevalue("matrix")
        known = [row["id"] for row in world.rows["consultation"]]
        async with engines.owner.begin() as owner:
            await owner.execute(_FORGET, {"known": known})


@pytest.fixture(scope="session")
async def shared(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    """Cases between agencies, in every state of their agreements; who asks leaves lines in it."""
    async with shared_in(server, "sharing") as built:
        yield built
