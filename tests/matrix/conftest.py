"""One world for the whole matrix: it is built once, and tests leave it as it is."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from support.sharing import shared_in
from support.world import World
from support.worlds import world_in

from portal.store.engines import Engines
from portal.store.server import Server

_FORGET = {
    name: text(f"DELETE FROM {name} WHERE id <> ALL (:known)")  # noqa: S608 - our own names
    for name in ("consultation", "audit_line")
}


@pytest.fixture(scope="session")
async def matrix(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    async with world_in(server, "matrix") as built:
        yield built


@pytest.fixture(autouse=True)
async def traceless(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Whoever is shown a full view is noted, and whoever is refused one; the next test finds the
    world without these lines.
    """
    yield
    if "matrix" in request.fixturenames:
        engines, world = request.getfixturevalue("matrix")
        async with engines.owner.begin() as owner:
            for name, forget in _FORGET.items():
                await owner.execute(forget, {"known": [row["id"] for row in world.rows[name]]})


@pytest.fixture(scope="session")
async def shared(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    """Cases between agencies, in every state of their agreements; who asks leaves lines in it."""
    async with shared_in(server, "sharing") as built:
        yield built
