"""An initiative, its partners, its areas, its ratings, and what may never be false about them."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from portal.store.base import Instant, Keys, Row, choice, no_keys

# Not the last day of all, which the driver sends as infinity.
NO_LAST_DAY = "'9999-12-30'::date"
"""Where an initiative without a last day stands when they are sorted by it."""


class Stage(StrEnum):
    """How far an initiative has come."""

    PROPOSED = "proposed"
    """Suggested, and not yet agreed."""
    APPROVED = "approved"
    """Agreed, and not yet begun."""
    LIVE = "live"
    """Under way."""
    PAUSED = "paused"
    """Interrupted, and meant to go on."""
    COMPLETE = "complete"
    """Done; its results are still being gathered."""
    CLOSED = "closed"
    """Done, with nothing left to do."""
    CANCELLED = "cancelled"
    """Given up."""


class Visibility(StrEnum):
    """Who may see an initiative, each step wider than the one before."""

    DRAFT = "draft"
    """Only its lead."""
    PARTNERS = "partners"
    """Its lead, and agencies that are invited or committed."""
    PARTNERSHIP = "partnership"
    """Every agency of the partnership."""
    PUBLIC = "public"
    """Everyone who is signed in."""


class Timing(StrEnum):
    """What is known of the dates."""

    DATED = "dated"
    """It has a first and a last day, from APPROVED on."""
    OPEN_ENDED = "open_ended"
    """It has no last day, and a day on which it is reviewed."""
    UNKNOWN = "unknown"
    """Nobody knows its dates; a source says where it is known from."""


class Rating(StrEnum):
    """How it stands: blue is done, red needs help."""

    NOT_STARTED = "not_started"
    """Nothing has been done yet."""
    RED = "red"
    """It needs help; a reason says which."""
    AMBER = "amber"
    """It is late, or at risk."""
    GREEN = "green"
    """It goes as planned."""
    BLUE = "blue"
    """It is done."""


class Part(StrEnum):
    """What a partner brings."""

    FUND = "fund"
    """It gives money."""
    DELIVER = "deliver"
    """It does the work."""
    HOST = "host"
    """It gives a place or a home for the work."""
    SUPPORT = "support"
    """It helps."""
    EVALUATE = "evaluate"
    """It finds out what came of it."""


class PartnerState(StrEnum):
    """Where an agency stands between being asked and having left."""

    INVITED = "invited"
    """Asked by the lead, and has not answered."""
    OFFERED = "offered"
    """Has offered to take part, and the lead has not answered."""
    COMMITTED = "committed"
    """Both sides have agreed."""
    DECLINED = "declined"
    """One side has said no."""
    LEFT = "left"
    """Its part has ended, or its invitation or offer was taken back."""


class Initiative(Row, table=True):
    """A piece of work that one agency leads and may share with partners."""

    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint(
            "CASE timing WHEN 'open_ended' THEN review_on IS NOT NULL"
            " WHEN 'unknown' THEN timing_source IS NOT NULL"
            " ELSE stage IN ('proposed', 'cancelled')"
            " OR starts_on IS NOT NULL AND ends_on IS NOT NULL END",
            name="timing_known",
        ),
        CheckConstraint("visibility = 'draft' OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        Index("initiative_newest", "created_at", "id"),
        Index("initiative_latest_change", "updated_at", "id"),
        Index("initiative_by_title", "title", "id"),
        Index("initiative_by_last_day", text(f"coalesce(ends_on, {NO_LAST_DAY})"), "id"),
        # Deferred, so that a body's successor takes over teams and initiatives in either order.
        ForeignKeyConstraint(
            ["lead_team_id", "lead_agency_id"],
            ["team.id", "team.agency_id"],
            onupdate="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    reference: str = Field(max_length=12, unique=True)
    title: str = Field(max_length=120)
    summary: str = Field(default="", max_length=4000)
    lead_agency_id: UUID = Field(foreign_key="agency.id", index=True)
    lead_team_id: UUID | None = Field(default=None, index=True)
    stage: Stage = Field(default=Stage.PROPOSED, sa_type=choice(Stage, "stage"))
    visibility: Visibility = Field(
        default=Visibility.DRAFT, sa_type=choice(Visibility, "visibility")
    )
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    timing: Timing = Field(default=Timing.DATED, sa_type=choice(Timing, "timing"))
    starts_on: date | None = None
    ends_on: date | None = None
    review_on: date | None = None
    timing_source: str | None = Field(default=None, max_length=200)
    audience: str | None = Field(default=None, max_length=200)
    place: str | None = Field(default=None, max_length=200)
    equality_impact: str | None = Field(default=None, max_length=4000)
    equality_reviewed_on: date | None = None
    rating: Rating = Field(default=Rating.NOT_STARTED, sa_type=choice(Rating, "rating"))
    source: str | None = Field(default=None, max_length=200)
    is_sample: bool = False
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class Tied(Row):
    """A row that hangs on an initiative: seen with it, versioned, its changes recorded."""

    initiative_id: UUID = Field(foreign_key="initiative.id", ondelete="CASCADE")
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class InitiativeArea(Tied, table=True):
    """An area an initiative covers; a wider area covers its parts."""

    __tablename__ = "initiative_area"
    __table_args__ = (UniqueConstraint("initiative_id", "area_code"),)

    area_code: str = Field(foreign_key="area.code", index=True)


class Partner(Tied, table=True):
    """An agency's part in an initiative; it shows as committed only once both sides have agreed."""

    MOVES_KEYS: ClassVar[bool] = True
    """Changing one changes who sees the initiative."""

    __table_args__ = (
        UniqueConstraint("initiative_id", "agency_id"),
        CheckConstraint(
            "cardinality(parts) > 0"
            " AND parts <@ ARRAY['fund','deliver','host','support','evaluate']::text[]",
            name="parts",
        ),
    )

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    parts: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    state: PartnerState = Field(sa_type=choice(PartnerState, "state"))
    note: str | None = Field(default=None, max_length=500)
    ended_reason: str | None = Field(default=None, max_length=500)
    asked_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class StageMove(Tied, table=True):
    """A step from one stage to the next, by whom and why; the last leads to today's stage."""

    __tablename__ = "stage_move"
    __table_args__ = (
        CheckConstraint("from_stage <> to_stage", name="moves"),
        CheckConstraint(
            "NOT (from_stage IN ('complete', 'closed', 'cancelled')"
            " AND to_stage IN ('proposed', 'approved', 'live', 'paused'))"
            " OR coalesce(length(btrim(reason)), 0) > 0",
            name="reopening_reason",
        ),
        Index("stage_move_by_initiative", "initiative_id", "moved_at", "id"),
    )

    from_stage: Stage = Field(sa_type=choice(Stage, "from_stage"))
    to_stage: Stage = Field(sa_type=choice(Stage, "to_stage"))
    reason: str | None = Field(default=None, max_length=1000)
    moved_by_id: UUID
    moved_by_agency_id: UUID = Field(foreign_key="agency.id")
    moved_at: datetime = Field(sa_type=Instant)


class RatingSet(Tied, table=True):
    """A rating as somebody set it, with the reason; the latest one is the initiative's."""

    __tablename__ = "rating_set"
    __table_args__ = (
        CheckConstraint(
            "rating <> 'red' OR coalesce(length(btrim(reason)), 0) > 0", name="red_reason"
        ),
        Index("rating_set_by_initiative", "initiative_id", "set_at", "id"),
    )

    rating: Rating = Field(sa_type=choice(Rating, "rating"))
    reason: str | None = Field(default=None, max_length=1000)
    set_by_id: UUID
    set_by_agency_id: UUID = Field(foreign_key="agency.id")
    set_at: datetime = Field(sa_type=Instant)
