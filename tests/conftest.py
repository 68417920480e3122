"""What every test shares: one throw-away PostgreSQL for the whole run, with the sample
partnership in it.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from support.asking import Portal, the_schema
from support.keyrings import throwaway_ring
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from auth.keys.ring import KeyRing
from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership
from portal.settings import Settings
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server, running

# A shell that runs us in the background has us ignore Ctrl-C, and with us each command we start.
signal.signal(signal.SIGINT, signal.default_int_handler)


class ByFolder(LoadScopeScheduling):
    """With `-n`, a folder's tests run one after the other in one process: they share a database."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("/")[2].partition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Not an async fixture: PostgreSQL must be started from the main thread."""
    with running(name="test", durable=False, fresh=True) as started:
        yield started


@pytest.fixture(scope="session")
def settings(request: pytest.FixtureRequest) -> Settings:
    """The databases that PORTAL_*_DATABASE_URL name, else those of this run's own server."""
    if "PORTAL_DATABASE_URL" in os.environ:
        return Settings.from_env(os.environ)
    server: Server = request.getfixturevalue("server")
    return Settings.from_env({**os.environ, **server.environ()})


@pytest.fixture(scope="session")
def keyring() -> KeyRing:
    """The portal's own keys, for this run only."""
    return throwaway_ring()


@pytest.fixture(scope="session")
async def engines(settings: Settings) -> AsyncIterator[Engines]:
    """Every login role's engine, on a database with the sample's agencies and people."""
    made = Engines(settings)
    async with made.owner.begin() as owner:
        await build(owner, database.statements())
        await furnish_portal(owner)
        await load_partnership(owner)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def portal(engines: Engines) -> Portal:
    """The portal as its users meet it: a schema, and somebody who asks."""
    return Portal(the_schema(), engines.command)
