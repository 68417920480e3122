"""`portal seed`: what is loaded in bulk is as if people had entered it."""

import pytest
from sqlalchemy import text
from support.asking import Portal, the_schema
from support.databases import empty_database

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership
from portal.sample.seeding import BUSY, seed
from portal.store.build import build

CHILDREN = [name for name, rule in database.RULES.items() if "initiative_id" in rule.table.columns]


@pytest.fixture(scope="module")
async def seeded(server):
    """A database with 40 invented initiatives, told of as they were written."""
    async with empty_database(server, "seeded_in_bulk") as engines:
        told: list[int] = []
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
            await seed(owner, 25, agencies=2, progress=told.append)
            await seed(owner, 15, progress=told.append)
        assert told == [25, 15]
        yield engines


async def count(engines, sql: str) -> int:
    async with engines.owner.connect() as owner:
        return (await owner.execute(text(sql))).scalar_one()


async def test_every_initiative_has_the_keys_that_its_trigger_would_give_it(seeded):
    wrong = "acl IS DISTINCT FROM initiative_keys(id, lead_agency_id, visibility)"
    assert await count(seeded, "SELECT count(*) FROM initiative") == 40
    assert await count(seeded, f"SELECT count(*) FROM initiative WHERE {wrong}") == 0  # noqa: S608


@pytest.mark.parametrize("table", CHILDREN)
async def test_every_row_has_the_keys_of_its_initiative(seeded, table):
    wrong = f"SELECT count(*) FROM {table} c JOIN initiative i ON i.id = c.initiative_id"  # noqa: S608
    seen_by_no_more = "NOT c.acl <@ i.acl" if table == "change" else "c.acl <> i.acl"
    assert await count(seeded, f"{wrong} WHERE {seen_by_no_more}") == 0


async def test_the_triggers_are_back_at_work(seeded):
    off = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'"
    assert await count(seeded, off) == 0


async def test_somebody_holds_as_many_keys_as_one_can(seeded):
    asked = Portal(the_schema(), seeded.command)
    answer = await asked.ask(BUSY, "{ initiatives { totalCount } }")
    assert 25 <= answer["initiatives"]["totalCount"] <= 39
    async with seeded.command.connect() as connection:
        opened = "SELECT cardinality(caller_keys()) FROM open_command_caller(:who, NULL)"
        await connection.execute(text(opened), {"who": asked.context(BUSY).opening.principal})
        held = await connection.execute(text("SELECT cardinality(caller_keys())"))
        assert held.scalar_one() == 64
