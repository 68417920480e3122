"""A database of its own for those who read it: every readable table is filled with made-up rows."""

from collections.abc import AsyncIterator
from random import Random

import pytest
from sqlalchemy import Table
from support.asking import Portal, the_schema
from support.databases import empty_database
from support.filler import Filler

from auth.roles import SCOPES
from portal import database
from portal.sample.partnership import load_partnership
from portal.store.build import build, furnish
from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def filled(server: Server) -> AsyncIterator[tuple[Engines, list[str]]]:
    """The engines of the database, and which columns could not be left empty or filled."""
    async with empty_database(server, "reading") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish(owner, SCOPES)
            await load_partnership(owner)
        async with engines.owner.begin() as owner:
            filler = Filler(owner, _readable(), Random(20261116))  # noqa: S311 - chance only
            await filler.fill()
        yield engines, filler.unmet


@pytest.fixture(scope="session")
def made_up(filled: tuple[Engines, list[str]]) -> Portal:
    """The portal over that database."""
    return Portal(the_schema(), filled[0].command)


def _readable() -> list[Table]:
    rules = database.RULES
    return [t for t in database.tables() if t.fullname in rules and rules[t.fullname].see]
