"""Whoever keeps up misses nothing and sees nothing twice, in whatever order others commit."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from support.asking import Portal
from support.following import about, now, since
from support.initiating import LEAD, done, live, log, of, read

from portal.sample.partnership import membership_id
from portal.settings import Settings

RENAME = "UPDATE initiative SET title = $2 WHERE id = $1"


@asynccontextmanager
async def another(settings: Settings, who: str = LEAD) -> AsyncIterator[Any]:
    """A transaction of somebody's that stays open as long as a test wants."""
    url = settings.database_urls["PORTAL_COMMAND_DATABASE_URL"]
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            opened = "SELECT * FROM open_command_caller($1, $2)"
            await connection.execute(opened, membership_id(who), uuid4())
            yield connection
    finally:
        await connection.close()


def row_id(row: dict[str, Any]) -> UUID:
    return UUID(row["id"].partition(":")[2])


async def test_a_change_that_began_first_and_ends_last_is_not_missed(
    portal: Portal, settings: Settings
) -> None:
    slow, quick = await log(portal), await log(portal)
    start = await now(portal, LEAD)
    async with another(settings) as open_still:
        await open_still.execute(RENAME, row_id(slow), "Renamed slowly")
        await done(portal, LEAD, "changeInitiative", **of(quick, title="Renamed quickly"))
        assert await read(portal, LEAD, quick["id"], "title") == {"title": "Renamed quickly"}
        assert await since(portal, LEAD, start) == [], "and is told of after what began before it"
        between = await now(portal, LEAD)
    for cursor in (start, between):
        news = await since(portal, LEAD, cursor)
        assert [change["node"]["title"] for change in news] == ["Renamed slowly", "Renamed quickly"]


async def test_a_change_that_is_taken_back_holds_nothing_up(
    portal: Portal, settings: Settings
) -> None:
    kept, dropped = await log(portal), await log(portal)
    start = await now(portal, LEAD)
    async with another(settings) as open_still:
        await open_still.execute(RENAME, row_id(dropped), "Never")
        await done(portal, LEAD, "changeInitiative", **of(kept, title="For good"))
        with pytest.raises(asyncpg.PostgresError):
            await open_still.execute("SELECT 1/0")
    news = await since(portal, LEAD, start)
    assert [change["nodeId"] for change in news] == [kept["id"]]


async def test_many_writers_and_a_reader_who_polls(portal: Portal, settings: Settings) -> None:
    """Each writer renames its own initiative again and again, with pauses before it commits."""
    rows = [await live(portal, title="Before") for _ in range(4)]
    start = await now(portal, LEAD)
    chance = random.Random(20261116)  # noqa: S311 - pauses, no secrets

    async def write(row: dict[str, Any], pauses: list[float]) -> None:
        for number, pause in enumerate(pauses):
            async with another(settings) as transaction:
                await transaction.execute(RENAME, row_id(row), f"Name {number}")
                await asyncio.sleep(pause)

    writers = asyncio.gather(
        *(write(row, [chance.uniform(0, 0.05) for _ in range(12)]) for row in rows)
    )
    told: list[Any] = []
    after, polls = start, 0
    while not writers.done() or polls == 0 or len(told) < 48:
        page = await portal.ask(
            LEAD,
            "query($after: String) { changesSince(after: $after, first: 3) {"
            " edges { cursor node { nodeId verb kind } } } }",
            after=after,
        )
        edges = page["changesSince"]["edges"]
        told += edges
        after = edges[-1]["cursor"] if edges else after
        polls += 1
        assert polls < 2000, f"{len(told)} of 48"
    await writers
    assert len({edge["cursor"] for edge in told}) == len(told) == 48
    for row in rows:
        assert len(about([edge["node"] for edge in told], row["id"])) == 12
    assert [edge["node"] for edge in told] == [
        {key: change[key] for key in ("nodeId", "verb", "kind")}
        for change in await since(portal, LEAD, start)
    ]
