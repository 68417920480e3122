"""When a limit is reached: reckoned by hand, over weekends, holidays, changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from portal.calendars.days import Calendar, Term, london
from portal.calendars.limits import Limit, Unit, parse
from portal.calendars.reckoning import due, left
from portal.clock import LONDON

PLAIN = Calendar()
SCHOOLS = Calendar(
    terms=(
        Term(date(2026, 9, 2), date(2026, 10, 23)),
        Term(date(2026, 11, 2), date(2026, 12, 18), time(8, 45)),
        Term(date(2027, 1, 4), date(2027, 2, 12)),
        Term(date(2027, 4, 12), date(2027, 5, 28)),
    )
)


def here(text: str, fold: int = 0) -> datetime:
    """An instant by the clocks of London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold).astimezone(UTC)


def reckon(limit: str, started: str, calendar: Calendar = PLAIN) -> datetime:
    return due(parse(limit), here(started), calendar)


def test_hours_pass_as_they_do_whatever_the_clocks_show():
    assert reckon("72 hours", "2026-12-24 17:00") == here("2026-12-27 17:00")
    assert reckon("24 hours", "2026-03-28 12:00") == here("2026-03-29 13:00")
    assert reckon("24 hours", "2026-10-24 12:00") == here("2026-10-25 11:00")
    assert reckon("2 hours", "2026-10-25 00:30") == here("2026-10-25 01:30", fold=1)
    assert reckon("24 hours", "2028-02-28 09:00") == here("2028-02-29 09:00")


def test_a_day_later_is_the_same_time_in_london_even_when_the_clocks_change():
    assert reckon("1 day", "2026-03-28 12:00") == here("2026-03-29 12:00")
    assert reckon("1 day", "2026-10-24 12:00") == here("2026-10-25 12:00")
    assert reckon("28 days", "2026-11-16 09:15") == here("2026-12-14 09:15")
    assert reckon("28 days", "2028-02-01 09:15") == here("2028-02-29 09:15")
    assert reckon("28 days", "2026-12-10 09:15") == here("2027-01-07 09:15")


def test_an_hour_that_never_comes_ends_when_the_clocks_jump_and_one_that_comes_twice_late():
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert reckon("1 day", "2026-03-28 01:30") == jump
    assert reckon("1 day", "2026-03-28 00:59") == jump - timedelta(minutes=1)
    assert reckon("1 day", "2026-03-28 02:00") == jump
    assert reckon("1 day", "2026-10-24 01:30") == here("2026-10-25 01:30", fold=1)


def test_the_end_of_a_day_is_its_last_second_so_that_nobody_reads_the_day_after():
    assert reckon("end of day 1", "2026-11-16 00:00") == here("2026-11-17 23:59:59")
    assert reckon("end of day 1", "2026-11-16 23:59") == here("2026-11-17 23:59:59")
    assert reckon("end of day 0", "2026-11-16 10:00") == here("2026-11-16 23:59:59")
    assert reckon("end of day 3", "2026-12-30 10:00") == here("2027-01-02 23:59:59")
    assert reckon("end of day 1", "2026-06-01 23:30") == datetime(
        2026, 6, 2, 22, 59, 59, tzinfo=UTC
    )
    in_london_it_is_tomorrow = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    assert due(parse("end of day 1"), in_london_it_is_tomorrow, PLAIN) == here(
        "2026-06-03 23:59:59"
    )


@pytest.mark.parametrize(
    ("months", "started", "ends"),
    [
        (1, "2026-01-31", "2026-02-28"),
        (1, "2028-01-31", "2028-02-29"),
        (1, "2028-01-29", "2028-02-29"),
        (1, "2026-02-28", "2026-03-28"),
        (3, "2026-11-30", "2027-02-28"),
        (3, "2026-11-16", "2027-02-16"),
        (12, "2028-02-29", "2029-02-28"),
        (48, "2028-02-29", "2032-02-29"),
        (1, "2026-12-31", "2027-01-31"),
    ],
)
def test_months_end_on_the_corresponding_date_or_on_the_months_last_day(months, started, ends):
    assert reckon(f"{months} months", f"{started} 15:00") == here(f"{ends} 23:59:59")


@pytest.mark.parametrize(
    ("days", "started", "ends", "why"),
    [
        (1, "2026-11-16 16:59", "2026-11-17", "a Monday"),
        (1, "2026-11-20 09:00", "2026-11-23", "a Friday"),
        (2, "2026-11-22 09:00", "2026-11-24", "a Sunday is not counted, and neither is its start"),
        (1, "2026-12-24 09:00", "2026-12-29", "Boxing Day is a Saturday: the Monday is in lieu"),
        (2, "2021-12-24 09:00", "2021-12-30", "both days in lieu"),
        (1, "2027-12-31 09:00", "2028-01-04", "New Year's Day is a Saturday"),
        (10, "2026-12-21 09:00", "2027-01-07", "over Christmas and New Year"),
        (1, "2026-04-02 09:00", "2026-04-07", "Easter"),
        (1, "2020-05-07 09:00", "2020-05-11", "May Day was moved to a Friday for VE Day"),
        (1, "2022-06-01 09:00", "2022-06-06", "a late spring holiday and a Jubilee"),
        (1, "2022-09-16 09:00", "2022-09-20", "a state funeral"),
        (1, "2023-05-05 09:00", "2023-05-09", "a coronation"),
        (1, "2025-08-01 09:00", "2025-08-04", "Scotland's holiday is none here"),
        (1, "2026-03-16 09:00", "2026-03-17", "and Northern Ireland's neither"),
    ],
)
def test_working_days_leave_out_weekends_and_bank_holidays(days, started, ends, why):
    assert reckon(f"{days} working days", started) == here(f"{ends} 23:59:59"), why


def test_a_bank_holiday_that_is_proclaimed_later_is_data_and_so_is_one_that_is_taken_back():
    proclaimed = Calendar(more=frozenset({date(2026, 11, 17)}))
    moved = Calendar(fewer=frozenset({date(2026, 5, 4)}))
    assert reckon("1 working day", "2026-11-16 09:00", proclaimed) == here("2026-11-18 23:59:59")
    assert reckon("1 working day", "2026-05-01 09:00", moved) == here("2026-05-04 23:59:59")


NOTICE = "48 hours without sundays and bank holidays"


@pytest.mark.parametrize(
    ("started", "ends", "why"),
    [
        ("2026-11-16 10:00", "2026-11-18 10:00", "a Monday"),
        ("2026-11-20 10:00", "2026-11-23 10:00", "the Sunday is left out, the Saturday is not"),
        ("2026-11-22 15:00", "2026-11-25 00:00", "it starts on a Sunday: from Monday's midnight"),
        ("2026-12-24 10:00", "2026-12-30 10:00", "24th; not 25, 26, 27 (Sunday), 28 in lieu; 29th"),
        ("2026-03-28 10:00", "2026-03-31 10:00", "the day of 23 hours is a Sunday"),
        ("2026-10-24 10:00", "2026-10-27 10:00", "and so is the day of 25"),
    ],
)
def test_a_notice_of_48_hours_leaves_out_sundays_and_bank_holidays(started, ends, why):
    assert reckon(NOTICE, started) == here(ends), why


@pytest.mark.parametrize(
    ("started", "opens", "why"),
    [
        ("2026-11-16 22:00", "2026-11-17 08:45", "the next morning"),
        ("2026-11-17 03:00", "2026-11-17 08:45", "that very morning"),
        ("2026-11-17 08:45", "2026-11-18 08:45", "school has begun"),
        ("2026-11-21 02:00", "2026-11-23 08:45", "a Saturday night"),
        ("2026-10-23 20:00", "2026-11-02 08:45", "half-term"),
        ("2026-12-18 20:00", "2027-01-04 08:30", "Christmas holidays"),
        ("2027-04-30 20:00", "2027-05-04 08:30", "May Day lies in term"),
        ("2027-06-10 20:00", "2027-06-11 08:30", "no term is known: rather too early"),
    ],
)
def test_a_school_knows_before_its_next_day_begins(started, opens, why):
    assert reckon("next school day", started, SCHOOLS) == here(opens), why


def test_school_days_are_those_of_the_area_and_who_asks_learns_whether_its_terms_are_known():
    assert reckon("2 school days", "2026-10-22 12:00", SCHOOLS) == here("2026-11-02 23:59:59")
    assert reckon("2 school days", "2026-10-22 12:00") == here("2026-10-26 23:59:59")
    assert SCHOOLS.knows_schools_on(date(2027, 5, 28))
    assert not SCHOOLS.knows_schools_on(date(2027, 5, 29))


LIMITS = [
    parse(text)
    for text in (
        "1 hour", "72 hours", NOTICE, "1 day", "28 days", "end of day 0", "end of day 14",
        "1 month", "3 months", "1 working day", "10 working days", "4 school days",
        "next school day",
    )
]  # fmt: skip


def moments(count: int) -> list[datetime]:
    """Whole minutes of twelve years, half of them beside a change of the clock or of the year."""
    chance = Random(4)  # noqa: S311 - the same invention each time
    found = []
    for _ in range(count):
        year = chance.randrange(2020, 2032)
        near = chance.choice(["03-28", "10-24", "12-30", "02-27"])
        start = here(f"{year}-{near if chance.random() < 0.5 else '01-01'}")
        days = 4 if chance.random() < 0.5 else 365
        found.append(start + timedelta(minutes=chance.randrange(days * 1440)))
    return found


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_nothing_is_due_before_it_began_and_what_begins_later_is_due_no_sooner(limit):
    begun = sorted(moments(400))
    ends = [due(limit, moment, SCHOOLS) for moment in begun]
    assert all(end >= moment for moment, end in zip(begun, ends, strict=True))
    assert ends == sorted(ends)


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_what_is_left_leads_to_the_same_end(limit):
    chance = Random(5)  # noqa: S311 - the same invention each time
    for started in moments(300):
        end = due(limit, started, SCHOOLS)
        now = started + chance.random() * (end - started)
        now = now.replace(second=0, microsecond=0)
        if now < started or london(now).hour == 1:  # the hour that may come twice, or never
            continue
        rest = left(limit, started, now, SCHOOLS)
        assert rest is not None
        again = due(rest, now, SCHOOLS)
        assert abs(again - end) <= timedelta(hours=int(limit.unit is Unit.DAYS)), (started, now)
        assert left(limit, started, end + timedelta(seconds=1), SCHOOLS) is None


def test_every_unit_is_reckoned():
    for unit in Unit:
        assert due(Limit(unit, 1), here("2026-11-16 09:00"), SCHOOLS)
