"""A clock that runs, pauses and changes hands: when it is due, and who held it for how long."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.calendars.days import Calendar, london
from portal.calendars.limits import Limit
from portal.calendars.reckoning import due, left


class OutOfTurn(ValueError):
    """A step that a clock cannot take: to pause twice, or before what happened last."""


@dataclass(frozen=True)
class Turn:
    """From when on something lay with whom; until the next turn, or until the clock stopped."""

    holder: str
    since: datetime


@dataclass(frozen=True)
class Stopwatch:
    """One clock. Each step answers with the clock as it is afterwards.

    `left` is what was left at `since`. While it is paused in time, nothing is due: `due_at` is
    None. A clock that was late when it was paused stays late: a pause gives no time back.
    """

    left: Limit
    since: datetime
    due_at: datetime | None
    turns: tuple[Turn, ...]
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    @classmethod
    def start(cls, limit: Limit, holder: str, at: datetime, calendar: Calendar) -> "Stopwatch":
        """It runs from now on, and lies with somebody."""
        return cls(limit, at, due(limit, at, calendar), (Turn(holder, at),))

    def pause(self, at: datetime, calendar: Calendar, holder: str | None = None) -> "Stopwatch":
        """It stands still; what is left is kept in its own unit. `holder` has it meanwhile."""
        if self.paused_at is not None:
            raise OutOfTurn("The clock is paused already.")
        handed = self._handed(at, holder)
        rest = left(self.left, self.since, at, calendar)
        if rest is None:
            return replace(handed, paused_at=at)
        return replace(handed, left=rest, since=at, due_at=None, paused_at=at)

    def resume(self, at: datetime, calendar: Calendar, holder: str | None = None) -> "Stopwatch":
        """It runs again, with what was left."""
        if self.paused_at is None:
            raise OutOfTurn("The clock is not paused.")
        handed = replace(self._handed(at, holder), paused_at=None)
        if self.due_at is not None:
            return handed
        return replace(handed, since=at, due_at=due(self.left, at, calendar))

    def hand_to(self, holder: str, at: datetime) -> "Stopwatch":
        """It lies with somebody else from now on, and is due when it was."""
        return self._handed(at, holder)

    def stop(self, at: datetime) -> "Stopwatch":
        """What it waited for has happened; it is late or not as it was at that moment."""
        return replace(self._handed(at, None), stopped_at=at)

    def recomputed(self, calendar: Calendar) -> "Stopwatch":
        """As it is under another calendar, if it runs; what was left or late stays so."""
        if self.paused_at is not None or self.stopped_at is not None:
            return self
        return replace(self, due_at=due(self.left, self.since, calendar))

    def is_late(self, now: datetime) -> bool:
        """Whether it was not done in time, or is not yet done and should be."""
        return self.due_at is not None and (self.stopped_at or now) > self.due_at

    def held(self, now: datetime) -> Mapping[str, timedelta]:
        """How long it lay with whom, pauses included."""
        found: dict[str, timedelta] = defaultdict(timedelta)
        for turn, until in self._spans(now):
            found[turn.holder] += until - turn.since
        return dict(found)

    def days_held(self, now: datetime) -> Mapping[str, int]:
        """The same in days: each midnight in London counts for whoever holds it then.

        So the days of all add up to the days between, whatever hours it was handed on at.
        """
        found: dict[str, int] = defaultdict(int)
        for turn, until in self._spans(now):
            found[turn.holder] += (london(until).date() - london(turn.since).date()).days
        return dict(found)

    def _spans(self, now: datetime) -> list[tuple[Turn, datetime]]:
        ends = [turn.since for turn in self.turns[1:]] + [self.stopped_at or now]
        return list(zip(self.turns, ends, strict=True))

    def _handed(self, at: datetime, holder: str | None) -> "Stopwatch":
        last = max(self.since, self.turns[-1].since, self.paused_at or self.since)
        if self.stopped_at is not None:
            raise OutOfTurn("The clock has stopped.")
        if at < last:
            raise OutOfTurn(f"Something happened to the clock at {last}, after {at}.")
        if holder is None or holder == self.turns[-1].holder:
            return self
        return replace(self, turns=(*self.turns, Turn(holder, at)))
