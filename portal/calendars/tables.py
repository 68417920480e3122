"""School terms of an area, and bank holidays that the library does not know; none is overwritten.

What holds from a day on is written beside what held before: a limit is reckoned with what was known
on the day it is reckoned.
"""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.store.base import Row

CLOCK = "opens ~ '^(0[7-9]|1[01]):[0-5][0-9]$' AND opens BETWEEN '07:00' AND '11:59'"


class SchoolTerm(Row, table=True):
    """Weeks of a school year in which an area's schools teach.

    All rows of one area, school year and `valid_from` are one list; a later list replaces it whole.
    """

    __tablename__ = "school_term"
    __table_args__ = (
        UniqueConstraint("area_code", "school_year", "valid_from", "first_on"),
        CheckConstraint("last_on >= first_on", name="dates"),
        CheckConstraint("length(btrim(name)) > 0", name="name"),
        CheckConstraint(
            "school_year BETWEEN 2020 AND 2100"
            " AND first_on >= make_date(school_year, 8, 1)"
            " AND last_on < make_date(school_year + 1, 9, 1)",
            name="school_year",
        ),
        CheckConstraint(CLOCK, name="opens"),
        Index("school_term_by_area", "area_code", "first_on", "id"),
    )

    area_code: str = Field(max_length=9, foreign_key="area.code")
    school_year: int
    """The year in which it begins: 2026 for 2026/27."""
    name: str = Field(max_length=80)
    first_on: date
    last_on: date
    opens: str = Field(default="08:30", max_length=5)
    valid_from: date


class BankHoliday(Row, table=True):
    """A day that is a bank holiday in England and Wales though the library does not say so, or is
    none though it does; of one day the latest word counts."""

    __tablename__ = "bank_holiday"
    __table_args__ = (
        UniqueConstraint("day", "valid_from"),
        CheckConstraint("length(btrim(name)) > 0", name="name"),
    )

    day: date
    name: str = Field(max_length=80)
    holds: bool
    """Whether it is one."""
    valid_from: date
