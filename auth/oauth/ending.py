"""Consents end with the sign-in that they rest on, and their tokens with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.oauth.consents import Consent


async def end_consents(db: AsyncSession, now: datetime, *which: ColumnElement[bool]) -> int:
    """End the living consents that fit; how many those were."""
    ended = (
        update(Consent)
        .where(*which, col(Consent.ended_at).is_(None), col(Consent.expires_at) > now)
        .values(ended_at=now)
        .returning(col(Consent.id))
        .execution_options(synchronize_session=False)
    )
    return len((await db.execute(ended)).all())


async def end_consents_of(db: AsyncSession, person_id: UUID, now: datetime) -> int:
    """All that a person has given."""
    return await end_consents(db, now, col(Consent.person_id) == person_id)
