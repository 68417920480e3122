"""Whoever breaks off while a case is opened has been shown nothing, and nothing says they were;
whoever has the answer is written down, whatever came next.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from support.asking import Portal
from support.referring import sent

from portal.sample.partnership import membership_id
from portal.store.bootstrap import SUPERUSER
from portal.store.engines import Engines
from portal.store.server import Server

IDVA = "wirral.idva"
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { handling flags } }"""
WAITING = text(
    "SELECT l.pid FROM pg_locks l WHERE NOT l.granted AND l.relation = 'consultation'::regclass"
)


async def noted(cases: Engines, row: str) -> int:
    """How many rows say that she was shown the case."""
    found = text("SELECT count(*) FROM consultation WHERE referral_id = :id AND principal_id = :p")
    given = {"id": row.removeprefix("Referral:"), "p": membership_id(IDVA)}
    async with cases.owner.connect() as owner:
        return int((await owner.execute(found, given)).scalar_one())


@asynccontextmanager
async def while_nothing_can_be_noted(cases: Engines) -> AsyncIterator[AsyncConnection]:
    """Nobody can write a consultation row until this ends: an opening waits there."""
    async with cases.owner.begin() as owner:
        await owner.execute(text("LOCK TABLE consultation IN SHARE MODE"))
        yield owner


async def waits(owner: AsyncConnection) -> int:
    """Until somebody stands at the row that would be written; the process that serves them."""
    for _ in range(200):
        if found := (await owner.execute(WAITING)).scalars().first():
            return int(found)
        await asyncio.sleep(0.02)
    raise AssertionError("nobody came to write a row")


async def until_nobody_waits(owner: AsyncConnection) -> None:
    """Until the database has heard, too, that whoever asked has gone."""
    for _ in range(200):
        if not (await owner.execute(WAITING)).scalars().all():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("somebody still waits to write a row")


async def ends(server: Server, process: int) -> None:
    """As when the machine that serves somebody goes away."""
    administrator = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"))
    try:
        await administrator.execute("SELECT pg_terminate_backend($1)", process)
    finally:
        await administrator.close()


async def test_who_breaks_off_is_shown_nothing_and_leaves_no_row(
    portal: Portal, cases: Engines
) -> None:
    row = (await sent(portal))["id"]
    async with while_nothing_can_be_noted(cases) as owner:
        asking = asyncio.create_task(portal.try_asking(IDVA, FILE, id=row))
        await waits(owner)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until_nobody_waits(owner)
    assert await noted(cases, row) == 0
    await portal.ask(IDVA, FILE, id=row)
    assert await noted(cases, row) == 1


async def test_no_answer_comes_from_a_connection_that_broke_before_the_row_was_kept(
    portal: Portal, cases: Engines, server: Server
) -> None:
    row = (await sent(portal))["id"]
    async with while_nothing_can_be_noted(cases) as owner:
        asking = asyncio.create_task(portal.try_asking(IDVA, FILE, id=row))
        await ends(server, await waits(owner))
        data, errors = await asking
    assert data is None
    assert errors
    assert await noted(cases, row) == 0
    assert (await portal.ask(IDVA, FILE, id=row))["referralFile"] is not None


async def test_an_answer_waits_for_its_row_and_never_comes_first(
    portal: Portal, cases: Engines
) -> None:
    row = (await sent(portal))["id"]
    async with while_nothing_can_be_noted(cases) as owner:
        asking = asyncio.create_task(portal.ask(IDVA, FILE, id=row))
        await waits(owner)
        assert not asking.done()
    assert (await asking)["referralFile"] is not None
    assert await noted(cases, row) == 1


async def test_however_early_somebody_breaks_off_an_answer_never_lacks_its_row(
    portal: Portal, cases: Engines
) -> None:
    row = (await sent(portal))["id"]
    had = 0
    for tenths in range(24):
        before = await noted(cases, row)
        try:
            async with asyncio.timeout(tenths / 2_000):
                await portal.ask(IDVA, FILE, id=row)
                had += 1
                answered = True
        except TimeoutError:
            answered = False
        left = await noted(cases, row) - before
        assert left == 1 if answered else left in {0, 1}, (tenths, answered, left)
    assert had > 0
