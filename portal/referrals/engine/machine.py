"""From a pathway and the dated events of a case to where it stands: replayed anew each time, so
that a correction is one more event and never an alteration.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.calendars.days import Calendar, end_of, london
from portal.calendars.limits import Limit, Unit
from portal.calendars.stopwatch import Stopwatch
from portal.referrals.engine.checks import CONSENT_GIVEN, CONSENT_REFUSED, RECORDED_IN_ERROR
from portal.referrals.engine.pathway import Clock, Move, Pathway, State, Turn
from portal.referrals.engine.standing import Event, Running, Span, Standing, Value

ANSWERS = frozenset({CONSENT_GIVEN, CONSENT_REFUSED})
UNKNOWN = "the pathway knows no such move or event"
NOTHING_PENDING = "nothing waits for consent"


class Impossible(ValueError):
    """An event that cannot have happened, as the others were recorded."""

    def __init__(self, event: Event, why: str) -> None:
        super().__init__(f'"{event.name}" at {event.at.isoformat()}: {why}')
        self.event = event
        self.why = why


def begin(pathway: Pathway) -> Standing:
    """A case before anything has happened in it: a draft."""
    return Standing(pathway, pathway.first, told=pathway.first)


def replay(pathway: Pathway, events: Sequence[Event], calendar: Calendar) -> Standing:
    """Where a case stands after all its events, given as they were recorded one after the other.

    They count in the order in which they happened. What was recorded in error does not count.
    Raises `Impossible`, which checks before recording keep from happening.
    """
    standing = begin(pathway)
    for event in in_order(pathway, events):
        standing = advance(standing, event, calendar)
    return standing


def in_order(pathway: Pathway, events: Sequence[Event]) -> list[Event]:
    """Those that count, as they happened; of one moment, as they were recorded.

    A consent answers the move that asked for it last: without that move there was nothing to
    agree to.
    """
    void = {event.error_of for event in events if event.name == RECORDED_IN_ERROR}
    counted, asked = [], None
    for event in sorted(events, key=lambda event: event.at):
        if event.name in pathway.moves and pathway.moves[event.name].consent:
            asked = event.id
        answers_nothing = event.name in ANSWERS and asked in void
        if event.name != RECORDED_IN_ERROR and event.id not in void and not answers_nothing:
            counted.append(event)
    return counted


def advance(standing: Standing, event: Event, calendar: Calendar) -> Standing:
    """The standing after one more event, which happened no earlier than the last."""
    if event.name in ANSWERS:
        return _answered(standing, event, calendar)
    saying = standing.pathway.saying(event.name)
    if saying is None:
        raise Impossible(event, UNKNOWN)
    if why := standing.obstacle(saying):
        raise Impossible(event, why)
    if isinstance(saying, Move):
        if saying.consent:
            return replace(standing, pending=event, last_at=event.at)
        return _moved(standing, saying, event, calendar)
    told = standing.state if saying.tells_victim else standing.told
    known = replace(_noted(standing, event), told=told)
    return _clocked(known, event.at, {event.name}, calendar)


def _answered(standing: Standing, event: Event, calendar: Calendar) -> Standing:
    asked = standing.pending
    if asked is None:
        raise Impossible(event, NOTHING_PENDING)
    done = replace(standing, pending=None, last_at=event.at)
    if event.name == CONSENT_REFUSED:
        return done
    move = standing.pathway.moves[asked.name]
    if why := standing.obstacle(move):
        raise Impossible(event, why)
    return _moved(done, move, replace(asked, at=event.at), calendar)


def _noted(standing: Standing, event: Event) -> Standing:
    return replace(
        standing,
        facts={**standing.facts, **event.fields},
        happened=(*standing.happened, event.name),
        last_at=event.at,
    )


def _moved(standing: Standing, move: Move, event: Event, calendar: Calendar) -> Standing:
    state = standing.pathway.states[move.to]
    moved = replace(
        _noted(standing, event),
        state=state,
        spans=(*standing.spans, Span(state, event.at)),
        pending=None,
        told=_told(standing, state, tells=move.tells_victim),
    )
    return _clocked(moved, event.at, {move.name, state.name}, calendar)


def _told(standing: Standing, state: State, *, tells: bool) -> State | None:
    """What the victim knows: what need not be told to her first, unless she waits to be told."""
    waits = standing.told is not standing.state
    return standing.told if not tells and (state.to_be_told or waits) else state


@dataclass(frozen=True)
class _Step:
    """What clocks are told: where the case stands now, since when, and by what."""

    standing: Standing
    at: datetime
    names: frozenset[str]
    calendar: Calendar

    @property
    def turn(self) -> Turn | None:
        """With whom it lies; None for nobody."""
        return None if self.standing.turn is Turn.NONE else self.standing.turn

    def happened(self, names: frozenset[str]) -> bool:
        """Whether it is one of these."""
        return bool(self.names & names)


def _clocked(standing: Standing, at: datetime, names: set[str], calendar: Calendar) -> Standing:
    """Stop, pause, hand on and start clocks, in this order."""
    step = _Step(standing, at, frozenset(names), calendar)
    clocks = [_after(one, step) for one in standing.clocks]
    for clock in standing.pathway.clocks.values():
        clocks = list(_started(clocks, clock, step))
    # One that began and ended in one moment, and began again in it, is one clock.
    one_each = {(one.clock.name, one.started_at): one for one in clocks}
    return replace(standing, clocks=tuple(one_each.values()))


def _after(one: Running, step: _Step) -> Running:
    """A clock that was started before, after this step."""
    watch, clock = one.watch, one.clock
    if watch.stopped_at is not None:
        return one
    if step.standing.state.final or step.happened(clock.stops):
        return replace(one, watch=watch.stop(step.at))
    paused = step.standing.state.name in clock.pauses
    turn = step.turn if clock.swaps else None
    if paused and watch.paused_at is None:
        return replace(one, watch=watch.pause(step.at, step.calendar, turn))
    if not paused and watch.paused_at is not None:
        return replace(one, watch=watch.resume(step.at, step.calendar, turn))
    return replace(one, watch=watch.hand_to(turn, step.at)) if turn else one


def _started(clocks: list[Running], clock: Clock, step: _Step) -> Iterator[Running]:
    """All clocks, with this one started if the step starts it."""
    really = step.happened(clock.starts)
    starts = (really or step.happened(clock.provisional)) and not step.standing.state.final
    starts = starts and (clock.since is None or clock.since in step.standing.facts)
    for one in clocks:
        goes_on = one.clock.name == clock.name and one.watch.stopped_at is None
        if not (starts and goes_on):
            yield one
        elif one.provisional and really:
            continue  # it had begun provisionally: the real beginning takes its place
        elif really and clock.restarts:
            yield replace(one, watch=one.watch.stop(step.at))
        else:
            starts = False
            yield one
    if starts:
        watch = _new(clock, step)
        at_once = step.happened(clock.starts & clock.stops)
        yield Running(clock, watch.stop(step.at) if at_once else watch, provisional=not really)


def _new(clock: Clock, step: _Step) -> Stopwatch:
    facts, holder = step.standing.facts, clock.holder or step.standing.turn
    day = _day(facts[clock.until]) if clock.until else None
    chosen = facts.get(clock.by_field) if clock.by_field else None
    limit = clock.limits.get(str(chosen), clock.limit)
    if day is not None:
        limit = Limit(Unit.END_OF_DAY, max((day - london(step.at).date()).days, 0))
    since = min(_moment(facts[clock.since]), step.at) if clock.since else step.at
    watch = Stopwatch.start(limit, holder, since, step.calendar)
    if day is not None:
        watch = replace(watch, due_at=end_of(day))  # a day that had passed by then, too
    if step.standing.state.name in clock.pauses:
        return watch.pause(step.at, step.calendar)
    return watch


def _moment(value: Value) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _day(value: Value) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
