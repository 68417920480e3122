"""Reference data is changed by two: somebody proposes, and another person confirms or declines.

Until it is confirmed, and its first day has come, what was there before holds.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import col, select

from auth.caller import Caller
from auth.tables import Membership
from portal.acting.work import Work
from portal.errors import Invalid
from portal.frameworks import access
from portal.frameworks.tables import ProposalState, Proposed
from portal.initiatives.checks import tidy
from portal.reading.declare import Columns

P = TypeVar("P", bound=Proposed)
Reason = Annotated[str, "Why not, at most 400 characters."]
NOTE_LIMIT = 400


async def confirm(
    work: Work, model: type[P], row_id: UUID, expected_version: int, may: Callable[[Caller], None]
) -> P:
    """Confirm as the second person; it holds from its first day on, and at the earliest today."""
    row = await _proposal(work, model, row_id, expected_version, may)
    row.state = ProposalState.CONFIRMED
    row.valid_from = max(row.valid_from, work.today)
    return row


async def decline(  # noqa: PLR0913, PLR0917 - as above, and why
    work: Work,
    model: type[P],
    row_id: UUID,
    expected_version: int,
    may: Callable[[Caller], None],
    reason: str,
) -> P:
    """Decline a proposal, or take back one's own."""
    row = await _proposal(work, model, row_id, expected_version, may, second=False)
    said, faults = tidy("reason", reason, NOTE_LIMIT, lines=True, needed="Say why.")
    if faults:
        raise Invalid(*faults)
    row.state, row.answer_note = ProposalState.DECLINED, said
    return row


async def _proposal(  # noqa: PLR0913 - as above
    work: Work,
    model: type[P],
    row_id: UUID,
    expected_version: int,
    may: Callable[[Caller], None],
    *,
    second: bool = True,
) -> P:
    row = await work.seen(model, row_id)
    may(work.caller)
    if second:
        wanted = select(col(Membership.person_id)).where(col(Membership.id) == row.proposed_by_id)
        access.may_confirm(work.caller, await work.db.scalar(wanted))
    if row.state is not ProposalState.PROPOSED:
        raise Invalid.field("id", f"It is {row.state} already.", "WRONG_STATE")
    row = await work.hold(row, expected_version)
    row.answered_by_id, row.answered_at = work.caller.principal_id, work.now
    return row


def holds(row: Proposed, today: date) -> bool:
    """Whether it is confirmed, and its first day has come."""
    return row.state is ProposalState.CONFIRMED and row.valid_from <= today


def holding(row: Columns, today: ColumnElement[date]) -> ColumnElement[bool]:
    """The same in SQL."""
    return and_(row.state == ProposalState.CONFIRMED, row.valid_from <= today)


def must_hold(row: Proposed, path: str, name: str, today: date) -> None:
    """Nothing is built on what may yet be declined."""
    if holds(row, today):
        return
    waits = f"is valid from {row.valid_from} on"
    if row.state is not ProposalState.CONFIRMED:
        waits = "waits for a second person to confirm it"
        if row.state is ProposalState.DECLINED:
            waits = "was declined"
    raise Invalid.field(path, f"{name!r} {waits}. Choose another.", "NOT_IN_FORCE")
