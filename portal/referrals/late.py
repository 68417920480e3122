"""What is late, counted by whom it lies with."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Select, func, select

from portal.agencies.api import Agency
from portal.reading.declare import Ask, Columns, column, one, value_type, values
from portal.referrals import tables
from portal.referrals.lateness import is_late
from portal.store.rules import table_of

MOST_AGENCIES = 100


def _late_by_agency(_: Columns, ask: Ask) -> Select[Any]:
    row = table_of(tables.Recipient).alias()
    found = select(
        row.c.agency_id,
        func.count().label("late"),
        func.coalesce(func.min(row.c.due_at), ask.now).label("longest_since"),
    )
    found = found.where(is_late(row.c, ask.now)).group_by(row.c.agency_id)
    return found.order_by(func.count().desc(), row.c.agency_id).limit(MOST_AGENCIES)


@value_type
class LateWith:
    """How much is late with an agency, of what you may see."""

    agency: Agency = one("The agency whose teams have it.", "agency_id")
    late: int = column("With how many teams' cases a clock has run out.")
    longest_since: datetime = column("When the first of those clocks ran out.")


@strawberry.type
class LateQueries:
    """What is late."""

    late_by_agency: list[LateWith] = values(
        "How many of the cases that you may see are late, by the agency that has them; the most"
        " first.",
        _late_by_agency,
        size=MOST_AGENCIES,
    )
