"""An outbox with a mail server, and people who wish to hear by e-mail."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from support.databases import empty_database
from support.mailbox import Mailbox, mailbox
from support.posting import Post

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server


@pytest.fixture(scope="session")
async def outbox(server: Server) -> AsyncIterator[Engines]:
    """A database of its own: a worker takes whatever waits in one."""
    async with empty_database(server, "outbox") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield engines


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as opened:
        yield opened


@pytest.fixture
async def post(outbox: Engines, box: Mailbox, server: Server) -> Post:
    """An empty outbox."""
    async with outbox.owner.begin() as owner:
        await _empty(owner)
    return Post(outbox, box, server)


async def _empty(owner: AsyncConnection) -> None:
    for table in (
        "outbox_attempt",
        "outbox_notice",
        "mail_code",
        "outbox_message",
        "mail_preference",
        "notice",
    ):
        await owner.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
