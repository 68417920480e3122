"""The second person's part: confirm what somebody else has proposed, or decline it."""

from datetime import date
from typing import Annotated, TypeVar

from sqlmodel import col, select

from auth.tables import Membership
from portal.acting.checks import reason_fault, refuse
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.proposals import access
from portal.proposals.tables import ProposalState, Proposed

P = TypeVar("P", bound=Proposed)
Reason = Annotated[str, "Why not, at most 400 characters."]
NOTE_LIMIT = 400


def day_fault(valid_from: date, today: date) -> Finding | None:
    """Nothing is said to have held before it was proposed."""
    if valid_from >= today:
        return None
    return Finding(("validFrom",), "Give today or a day to come.")


async def confirm(work: Work, row: P, expected_version: int) -> P:
    """Confirm as the second person; it holds from its first day on, and at the earliest today."""
    wanted = select(col(Membership.person_id)).where(col(Membership.id) == row.proposed_by_id)
    access.may_confirm(work.caller, await work.db.scalar(wanted))
    row = await _answer(work, row, expected_version)
    row.state = ProposalState.CONFIRMED
    row.valid_from = max(row.valid_from, work.today)
    return row


async def must_begin_alone(work: Work, row: Proposed, **same: object) -> None:
    """Of two changes of the same thing from the same day nobody could say which holds."""
    model, day = type(row), max(row.valid_from, work.today)
    others = select(col(model.id)).where(
        col(model.valid_from) == day,
        col(model.state) == ProposalState.CONFIRMED,
        col(model.id) != row.id,
        *(getattr(model, name).is_not_distinct_from(value) for name, value in same.items()),
    )
    if (await work.db.execute(others.limit(1))).first() is not None:
        says = (
            f"Another change of it begins on {day}: decline this, and propose it for a later day."
        )
        raise Invalid.field("id", says, "TAKEN")


async def decline(work: Work, row: P, expected_version: int, reason: str) -> P:
    """Decline a proposal, or take back one's own."""
    access.may_propose(work.caller)
    row = await _answer(work, row, expected_version)
    refuse(reason_fault("reason", reason, NOTE_LIMIT))
    row.state, row.answer_note = ProposalState.DECLINED, reason.strip()
    return row


async def _answer(work: Work, row: P, expected_version: int) -> P:
    if row.state is not ProposalState.PROPOSED:
        raise Invalid.field("id", f"It is {row.state} already.", "WRONG_STATE")
    row = await work.hold(row, expected_version)
    row.answered_by_id, row.answered_at = work.caller.principal_id, work.now
    return row
