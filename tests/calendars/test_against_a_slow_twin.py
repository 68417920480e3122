"""Every clock as a second, slower reckoning has it, whatever days are holidays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from support.slow_clock import DAY, QUARTER, Days, bank_holidays, last_of, reached, remaining, shown

from portal.calendars.days import Calendar, Term, at_london, london
from portal.calendars.limits import Limit, Unit, parse
from portal.calendars.reckoning import due, left
from portal.calendars.stopwatch import Stopwatch

LIMITS = (
    "1 hour", "48 hours", "48 hours without sundays and bank holidays", "1 day", "28 days",
    "end of day 0", "end of day 7", "1 month", "3 months", "12 months", "2 working days",
    "10 working days", "1 school day", "5 school days", "next school day",
)  # fmt: skip
YEARS = range(2024, 2034)


def calendars(chance: Random) -> tuple[Calendar, Days]:
    """The same invented days for both: proclaimed, taken back, and perhaps a school's terms."""
    year = chance.choice(YEARS)
    nearby = [date(year, 1, 1) + n * DAY for n in range(800)]
    more = frozenset(chance.sample(nearby, chance.randrange(40)))
    known = sorted(bank_holidays(year) | bank_holidays(year + 1))
    fewer = frozenset(chance.sample(known, chance.randrange(6))) - more
    terms, taught, day = [], {}, nearby[0]
    for _ in range(chance.choice([0, 4, 12])):
        last, opens = day + chance.randrange(25, 55) * DAY, chance.choice([time(8, 30), time(9)])
        terms.append(Term(day, last, opens))
        while day <= last:
            taught[day] = opens
            day += DAY
        day += chance.randrange(2, 30) * DAY
    return Calendar(more, fewer, tuple(terms)), Days(more, fewer, taught)


def moment(chance: Random, days: Days) -> datetime:
    """A quarter of an hour, and often one where reckoning goes wrong."""
    near = max(days.more, default=date(chance.choice(YEARS), 6, 1)).year
    day = chance.choice(
        [
            date(near, 1, 1) + chance.randrange(365) * DAY,
            last_of(near, 3, 6) - chance.randrange(3) * DAY,
            last_of(near, 10, 6) - chance.randrange(3) * DAY,
            date(near, 12, 23) + chance.randrange(9) * DAY,
            date(near, 1, 29) + chance.randrange(3) * DAY,
            date(near, 2, 27) + chance.randrange(3) * DAY,
        ]
    )
    return datetime.combine(day, time(), UTC) + chance.randrange(96) * QUARTER


def test_bank_holidays_are_those_of_the_law():
    plain, day = Calendar(), date(2024, 1, 1)
    while day.year < 2040:
        assert plain.is_bank_holiday(day) == (day in bank_holidays(day.year)), day
        day += DAY


def test_each_quarter_of_an_hour_of_both_nights_on_which_clocks_change_is_shown_as_the_law_says():
    for year in YEARS:
        for month in (3, 10):
            night = datetime.combine(last_of(year, month, 6), time(), UTC) - timedelta(hours=3)
            for at in (night + n * QUARTER for n in range(40)):
                assert london(at) == shown(at)
                again = at_london(shown(at))
                assert (again - at) in {timedelta(), timedelta(hours=1)}
                assert shown(again) == shown(at)


@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_ends_and_what_is_left_of_it_is_as_a_slow_reckoning_has_it(words):
    chance, limit = Random(words), parse(words)  # noqa: S311 - the same invention each time
    for _ in range(150):
        calendar, days = calendars(chance)
        began = moment(chance, days)
        end = due(limit, began, calendar)
        assert end == reached(limit, began, days), (began, days)
        now = began + chance.randrange(int((end - began) / QUARTER) + 3) * QUARTER
        rest = left(limit, began, now, calendar)
        assert rest == remaining(limit, now, end, days), (began, now, days)


@dataclass
class Slow:
    """A clock as one would keep it on paper: what is left since when, and who held it."""

    rest: Limit
    since: datetime
    due_at: datetime | None
    turns: list[tuple[datetime, str]]

    def pause(self, at: datetime, days: Days) -> None:
        assert self.due_at is not None
        rest = remaining(self.rest, at, self.due_at, days)
        if rest is not None:
            self.rest, self.since, self.due_at = rest, at, None

    def run(self, at: datetime, days: Days) -> None:
        if self.due_at is None:
            self.since, self.due_at = at, reached(self.rest, at, days)

    def days_held(self, now: datetime) -> dict[str, int]:
        """Who held it at each midnight; handed on at midnight, it was the giver's."""
        found = {holder: 0 for _, holder in self.turns}
        day = shown(self.turns[0][0]).date()
        while day < shown(now).date():
            day += DAY
            ours = [
                who for since, who in self.turns if shown(since) < datetime.combine(day, time())
            ]
            found[ours[-1]] += 1
        return found


@pytest.mark.parametrize("words", LIMITS)
def test_a_clock_that_pauses_changes_hands_and_goes_on_is_due_as_one_kept_on_paper(words):
    chance, limit = Random(f"turns of {words}"), parse(words)  # noqa: S311 - always the same
    paused_in_time = 0
    for _ in range(60):
        calendar, days = calendars(chance)
        at = moment(chance, days)
        clock = Stopwatch.start(limit, "police", at, calendar)
        slow = Slow(limit, at, reached(limit, at, days), [(at, "police")])
        for _ in range(chance.randrange(1, 9)):
            at += chance.randrange(chance.choice([1, 5, 96, 96 * 12])) * QUARTER
            holder = chance.choice(["police", "cps", "court"])
            if chance.random() < 0.3:
                clock = clock.hand_to(holder, at)
            elif clock.paused_at is None:
                clock = clock.pause(at, calendar, holder)
                slow.pause(at, days)
                paused_in_time += slow.due_at is None
            else:
                clock = clock.resume(at, calendar, holder)
                slow.run(at, days)
            if holder != slow.turns[-1][1]:
                slow.turns.append((at, holder))
            assert (clock.due_at, clock.left) == (slow.due_at, slow.rest), (at, days)
            later = at + chance.randrange(96 * 40) * QUARTER
            assert clock.is_late(later) == (slow.due_at is not None and later > slow.due_at)
            assert clock.days_held(later) == slow.days_held(later)
    assert paused_in_time > 10


@pytest.mark.parametrize("words", LIMITS)
def test_after_a_change_of_calendar_a_clock_that_runs_is_due_as_if_begun_under_the_new_one(words):
    chance, limit = Random(f"changed {words}"), parse(words)  # noqa: S311 - always the same
    for _ in range(60):
        (before, _), (calendar, days) = calendars(chance), calendars(chance)
        at = moment(chance, days)
        clock = Stopwatch.start(limit, "cps", at, before)
        assert clock.recomputed(calendar).due_at == reached(limit, at, days)
        assert clock.recomputed(calendar).recomputed(before) == clock


def test_every_unit_is_reckoned_twice():
    assert {parse(words).unit for words in LIMITS} == set(Unit)
