"""Rows that hold from one day to another, such as an area or a framework's version."""

from sqlalchemy import ColumnElement, and_, or_

from portal.reading.declare import Columns


def valid_on(row: Columns, day: ColumnElement[object]) -> ColumnElement[bool]:
    """Whether the row holds on this day; `valid_to` is its last day, null when none is set."""
    holds: ColumnElement[bool] = and_(
        row.valid_from <= day, or_(row.valid_to.is_(None), row.valid_to >= day)
    )
    return holds
