"""One portal with the whole sample in it, for every test of the pages."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.databases import empty_database
from support.overhearing import Listener
from support.site import listening
from support.visiting import Pages

from auth.keys.ring import KeyRing
from portal import database
from portal.app import create_app
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def shown(server: Server) -> AsyncIterator[Pages]:
    """On the sample's day."""
    async with empty_database(server, "pages") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://localhost:{door.getsockname()[1]}"
            with listening(replace(engines.settings, base_url=url, today=DAY), door):
                yield Pages(url, engines)


@pytest.fixture(scope="module")
async def listener(shown: Pages, keyring: KeyRing) -> AsyncIterator[Listener]:
    """The same portal in this process."""
    settings = replace(shown.engines.settings, base_url=shown.url, today=DAY)
    engines = Engines(settings)
    made = Listener(create_app(settings, engines, keyring), shown.url)
    yield made
    await made.client.aclose()
    await engines.dispose()
