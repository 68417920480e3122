"""What is given in an emergency, outside any agreement: by whom, to which team, why, until when,
and whether that was right.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from portal.acting.work import LETTERS
from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, Row, choice

CAP_HOURS = 72
"""The longest that one disclosure lasts: over a weekend, and no longer."""
REVIEW_DAYS = 7
REFERENCE = f"^RF-[{LETTERS}]{{6}}$"
"""As the portal's references are written: nothing else is ever asked for, no name among it."""


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


class SetAsideReason(StrEnum):
    """Why an agency discloses nothing to who asked; those who asked never hear of it."""

    NOTHING_HELD = "nothing_held"
    """It holds nothing of the kind."""
    NO_EMERGENCY = "no_emergency"
    """It can wait for an agreement, or goes by one."""
    OTHER_ROUTE = "other_route"
    """It is given another way."""
    UNSAFE = "unsafe"
    """It would put somebody in danger."""


class DisclosureRequest(Row, table=True):
    """A team asks another agency to disclose a case in an emergency. It is nothing but words: what
    was asked for is not looked up, and may not exist.
    """

    __tablename__ = "disclosure_request"
    __table_args__ = (
        UniqueConstraint("id", "of_agency_id"),
        UniqueConstraint("id", "by_team_id"),
        team_key("by_team_id", "by_agency_id"),
        CheckConstraint("of_agency_id <> by_agency_id", name="another_agency"),
        CheckConstraint(f"reference ~ '{REFERENCE}'", name="reference"),
        Index("disclosure_request_of", "of_agency_id", "asked_at", "id"),
        Index("disclosure_request_by", "by_agency_id", "asked_at", "id"),
    )

    of_agency_id: UUID = Field(foreign_key="agency.id")
    by_agency_id: UUID = Field(foreign_key="agency.id")
    by_team_id: UUID
    reason: DisclosureReason = Field(sa_type=choice(DisclosureReason, "reason"))
    reference: str | None = Field(default=None, max_length=12)
    """The portal's reference, if they were told one over the phone."""
    asked_by_id: UUID
    asked_at: datetime = Field(sa_type=Instant)


class RequestSetAside(Row, table=True):
    """The agency that was asked has looked, and discloses nothing. Only that agency sees this."""

    __tablename__ = "request_set_aside"
    __table_args__ = (
        UniqueConstraint("request_id"),
        ForeignKeyConstraint(
            ["request_id", "of_agency_id"],
            ["disclosure_request.id", "disclosure_request.of_agency_id"],
            onupdate="CASCADE",
        ),
    )

    request_id: UUID
    of_agency_id: UUID = Field(foreign_key="agency.id", index=True)
    reason: SetAsideReason = Field(sa_type=choice(SetAsideReason, "reason"))
    by_id: UUID
    at: datetime = Field(sa_type=Instant)


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
        Index("emergency_disclosure_answers", "request_id"),
        ForeignKeyConstraint(
            ["request_id", "to_team_id"],
            ["disclosure_request.id", "disclosure_request.by_team_id"],
            name="emergency_disclosure_request",
        ),
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
    request_id: UUID | None = None
    """What it answers: that team's own request."""
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
    """When whoever answers for both agencies' information was told: it was not justified, or nobody
    reviewed it.
    """
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when whoever made it may disclose in an emergency again."""
    lifted_by_id: UUID | None = Field(default=None, foreign_key="membership.id")
