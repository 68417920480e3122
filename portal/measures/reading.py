"""The latest figure of a measure, and whether it has reached its target, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal_column, not_, null, select

from portal.measures.tables import Direction, MeasureDefinition, Observation
from portal.reading.declare import Columns
from portal.store.rules import table_of


def latest(measure: Columns, *wanted: str) -> Select[Any]:
    """The figure that stands for the whole and whose period ended last: one probe of
    `observation_latest`, whose condition is repeated here word for word so that it is used.
    """
    figure = table_of(Observation).alias()
    return (
        select(*(figure.c[name] for name in wanted))
        .where(
            figure.c.measure_id == measure.id,
            not_(figure.c.superseded),
            figure.c.breakdown == literal_column("'whole'"),
        )
        .order_by(figure.c.period_to.desc(), figure.c.recorded_at.desc(), figure.c.id.desc())
        .limit(literal_column("1"))
    )


def direction_of(measure: Columns) -> ColumnElement[str]:
    """Which way the measure should move."""
    definition = table_of(MeasureDefinition).c
    found = select(definition.direction).where(definition.id == measure.definition_id)
    return found.correlate(measure.id.table).scalar_subquery()


def met(measure: Columns, value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a value has reached the target; NULL when that cannot be said."""
    direction = direction_of(measure)
    return case(
        (direction == Direction.HIGHER_IS_BETTER, value >= measure.target_value),
        (direction == Direction.LOWER_IS_BETTER, value <= measure.target_value),
        else_=null(),
    )


def latest_value(measure: Columns) -> ColumnElement[Any]:
    """The latest value alone."""
    return latest(measure, "value").correlate(measure.id.table).scalar_subquery()
