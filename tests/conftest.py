"""What every test shares: one throw-away PostgreSQL for the whole run."""

import os
from collections.abc import Iterator, Mapping

import pytest

from portal.store.server import running


@pytest.fixture(scope="session")
def database_settings() -> Iterator[Mapping[str, str]]:
    """The four PORTAL_*_DATABASE_URL: as given, or of a server that lives as long as this run.

    Not an async fixture: the server must be started from the main thread.
    """
    if "PORTAL_DATABASE_URL" in os.environ:
        yield os.environ
        return
    with running(name="test", durable=False, fresh=True) as server:
        yield server.environ()
