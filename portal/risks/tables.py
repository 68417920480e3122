"""A risk of an initiative."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant, choice


class RiskState(StrEnum):
    """Whether a risk still has to be watched."""

    OPEN = "open"
    """To be watched."""
    CLOSED = "closed"
    """Need not be watched any more, with a reason."""


class Risk(Tied, table=True):
    """What could go wrong, how likely and how badly (1 to 5 each), and what is done about it."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["owner_team_id", "owner_agency_id"], ["team.id", "team.agency_id"], onupdate="CASCADE"
        ),
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        CheckConstraint("likelihood BETWEEN 1 AND 5", name="likelihood"),
        CheckConstraint("impact BETWEEN 1 AND 5", name="impact"),
        CheckConstraint("(state = 'closed') = (closed_reason IS NOT NULL)", name="closed"),
        CheckConstraint("length(btrim(closed_reason)) > 0", name="closed_reason"),
        Index("risk_by_initiative", "initiative_id", "created_at", "id"),
        Index("risk_by_team", "owner_team_id", "owner_agency_id"),
    )

    title: str = Field(max_length=200)
    likelihood: int
    impact: int
    mitigation: str = Field(default="", max_length=4000)
    owner_team_id: UUID
    owner_agency_id: UUID
    state: RiskState = Field(default=RiskState.OPEN, sa_type=choice(RiskState, "state"))
    closed_reason: str | None = Field(default=None, max_length=1000)
    review_on: date | None = None
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
