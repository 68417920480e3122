"""For how many days a case lay with whom, up to today."""

from typing import Any

from sqlalchemy import Integer, Select, String, case, cast, func, select

from portal.reading.declare import Ask, Columns, column, value_type


@value_type
class DaysHeld:
    """For how many days it lay with somebody: each midnight counts for who had it."""

    holder: str = column("With whom: police, cps, court, sender, receiver or coordinator.")
    days: int = column("The days, up to today.")


def days_held(row: Columns, ask: Ask) -> Select[*tuple[Any, ...]]:
    """One row for each who ever had it: the days of the past states, and since the last one."""
    each = func.jsonb_each_text(row.held).table_valued("key", "value")
    past = cast(each.c.value, Integer)
    now = case((each.c.key == row.turn, past + (ask.today - row.state_on)), else_=past)
    holder = func.coalesce(cast(each.c.key, String), "").label("holder")
    return select(holder, func.coalesce(now, past, 0).label("days")).order_by(each.c.key)
