"""Who is told when a clock runs out: planned when it starts, pauses or changes hands, done by the
worker's function (`teams.sql`), which needs no calendar for it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from portal.calendars.days import Calendar
from portal.referrals.engine.pathway import Part, Pathway, Rung, Turn
from portal.referrals.engine.standing import Running
from portal.referrals.tables import RunningClock

SOON = timedelta(hours=24)
DUE_SOON = "due_soon"
"""Before the first rung: the team hears that something is due within a day."""


def plan(one: Running, calendar: Calendar) -> list[tuple[str, datetime]]:
    """Who is told when, if it goes on; the pathway's contact by its role.

    What began less than a day before it is due needs no reminder of that.
    """
    clock = one.clock
    if not one.runs or one.provisional or one.due_at is None or not clock.escalates:
        return []
    contact = clock.contact.value if clock.contact else ""
    steps = [
        (contact if rung is Rung.CONTACT else rung.value, at) for rung, at in one.rungs(calendar)
    ]
    soon = one.due_at - SOON
    return [(DUE_SOON, soon), *steps] if soon > one.watch.since else steps


def lies_with(pathway: Pathway, turn: Turn, sender: UUID, recipient: UUID) -> UUID | None:
    """The team that answers for it: the recipient's where a court or somebody outside has it."""
    if turn is Turn.NONE:
        return None
    own = Part.SENDER if turn is Turn.SENDER else Part.RECEIVER
    return sender if pathway.parts.get(turn, own) is Part.SENDER else recipient


def keep(row: RunningClock, one: Running, calendar: Calendar, team: UUID | None) -> None:
    """Let the row say what the clock says. A new due time begins to climb anew; one that is the
    same goes on where it was.
    """
    if row.due_at != one.due_at:
        row.climbed, row.told, row.told_at = None, None, None
    steps = plan(one, calendar) if team else []
    ahead = steps[row.climbed or 0 :]
    row.holder, row.team_id, row.provisional = one.holder, team, one.provisional
    row.due_at, row.stopped_at = one.due_at, one.watch.stopped_at
    row.paused_at = one.watch.paused_at
    row.remains, row.since = str(one.watch.left), one.watch.since
    row.rungs = [rung for rung, _ in steps]
    row.rungs_at = [at for _, at in steps]
    row.next_at = ahead[0][1] if ahead else None
