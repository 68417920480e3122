"""Which memberships somebody can act as: those alive that their way of signing in vouches for."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.tables import Agency, Membership

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Offer:
    """A membership to choose."""

    id: UUID
    agency_id: UUID
    agency: str


async def on_offer(
    db: AsyncSession, person_id: UUID, provider_id: UUID | None, now: datetime
) -> list[Offer]:
    """By the agency's name. A local account speaks for agencies without an identity provider, a
    provider for its own agency, and both for joint bodies."""
    found = (
        select(col(Membership.id), col(Membership.agency_id), col(Agency.name))
        .join(Agency, col(Agency.id) == col(Membership.agency_id))
        .where(
            col(Membership.person_id) == person_id,
            func.sign_in_vouches(provider_id, col(Membership.agency_id)),
            *_lives(now),
        )
        .order_by(col(Agency.name), col(Membership.id))
    )
    return [Offer(*row) for row in await db.execute(found)]


def offered(membership_id: UUID, person: Any, provider: Any, now: datetime) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    """The condition that this membership is on offer to the person of a row."""
    return (
        select(col(Membership.id))
        .join(Agency, col(Agency.id) == col(Membership.agency_id))
        .where(
            col(Membership.id) == membership_id,
            col(Membership.person_id) == person,
            func.sign_in_vouches(provider, col(Membership.agency_id)),
            *_lives(now),
        )
        .exists()
    )


def _lives(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """As `principal_today` in auth/sql/caller.sql, which has the last word."""
    today: date = now.astimezone(LONDON).date()
    return (
        col(Membership.starts_on) <= today,
        or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= today),
        or_(col(Membership.ended_at).is_(None), col(Membership.ended_at) > now),
        or_(col(Agency.ended_on).is_(None), col(Agency.ended_on) > today),
    )
