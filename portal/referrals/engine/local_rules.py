"""What differs by area and date: the rule that holds for a case is the one of the area where the
victim lives, on the day in question; where that area says nothing, the one for all.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar

from portal.calendars.days import Calendar, end_of
from portal.calendars.reckoning import due
from portal.referrals.engine.pathway import Automatic, Pathway, RepeatRule, Routes, Threshold


class _Local(Protocol):
    @property
    def area(self) -> str | None: ...
    @property
    def valid_from(self) -> date: ...


L = TypeVar("L", bound=_Local)


def in_force(rows: Iterable[L], area: str | None, day: date) -> L | None:
    """The latest row of the area that holds on a day; else the latest for all areas."""
    known = [row for row in rows if row.valid_from <= day and row.area in {area, None}]
    return max(known, key=lambda row: (row.area is not None, row.valid_from), default=None)


def threshold(
    pathway: Pathway, tool: str, grade: str, area: str | None, day: date
) -> Threshold | None:
    """From which score on a tool's result was of a grade that day."""
    of_tool = (one for one in pathway.thresholds if (one.tool, one.grade) == (tool, grade))
    return in_force(of_tool, area, day)


def grade(pathway: Pathway, tool: str, score: int, area: str | None, day: date) -> str | None:
    """The highest grade whose threshold a score reaches; None where no threshold is known for it,
    which is not the same as a low grade.
    """
    grades = dict.fromkeys(one.grade for one in pathway.thresholds if one.tool == tool)
    rows = [threshold(pathway, tool, one, area, day) for one in grades]
    reached = [row for row in rows if row and row.score <= score]
    return max(reached, key=lambda row: row.score).grade if reached else None


def open_routes(
    pathway: Pathway, area: str | None, day: date, more: Sequence[Routes] = ()
) -> tuple[str, ...]:
    """The routes by which a case of that area is taken; all where nothing is said. What `more` says
    of a day or area comes before what the file says of it.
    """
    row: Routes | None = in_force((*more, *pathway.routes), area, day)
    return row.open if row else tuple(pathway.codes.get("route", {}))


def fewest_incidents(
    pathway: Pathway, area: str | None, day: date, more: Sequence[Routes] = ()
) -> int:
    """How many incidents mark a potential escalation in that area on that day."""
    row: Routes | None = in_force((*more, *pathway.routes), area, day)
    return row.incidents if row else 0


def repeat_rule(
    pathway: Pathway, area: str | None, day: date, more: Sequence[RepeatRule] = ()
) -> RepeatRule | None:
    """What made a case a repeat that day."""
    return in_force((*more, *pathway.repeats), area, day)


def is_repeat(rule: RepeatRule, anchor: date, again: datetime, calendar: Calendar) -> bool:
    """Whether something at `again` is within the time of the last referral or meeting, whichever
    the rule counts from.
    """
    return again <= due(rule.within, end_of(anchor), calendar)


def follows(pathway: Pathway, move: str, area: str | None, day: date) -> tuple[Automatic, ...]:
    """The referrals that follow a move by themselves."""
    others = dict.fromkeys(one.pathway for one in pathway.automatic if one.when == move)
    rows = (
        in_force((one for one in pathway.automatic if one.pathway == other), area, day)
        for other in others
    )
    return tuple(row for row in rows if row and row.on)
