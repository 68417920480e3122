"""School terms of an area, and bank holidays that the library does not know; none is overwritten.

What holds from a day on is written beside what held before: a limit is reckoned with what was known
on the day it is reckoned. One person proposes it, another confirms it.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.proposals.tables import CONFIRMED, Proposed
from portal.store.base import Row

CLOCK = "opens ~ '^(0[7-9]|1[01]):[0-5][0-9]$' AND opens BETWEEN '07:00' AND '11:59'"


class SchoolYear(Proposed, table=True):
    """The terms of an area's schools in a school year: a list that a later one replaces whole."""

    __tablename__ = "school_year"
    __table_args__ = (
        UniqueConstraint("id", "school_year"),
        CheckConstraint("school_year BETWEEN 2020 AND 2100", name="school_year"),
        CheckConstraint(CLOCK, name="opens"),
        Index(
            "school_year_begins",
            "area_code",
            "school_year",
            "valid_from",
            unique=True,
            postgresql_where=CONFIRMED,
        ),
    )

    area_code: str = Field(max_length=9, foreign_key="area.code")
    school_year: int
    """The year in which it begins: 2026 for 2026/27."""
    opens: str = Field(default="08:30", max_length=5)


class SchoolTerm(Row, table=True):
    """Weeks of a school year in which an area's schools teach."""

    __tablename__ = "school_term"
    __table_args__ = (
        ForeignKeyConstraint(
            ("school_year_id", "school_year"), ("school_year.id", "school_year.school_year")
        ),
        UniqueConstraint("school_year_id", "first_on"),
        CheckConstraint("last_on >= first_on", name="dates"),
        CheckConstraint("length(btrim(name)) > 0", name="name"),
        CheckConstraint(
            "first_on >= make_date(school_year, 8, 1)"
            " AND last_on < make_date(school_year + 1, 9, 1)",
            name="school_year",
        ),
    )

    school_year_id: UUID
    school_year: int
    """As its list says."""
    name: str = Field(max_length=80)
    first_on: date
    last_on: date


class BankHoliday(Proposed, table=True):
    """A day that is a bank holiday in England and Wales though the library does not say so, or is
    none though it does; of one day the latest word counts."""

    __tablename__ = "bank_holiday"
    __table_args__ = (
        Index("bank_holiday_begins", "day", "valid_from", unique=True, postgresql_where=CONFIRMED),
        CheckConstraint("length(btrim(name)) > 0", name="name"),
    )

    day: date
    name: str = Field(max_length=80)
    holds: bool
    """Whether it is one."""
