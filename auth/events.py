"""What happened at sign-in and around tokens: one line each, appended and never changed."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class EventOutcome(StrEnum):
    """How something at the door ended."""

    DONE = "done"
    """It was done."""
    REFUSED = "refused"
    """It was refused; `reason` says why."""


NOBODYS = (
    "num_nonnulls(person_id, membership_id, client_id, agency_id) = 0"
    " AND NOT starts_with(kind, 'key_')"
)
"""About nobody known here: what strangers leave behind, which is kept for less long. What the
operator does with the portal's own keys concerns nobody in particular, and is no stranger's."""


class AuthEvent(Row, table=True):
    """Who tried what at the door, how it ended and why; never a secret, never what was typed."""

    __tablename__ = "auth_event"
    __table_args__ = (Index("auth_event_nobodys", "at", postgresql_where=text(NOBODYS)),)

    at: datetime = Field(sa_type=Instant, index=True)
    request_id: UUID
    kind: str = Field(max_length=40)
    outcome: EventOutcome = Field(sa_type=choice(EventOutcome, "outcome"))
    reason: str = Field(default="", max_length=300)
    agency_id: UUID | None = Field(default=None, index=True)
    person_id: UUID | None = Field(default=None, index=True)
    membership_id: UUID | None = None
    client_id: UUID | None = None


def note(  # noqa: PLR0913 - one line says this much
    db: AsyncSession | Session,
    kind: str,
    outcome: EventOutcome,
    reason: str,
    request_id: UUID,
    *,
    agency_id: UUID | None = None,
    person_id: UUID | None = None,
    membership_id: UUID | None = None,
    client_id: UUID | None = None,
    at: datetime | None = None,
) -> None:
    """Add a line to the transaction at hand, which commits refusals too."""
    db.add(
        AuthEvent(
            at=at or datetime.now(UTC),
            request_id=request_id,
            kind=kind,
            outcome=outcome,
            reason=reason[:300],
            agency_id=agency_id,
            person_id=person_id,
            membership_id=membership_id,
            client_id=client_id,
        )
    )
