"""Who sits at a MARAC, and is asked of a case: with the question they are given the case."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, Row, choice


class MaracSeat(Row, table=True):
    """A team that speaks for its agency at a MARAC, from a day on."""

    __tablename__ = "marac_seat"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        UniqueConstraint("marac_team_id", "team_id"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("marac_seat_of_agency", "agency_id", "marac_team_id"),
    )

    marac_team_id: UUID = Field(foreign_key="team.id")
    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    starts_on: date
    ends_on: date | None = None
    """The last day."""
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1


class Known(StrEnum):
    """What an agency found when it looked for the people of a case."""

    KNOWN = "known"
    """It knows at least one of them."""
    NOT_KNOWN = "not_known"
    """It knows none of them."""


class MaracResearch(OfReferral, table=True):
    """A team is asked whether it knows the people of a case, and has the case for that.

    `agreement_id` is NULL for the sender, who has it anyway, and where no agreement lets the MARAC
    give it: then `given_at` is NULL, too, and the team knows nothing of it. Where a case passes to
    another MARAC each asks for itself, also a team that sits at both.
    """

    __tablename__ = "marac_research"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        UniqueConstraint("recipient_id", "team_id"),
        CheckConstraint("(known IS NULL) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("known IS NULL OR given_at IS NOT NULL", name="given"),
        CheckConstraint("lost_at IS NULL OR given_at IS NOT NULL", name="lost"),
        Index("marac_research_of_agency", "agency_id", "created_at", "id"),
    )

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    from_agency_id: UUID = Field(foreign_key="agency.id")
    """The MARAC's, which asks."""
    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    agreement_id: UUID | None = None
    gateway: str | None = Field(default=None, max_length=60)
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    given_at: datetime | None = Field(default=None, sa_type=Instant)
    lost_at: datetime | None = Field(default=None, sa_type=Instant)
    known: Known | None = Field(default=None, sa_type=choice(Known, "known"))
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    answered_by_id: UUID | None = None
