"""Where a case stands with one recipient, and what its clocks say; made by `machine.py`."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from portal.calendars.days import Calendar, london
from portal.calendars.reckoning import due
from portal.calendars.stopwatch import Stopwatch
from portal.referrals.engine.pathway import (
    Clock,
    Hold,
    Move,
    OverallRule,
    Part,
    Pathway,
    Rung,
    Saying,
    State,
    Turn,
)

Value: TypeAlias = str | int | bool | date | datetime | tuple[str, ...] | list[str]
"""What a field can hold; a record's id is text."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A move or event as it was recorded, at the instant at which it happened.

    Three names are every pathway's: `recorded_in_error`, with `error_of`; `consent_given` and
    `consent_refused`, which answer the move that waits for consent.
    """

    id: Hashable
    name: str
    at: datetime
    part: Part
    fields: Mapping[str, Value] = field(default_factory=dict)
    error_of: Hashable | None = None


@dataclass(frozen=True)
class Span:
    """From when on a case was in a state."""

    state: State
    since: datetime


@dataclass(frozen=True)
class Running:
    """A clock of a pathway that was started, and how it goes."""

    clock: Clock
    watch: Stopwatch
    provisional: bool = False
    """What it waits for has not really begun: the day is likely, and not yet certain."""

    @property
    def started_at(self) -> datetime:
        """With the clock's name, what tells it from others of the case."""
        return self.watch.turns[0].since

    @property
    def due_at(self) -> datetime | None:
        """None while it is paused in time."""
        return self.watch.due_at

    @property
    def holder(self) -> Turn:
        """With whom it lies."""
        return Turn(self.watch.turns[-1].holder)

    @property
    def runs(self) -> bool:
        """Neither stopped nor paused."""
        return self.watch.stopped_at is None and self.watch.paused_at is None

    def is_late(self, now: datetime) -> bool:
        """Whether what it waits for was late, or is by now."""
        return self.watch.is_late(now)

    def rungs(self, calendar: Calendar) -> tuple[tuple[Rung, datetime], ...]:
        """Who is told when, if it goes on; none while it is paused."""
        found, at = [], self.due_at
        for rung in self.clock.escalates if at else ():
            assert at is not None  # noqa: S101 - the loop has turns only where it is due
            found.append((rung, at))
            at = due(self.clock.every, at, calendar)
        return tuple(found)


@dataclass(frozen=True)
class Standing:
    """A case with one recipient, after all its events. Nothing of it is ever altered."""

    pathway: Pathway
    state: State
    spans: tuple[Span, ...] = ()
    """The states it was in, the last one included; none while it is a draft."""
    clocks: tuple[Running, ...] = ()
    """All that were ever started, in order."""
    facts: Mapping[str, Value] = field(default_factory=dict)
    """The latest value of each field."""
    happened: tuple[str, ...] = ()
    """The moves and events, in order."""
    pending: Event | None = None
    """A move that waits for the other side's consent."""
    told: State | None = None
    """Where the victim was told that it stands: all that who supports her is shown."""
    last_at: datetime | None = None

    @property
    def turn(self) -> Turn:
        """With whom it lies."""
        return self.state.turn

    @property
    def turn_part(self) -> Part | None:
        """Which part that is; None for a court, and for nobody."""
        own = {part.value: part for part in Part}.get(self.turn.value)
        return self.pathway.parts.get(self.turn, own)

    @property
    def hold(self) -> Hold:
        """How far it has been taken on."""
        return self.state.hold

    @property
    def counts(self) -> frozenset[str]:
        """As what it counts, by all the states it was in."""
        return frozenset(one for span in self.spans for one in span.state.counts)

    @property
    def due_at(self) -> datetime | None:
        """When the first of the clocks that run is due, provisional ones left out."""
        dues = [c.due_at for c in self.clocks if c.runs and c.due_at and not c.provisional]
        return min(dues, default=None)

    def clock(self, name: str) -> Running | None:
        """The clock of that name that was started last."""
        return next((one for one in reversed(self.clocks) if one.clock.name == name), None)

    def times(self, name: str) -> int:
        """How often a move or event has happened, such as how often a trial was relisted."""
        return self.happened.count(name)

    def days_held(self, now: datetime) -> Mapping[Turn, int]:
        """For how many days it lay with whom: each midnight in London counts for who had it."""
        found: dict[Turn, int] = {}
        ends = [span.since for span in self.spans[1:]] + ([now] if self.spans else [])
        for span, end in zip(self.spans, ends, strict=True):
            turn, days = span.state.turn, (london(end).date() - london(span.since).date()).days
            if turn is not Turn.NONE:
                found[turn] = found.get(turn, 0) + days
        return found

    def allows(self, saying: Saying, at: datetime | None = None) -> bool:
        """Whether it is possible here, whoever says it; `at` decides what is late."""
        return self.obstacle(saying) is None and not (
            at is not None and saying.when_late and not self.late(saying.when_late, at)
        )

    def obstacle(self, saying: Saying) -> str | None:
        """Why it is not possible, as far as that never changes with time or calendar."""
        within = saying.source if isinstance(saying, Move) else getattr(saying, "within", ())
        if self.state.name not in within:
            return f'it is not possible from "{self.state.title}"'
        if done := [one for one in saying.unless if one in self.happened]:
            return f'it is not possible after "{self._titled(done[0])}"'
        for name, codes in saying.where.items():
            if self.facts.get(name) not in codes:
                return f'it needs "{name}" to be {" or ".join(codes)}'
        if saying.after and not self._since(saying):
            names = " or ".join(f'"{self._titled(one)}"' for one in saying.after)
            since = " with nothing done about it since" if saying.not_since else ""
            return f"it needs {names} before{since}"
        return None

    def late(self, clock: str, at: datetime) -> bool:
        """Whether that clock goes on, and has run out."""
        found = self.clock(clock)
        return found is not None and found.watch.stopped_at is None and found.is_late(at)

    def _since(self, saying: Saying) -> bool:
        latest = {name: at for at, name in enumerate(self.happened)}
        first = max((latest.get(name, -1) for name in saying.after), default=-1)
        return first > max((latest.get(name, -1) for name in saying.not_since), default=-1)

    def _titled(self, name: str) -> str:
        saying = self.pathway.saying(name)
        return saying.title if saying else name


def overall(rule: OverallRule, holds: list[Hold]) -> Hold:
    """What the states with several recipients are as one."""
    open_ones = [one for one in holds if one is not Hold.ENDED]
    if not open_ones:
        return Hold.ENDED if holds else Hold.ASKED
    taken = [one for one in open_ones if one is Hold.TAKEN]
    enough = len(taken) == len(open_ones) if rule is OverallRule.ALL_TAKE else bool(taken)
    return Hold.TAKEN if enough else Hold.ASKED
