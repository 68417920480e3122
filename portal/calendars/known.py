"""The calendar of an area as it is known on a day, read from the tables."""

from collections.abc import Iterable, Sequence
from datetime import date, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.calendars.days import Calendar, Term
from portal.calendars.tables import BankHoliday, SchoolTerm, SchoolYear
from portal.proposals.holding import holds


async def calendar_of(db: AsyncSession, area: str | None, today: date) -> Calendar:
    """With the terms of the area's schools; without any where no area is known."""
    years: Sequence[SchoolYear] = ()
    terms: Sequence[SchoolTerm] = ()
    if area is not None:
        of_area = select(SchoolYear).where(col(SchoolYear.area_code) == area)
        years = (await db.execute(of_area)).scalars().all()
        wanted = col(SchoolTerm.school_year_id).in_([year.id for year in years])
        terms = (await db.execute(select(SchoolTerm).where(wanted))).scalars().all()
    said = (await db.execute(select(BankHoliday))).scalars().all()
    return calendar_from(said, years, terms, today)


def calendar_from(
    said: Iterable[BankHoliday],
    years: Iterable[SchoolYear],
    terms: Iterable[SchoolTerm],
    today: date,
) -> Calendar:
    """What rows say on a day: the latest word on each bank holiday, each year's latest list."""
    words = {row.day: row.holds for row in sorted(said, key=_since) if holds(row, today)}
    latest = {row.school_year: row for row in sorted(years, key=_since) if holds(row, today)}
    opens = {year.id: time.fromisoformat(year.opens) for year in latest.values()}
    return Calendar(
        more=frozenset(day for day, one in words.items() if one),
        fewer=frozenset(day for day, one in words.items() if not one),
        terms=tuple(
            Term(row.first_on, row.last_on, opens[row.school_year_id])
            for row in sorted(terms, key=lambda row: row.first_on)
            if row.school_year_id in opens
        ),
    )


def _since(row: BankHoliday | SchoolYear) -> date:
    return row.valid_from
