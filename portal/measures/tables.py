"""Shared definitions, an initiative's use of one, and its dated figures; none is overwritten."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.proposals.tables import NOT_DECLINED, Proposed
from portal.store.base import Figure, Instant, choice


class Direction(StrEnum):
    """Which way a figure should move."""

    HIGHER_IS_BETTER = "higher_is_better"
    """It should rise."""
    LOWER_IS_BETTER = "lower_is_better"
    """It should fall."""
    NEITHER = "neither"
    """It is only watched: neither is better."""


class MeasureKind(StrEnum):
    """Whether a figure counts what was done (output) or what it changed (outcome)."""

    OUTPUT = "output"
    """What was done, such as people trained."""
    OUTCOME = "outcome"
    """What that changed, such as people who feel safe."""


class Frequency(StrEnum):
    """How often a figure is due."""

    ONCE = "once"
    """One figure."""
    MONTHLY = "monthly"
    """A figure each month."""
    QUARTERLY = "quarterly"
    """A figure each quarter."""
    HALF_YEARLY = "half_yearly"
    """A figure each half-year."""
    YEARLY = "yearly"
    """A figure each year."""


class Breakdown(StrEnum):
    """Whether a figure is the whole or a part of it."""

    WHOLE = "whole"
    """The whole."""
    AREA = "area"
    """The part for one area."""
    GROUP = "group"
    """The part for one group of people."""


class MeasureDefinition(Proposed, table=True):
    """What is counted, and in which unit. It belongs to no initiative and its words never change:
    a new edition is a new row, and figures stay with the edition they were counted by."""

    __tablename__ = "measure_definition"
    __table_args__ = (
        Index("measure_definition_edition", "key", "edition", unique=True,
              postgresql_where=NOT_DECLINED),
        Index("measure_definition_successor", "supersedes_id", unique=True,
              postgresql_where=NOT_DECLINED),
        CheckConstraint("key ~ '^[a-z][a-z0-9-]*$'", name="key"),
        CheckConstraint("length(btrim(name)) > 0", name="name"),
        # Cases, allegations and people are three different counts.
        CheckConstraint("length(btrim(unit)) > 0", name="unit"),
        CheckConstraint("(edition = 1) = (supersedes_id IS NULL) AND edition >= 1", name="edition"),
        CheckConstraint("(denominator_label IS NULL) = (per IS NULL)", name="per"),
        CheckConstraint(
            "denominator_label IS NULL OR numerator_label IS NOT NULL", name="numerator_label"
        ),
        CheckConstraint("per > 0", name="per_positive"),
        Index("measure_definition_by_name", "name", "id"),
    )  # fmt: skip

    key: str = Field(max_length=60)
    edition: int = 1
    supersedes_id: UUID | None = Field(default=None, foreign_key="measure_definition.id")
    name: str = Field(max_length=120)
    meaning: str = Field(default="", max_length=2000)
    unit: str = Field(max_length=40)
    numerator_label: str | None = Field(default=None, max_length=120)
    denominator_label: str | None = Field(default=None, max_length=120)
    per: int | None = None
    direction: Direction = Field(sa_type=choice(Direction, "direction"))
    kind: MeasureKind = Field(sa_type=choice(MeasureKind, "kind"))
    frequency: Frequency = Field(sa_type=choice(Frequency, "frequency"))
    source: str | None = Field(default=None, max_length=200)
    defined_by_agency_id: UUID = Field(foreign_key="agency.id", index=True)
    retired_on: date | None = None
    is_sample: bool = False
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)


class Measure(Tied, table=True):
    """An initiative's use of a definition: where it started and where it should get to."""

    __table_args__ = (
        UniqueConstraint("id", "initiative_id"),  # what hangs on a measure names both
        CheckConstraint("(baseline_value IS NULL) = (baseline_on IS NULL)", name="baseline"),
        CheckConstraint("(target_value IS NULL) = (target_on IS NULL)", name="target"),
        CheckConstraint("target_on > baseline_on", name="target_after_baseline"),
        Index(
            "measure_in_use",
            "initiative_id",
            "definition_id",
            unique=True,
            postgresql_where=text("retired_on IS NULL"),
        ),
        Index("measure_by_initiative", "initiative_id", "created_at", "id"),
        Index("measure_newest", "created_at", "id"),
    )

    definition_id: UUID = Field(foreign_key="measure_definition.id", index=True)
    baseline_value: Decimal | None = Field(default=None, sa_type=Figure)
    baseline_on: date | None = None
    target_value: Decimal | None = Field(default=None, sa_type=Figure)
    target_on: date | None = None
    retired_on: date | None = None
    is_sample: bool = False
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)


STANDS = text("NOT superseded")
STANDS_WHOLE = text("NOT superseded AND breakdown = 'whole'")


class Observation(Tied, table=True):
    """A figure for a period, as one agency recorded it; a correction is a new row.

    `superseded` repeats what the successor's `supersedes_id` says. It is kept by the trigger of the
    successor's insert and by nothing else, because a partial index can ask a column and not another
    row: with it the latest figure that stands is the last entry of `observation_latest`, one probe
    for each measure however often its figures were corrected or broken down.
    """

    __table_args__ = (
        ForeignKeyConstraint(
            ["measure_id", "initiative_id"],
            ["measure.id", "measure.initiative_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("period_to >= period_from", name="period"),
        # 0 of 0 has no value and is a figure all the same.
        CheckConstraint("value IS NOT NULL OR numerator IS NOT NULL", name="figure"),
        CheckConstraint("value IS NOT NULL OR denominator = 0", name="value"),
        CheckConstraint("denominator IS NULL OR numerator IS NOT NULL", name="denominator"),
        CheckConstraint("numerator >= 0 AND denominator >= 0", name="counts"),
        CheckConstraint("numerator = 0 OR denominator > 0", name="nothing_of_nothing"),
        CheckConstraint("(breakdown = 'area') = (area_code IS NOT NULL)", name="area"),
        CheckConstraint("(breakdown = 'group') = (group_label IS NOT NULL)", name="group"),
        CheckConstraint("length(btrim(group_label)) > 0", name="group_label"),
        CheckConstraint("supersedes_id <> id", name="own_successor"),
        Index("observation_latest", "measure_id", "period_to", "recorded_at", "id",
              postgresql_where=STANDS_WHOLE),
        Index("observation_by_period", "measure_id", "period_to", "recorded_at", "id"),
        Index("observation_by_initiative", "initiative_id"),
        Index("observation_successor", "supersedes_id", unique=True,
              postgresql_where=text("supersedes_id IS NOT NULL")),
        Index("observation_once", "measure_id", "recorded_by_agency_id", "period_from", "period_to",
              "area_code", "group_label", unique=True, postgresql_where=STANDS,
              postgresql_nulls_not_distinct=True),
    )  # fmt: skip

    measure_id: UUID
    period_from: date
    period_to: date
    numerator: Decimal | None = Field(default=None, sa_type=Figure)
    denominator: Decimal | None = Field(default=None, sa_type=Figure)
    value: Decimal | None = Field(default=None, sa_type=Figure)
    breakdown: Breakdown = Field(default=Breakdown.WHOLE, sa_type=choice(Breakdown, "breakdown"))
    area_code: str | None = Field(default=None, foreign_key="area.code")
    group_label: str | None = Field(default=None, max_length=80)
    provisional: bool = False
    note: str | None = Field(default=None, max_length=1000)
    source: str | None = Field(default=None, max_length=200)
    is_sample: bool = False
    recorded_by_agency_id: UUID = Field(foreign_key="agency.id")
    recorded_by_id: UUID
    recorded_at: datetime = Field(sa_type=Instant)
    supersedes_id: UUID | None = Field(default=None, foreign_key="observation.id")
    superseded: bool = False
