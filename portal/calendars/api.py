"""School terms and bank holidays in GraphQL."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement

from portal.acting.exposed import mutation
from portal.agencies.api import Area, Membership
from portal.calendars import tables, verbs
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.proposals.holding import latest
from portal.proposals.tables import ProposalState
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


class SchoolYearOrder(Enum):
    """How school years are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""


class SchoolTermOrder(Enum):
    """How school terms are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""


class BankHolidayOrder(Enum):
    """How bank holidays are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""


def _year_holds(year: Columns, ask: Ask) -> ColumnElement[bool]:
    return latest(year, tables.SchoolYear, ask.today, "area_code", "school_year")


def _day_counts(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return latest(row, tables.BankHoliday, ask.today, "day")


@reads(tables.SchoolTerm)
class SchoolTerm(Node):
    """Weeks in which an area's schools teach."""

    name: str = column("What it is called.")
    first_on: date = column("The first school day.")
    last_on: date = column("The last.")


TERMS = Listing(
    None,
    SchoolTermOrder,
    {SchoolTermOrder.EARLIEST: Order(lambda term: [term.first_on])},
    SchoolTermOrder.EARLIEST,
)


@reads(tables.SchoolYear)
class SchoolYear(Node):
    """When an area's schools teach in a school year; a later list replaces it whole."""

    area: Area = one("Where.", "area_code")
    school_year: int = column("The year in which it begins: 2026 for 2026/27.")
    opens: str = column("When a school day begins, such as `08:45`.")
    terms: Connection[SchoolTerm] = many(
        "Its terms.", TERMS, lambda year, term, _: term.school_year_id == year.id, first=12
    )
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("From when on limits are reckoned with it.")
    holds: bool = sql("Whether limits are reckoned with it today.", _year_holds)
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


@reads(tables.BankHoliday)
class BankHoliday(Node):
    """A day of England and Wales about which the portal was told otherwise than its library knows:
    a bank holiday that was proclaimed, or one that was moved."""

    day: date = column("The day.")
    name: str = column("What it is called.")
    is_holiday: bool = column("Whether it is a bank holiday, or none.", "holds")
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("From when on limits are reckoned with it.")
    holds: bool = sql(
        "Whether limits are reckoned with it today; of one day the latest word counts.", _day_counts
    )
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


@filter_input
class SchoolYearFilter:
    """Which school years."""

    area: str | None = where("Of this area's ONS code.", lambda row, code, _: row.area_code == code)
    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "Those that limits are reckoned with today, or those that they are not.",
        lambda row, so, ask: _year_holds(row, ask) == so,
    )


@filter_input
class BankHolidayFilter:
    """Which bank holidays."""

    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "Those that limits are reckoned with today, or those that they are not.",
        lambda row, so, ask: _day_counts(row, ask) == so,
    )


YEARS = Listing(
    SchoolYearFilter,
    SchoolYearOrder,
    {SchoolYearOrder.EARLIEST: Order(lambda row: [row.school_year, row.area_code, row.valid_from])},
    SchoolYearOrder.EARLIEST,
)
HOLIDAYS = Listing(
    BankHolidayFilter,
    BankHolidayOrder,
    {BankHolidayOrder.EARLIEST: Order(lambda holiday: [holiday.day])},
    BankHolidayOrder.EARLIEST,
)


@strawberry.type
class CalendarQueries:
    """Which days count."""

    school_years: Connection[SchoolYear] = many(
        "The terms of schools, also as they were, and what is proposed.", YEARS
    )
    bank_holidays: Connection[BankHoliday] = many(
        "Bank holidays that were proclaimed or moved; the yearly ones need no telling.", HOLIDAYS
    )


_KEEP = "frameworks:manage"


@strawberry.type
class CalendarMutations:
    """What two people change."""

    propose_bank_holiday = mutation(verbs.propose_bank_holiday, BankHoliday, needs=_KEEP)
    confirm_bank_holiday = mutation(verbs.confirm_bank_holiday, BankHoliday, needs=_KEEP)
    decline_bank_holiday = mutation(verbs.decline_bank_holiday, BankHoliday, needs=_KEEP)
    propose_school_year = mutation(verbs.propose_school_year, SchoolYear, needs=_KEEP)
    confirm_school_year = mutation(verbs.confirm_school_year, SchoolYear, needs=_KEEP)
    decline_school_year = mutation(verbs.decline_school_year, SchoolYear, needs=_KEEP)
