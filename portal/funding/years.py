"""Financial years: April to March, named by the year of their April; when money is under-spent."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Text,
    and_,
    cast,
    func,
    literal_column,
    type_coerce,
)

from portal.reading.declare import Ask, Columns

GONE_OF_TEN = 8
"""A line is looked at when eight tenths of its financial year are gone (from mid-January on)..."""
SPENT_OF_TEN = 5
"""...and flagged when less than half of it is spent by then: at an even pace eight tenths would be,
and the funder will take back what is left in March."""


def year_label(year: int | None) -> str:
    """2026 as `2026/27`."""
    return "no stated year" if year is None else f"{year}/{(year + 1) % 100:02}"


def label(row: Columns, _: Ask) -> ColumnElement[Any]:
    """The same in SQL; NULL when the year is not known."""
    following = func.to_char((row.financial_year + 1) % 100, literal_column("'FM00'"))
    return cast(row.financial_year, Text).concat(literal_column("'/'", Text)).concat(following)


def under_spent(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Most of the year is gone and most of the money is left; never when the year is not known."""
    begins = func.make_date(row.financial_year, 4, 1, type_=Date)
    ends = func.make_date(row.financial_year + 1, 4, 1, type_=Date)
    gone = 10 * _days(begins, ask.today) >= GONE_OF_TEN * _days(begins, ends)
    return and_(row.financial_year.is_not(None), gone, 10 * row.spent < SPENT_OF_TEN * row.amount)


def _days(first: ColumnElement[Any], then: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(then - first, Integer)
