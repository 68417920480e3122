"""Loads the whole sample into an empty database."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import SQLModel

from portal.sample.initiatives import public_rows
from portal.sample.partnership import load_partnership
from portal.sample.safe_routes import invented_rows


async def load_sample(owner: AsyncConnection) -> None:
    """The partners, then what they do together; does nothing where there is anything already."""
    await load_partnership(owner)
    if (await owner.execute(text("SELECT count(*) FROM initiative"))).scalar_one() == 0:
        await add_all(owner, [*public_rows(), *invented_rows()])


async def add_all(owner: AsyncConnection, rows: Iterable[SQLModel]) -> None:
    """Insert rows in the order given, as the tables' owner."""
    async with AsyncSession(bind=owner, expire_on_commit=False) as session:
        for row in rows:
            session.add(row)
            await session.flush()
        await session.commit()  # into the owner's own transaction
