"""When a case is late, in the same words wherever it is asked: one index serves them all."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal_column

from portal.reading.declare import Columns
from portal.referrals.tables import NEVER_DUE
from portal.store.base import Instant

_NEVER: ColumnElement[datetime] = literal_column(NEVER_DUE, Instant)


def due(row: Columns) -> ColumnElement[datetime]:
    """When the first of its running clocks runs out; far ahead where none runs."""
    return func.coalesce(row.due_at, _NEVER)


def is_late(row: Columns, now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether it waits in a team's queue and that moment has passed."""
    return and_(row.is_open, due(row) < now)
