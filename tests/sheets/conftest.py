"""A demo's database for lists of cases."""

import pytest
from support.commands import run
from support.databases import environ_of

from portal.store.bootstrap import bootstrap
from portal.store.server import Server


@pytest.fixture(scope="session")
def lists(server: Server) -> dict[str, str]:
    """Its addresses, on the demo's day."""
    bootstrap(server.dsn, "lists")
    environ = {**environ_of(server, "lists"), "PORTAL_TODAY": "2026-11-16"}
    for words in (("migrate",), ("seed", "--initiatives", "1")):
        ran = run(*words, environ=environ)
        assert ran.exit_code == 0, ran.output
    return environ
