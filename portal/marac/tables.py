"""A MARAC's meetings, and which case is heard at which."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, Row, choice


class MeetingKind(StrEnum):
    """Whether a meeting is one of the calendar's."""

    ORDINARY = "ordinary"
    """It was planned."""
    URGENT = "urgent"
    """It was called, because a case could not wait."""


class MaracMeeting(Row, table=True):
    """A meeting of a MARAC: a day, and of which kind."""

    __tablename__ = "marac_meeting"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        UniqueConstraint("team_id", "held_on"),
        Index("marac_meeting_by_day", "held_on", "id"),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    area_code: str = Field(max_length=9, foreign_key="area.code")
    held_on: date
    kind: MeetingKind = Field(default=MeetingKind.ORDINARY, sa_type=choice(MeetingKind, "kind"))
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1


class MaracListing(OfReferral, table=True):
    """A case stands on a meeting's list; put off, it moves to another."""

    __tablename__ = "marac_listing"
    __table_args__ = (
        UniqueConstraint("recipient_id"),
        Index("marac_listing_of_meeting", "meeting_id", "created_at", "id"),
    )

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    agency_id: UUID = Field(foreign_key="agency.id")
    """The MARAC's."""
    meeting_id: UUID = Field(foreign_key="marac_meeting.id")
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)


class RepeatAnchor(StrEnum):
    """From when it is counted whether a case is a repeat."""

    LAST_REFERRAL = "last_referral"
    """From the day on which the earlier case was referred."""
    LAST_MEETING = "last_meeting"
    """From the day of the last meeting at whose list it stood."""


class MistakenLink(StrEnum):
    """Why the link of two cases is taken back."""

    WRONG_CASE = "wrong_case"
    """Another case was meant."""
    OTHER_PEOPLE = "other_people"
    """It is not the same victim and the same person accused."""
    NOTHING_NEW = "nothing_new"
    """What was reported is what the earlier case was about."""


class NoRepeat(StrEnum):
    """Why a case that its sender believes to be a repeat is none."""

    NO_EARLIER_CASE = "no_earlier_case"
    """This MARAC has had no such case."""
    OTHER_PEOPLE = "other_people"
    """The earlier case was not about the same victim and the same person accused."""
    NOTHING_NEW = "nothing_new"
    """What was reported is what the earlier case was about."""
    TOO_LONG_AGO = "too_long_ago"
    """It was longer ago than the rule of the area counts."""


class MaracRepeat(OfReferral, table=True):
    """The coordinator says that a case repeats an earlier one; `referral_id` is the later. A link
    that was a mistake is taken back, and stays here as one.
    """

    __tablename__ = "marac_repeat"
    __table_args__ = (
        Index(
            "marac_repeat_linked",
            "referral_id",
            "earlier_id",
            unique=True,
            postgresql_where=text("taken_back_at IS NULL"),
        ),
        CheckConstraint("earlier_id <> referral_id", name="earlier"),
        CheckConstraint(
            "num_nulls(taken_back_at, taken_back_by_id, taken_back_reason) IN (0, 3)",
            name="taken_back",
        ),
        Index("marac_repeat_of_agency", "agency_id", "created_at", "id"),
    )

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    agency_id: UUID = Field(foreign_key="agency.id")
    """The MARAC's."""
    earlier_id: UUID = Field(foreign_key="referral.id", ondelete="CASCADE", index=True)
    within: str = Field(max_length=40)
    trigger: str = Field(max_length=40)
    anchor: RepeatAnchor = Field(sa_type=choice(RepeatAnchor, "anchor"))
    counted_from: date
    """The rule of that day and area: within which time, of what, and from when it was counted."""
    linked_by_id: UUID
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    taken_back_at: datetime | None = Field(default=None, sa_type=Instant)
    taken_back_by_id: UUID | None = None
    taken_back_reason: MistakenLink | None = Field(
        default=None, sa_type=choice(MistakenLink, "taken_back_reason")
    )


class MaracBelief(OfReferral, table=True):
    """A case came to a MARAC with its sender's word that it repeats an earlier one. Which one, the
    step itself says, in its full view; nobody has looked.
    """

    __tablename__ = "marac_belief"
    __table_args__ = (
        UniqueConstraint("recipient_id"),
        Index("marac_belief_of_agency", "agency_id", "created_at", "id"),
        CheckConstraint("num_nulls(judged_at, judged_by_id, judgement) IN (0, 3)", name="judged"),
    )

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    agency_id: UUID = Field(foreign_key="agency.id")
    """The MARAC's."""
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    judged_at: datetime | None = Field(default=None, sa_type=Instant)
    judged_by_id: UUID | None = None
    judgement: NoRepeat | None = Field(default=None, sa_type=choice(NoRepeat, "judgement"))
    """Why it is no repeat."""
