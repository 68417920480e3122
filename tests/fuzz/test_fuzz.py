"""Whatever is sent, the portal answers, and never that it failed; `poe fuzz` sends more."""

from sqlalchemy import text
from support.databases import empty_database
from support.fuzz_ground import ground

from portal.store.server import Server

REQUESTS, SEED = 700, 20261116
MOST = 6_000
"""Within as many each mutation has had its turn about ten times."""


async def test_no_request_makes_the_portal_fail(server: Server) -> None:
    async with empty_database(server, "fuzz") as engines, ground(engines, SEED) as sent:
        found = [wrong for _ in range(REQUESTS) if (wrong := await sent.one())]
        assert not found, "\n\n".join(found[:5])
        assert sum(sent.kinds.values()) == REQUESTS
        assert sent.statuses[200] > REQUESTS / 4
        assert len(sent.codes) > 8, sent.codes
        assert len(sent.done) > len(sent.fuzzer.mutations) / 3, sent.done


async def test_a_fault_that_only_a_change_meets_is_found(server: Server) -> None:
    async with empty_database(server, "fuzz_fault") as engines, ground(engines, SEED) as sent:
        async with engines.owner.begin() as owner:
            await owner.execute(text("ALTER TABLE milestone ALTER title TYPE integer USING 0"))
        found = [""]
        while "AddMilestone" not in found[-1]:
            assert sum(sent.kinds.values()) < MOST, found
            found += [wrong] if (wrong := await sent.one()) else []
        assert not sent.done["addMilestone"]
