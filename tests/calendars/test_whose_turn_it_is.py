"""A clock stops while it is another's turn, and each is told only the days that were theirs."""

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from portal.calendars.days import Calendar
from portal.calendars.limits import parse
from portal.calendars.stopwatch import OutOfTurn, Stopwatch
from portal.clock import LONDON

PLAIN = Calendar()


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def started(limit: str, at: str, holder: str = "cps") -> Stopwatch:
    return Stopwatch.start(parse(limit), holder, here(at), PLAIN)


def test_the_prosecutors_28_days_wait_while_the_police_answer_an_action_plan():
    clock = started("28 days", "2026-11-02 10:00")
    assert clock.due_at == here("2026-11-30 10:00")
    paused = clock.pause(here("2026-11-12 16:00"), PLAIN, "police")
    assert paused.due_at is None
    assert str(paused.left) == "17 days 64800 seconds"
    again = paused.resume(here("2026-11-20 09:00"), PLAIN, "cps")
    assert again.due_at == here("2026-12-08 03:00")
    assert again.days_held(here("2026-11-25 12:00")) == {"cps": 15, "police": 8}
    assert again.held(here("2026-11-25 12:00"))["police"] == timedelta(days=7, hours=17)


def test_working_days_that_are_left_are_working_days_after_christmas_too():
    clock = started("5 working days", "2026-12-21 10:00")
    paused = clock.pause(here("2026-12-23 10:00"), PLAIN)
    assert str(paused.left) == "3 working days"
    again = paused.resume(here("2026-12-24 10:00"), PLAIN)
    assert again.due_at == here("2026-12-31 23:59:59")  # 29, 30 and 31: the 28th is in lieu


def test_a_clock_handed_on_is_due_when_it_was():
    clock = started("end of day 7", "2026-11-16 10:00", "police")
    handed = clock.hand_to("cps", here("2026-11-18 10:00")).hand_to(
        "court", here("2026-11-18 11:00")
    )
    assert handed.due_at == clock.due_at
    assert handed.days_held(here("2026-11-20 00:30")) == {"police": 2, "cps": 0, "court": 2}


def test_a_pause_gives_no_time_back_to_who_was_late():
    clock = started("24 hours", "2026-11-16 10:00")
    late = clock.pause(here("2026-11-18 10:00"), PLAIN, "police")
    assert late.is_late(here("2026-11-18 10:00"))
    assert late.resume(here("2026-11-25 10:00"), PLAIN, "cps").due_at == here("2026-11-17 10:00")


def test_a_paused_clock_is_not_late_however_long_it_stands():
    paused = started("24 hours", "2026-11-16 10:00").pause(here("2026-11-16 12:00"), PLAIN)
    assert not paused.is_late(here("2030-01-01 12:00"))


def test_a_stopped_clock_stays_as_late_as_it_was():
    clock = started("24 hours", "2026-11-16 10:00")
    assert not clock.stop(here("2026-11-17 10:00")).is_late(here("2026-12-01 10:00"))
    assert clock.stop(here("2026-11-17 10:01")).is_late(here("2026-12-01 10:00"))
    assert clock.stop(here("2026-11-17 10:00")).held(here("2027-01-01 10:00")) == {
        "cps": timedelta(days=1)
    }


def test_a_holiday_that_is_proclaimed_moves_what_runs_and_nothing_else():
    proclaimed = Calendar(more=frozenset({date(2026, 11, 18)}))
    clock = started("3 working days", "2026-11-16 10:00")
    assert clock.recomputed(proclaimed).due_at == here("2026-11-20 23:59:59")
    paused = clock.pause(here("2026-11-17 10:00"), PLAIN)
    assert paused.recomputed(proclaimed) == paused
    stopped = clock.stop(here("2026-11-17 10:00"))
    assert stopped.recomputed(proclaimed) == stopped


def test_a_clock_takes_no_step_twice_none_backwards_and_none_after_it_stopped():
    clock = started("28 days", "2026-11-02 10:00")
    paused = clock.pause(here("2026-11-12 16:00"), PLAIN)
    stopped = clock.stop(here("2026-11-12 16:00"))
    for step in (
        lambda: paused.pause(here("2026-11-13 16:00"), PLAIN),
        lambda: clock.resume(here("2026-11-13 16:00"), PLAIN),
        lambda: clock.pause(here("2026-11-01 16:00"), PLAIN),
        lambda: paused.resume(here("2026-11-12 15:59"), PLAIN),
        lambda: clock.hand_to("police", here("2026-11-02 09:59")),
        lambda: stopped.hand_to("police", here("2026-11-13 16:00")),
        lambda: stopped.stop(here("2026-11-13 16:00")),
    ):
        with pytest.raises(OutOfTurn):
            step()
    with pytest.raises(FrozenInstanceError):
        clock.due_at = None  # type: ignore[misc]


@pytest.mark.parametrize("limit", ["72 hours", "28 days", "10 working days", "end of day 9"])
def test_what_is_paused_and_taken_up_at_once_is_due_when_it_was(limit):
    chance = Random(6)  # noqa: S311 - the same invention each time
    for _ in range(200):
        at = here("2026-01-01 12:00") + timedelta(minutes=chance.randrange(525_600))
        clock = Stopwatch.start(parse(limit), "cps", at, PLAIN)
        moment = at + timedelta(minutes=chance.randrange(72 * 60))
        if 0 <= moment.hour <= 1:  # the hour that comes twice in October
            continue
        again = clock.pause(moment, PLAIN).resume(moment, PLAIN)
        assert again.due_at == clock.due_at


def test_the_days_of_all_holders_add_up_to_the_days_that_passed():
    chance = Random(7)  # noqa: S311 - the same invention each time
    for _ in range(200):
        at = here("2026-03-20 12:00")
        clock = Stopwatch.start(parse("28 days"), "police", at, PLAIN)
        for holder in chance.choices(["police", "cps", "court"], k=8):
            at += timedelta(minutes=chance.randrange(20_000))
            clock = clock.hand_to(holder, at)
        passed = at.astimezone(LONDON).date() - date(2026, 3, 20)
        assert sum(clock.days_held(at).values()) == passed.days
        assert sum(clock.held(at).values(), timedelta()) == at - here("2026-03-20 12:00")
