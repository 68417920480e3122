"""A team that was given a case asks whose case it is whether another team may have it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, choice


class OwnerAnswer(StrEnum):
    """What the agency says whose case it is."""

    YES = "yes"
    """It may be passed on to this team, once."""
    NO = "no"
    """It may not."""


class OnwardRequest(OfReferral, table=True):
    """An agency that was given a case asks whether it may pass it on to a team.

    A yes serves once: whoever is given the case by it, holds it (`Recipient.agreed_id`).
    """

    __tablename__ = "onward_request"
    __table_args__ = (
        team_key("to_team_id", "to_agency_id"),
        CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)"
            " AND (answer IS NULL) = (answered_by_id IS NULL)",
            name="answered",
        ),
        Index("onward_request_newest", "asked_at", "id"),
        Index("onward_request_of_case", "referral_id", "asked_at", "id"),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    """Who asks."""
    to_agency_id: UUID = Field(foreign_key="agency.id")
    to_team_id: UUID
    asked_by_id: UUID
    asked_at: datetime = Field(sa_type=Instant)
    answer: OwnerAnswer | None = Field(default=None, sa_type=choice(OwnerAnswer, "answer"))
    answered_by_id: UUID | None = None
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
