"""When a limit is reached, and how much of it is left: instants in UTC, days in London."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from portal.calendars.days import DAY, Calendar, at_london, end_of, london
from portal.calendars.limits import Limit, Unit


def due(limit: Limit, started: datetime, calendar: Calendar) -> datetime:
    """The last moment that is in time; whatever comes after it is late."""
    return _REACH[limit.unit](limit, started, calendar)


def left(limit: Limit, started: datetime, now: datetime, calendar: Calendar) -> Limit | None:
    """How much is left `now`, in the limit's own unit; None when it is used up.

    Of months days are left: the corresponding date is known, and how many months lie before it
    depends on where one counts from.
    """
    end = due(limit, started, calendar)
    if now > end:
        return None
    if limit.unit is Unit.NEXT_SCHOOL_DAY:
        return limit
    if limit.unit is Unit.HOURS:
        return _parted(Unit.HOURS, end - now)
    if limit.unit is Unit.OPEN_HOURS:
        return _parted(Unit.OPEN_HOURS, _open_between(now, end, calendar))
    if limit.unit is Unit.DAYS:
        return _parted(Unit.DAYS, max(london(end) - london(now), timedelta()))
    unit = Unit.END_OF_DAY if limit.unit is Unit.MONTHS else limit.unit
    counts = _COUNTS.get(unit, _every_day)
    days = calendar.counted(london(now).date(), london(end).date(), counts(calendar))
    return Limit(unit, days)


def _hours(limit: Limit, started: datetime, _: Calendar) -> datetime:
    return started + _time_of(limit)


def _open_hours(limit: Limit, started: datetime, calendar: Calendar) -> datetime:
    """Day by day, so that each day that is left out is left out as long as it lasts."""
    at, remaining = started, _time_of(limit)
    while True:
        day = london(at).date()
        midnight = at_london(datetime.combine(day + DAY, time.min))
        if calendar.is_open(day):
            if remaining <= midnight - at:
                return at + remaining
            remaining -= midnight - at
        at = midnight


def _open_between(now: datetime, end: datetime, calendar: Calendar) -> timedelta:
    found, at = timedelta(), now
    while at < end:
        day = london(at).date()
        until = min(end, at_london(datetime.combine(day + DAY, time.min)))
        found += until - at if calendar.is_open(day) else timedelta()
        at = until
    return found


def _days(limit: Limit, started: datetime, _: Calendar) -> datetime:
    return at_london(london(started) + _time_of(limit))


def _end_of_day(limit: Limit, started: datetime, _: Calendar) -> datetime:
    return end_of(london(started).date() + limit.number * DAY)


def _months(limit: Limit, started: datetime, _: Calendar) -> datetime:
    return end_of(corresponding(london(started).date(), limit.number))


def _working_days(limit: Limit, started: datetime, calendar: Calendar) -> datetime:
    day = london(started).date()
    return end_of(calendar.nth_after(day, limit.number, calendar.is_working_day))


def _school_days(limit: Limit, started: datetime, calendar: Calendar) -> datetime:
    day = london(started).date()
    return end_of(calendar.nth_after(day, limit.number, calendar.is_school_day))


def _next_school_day(_: Limit, started: datetime, calendar: Calendar) -> datetime:
    day = calendar.nth_after(london(started).date(), 0, calendar.is_school_day)
    if calendar.school_opens(day) <= started:
        day = calendar.nth_after(day, 1, calendar.is_school_day)
    return calendar.school_opens(day)


def corresponding(day: date, months: int) -> date:
    """The day of the same number so many months on, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _time_of(limit: Limit) -> timedelta:
    one = DAY if limit.unit is Unit.DAYS else timedelta(hours=1)
    return limit.number * one + timedelta(seconds=limit.seconds)


def _parted(unit: Unit, time_left: timedelta) -> Limit:
    """A part of a second is a second: what is left is never said too short."""
    whole = -(-time_left // timedelta(seconds=1))
    return Limit(unit, *divmod(whole, 86_400 if unit is Unit.DAYS else 3600))


def _every_day(_: Calendar) -> Callable[[date], bool]:
    return lambda _day: True


_COUNTS: dict[Unit, Callable[[Calendar], Callable[[date], bool]]] = {
    Unit.WORKING_DAYS: lambda calendar: calendar.is_working_day,
    Unit.SCHOOL_DAYS: lambda calendar: calendar.is_school_day,
}
_REACH: dict[Unit, Callable[[Limit, datetime, Calendar], datetime]] = {
    Unit.HOURS: _hours,
    Unit.OPEN_HOURS: _open_hours,
    Unit.DAYS: _days,
    Unit.END_OF_DAY: _end_of_day,
    Unit.MONTHS: _months,
    Unit.WORKING_DAYS: _working_days,
    Unit.SCHOOL_DAYS: _school_days,
    Unit.NEXT_SCHOOL_DAY: _next_school_day,
}
