"""The calendar of an area as it is known on a day, read from the tables."""

from collections.abc import Iterable
from datetime import date, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.calendars.days import Calendar, Term
from portal.calendars.tables import BankHoliday, SchoolTerm


async def calendar_of(db: AsyncSession, area: str | None, today: date) -> Calendar:
    """With the terms of the area's schools; without any where no area is known."""
    said = select(BankHoliday).where(col(BankHoliday.valid_from) <= today)
    terms: Iterable[SchoolTerm] = ()
    if area is not None:
        of_area = select(SchoolTerm).where(col(SchoolTerm.area_code) == area)
        terms = (await db.execute(of_area)).scalars().all()
    return calendar_from((await db.execute(said)).scalars().all(), terms, today)


def calendar_from(
    said: Iterable[BankHoliday], terms: Iterable[SchoolTerm], today: date
) -> Calendar:
    """What rows say on a day: the latest word on each bank holiday, each year's latest list."""
    holds = {row.day: row.holds for row in sorted(said, key=_since) if row.valid_from <= today}
    known = [row for row in terms if row.valid_from <= today]
    latest = {row.school_year: row.valid_from for row in sorted(known, key=_since)}
    lists = (row for row in known if row.valid_from == latest[row.school_year])
    return Calendar(
        more=frozenset(day for day, one in holds.items() if one),
        fewer=frozenset(day for day, one in holds.items() if not one),
        terms=tuple(
            Term(row.first_on, row.last_on, time.fromisoformat(row.opens))
            for row in sorted(lists, key=lambda row: row.first_on)
        ),
    )


def _since(row: BankHoliday | SchoolTerm) -> date:
    return row.valid_from
