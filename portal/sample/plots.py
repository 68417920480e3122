"""How invented referrals go: a few plots, each begun on many days, replayed as the portal would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.calendars.days import Calendar
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Hold, Part
from portal.referrals.engine.standing import Event, Standing, Value
from portal.referrals.tables import Overall

PATHWAY, VERSION = "request_for_support", 1
DAYS = 730
OPEN_DAYS = 40
"""What is older has ended."""
Scene = tuple[str, Part, int, dict[str, Value]]
"""A move, by whom, so many hours after sending, and what is said with it."""
_S, _R = Part.SENDER, Part.RECEIVER
_SENT: Scene = ("send", _S, 0, {})
_SEEN: Scene = ("acknowledge", _R, 5, {})
_REACHED: Scene = ("contact_attempted", _R, 50, {"contact_result": "reached"})
_MET: Scene = ("close", _R, 700, {"outcome": "needs_met"})

_ACCEPTED: Scene = ("accept", _R, 20, {})
_STARTED: Scene = ("start", _R, 60, {})
_DECLINED: Scene = ("decline", _R, 30, {"decline_reason": "no_capacity"})
Plot = tuple[Scene, ...]

_HELPED: Plot = (_SENT, _SEEN, _ACCEPTED, _REACHED, _STARTED, _MET)
_QUICK: Plot = (_SENT, _ACCEPTED, _STARTED, _MET)
_REFUSED: Plot = (_SENT, _SEEN, _DECLINED)
ENDED: tuple[Plot, ...] = (*[_HELPED] * 3, *[_QUICK] * 4, *[_REFUSED] * 2)
UNDER_WAY: tuple[Plot, ...] = (
    (_SENT,),
    (_SENT, _SEEN),
    (_SENT, _SEEN, _ACCEPTED),
    (_SENT, _SEEN, ("put_on_waiting_list", _R, 20, {})),
    (_SENT, _SEEN, _ACCEPTED, _REACHED, _STARTED),
)
_WHOLE = {Hold.ASKED: Overall.WAITING, Hold.TAKEN: Overall.IN_HAND, Hold.ENDED: Overall.ENDED}


@dataclass(frozen=True)
class History:
    """What has happened in a referral, and how it stands after that."""

    number: int
    events: tuple[Event, ...]
    standing: Standing

    @property
    def row(self) -> tuple[Any, ...]:
        """For the bulk insert: the columns of `HISTORY`."""
        sent, last, stands = self.events[0].at, self.events[-1].at, self.standing
        ended = last if stands.hold is Hold.ENDED else None
        return (
            self.number, stands.state.name, stands.turn, stands.hold.value,
            stands.hold is not Hold.ENDED, stands.due_at, _WHOLE[stands.hold].value, sent, ended,
            len(self.events),
        )  # fmt: skip

    @property
    def event_rows(self) -> Iterator[tuple[Any, ...]]:
        """The columns of `EVENTS`, one row for each."""
        pathway = shipped().of(PATHWAY, VERSION)
        for position, each in enumerate(self.events, start=1):
            leads_to = pathway.moves[each.name].to if each.name in pathway.moves else None
            [field] = each.fields or [None]
            said = json.dumps(dict(each.fields)) if field else None
            category = pathway.fields[field].category if field else None
            yield (
                self.number, position, each.name, each.part.value, leads_to, each.at, said, category
            )  # fmt: skip

    @property
    def clock_rows(self) -> Iterator[tuple[Any, ...]]:
        """The columns of `CLOCKS`, one row for each."""
        for each in self.standing.clocks:
            yield (
                self.number, each.clock.name, each.holder, each.started_at, each.due_at,
                each.provisional, each.watch.stopped_at,
            )  # fmt: skip


HISTORY = (
    "number int, state text, turn text, hold text, is_open bool, due_at timestamptz,"
    " overall text, sent_at timestamptz, ended_at timestamptz, events int"
)
EVENTS = (
    "number int, position int, name text, part text, to_state text, at timestamptz, said text,"
    " category text"
)
CLOCKS = (
    "number int, name text, holder text, started_at timestamptz, due_at timestamptz,"
    " provisional bool, stopped_at timestamptz"
)


def histories(until: datetime) -> Iterator[History]:
    """Every plot on every working day of two years before `until`: minutes apart, so that few
    referrals are of the same moment.
    """
    number = 0
    for back in range(DAYS):
        day = until - timedelta(days=back)
        for slot, plot in enumerate(UNDER_WAY + UNDER_WAY if back < OPEN_DAYS else ENDED):
            sent = day + timedelta(minutes=37 * slot + back % 37)
            if _is_past(sent, plot, until):
                yield _history(number, plot, sent)
                number += 1


def _is_past(sent: datetime, plot: Plot, until: datetime) -> bool:
    return sent + timedelta(hours=plot[-1][2]) <= until


def _history(number: int, plot: Plot, sent: datetime) -> History:
    events = tuple(
        Event(
            id=(number, position), name=name, at=sent + timedelta(hours=hours), part=part,
            fields=said,
        )
        for position, (name, part, hours, said) in enumerate(plot)
    )  # fmt: skip
    return History(number, events, replay(shipped().of(PATHWAY, VERSION), events, Calendar()))
