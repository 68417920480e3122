"""What happened at sign-in and around tokens: one line each, appended and never changed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class EventOutcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


class AuthEvent(Row, table=True):
    """Who tried what at the door, how it ended and why; never a secret, never what was typed."""

    __tablename__ = "auth_event"

    at: datetime = Field(sa_type=Instant, index=True)
    request_id: UUID
    kind: str = Field(max_length=40)
    outcome: EventOutcome = Field(sa_type=choice(EventOutcome, "outcome"))
    reason: str = Field(default="", max_length=300)
    agency_id: UUID | None = Field(default=None, index=True)
    person_id: UUID | None = Field(default=None, index=True)
    membership_id: UUID | None = None
    client_id: UUID | None = None
