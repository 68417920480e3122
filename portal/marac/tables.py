"""A MARAC's meetings, and which case is heard at which."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
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


class MaracRepeat(OfReferral, table=True):
    """The coordinator says that a case repeats an earlier one; `referral_id` is the later."""

    __tablename__ = "marac_repeat"
    __table_args__ = (
        UniqueConstraint("referral_id", "earlier_id"),
        CheckConstraint("earlier_id <> referral_id", name="earlier"),
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
