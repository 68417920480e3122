"""Whatever is sent, the portal answers, and never that it failed; `poe fuzz` sends more."""

from support.databases import empty_database
from support.fuzz_ground import ground

from portal.store.server import Server

REQUESTS, SEED = 500, 20261116


async def test_no_request_makes_the_portal_fail(server: Server) -> None:
    async with empty_database(server, "fuzz") as engines, ground(engines, SEED) as sent:
        found = [wrong for _ in range(REQUESTS) if (wrong := await sent.one())]
        assert not found, "\n\n".join(found[:5])
        assert sum(sent.kinds.values()) == REQUESTS
        assert sent.statuses[200] > REQUESTS / 4
        assert len(sent.codes) > 8, sent.codes
