"""After a change of calendar: which clocks run out at another time, or let others hear of it at
another time, and writing it down in their cases. It reads limits and times, and nothing of what a
case is about.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select

from portal.acting.work import Work
from portal.calendars.days import Calendar
from portal.calendars.known import calendar_of
from portal.calendars.limits import Unit, parse
from portal.calendars.stopwatch import Stopwatch, Turn
from portal.referrals.engine.files import shipped
from portal.referrals.engine.standing import Running
from portal.referrals.telling.access import may_recompute
from portal.referrals.telling.escalating import plan

AT_ONCE = 2000
"""Clocks that are read at a time."""
BY_CALENDAR = frozenset(
    {Unit.OPEN_HOURS, Unit.WORKING_DAYS, Unit.SCHOOL_DAYS, Unit.NEXT_SCHOOL_DAY}
)
"""Limits that a change of calendar moves. Of all others only who hears next may hear later."""


@dataclass(frozen=True)
class Moved:
    """A clock that runs out, or climbs, at another time than it says."""

    id: UUID
    recipient_id: UUID
    was_due_at: datetime
    due_at: datetime
    was_climbed: int
    rungs: tuple[str, ...]
    rungs_at: tuple[datetime, ...]

    def written(self) -> dict[str, object]:
        """As the database reads it."""
        return {
            "id": str(self.id),
            "was_due_at": self.was_due_at.isoformat(),
            "due_at": self.due_at.isoformat(),
            "was_climbed": self.was_climbed,
            "rungs": self.rungs,
            "rungs_at": [at.isoformat() for at in self.rungs_at],
        }


@dataclass
class Recomputed:
    """What was written down; `id` is that of the first recipient."""

    id: UUID
    clocks: int


async def moved(work: Work) -> list[Moved]:
    """The clocks that run and are due at another time by today's calendar, case by case."""
    may_recompute(work.caller)
    calendars: dict[str | None, Calendar] = {}
    found: list[Moved] = []
    after = None
    while rows := await _rows(work, after):
        after = rows[-1].clock_id
        for row in rows:
            if row.area not in calendars:
                calendars[row.area] = await calendar_of(work.db, row.area, work.today)
            found += _moved(row, calendars[row.area])
    return sorted(found, key=lambda one: (one.recipient_id, one.id))


async def _rows(work: Work, after: UUID | None) -> list[Row[tuple[object, ...]]]:
    listed = func.running_clocks(after, AT_ONCE).table_valued(
        "clock_id", "recipient", "name", "pathway", "version", "area", "holder", "started_at",
        "due_at", "remains", "since", "provisional", "team", "rungs_at", "climbed",
    )  # fmt: skip
    return list((await work.db.execute(select(*listed.c))).all())


def _moved(row: Row[tuple[object, ...]], calendar: Calendar) -> Iterator[Moved]:
    clock = shipped().of(row.pathway, row.version).clocks[row.name]
    remains = parse(row.remains)
    watch = Stopwatch(remains, row.since, row.due_at, (Turn(row.holder, row.started_at),))
    if remains.unit in BY_CALENDAR and not clock.until:
        watch = watch.recomputed(calendar)
    steps = plan(Running(clock, watch, row.provisional), calendar) if row.team else []
    times = tuple(at for _, at in steps)
    climbs = len(times) == len(row.rungs_at) and times[row.climbed :] != tuple(
        row.rungs_at[row.climbed :]
    )
    if watch.due_at is not None and (watch.due_at != row.due_at or climbs):
        yield Moved(
            row.clock_id,
            row.recipient,
            row.due_at,
            watch.due_at,
            row.climbed,
            tuple(rung for rung, _ in steps),
            times,
        )


async def recompute(work: Work, found: Iterable[Moved]) -> Recomputed:
    """Let these clocks run out when they do, with an event in each of their cases.

    A clock that has gone on in the meantime was reckoned anew by that.
    """
    may_recompute(work.caller)
    every = list(found)
    changes = json.dumps([one.written() for one in every])
    done = await work.db.execute(select(func.reckon_clocks(changes)))
    return Recomputed(every[0].recipient_id, done.scalar_one())
