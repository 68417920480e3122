"""One site for all tests of the whole."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.databases import empty_database
from support.site import Site, listening

from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, load_partnership
from portal.sample.programs import keys_in, load_programs
from portal.store.migrations.migrate import migrate
from portal.store.server import Server
from portal.store.standing import seconds_to_settle


@pytest.fixture(scope="session")
async def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Migrated, with the sample's people and programs in it, on the sample's day."""
    keys = keys_in(tmp_path_factory.mktemp("keys"))
    async with empty_database(server, "site") as engines:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            await load_partnership(owner)
            await load_programs(owner, keys)
        await asyncio.sleep(await seconds_to_settle(engines.owner))
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://localhost:{door.getsockname()[1]}"
            with listening(replace(engines.settings, base_url=url, today=DAY), door):
                yield Site(url, keys, engines)
