"""A portal that listens, for clients nobody here wrote; and what became of each FAPI 2.0 module."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from support.conforming import Peer, Suite, let_in
from support.databases import empty_database
from support.fapi_verdicts import INAPPLICABLE
from support.site import listening
from support.visiting import Pages

from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY
from portal.store.migrations.migrate import migrate
from portal.store.server import Server

WHO = "wirral.contributor"
MODULES = (Path(__file__).parent / "fapi2_modules.txt").read_text().split()


@pytest.fixture(scope="session")
async def interop_portal(server: Server) -> AsyncIterator[Pages]:
    """On the sample's day."""
    async with empty_database(server, "interop") as engines:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            await load_sample(owner)
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://localhost:{door.getsockname()[1]}"
            with listening(replace(engines.settings, base_url=url, today=DAY), door):
                yield Pages(url, engines)


@pytest.fixture(scope="session")
def interop_http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30) as http:
        yield http


@pytest.fixture(scope="session")
async def peers(interop_portal: Pages, interop_http: httpx2.Client) -> tuple[Peer, Peer]:
    """Two programs of the same agency."""
    return (
        await let_in(interop_portal, "First program", interop_http),
        await let_in(interop_portal, "Second program", interop_http),
    )


@pytest.fixture
async def suite(interop_portal: Pages, peers: tuple[Peer, Peer]) -> Suite:
    """With somebody of the council who has just signed in, with two factors."""
    return Suite(interop_portal, *peers, await interop_portal.visitor(WHO))


@pytest.fixture
def modules() -> list[str]:
    """The suite's own list of names."""
    return MODULES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each module, when they ran."""
    became = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            if found := re.search(r"\[(FAPI2SPFinal\w+)\]$", report.nodeid):
                became[found[1]] = outcome
    if became:
        terminalreporter.section("FAPI 2.0 Security Profile, modules ported by name")
    for name in MODULES if became else ():
        verdict = became.get(name, "not run")
        if verdict == "passed" and name in INAPPLICABLE:  # that is: its reason holds
            verdict = f"inapplicable: {INAPPLICABLE[name]}"
        terminalreporter.write_line(f"{name}: {verdict}")
