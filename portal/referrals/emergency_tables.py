"""What is given in an emergency, outside any agreement: by whom, to which team, why, until when,
and whether that was right.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, choice

CAP_HOURS = 72
"""The longest that one disclosure lasts: over a weekend, and no longer."""
REVIEW_DAYS = 7


class DisclosureReason(StrEnum):
    """Why it cannot wait for an agreement."""

    THREAT_TO_LIFE = "threat_to_life"
    """Somebody's life is in danger."""
    SERIOUS_HARM = "serious_harm"
    """Somebody is about to be seriously harmed."""
    CHILD_IN_DANGER = "child_in_danger"
    """A child is in danger now."""
    MISSING = "missing"
    """Somebody at risk is missing."""
    TAKEN_ABROAD = "taken_abroad"
    """Somebody is about to be taken abroad or forced to marry."""
    RELEASED = "released"
    """Whoever did harm is free again, sooner than was known."""


class ReviewFinding(StrEnum):
    """What a review of a disclosure found."""

    JUSTIFIED = "justified"
    """It was an emergency, and no more was given than it took."""
    NO_EMERGENCY = "no_emergency"
    """It could have waited."""
    WRONG_TEAM = "wrong_team"
    """It went to a team that could not help."""
    WRONG_CASE = "wrong_case"
    """It was another case that was meant."""
    AGREEMENT_THERE = "agreement_there"
    """An agreement permitted it, and should have been used."""


class EmergencyDisclosure(OfReferral, table=True):
    """The agency that holds a case lets a team of another have it at once, for a limited time.

    No case takes the record of it along when it is deleted.
    """

    __tablename__ = "emergency_disclosure"
    __table_args__ = (
        team_key("to_team_id", "to_agency_id"),
        CheckConstraint("from_agency_id <> to_agency_id", name="another_agency"),
        CheckConstraint(
            f"ends_at > starts_at AND ends_at <= starts_at + interval '{CAP_HOURS} hours'",
            name="ends",
        ),
        CheckConstraint(
            "(reviewed_at IS NULL) = (finding IS NULL)"
            " AND (reviewed_at IS NULL) = (reviewed_by_id IS NULL)",
            name="reviewed",
        ),
        CheckConstraint(
            "lifted_at IS NULL OR coalesce(finding, 'justified') <> 'justified'", name="lifted"
        ),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by"),
        Index("emergency_disclosure_to", "to_agency_id", "ends_at"),
        Index("emergency_disclosure_newest", "starts_at", "id"),
        Index("emergency_disclosure_of_case", "referral_id"),
        Index("emergency_disclosure_made_by", "made_by_id"),
        Index(
            "emergency_disclosure_unreviewed",
            "review_due_at",
            "id",
            postgresql_where=text("reviewed_at IS NULL"),
        ),
    )

    referral_id: UUID = Field(foreign_key="referral.id")
    from_agency_id: UUID = Field(foreign_key="agency.id")
    to_agency_id: UUID = Field(foreign_key="agency.id")
    to_team_id: UUID
    reason: DisclosureReason = Field(sa_type=choice(DisclosureReason, "reason"))
    made_by_id: UUID
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its agency ended it before its time."""
    review_due_at: datetime = Field(sa_type=Instant)
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)
    reviewed_by_id: UUID | None = Field(default=None, foreign_key="membership.id")
    finding: ReviewFinding | None = Field(default=None, sa_type=choice(ReviewFinding, "finding"))
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)
    """When both agencies' signatories were told: it was not justified, or nobody reviewed it."""
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when whoever made it may disclose in an emergency again."""
    lifted_by_id: UUID | None = Field(default=None, foreign_key="membership.id")
