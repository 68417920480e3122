"""Which team takes a pathway's referrals from an area, and what followed from a case by itself."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.proposals.tables import CONFIRMED, Proposed
from portal.referrals.tables import OfReferral
from portal.store.base import Instant, choice


class PathwayTeam(Proposed, table=True):
    """The team that takes what goes along a pathway from an area, from a day on."""

    __tablename__ = "pathway_team"
    __table_args__ = (
        Index(
            "pathway_team_begins",
            "pathway",
            "area_code",
            "valid_from",
            unique=True,
            postgresql_where=CONFIRMED,
        ),
    )

    pathway: str = Field(max_length=40)
    area_code: str = Field(max_length=9, foreign_key="area.code")
    team_id: UUID = Field(foreign_key="team.id")
    automatic: bool | None = None
    """Whether referrals come to it by themselves where another pathway has that; NULL: as that
    pathway's file says for the area.
    """


class FollowOutcome(StrEnum):
    """What came of a referral that was to follow by itself."""

    MADE = "made"
    """It was made, as a disclosure of its own."""
    SENDER_IS_SERVICE = "sender_is_service"
    """The sender is the team that would have got it."""
    NO_TEAM = "no_team"
    """The portal knows no team that takes such referrals from the area."""
    NO_AGREEMENT = "no_agreement"
    """No agreement in force lets the sender share this with that team for this purpose."""


class FollowOn(OfReferral, table=True):
    """What was to follow from a case by itself, and what came of it."""

    __tablename__ = "follow_on"
    __table_args__ = (
        UniqueConstraint("referral_id", "pathway"),
        CheckConstraint("(outcome = 'made') = (made_id IS NOT NULL)", name="made"),
    )

    pathway: str = Field(max_length=40)
    outcome: FollowOutcome = Field(sa_type=choice(FollowOutcome, "outcome"))
    team_id: UUID | None = Field(default=None, foreign_key="team.id")
    made_id: UUID | None = Field(default=None, foreign_key="referral.id", ondelete="CASCADE")
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
