"""What every test shares: one throw-away PostgreSQL for the whole run."""

import os
from collections.abc import Iterator

import pytest

from portal.settings import Settings
from portal.store.server import Server, running


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
