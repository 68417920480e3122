"""Measures in GraphQL: definitions, an initiative's measures, their figures."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, not_, select
from sqlmodel import col

from auth.tables import Area as AreaRow
from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Area, Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.measures import defining, tables, verbs
from portal.measures.lists import DEFINITIONS, FIGURES, MEASURES, is_current
from portal.measures.reading import latest, met
from portal.measures.tables import Breakdown, Direction, Frequency, MeasureKind
from portal.proposals.holding import holding
from portal.proposals.tables import ProposalState
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Node,
    by_id,
    column,
    many,
    one,
    reads,
    sql,
    value_type,
)
from portal.reading.declare import (
    value as object_of,
)
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative

InitiativeType = Annotated["Initiative", strawberry.lazy("portal.initiatives.api")]
DefinitionType = Annotated["MeasureDefinition", strawberry.lazy("portal.measures.api")]
MeasureType = Annotated["Measure", strawberry.lazy("portal.measures.api")]
ObservationType = Annotated["Observation", strawberry.lazy("portal.measures.api")]


def _newer_edition(row: Columns, ask: Ask) -> ColumnElement[Any]:
    definition = table_of(tables.MeasureDefinition).alias()
    newer = select(definition.c.id).where(
        definition.c.supersedes_id == row.id, holding(definition.c, ask.today)
    )
    return newer.correlate(row.id.table).scalar_subquery()


@reads(tables.MeasureDefinition)
class MeasureDefinition(Node):
    """What is counted, in which unit; shared by all, in editions whose words never change."""

    key: str = column("A short name for programs, the same in every edition.")
    edition: int = column("Which edition of the key it is, from 1.")
    name: str = column("What it is called.")
    meaning: str = column("What counts and what does not.")
    unit: str = column("What one of it is: cases, allegations and people are three counts.")
    numerator_label: str | None = column("What the numerator counts.")
    denominator_label: str | None = column("Out of what; null for a plain count.")
    per: int | None = column("For each how many: 100 makes it a percentage; null for a count.")
    direction: Direction = column("Which way it should move.")
    kind: MeasureKind = column("Whether it counts what was done or what that changed.")
    frequency: Frequency = column("How often a figure is due.")
    source: str | None = column("Where the figures come from.")
    defined_by: Agency = one("The agency that defined this edition.", "defined_by_agency_id")
    state: ProposalState = column("Whether it is confirmed: until then nobody counts by it.")
    valid_from: date = column("Its first day.")
    proposed_by: Membership | None = one("Who proposed it; null for a program.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answer_note: str | None = column("Why it was declined.")
    retired_on: date | None = column("Its last day, when it is out of use.")
    is_current: bool = sql("Whether it is the newest edition and in use.", is_current)
    newer: DefinitionType | None = one(
        "The edition that follows it, once that is confirmed and has begun.", _newer_edition
    )
    is_sample: bool = column("Whether it was made up for the sample.")
    history: Connection[HistoryEntry] = own_history()
    created_at: datetime = column("When it was defined.")
    version: int = column("Pass it as `expectedVersion` with a change.")


def _area(row: Columns, _: Ask) -> Select[Any]:
    return select(AreaRow).where(col(AreaRow.code) == row.area_code)


def _successor(row: Columns, _: Ask) -> ColumnElement[Any]:
    figure = table_of(tables.Observation).alias()
    successor = select(figure.c.id).where(figure.c.supersedes_id == row.id)
    return successor.correlate(row.id.table).scalar_subquery()


@reads(tables.Observation)
class Observation(Node):
    """A figure for a period, as one agency recorded it."""

    measure: MeasureType = one("What it measures.", "measure_id")
    period_from: date = column("The first day it covers.")
    period_to: date = column("The last day it covers.")
    value: Decimal | None = column("The value, in the definition's unit; null for 0 out of 0.")
    numerator: Decimal | None = column("The numerator, where it is known.")
    denominator: Decimal | None = column("Out of how many, where it is known.")
    breakdown: Breakdown = column("Whether it is the whole or a part of it.")
    area: Area | None = object_of("The area it is for, when it is for one.", _area)
    group: str | None = column("The group it is for, when it is for one.", "group_label")
    provisional: bool = column("Whether it may still change.")
    note: str | None = column("What a reader should know.")
    source: str | None = column("Where it comes from, when not from the recording agency.")
    is_sample: bool = column("Whether it was made up for the sample.")
    recorded_by: Agency = one("The agency that recorded it.", "recorded_by_agency_id")
    recorder: Membership | None = one("Who recorded it; null for a program.", "recorded_by_id")
    recorded_at: datetime = column("When it was recorded.")
    superseded: bool = column("Whether a correction has taken its place.")
    supersedes: ObservationType | None = one("The figure it corrects.", "supersedes_id")
    superseded_by: ObservationType | None = one("The figure that corrects it.", _successor)
    version: int = column("Pass it as `expectedVersion` with a correction.")


@value_type
class LatestFigure:
    """The figure for the whole that stands and whose period ended last."""

    value: Decimal | None = column("The value; null for 0 out of 0.")
    period_from: date = column("The first day it covers.")
    period_to: date = column("The last day it covers.")
    provisional: bool = column("Whether it may still change.")
    observation: Observation | None = one("The figure in full.", "id")


@value_type
class AgainstTarget:
    """The latest value beside the target."""

    latest: Decimal | None = column("The latest value.")
    target: Decimal = column("The target.")
    difference: Decimal | None = column("The latest value less the target.")
    met: bool | None = column("Whether it is reached; null where neither direction is better.")


def _latest(row: Columns, _: Ask) -> Select[Any]:
    return latest(row, "id", "value", "period_from", "period_to", "provisional")


def _against_target(row: Columns, _: Ask) -> Select[Any]:
    figure = latest(row, "value").where(row.target_value.is_not(None))
    found = figure.selected_columns["value"]
    return figure.with_only_columns(
        found.label("latest"),
        row.target_value.label("target"),
        (found - row.target_value).label("difference"),
        met(row, found).label("met"),
    )


@reads(tables.Measure)
class Measure(Node):
    """An initiative's use of a definition: where it started, and where it should get to."""

    initiative: InitiativeType = one("The initiative it measures.", "initiative_id")
    definition: MeasureDefinition = one("What is counted.", "definition_id")
    baseline_value: Decimal | None = column("Where it started.")
    baseline_on: date | None = column("The day of the baseline.")
    target_value: Decimal | None = column("Where it should get to.")
    target_on: date | None = column("By when.")
    latest: LatestFigure | None = object_of("The latest figure; null before the first.", _latest)
    against_target: AgainstTarget | None = object_of(
        "The latest figure beside the target; null where one of them is missing.", _against_target
    )
    observations: Connection[Observation] = many(
        "The figures that stand: corrected ones are left out.",
        FIGURES,
        lambda row, figure, _: (figure.measure_id == row.id) & not_(figure.superseded),
    )
    all_observations: Connection[Observation] = many(
        "Every figure ever recorded, those that were corrected among them.",
        FIGURES,
        lambda row, figure, _: figure.measure_id == row.id,
    )
    retired_on: date | None = column("Since when no figures are recorded.")
    is_sample: bool = column("Whether baseline and target were made up for the sample.")
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When baseline, target or use last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@strawberry.type
class MeasureQueries:
    """What is counted, and what has been observed."""

    measure_definitions: Connection[MeasureDefinition] = many(
        "What can be counted; everyone signed in sees all of it.", DEFINITIONS
    )
    measure_definition: MeasureDefinition | None = by_id("One definition.")
    measures: Connection[Measure] = many("The measures of initiatives you may see.", MEASURES)
    measure: Measure | None = by_id("One measure.")


_EDIT, _CONTRIBUTE = "initiatives:edit", "initiatives:contribute"


@strawberry.type
class MeasureMutations:
    """Defining what is counted, aiming, recording and correcting."""

    define_measure = mutation(defining.define_measure, MeasureDefinition, needs=_EDIT)
    revise_measure_definition = mutation(
        defining.revise_measure_definition, MeasureDefinition, needs=_EDIT
    )
    retire_measure_definition = mutation(
        defining.retire_measure_definition, MeasureDefinition, needs=_EDIT
    )
    confirm_measure_definition = mutation(
        defining.confirm_measure_definition, MeasureDefinition, needs=_EDIT
    )
    decline_measure_definition = mutation(
        defining.decline_measure_definition, MeasureDefinition, needs=_EDIT
    )
    add_measure = mutation(verbs.add_measure, Measure, needs=_EDIT)
    change_measure = mutation(verbs.change_measure, Measure, needs=_EDIT)
    retire_measure = mutation(verbs.retire_measure, Measure, needs=_EDIT)
    record_observation = mutation(verbs.record_observation, Observation, needs=_CONTRIBUTE)
    correct_observation = mutation(verbs.correct_observation, Observation, needs=_CONTRIBUTE)
