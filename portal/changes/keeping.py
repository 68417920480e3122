"""How long what is only needed for a while is kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.changes.tables import Repeat

KEYS_KEPT = timedelta(days=7)


async def forget_keys(db: AsyncSession, now: datetime) -> None:
    """Remove idempotency keys that are out of date: a week is what the contract promises."""
    await db.execute(delete(Repeat).where(col(Repeat.at) < now - KEYS_KEPT))
