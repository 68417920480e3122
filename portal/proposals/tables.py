"""What rows have that one person proposes and another confirms."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class ProposalState(StrEnum):
    """How far a change of reference data has come."""

    PROPOSED = "proposed"
    """Another person has still to confirm it; what was there before holds."""
    CONFIRMED = "confirmed"
    """A second person has confirmed it: it holds from its first day on."""
    DECLINED = "declined"
    """Somebody has said no, or who proposed it has taken it back."""


CONFIRMED = text("state = 'confirmed'")
NOT_DECLINED = text("state <> 'declined'")
"""Where a unique index counts: what was declined leaves its name and its place free."""


class Proposed(Row):
    """Reference data that differs by area or date: each change of it is a new row."""

    state: ProposalState = Field(
        default=ProposalState.PROPOSED, sa_type=choice(ProposalState, "state")
    )
    valid_from: date
    proposed_by_id: UUID | None = None
    """None for what every database starts with."""
    answered_by_id: UUID | None = None
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    answer_note: str | None = Field(default=None, max_length=400)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
