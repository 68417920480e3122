"""Which days count: bank holidays of England and Wales, and the terms of an area's schools."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

from portal.clock import LONDON

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
OPENS = time(8, 30)
"""When a school day begins, where the terms do not say."""


@lru_cache(maxsize=256)
def _bank_holidays(year: int) -> frozenset[date]:
    """With the days in lieu, and those there were once; Wales has the same."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


@dataclass(frozen=True)
class Term:
    """Weeks without a break in which schools teach: half a term, mostly."""

    first: date
    last: date
    opens: time = OPENS


@dataclass(frozen=True)
class Calendar:
    """The days of one area, as somebody knew them on one day.

    `more` and `fewer` are bank holidays that the library does not know yet, and days that are none
    though it says so. Without `terms`, and after the last of them, each working day counts as a
    school day: a school told too early is told in time.
    """

    more: frozenset[date] = frozenset()
    fewer: frozenset[date] = frozenset()
    terms: tuple[Term, ...] = field(default=())

    def is_bank_holiday(self, day: date) -> bool:
        """In England and Wales."""
        return day in self.more or (day not in self.fewer and day in _bank_holidays(day.year))

    def is_open(self, day: date) -> bool:
        """Neither a Sunday nor a bank holiday."""
        return day.weekday() != SUNDAY and not self.is_bank_holiday(day)

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, and no bank holiday."""
        return day.weekday() < SATURDAY and not self.is_bank_holiday(day)

    def is_school_day(self, day: date) -> bool:
        """A working day in a term; any working day once no term is known."""
        if not self.is_working_day(day):
            return False
        return not self.knows_schools_on(day) or self.term_on(day) is not None

    def knows_schools_on(self, day: date) -> bool:
        """Whether terms are known as far as this day; where not, the caller should be warned."""
        return any(day <= term.last for term in self.terms)

    def term_on(self, day: date) -> Term | None:
        """The term that a day lies in."""
        return next((term for term in self.terms if term.first <= day <= term.last), None)

    def school_opens(self, day: date) -> datetime:
        """The instant at which a school day begins."""
        term = self.term_on(day)
        return at_london(datetime.combine(day, term.opens if term else OPENS))

    def nth_after(self, day: date, number: int, counts: Callable[[date], bool]) -> date:
        """The so manieth day after that counts; of 0, the day itself or the next that counts."""
        left = number or int(not counts(day))
        while left:
            day += DAY
            left -= counts(day)
        return day

    def counted(self, day: date, last: date, counts: Callable[[date], bool]) -> int:
        """How many days count after `day`, up to `last`."""
        return sum(counts(day + n * DAY) for n in range(1, (last - day).days + 1))


def london(moment: datetime) -> datetime:
    """What clocks in London show, without the zone."""
    return moment.astimezone(LONDON).replace(tzinfo=None, fold=0)


def at_london(shown: datetime) -> datetime:
    """The instant at which clocks in London show this.

    Where they show it twice, the second: nobody loses an hour. Where they never show it, the
    instant at which they jump over it.
    """
    late = shown.replace(tzinfo=LONDON, fold=1).astimezone(UTC)
    if london(late) == shown:
        return late
    return shown.replace(minute=0, second=0, microsecond=0, tzinfo=LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last second of a day in London: midnight would read as the day after."""
    return at_london(datetime.combine(day + DAY, time.min)) - timedelta(seconds=1)
