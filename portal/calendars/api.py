"""School terms and bank holidays in GraphQL."""

from datetime import date
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from portal.agencies.api import Area
from portal.calendars import tables
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)


class SchoolTermOrder(Enum):
    """How school terms are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""


class BankHolidayOrder(Enum):
    """How bank holidays are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""


def _holds(term: Columns, ask: Ask) -> ColumnElement[bool]:
    """Whether its list is the latest of its area and school year."""
    other = aliased(tables.SchoolTerm)
    latest = select(func.max(other.valid_from)).where(
        col(other.area_code) == term.area_code,
        col(other.school_year) == term.school_year,
        col(other.valid_from) <= ask.today,
    )
    since = latest.correlate(term.id.table).scalar_subquery()
    return func.coalesce(term.valid_from == since, False)


@reads(tables.SchoolTerm)
class SchoolTerm(Node):
    """Weeks in which an area's schools teach."""

    area: Area = one("Where.", "area_code")
    school_year: int = column("The year in which the school year begins: 2026 for 2026/27.")
    name: str = column("What it is called.")
    first_on: date = column("The first school day.")
    last_on: date = column("The last.")
    opens: str = column("When a school day begins, such as `08:45`.")
    valid_from: date = column("From when on limits are reckoned with it.")
    holds: bool = sql(
        "Whether limits are reckoned with it today: a later list of the same area and school year"
        " replaces it.",
        _holds,
    )


@reads(tables.BankHoliday)
class BankHoliday(Node):
    """A day of England and Wales about which the portal was told otherwise than its library knows:
    a bank holiday that was proclaimed, or one that was moved."""

    day: date = column("The day.")
    name: str = column("What it is called.")
    holds: bool = column("Whether it is a bank holiday; of one day the latest word counts.")
    valid_from: date = column("From when on limits are reckoned with it.")


@filter_input
class SchoolTermFilter:
    """Which school terms."""

    area: str | None = where(
        "Of this area's ONS code.", lambda term, code, _: term.area_code == code
    )
    holds: bool | None = where(
        "Those that limits are reckoned with today, or those that they are not.",
        lambda term, holds, ask: _holds(term, ask) == holds,
    )


TERMS = Listing(
    SchoolTermFilter,
    SchoolTermOrder,
    {SchoolTermOrder.EARLIEST: Order(lambda term: [term.first_on])},
    SchoolTermOrder.EARLIEST,
)
HOLIDAYS = Listing(
    None,
    BankHolidayOrder,
    {BankHolidayOrder.EARLIEST: Order(lambda holiday: [holiday.day])},
    BankHolidayOrder.EARLIEST,
)


@strawberry.type
class CalendarQueries:
    """Which days count."""

    school_terms: Connection[SchoolTerm] = many("The terms of schools.", TERMS)
    bank_holidays: Connection[BankHoliday] = many(
        "Bank holidays that were proclaimed or moved; the yearly ones need no telling.", HOLIDAYS
    )
