"""A second reckoning of every limit, as slow as by hand: by each day, or quarter of an hour.

It shares no line with the portal's own: summer time comes from its law, not from a zone's file,
bank holidays from theirs and from Easter, and a school's days from a set of dates.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from portal.calendars.limits import Limit, Unit

DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
SUNDAY = 6


def last_of(year: int, month: int, weekday: int) -> date:
    """The last Sunday, or Monday, of a month."""
    day = date(year, month, 31 if month in {3, 5, 8, 10} else 30)
    while day.weekday() != weekday:
        day -= DAY
    return day


def in_summer(moment: datetime) -> bool:
    """From one o'clock GMT on the last Sunday of March to one o'clock GMT on October's last."""
    begins, ends = (
        datetime.combine(last_of(moment.year, month, SUNDAY), time(1), UTC) for month in (3, 10)
    )
    return begins <= moment < ends


def shown(moment: datetime) -> datetime:
    """What clocks in London show."""
    return (moment + HOUR * in_summer(moment)).replace(tzinfo=None)


def instant(wanted: datetime) -> datetime:
    """When they show it: the second time of two, or the jump when never."""
    winter = wanted.replace(tzinfo=UTC)
    for found in (winter, winter - HOUR):
        if shown(found) == wanted:
            return found
    return datetime.combine(wanted.date(), time(1), UTC)


def easter(year: int) -> date:
    """The Sunday after the first full moon of spring, by the almanac's tables (Meeus)."""
    moon, (century, rest) = year % 19, divmod(year, 100)
    leap, over = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * moon + century - leap - shift + 15) % 30
    week = (32 + 2 * over + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (moon + 11 * epact + 22 * week) // 451
    month, day = divmod(epact + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache
def bank_holidays(year: int) -> frozenset[date]:
    """Those of the law of 1971; a fixed one that falls on a weekend has a weekday in lieu."""
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    may = next(day for n in range(1, 8) if (day := date(year, 5, n)).weekday() == 0)
    found = {easter(year) - 2 * DAY, easter(year) + DAY, may, *fixed}
    found |= {last_of(year, 5, 0), last_of(year, 8, 0)}
    for day in fixed:
        if day.weekday() >= 5:
            later = (day + n * DAY for n in range(1, 5))
            found.add(next(one for one in later if one.weekday() < 5 and one not in found))
    return frozenset(found)


@dataclass(frozen=True)
class Days:
    """The days of one area; `taught` maps each known day of teaching to the hour it opens."""

    more: frozenset[date] = frozenset()
    fewer: frozenset[date] = frozenset()
    taught: dict[date, time] = field(default_factory=dict)

    def closed(self, day: date) -> bool:
        return day in self.more or (day in bank_holidays(day.year) and day not in self.fewer)

    def open(self, day: date) -> bool:
        return day.weekday() < SUNDAY and not self.closed(day)

    def working(self, day: date) -> bool:
        return day.weekday() < 5 and not self.closed(day)

    def school(self, day: date) -> bool:
        unknown = not self.taught or day > max(self.taught)
        return self.working(day) and (unknown or day in self.taught)

    def opens(self, day: date) -> datetime:
        return instant(datetime.combine(day, self.taught.get(day, time(8, 30))))


def reached(limit: Limit, at: datetime, days: Days) -> datetime:
    """The last moment in time."""
    if limit.unit is Unit.HOURS:
        return at + length(limit)
    if limit.unit is Unit.OPEN_HOURS:
        return _walked(length(limit), at, days)
    clock = shown(at)
    if limit.unit is Unit.DAYS:
        for _ in range(limit.number):
            clock += DAY
        return instant(clock + timedelta(seconds=limit.seconds))
    if limit.unit is Unit.MONTHS:
        return _last_second(_months_on(clock.date(), limit.number))
    if limit.unit is Unit.NEXT_SCHOOL_DAY:
        return _opens_next(at, days)
    return _last_second(_nth(clock.date(), limit.number, counting(limit.unit, days)))


def remaining(limit: Limit, now: datetime, end: datetime, days: Days) -> Limit | None:
    """What is left of it until its end; None once that has passed."""
    if now > end:
        return None
    if limit.unit is Unit.NEXT_SCHOOL_DAY:
        return limit
    if limit.unit is Unit.DAYS:
        return _whole_days(shown(now), shown(end))
    if limit.unit in {Unit.HOURS, Unit.OPEN_HOURS}:
        open_ones, seconds = limit.unit is Unit.OPEN_HOURS, 0
        while now < end:
            seconds += 900 * (not open_ones or days.open(shown(now).date()))
            now += QUARTER
        return Limit(limit.unit, seconds // 3600, seconds % 3600)
    unit = Unit.END_OF_DAY if limit.unit is Unit.MONTHS else limit.unit
    counts, number, day = counting(unit, days), 0, shown(now).date()
    while day < shown(end).date():
        day += DAY
        number += counts(day)
    return Limit(unit, number)


def length(limit: Limit) -> timedelta:
    """Of one in hours."""
    return limit.number * HOUR + timedelta(seconds=limit.seconds)


def counting(unit: Unit, days: Days) -> Callable[[date], bool]:
    """Which days a unit counts."""
    if unit is Unit.END_OF_DAY:
        return lambda _: True
    return days.working if unit is Unit.WORKING_DAYS else days.school


def _whole_days(clock: datetime, end: datetime) -> Limit:
    whole = 0
    while clock + DAY <= end:
        whole, clock = whole + 1, clock + DAY
    return Limit(Unit.DAYS, whole, int(max(end - clock, timedelta()).total_seconds()))


def _nth(day: date, number: int, counts: Callable[[date], bool]) -> date:
    """With none left, the day itself or the next that counts."""
    while not number and not counts(day):
        day += DAY
    while number:
        day += DAY
        number -= counts(day)
    return day


def _opens_next(at: datetime, days: Days) -> datetime:
    day = shown(at).date()
    while not (days.school(day) and days.opens(day) > at):
        day += DAY
    return days.opens(day)


def _walked(wanted: timedelta, at: datetime, days: Days) -> datetime:
    """A quarter of an hour at a time; with none left, now or as soon as a day is open."""
    while not wanted and not days.open(shown(at).date()):
        at += QUARTER
    while wanted:
        wanted -= QUARTER * days.open(shown(at).date())
        at += QUARTER
    return at


def _months_on(day: date, months: int) -> date:
    """Walks into the month, and in it to the number of the first day or to its end."""
    number = day.day
    while months:
        day += DAY
        months -= day.day == 1
    while day.day < number and (day + DAY).day != 1:
        day += DAY
    return day


def _last_second(day: date) -> datetime:
    return instant(datetime.combine(day, time(23, 59, 59)))
