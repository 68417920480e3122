"""Themes, frameworks with versions and entries, the local plan's actions, self-assessments."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.initiatives.tables import Rating, Tied
from portal.proposals.tables import CONFIRMED, NOT_DECLINED, Proposed
from portal.store.base import Instant, Keys, Row, choice


class Theme(Row, table=True):
    """A subject that initiatives are about; a retired one stays with those that have it."""

    __table_args__ = (
        CheckConstraint("length(btrim(name)) > 0", name="name"),
        CheckConstraint("retired_on >= valid_from", name="dates"),
    )

    key: str = Field(max_length=80, unique=True)
    name: str = Field(max_length=80)
    description: str = Field(default="", max_length=400)
    valid_from: date
    retired_on: date | None = None
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1


class Framework(Row, table=True):
    """A strategy or plan that initiatives are mapped to; its content is in its versions."""

    key: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    owner: str = Field(max_length=120)


class FrameworkVersion(Proposed, table=True):
    """A framework as it read from one day on."""

    __tablename__ = "framework_version"
    __table_args__ = (
        Index(
            "framework_version_label",
            "framework_id",
            "label",
            unique=True,
            postgresql_where=NOT_DECLINED,
        ),
        Index(
            "framework_version_begins",
            "framework_id",
            "valid_from",
            unique=True,
            postgresql_where=CONFIRMED,
        ),
        CheckConstraint("valid_to >= valid_from", name="dates"),
    )

    framework_id: UUID = Field(foreign_key="framework.id")
    label: str = Field(max_length=80)
    valid_to: date | None = None
    note: str | None = Field(default=None, max_length=400)
    self_assessed: bool = False


class FrameworkEntry(Row, table=True):
    """One pillar, P or action of a framework's version."""

    __tablename__ = "framework_entry"
    __table_args__ = (
        UniqueConstraint("framework_version_id", "code"),
        UniqueConstraint("framework_version_id", "position"),
        UniqueConstraint("id", "framework_version_id"),
    )

    framework_version_id: UUID = Field(foreign_key="framework_version.id")
    code: str = Field(max_length=20)
    title: str = Field(max_length=200)
    position: int


class InitiativeTheme(Tied, table=True):
    """A theme of an initiative."""

    __tablename__ = "initiative_theme"
    __table_args__ = (
        UniqueConstraint("initiative_id", "theme_id"),
        Index("initiative_theme_by_theme", "theme_id", "initiative_id"),
    )

    theme_id: UUID = Field(foreign_key="theme.id")


class InitiativeEntry(Tied, table=True):
    """A framework entry that an initiative serves."""

    __tablename__ = "initiative_entry"
    __table_args__ = (
        UniqueConstraint("initiative_id", "entry_id"),
        Index("initiative_entry_by_entry", "entry_id", "initiative_id"),
    )

    entry_id: UUID = Field(foreign_key="framework_entry.id")


class PlanAction(Row, table=True):
    """An action of the local delivery plan as it stands; a trigger keeps how it stood before."""

    __tablename__ = "plan_action"
    __table_args__ = (
        UniqueConstraint("entry_id"),
        UniqueConstraint("framework_version_id", "number"),
        ForeignKeyConstraint(
            ["entry_id", "framework_version_id"],
            ["framework_entry.id", "framework_entry.framework_version_id"],
        ),
        CheckConstraint(
            "rating <> 'red' OR coalesce(length(btrim(rating_reason)), 0) > 0", name="red_reason"
        ),
        CheckConstraint("(last_update IS NULL) = (last_update_at IS NULL)", name="last_update"),
        CheckConstraint("number > 0", name="number"),
    )

    entry_id: UUID
    framework_version_id: UUID
    number: int
    owner_agency_id: UUID | None = Field(default=None, foreign_key="agency.id", index=True)
    rating: Rating | None = Field(default=None, sa_type=choice(Rating, "rating"), nullable=True)
    rating_reason: str | None = Field(default=None, max_length=1000)
    last_update: str | None = Field(default=None, max_length=2000)
    last_update_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=list, sa_type=Keys, nullable=False)


class PlanUpdate(Row, table=True):
    """How a plan action stood after one change, who made it and when; only a trigger writes it."""

    __tablename__ = "plan_update"
    __table_args__ = (
        UniqueConstraint("plan_action_id", "action_version"),
        Index("plan_update_newest", "plan_action_id", "recorded_at", "id"),
    )

    plan_action_id: UUID = Field(foreign_key="plan_action.id")
    action_version: int
    owner_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    rating: Rating | None = Field(default=None, sa_type=choice(Rating, "rating"), nullable=True)
    rating_reason: str | None = Field(default=None, max_length=1000)
    text: str | None = Field(default=None, max_length=2000)
    by_id: UUID | None = None
    by_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    recorded_at: datetime = Field(sa_type=Instant)
    acl: list[int] = Field(default_factory=list, sa_type=Keys, nullable=False)


class SelfAssessmentLevel(StrEnum):
    """How far an agency says it has come; the portal's own words for want of a public scale."""

    NOT_STARTED = "not_started"
    """Nothing has been done yet."""
    STARTED = "started"
    """First steps are taken."""
    ESTABLISHED = "established"
    """It is in place in most of the agency."""
    EMBEDDED = "embedded"
    """It is how the agency works."""


class SelfAssessment(Row, table=True):
    """What an agency said of itself on a day; a later one supersedes it and none is altered."""

    __tablename__ = "self_assessment"
    __table_args__ = (
        CheckConstraint("length(btrim(text)) > 0", name="text"),
        Index("self_assessment_latest", "entry_id", "agency_id", "assessed_on", "recorded_at"),
        Index("self_assessment_newest", "assessed_on", "recorded_at", "id"),
    )

    entry_id: UUID = Field(foreign_key="framework_entry.id")
    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    level: SelfAssessmentLevel = Field(sa_type=choice(SelfAssessmentLevel, "level"))
    text: str = Field(max_length=4000)
    assessed_on: date
    by_id: UUID
    recorded_at: datetime = Field(sa_type=Instant)
    acl: list[int] = Field(default_factory=list, sa_type=Keys, nullable=False)
