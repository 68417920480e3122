"""`portal clocks`: what a change of calendar makes of the clocks that run."""

from functools import partial
from itertools import groupby
from uuid import UUID

import click

from portal.cli.common import fail
from portal.cli.deeds import done_as, read_as
from portal.cli.who import AS
from portal.errors import NotAllowed
from portal.referrals.recomputing import Moved, moved, recompute

AT_ONCE = 200
"""Recipients whose clocks are written down in one transaction: nobody waits long for a case."""


@click.group("clocks")
def clocks() -> None:
    """The clocks of referrals."""


@clocks.command("recompute")
@AS
@click.option("--dry-run", is_flag=True, help="Say how many would change, and change nothing.")
def command(who: UUID, *, dry_run: bool) -> None:
    """Reckon the clocks that run with today's calendar.

    Run it once a change of bank holidays or school terms holds. Each case whose time changes has an
    event that says so, and who is to hear that it is late begins anew. A clock that is due when it
    was only tells those who have not heard yet at another time. For those who keep the calendars:
    programme leads and the partnership's administrators.
    """
    try:
        found = read_as(who, moved)
    except NotAllowed as refusal:
        fail(str(refusal))
    if not dry_run:
        for page in _pages(found):
            done_as(who, "recompute_clocks", partial(recompute, found=page))
    would = "would run" if dry_run else "run"
    due = [one for one in found if one.due_at != one.was_due_at]
    cases = len({one.recipient_id for one in due})
    click.echo(f"{len(due)} clocks {would} out at another time, in {cases} places.")
    click.echo(f"{len(found) - len(due)} others only tell the next person at another time.")


def _pages(found: list[Moved]) -> list[list[Moved]]:
    """Each recipient's clocks in one page."""
    pages: list[list[Moved]] = []
    for at, (_, clocks_of) in enumerate(groupby(found, key=lambda one: one.recipient_id)):
        if at % AT_ONCE == 0:
            pages.append([])
        pages[-1] += clocks_of
    return pages
