"""A referral, whom it is addressed to, what has happened in it, and which clocks run.

Everybody who is a party sees what is here; what only a full view shows is in `details.py`.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from portal.agreements.categories import DataCategory
from portal.referrals.codes import OpeningPurpose
from portal.referrals.engine.pathway import Hold
from portal.store.base import Instant, Keys, Row, choice, no_keys

OPEN = text("is_open")
# Not the last moment of all, which the driver sends as infinity.
NEVER_DUE = "'9999-12-30'::timestamptz"
"""Where a case without a running clock stands when they are sorted by when they are due."""
_DUE = text(f"coalesce(due_at, {NEVER_DUE})")


class Overall(StrEnum):
    """Where a referral stands as a whole.

    It is in hand as soon as one recipient has taken it on, and ended when the last has ended.
    """

    DRAFT = "draft"
    """Nobody but its sender sees it."""
    WAITING = "waiting"
    """Sent, and no recipient has taken it on yet."""
    IN_HAND = "in_hand"
    """At least one recipient has taken it on."""
    ENDED = "ended"
    """It has ended with every recipient."""
    WITHDRAWN = "withdrawn"
    """Its sender took it back."""


class Urgency(StrEnum):
    """How soon somebody has to look at it."""

    ROUTINE = "routine"
    """In the usual time."""
    URGENT = "urgent"
    """Before what is routine."""
    IMMEDIATE = "immediate"
    """Now: somebody is in danger."""


RANKS = {urgency: at for at, urgency in enumerate(reversed(Urgency))}
"""The most urgent is the first."""


def team_key(*columns: str) -> ForeignKeyConstraint:
    """A team and its agency, which a body's successor takes over in one transaction."""
    return ForeignKeyConstraint(
        list(columns),
        ["team.id", "team.agency_id"],
        onupdate="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    )


def member_key(*columns: str) -> ForeignKeyConstraint:
    """A member of the team; who leaves it puts the work back on the team's unallocated list."""
    return ForeignKeyConstraint(
        list(columns),
        ["team_member.team_id", "team_member.membership_id"],
        ondelete=f"SET NULL ({columns[1]})",
    )


class Keyed(Row):
    """A row that a case's keys open; `routes` say by which ways the case was given to whom."""

    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)
    routes: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class Referral(Keyed, table=True):
    """One agency asks others to act for a person, along a pathway.

    `acl` opens the summary; `full_acl` is what the rows of a full view carry as theirs.
    """

    __table_args__ = (
        team_key("sender_team_id", "sender_agency_id"),
        member_key("sender_team_id", "kept_by_id"),
        CheckConstraint("(overall = 'draft') = (sent_at IS NULL)", name="sent"),
        CheckConstraint(
            "(overall IN ('ended', 'withdrawn')) = (ended_at IS NOT NULL)", name="over"
        ),
        Index("referral_newest", "created_at", "id"),
        Index("referral_by_sender", "sender_team_id", "created_at", "id"),
    )

    reference: str = Field(max_length=12, unique=True)
    pathway: str = Field(max_length=40)
    pathway_version: int
    purpose: str = Field(max_length=40)
    categories: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """What it says of people, by data category: an agreement must cover all of them."""
    urgency: Urgency = Field(default=Urgency.ROUTINE, sa_type=choice(Urgency, "urgency"))
    sender_agency_id: UUID = Field(foreign_key="agency.id")
    sender_team_id: UUID
    kept_by_id: UUID | None = None
    """Who keeps it at the sender's."""
    area_code: str | None = Field(default=None, foreign_key="area.code")
    """Where the victim lives: its rules hold, wherever sender and recipients are."""
    onward_from_id: UUID | None = Field(default=None, foreign_key="referral.id", index=True)
    all_take: bool = False
    """Whether it is in hand only when every recipient has taken it on."""
    overall: Overall = Field(default=Overall.DRAFT, sa_type=choice(Overall, "overall"))
    created_by_id: UUID
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    full_acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class OfReferral(Keyed):
    """A row that hangs on a referral: a trigger gives it the referral's keys."""

    referral_id: UUID = Field(foreign_key="referral.id", ondelete="CASCADE")


class Recipient(OfReferral, table=True):
    """A team that a referral is addressed to: its own state, and by what right it was given it.
    Where a pathway follows each suspect apart, one for each of them.

    `agreement_id` is NULL within one agency. `given_at` until `lost_at` is when it may be seen.
    """

    __table_args__ = (
        team_key("team_id", "agency_id"),
        member_key("team_id", "allocated_to_id"),
        UniqueConstraint("referral_id", "team_id", "suspect", postgresql_nulls_not_distinct=True),
        CheckConstraint("lost_at IS NULL OR given_at IS NOT NULL", name="lost"),
        CheckConstraint("(hold = 'ended') <= NOT is_open", name="open"),
        Index("recipient_of_referral", "referral_id", "created_at", "id"),
        Index("recipient_queue", "team_id", _DUE, "id", postgresql_where=OPEN),
        Index("recipient_urgent", "team_id", "rank", "created_at", "id", postgresql_where=OPEN),
        Index("recipient_newest", "team_id", "created_at", "id"),
        Index("recipient_late", "agency_id", _DUE, "id", postgresql_where=OPEN),
        Index(
            "recipient_by_agreement",
            "agreement_id",
            "agency_id",
            postgresql_where=text("lost_at IS NULL AND agreement_id IS NOT NULL"),
        ),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    suspect: int | None = None
    """Which suspect of the case it is about, where each is followed apart."""
    allocated_to_id: UUID | None = None
    state: str = Field(default="draft", max_length=40)
    turn: str = Field(default="sender", max_length=20)
    rank: int
    """The referral's urgency as a number: what is immediate comes first in a queue."""
    hold: Hold = Field(default=Hold.ASKED, sa_type=choice(Hold, "hold"))
    is_open: bool = False
    """Given, and neither ended nor taken back: it stands in the team's queue."""
    agreement_id: UUID | None = None
    gateway: str | None = Field(default=None, max_length=60)
    from_id: UUID | None = Field(default=None, foreign_key="recipient.id")
    """From which team's place it is to pass here, by a transfer."""
    from_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    """Who gave it; its sender where this is NULL."""
    agreed_id: UUID | None = Field(default=None, foreign_key="onward_request.id", unique=True)
    """By which yes of the owner it was passed on to this team; each serves once."""
    shown: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    """Which teams that sit at the MARAC its sender was shown before it was sent."""
    events: int = 0
    """How many were recorded here."""
    state_on: date | None = None
    """Since which day it is in its state."""
    held: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """For how many days it lay with whom until then."""
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the first of its running clocks runs out."""
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    given_at: datetime | None = Field(default=None, sa_type=Instant)
    lost_at: datetime | None = Field(default=None, sa_type=Instant)
    passed_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when another team has it: this one keeps the summary."""
    disclosure_read_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its sender said to know that police or CPS may have to disclose it to a defence."""


class ReferralEvent(OfReferral, table=True):
    """A move or another dated event; nothing of it is ever altered. Codes only, never prose."""

    __tablename__ = "referral_event"
    __table_args__ = (
        Index("referral_event_timeline", "referral_id", "at", "recorded_at", "position", "id"),
        Index(
            "referral_event_error", "error_of_id", postgresql_where=text("error_of_id IS NOT NULL")
        ),
        UniqueConstraint("recipient_id", "position"),
        CheckConstraint("(name = 'recorded_in_error') = (error_of_id IS NOT NULL)", name="error"),
    )

    recipient_id: UUID | None = Field(default=None, foreign_key="recipient.id", ondelete="CASCADE")
    position: int
    """The so manieth event of the recipient, as they were recorded."""
    name: str = Field(max_length=60)
    part: str = Field(max_length=20)
    to_state: str | None = Field(default=None, max_length=40)
    at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    by_id: UUID
    by_agency_id: UUID = Field(foreign_key="agency.id")
    by_team_id: UUID | None = None
    error_of_id: UUID | None = Field(default=None, foreign_key="referral_event.id")


class EventCodes(OfReferral, table=True):
    """The coded fields of an event, those of one data category in one row."""

    __tablename__ = "event_codes"
    __table_args__ = (
        UniqueConstraint("event_id", "category"),
        Index("event_codes_by_urn", "urn", postgresql_where=text("urn IS NOT NULL")),
    )

    event_id: UUID = Field(foreign_key="referral_event.id", ondelete="CASCADE")
    category: DataCategory = Field(sa_type=choice(DataCategory, "category"))
    codes: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    urn: str | None = Field(default=None, max_length=11)
    """The number among them by which police and prosecutors know the case, to find it by."""


class RunningClock(OfReferral, table=True):
    """A clock that has started: when it runs out is stored, whether it is late is asked."""

    __tablename__ = "running_clock"
    __table_args__ = (
        UniqueConstraint("recipient_id", "name", "started_at"),
        Index("running_clock_due", "due_at", "id", postgresql_where=text("stopped_at IS NULL")),
        Index("running_clock_next", "next_at", "id", postgresql_where=text("next_at IS NOT NULL")),
    )

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    name: str = Field(max_length=60)
    holder: str = Field(max_length=20)
    started_at: datetime = Field(sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    """NULL while it is paused."""
    provisional: bool = False
    """What it waits for has not surely begun: the day is likely, and nothing is late by it."""
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    team_id: UUID | None = Field(default=None, foreign_key="team.id")
    """The team that it lies with; NULL where it lies with nobody."""
    remains: str | None = Field(default=None, max_length=60)
    """What was left of its limit at `since`, in a limit's own words."""
    since: datetime | None = Field(default=None, sa_type=Instant)
    rungs: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    """Who is told one after the other, each at the same place of `rungs_at`."""
    rungs_at: list[datetime] | None = Field(default=None, sa_type=ARRAY(Instant))
    climbed: int | None = None
    """How many of them have had their turn."""
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the next has it; NULL while it is paused, and once nobody is left."""
    told: str | None = Field(default=None, max_length=40)
    """The last of them whom anybody was there to hear."""
    told_at: datetime | None = Field(default=None, sa_type=Instant)


class LocalReference(OfReferral, table=True):
    """What a party calls the case in its own system; nobody else sees it."""

    __tablename__ = "local_reference"
    __table_args__ = (
        UniqueConstraint("referral_id", "agency_id"),
        Index("local_reference_of_agency", "agency_id", "value"),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    value: str = Field(max_length=60)


class Consultation(Row, table=True):
    """Somebody was shown the full view of a case: who, as what, of whom, why. Only ever added."""

    __tablename__ = "consultation"
    __table_args__ = (
        Index("consultation_of_owner", "owner_agency_id", "at", "id"),
        Index("consultation_of_referral", "referral_id", "at", "id"),
    )

    referral_id: UUID
    owner_agency_id: UUID = Field(foreign_key="agency.id")
    principal_id: UUID
    person_id: UUID | None = None
    agency_id: UUID = Field(foreign_key="agency.id")
    client_id: UUID | None = None
    """The program to which it was shown, for itself or in the person's name."""
    purpose: OpeningPurpose = Field(sa_type=choice(OpeningPurpose, "purpose"))
    request_id: UUID | None = None
    at: datetime = Field(sa_type=Instant)
