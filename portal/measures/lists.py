"""How definitions, measures and figures are filtered and sorted."""

from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlmodel import col

from auth.tables import AreaPart
from portal.initiatives.tables import InitiativeArea
from portal.measures.reading import latest_value, met
from portal.measures.tables import Breakdown, MeasureDefinition, MeasureKind
from portal.proposals.holding import holding
from portal.proposals.tables import ProposalState
from portal.reading.declare import Ask, Columns, Listing, Order, filter_input, where
from portal.store.rules import table_of


class MeasureDefinitionOrder(Enum):
    """How definitions are sorted."""

    NAME = "name"
    """By name."""


class MeasureOrder(Enum):
    """How measures are sorted."""

    OLDEST = "oldest"
    """The oldest first."""
    NEWEST = "newest"
    """The newest first."""


class ObservationOrder(Enum):
    """How figures are sorted."""

    LATEST_PERIOD = "latest_period"
    """The latest period first."""
    EARLIEST_PERIOD = "earliest_period"
    """The earliest period first."""


def is_current(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """The newest edition that is confirmed and has begun, and in use."""
    definition = table_of(MeasureDefinition).alias()
    newer = exists().where(definition.c.supersedes_id == row.id, holding(definition.c, ask.today))
    in_use = and_(holding(row, ask.today), row.retired_on.is_(None))
    return and_(in_use, not_(newer.correlate(row.id.table)))


def _text(row: Columns, text: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    wanted = func.lower(text)
    return or_(*(func.strpos(func.lower(c), wanted) > 0 for c in (row.name, row.key, row.meaning)))


@filter_input
class MeasureDefinitionFilter:
    """Which definitions."""

    text: str | None = where("This text in name, key or meaning.", _text)
    key: str | None = where("Editions of this key.", lambda row, key, _: row.key == key)
    kind: MeasureKind | None = where("Of this kind.", lambda row, kind, _: row.kind == kind)
    current: bool | None = where(
        "Whether it is the newest edition and in use; false for all others.",
        lambda row, wanted, ask: is_current(row, ask) == wanted,
    )
    state: ProposalState | None = where(
        "In this state; PROPOSED waits for a second person.",
        lambda row, state, _: row.state == state,
    )


def _of_key(row: Columns, key: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    editions = select(col(MeasureDefinition.id)).where(col(MeasureDefinition.key) == key)
    condition: ColumnElement[bool] = row.definition_id.in_(editions)
    return condition


def _of_kind(row: Columns, kind: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    wanted = select(col(MeasureDefinition.id)).where(col(MeasureDefinition.kind) == kind)
    condition: ColumnElement[bool] = row.definition_id.in_(wanted)
    return condition


def _in_area(row: Columns, area: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    wider = select(col(AreaPart.whole_code)).where(col(AreaPart.part_code) == area)
    code = col(InitiativeArea.area_code)
    covering = select(col(InitiativeArea.initiative_id)).where(or_(code == area, code.in_(wider)))
    condition: ColumnElement[bool] = row.initiative_id.in_(covering)
    return condition


@filter_input
class MeasureFilter:
    """Which measures."""

    initiative: strawberry.ID | None = where(
        "Of this initiative.", lambda row, initiative, _: row.initiative_id == initiative
    )
    definition: strawberry.ID | None = where(
        "By this definition, this edition.",
        lambda row, definition, _: row.definition_id == definition,
    )
    key: str | None = where("By any edition of the definition with this key.", _of_key)
    kind: MeasureKind | None = where("Outputs, or outcomes.", _of_kind)
    area: str | None = where(
        "Of initiatives that cover this area, by its ONS code; wider schemes cover it too.",
        _in_area,
    )
    met: bool | None = where(
        "Whether the latest figure has reached the target; neither where that cannot be said.",
        lambda row, wanted, _: met(row, latest_value(row)) == wanted,
    )
    in_use: bool | None = where(
        "Whether figures can still be recorded; false for retired ones.",
        lambda row, wanted, _: row.retired_on.is_(None) == wanted,
    )


@filter_input
class ObservationFilter:
    """Which figures."""

    breakdown: Breakdown | None = where(
        "Figures for the whole, or broken down.", lambda row, kind, _: row.breakdown == kind
    )
    area: str | None = where(
        "For this area, by its ONS code.", lambda row, area, _: row.area_code == area
    )
    since: date | None = where(
        "Periods that end on or after this day.", lambda row, day, _: row.period_to >= day
    )
    until: date | None = where(
        "Periods that begin on or before this day.", lambda row, day, _: row.period_from <= day
    )
    provisional: bool | None = where(
        "Provisional or final ones.", lambda row, wanted, _: row.provisional == wanted
    )


def _by_period(row: Columns) -> list[ColumnElement[Any]]:
    return [row.period_to, row.recorded_at]


DEFINITIONS = Listing(
    MeasureDefinitionFilter,
    MeasureDefinitionOrder,
    {MeasureDefinitionOrder.NAME: Order(lambda row: [row.name])},
    MeasureDefinitionOrder.NAME,
)
MEASURES = Listing(
    MeasureFilter,
    MeasureOrder,
    {
        MeasureOrder.OLDEST: Order(lambda row: [row.created_at]),
        MeasureOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
    },
    MeasureOrder.OLDEST,
)
FIGURES = Listing(
    ObservationFilter,
    ObservationOrder,
    {
        ObservationOrder.LATEST_PERIOD: Order(_by_period, descending=True),
        ObservationOrder.EARLIEST_PERIOD: Order(_by_period),
    },
    ObservationOrder.LATEST_PERIOD,
)
