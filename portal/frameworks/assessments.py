"""How self-assessments are shown."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, exists, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal.agencies.api import Agency, Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.frameworks import tables
from portal.frameworks.shown import FrameworkEntry
from portal.frameworks.tables import SelfAssessmentLevel
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    one,
    reads,
    sql,
    where,
)


class SelfAssessmentOrder(Enum):
    """How self-assessments are sorted."""

    NEWEST = "newest"
    """The newest first."""


def _is_latest(row: Columns, _: Ask) -> ColumnElement[bool]:
    """No later one of the same agency about the same entry."""
    later = aliased(tables.SelfAssessment)
    same = (col(later.entry_id) == row.entry_id, col(later.agency_id) == row.agency_id)
    after = tuple_(col(later.assessed_on), col(later.recorded_at), col(later.id)) > tuple_(
        row.assessed_on, row.recorded_at, row.id
    )
    return ~exists().where(*same, after).correlate(row.id.table)


@filter_input
class SelfAssessmentFilter:
    """Which self-assessments."""

    agency: strawberry.ID | None = where(
        "Of this agency.", lambda row, agency, _: row.agency_id == agency
    )
    entry: strawberry.ID | None = where(
        "About this framework entry.", lambda row, entry, _: row.entry_id == entry
    )
    latest: bool | None = where(
        "The latest of its agency about its entry (true), or superseded (false).",
        lambda row, latest, ask: _is_latest(row, ask) == latest,
    )


SELF_ASSESSMENTS = Listing(
    SelfAssessmentFilter,
    SelfAssessmentOrder,
    {
        SelfAssessmentOrder.NEWEST: Order(
            lambda row: [row.assessed_on, row.recorded_at], descending=True
        )
    },
    SelfAssessmentOrder.NEWEST,
)


@reads(tables.SelfAssessment)
class SelfAssessment(Node):
    """What an agency said of itself on a day."""

    agency: Agency = one("Who assessed itself.", "agency_id")
    entry: FrameworkEntry = one("The P that was assessed.", "entry_id")
    level: SelfAssessmentLevel = column("How far it says it has come.")
    text: str = column("What the level rests on; plain text.")
    assessed_on: date = column("The day of the assessment.")
    latest: bool = sql("Whether no later one has superseded it.", _is_latest)
    by: Membership | None = one("Who recorded it; null when a program did.", "by_id")
    recorded_at: datetime = column("When it was recorded.")
    history: Connection[HistoryEntry] = own_history()
