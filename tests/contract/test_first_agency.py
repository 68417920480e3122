"""The first agency and its administrator come in by the SQL printed in deploy/README.md."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from support.databases import empty_database

from auth.access import may_let_programs_in
from auth.roles import Scope
from portal import database
from portal.context import ByCommand, Context
from portal.furnishing import furnish_portal
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server

ADMINISTRATOR = UUID("33333333-3333-4333-8333-333333333333")


@pytest.fixture(scope="module")
async def furnished(server: Server) -> AsyncIterator[Engines]:
    """A database as `portal migrate` leaves it: no agency, nobody."""
    async with empty_database(server, "first_agency") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
        yield engines


def printed() -> str:
    guide = Path("deploy/README.md").read_text()
    [script] = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    return script


async def test_the_printed_sql_lets_an_administrator_begin(furnished: Engines) -> None:
    owner = await asyncpg.connect(furnished.settings.owner_database_url)
    await owner.execute(printed())
    await owner.close()
    context = Context(furnished.command, ByCommand(ADMINISTRATOR), uuid4(), datetime.now(UTC))
    async with context.acting():
        may_let_programs_in(context.caller)
        assert context.caller.can(Scope.INITIATIVES_EDIT)
