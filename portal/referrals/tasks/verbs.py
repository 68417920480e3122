"""What people do with the actions of a case: add one for a team, say who does it and what became of
it.
"""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from sqlmodel import col, select

from auth.tables import Team
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals import access
from portal.referrals.codes import CaseActionCode, CaseActionState, NotDoneReason
from portal.referrals.cover.away import warn_if_away
from portal.referrals.details import CaseAction, CaseActionCodes
from portal.referrals.recording import must_cover
from portal.referrals.research_tables import MaracResearch
from portal.referrals.tables import Overall, Recipient, Referral
from portal.referrals.tasks import access as action_access
from portal.referrals.verbs import ReferralId, TeamId, must_be_in, recipients_of, team_of

ActionId = Annotated[UUID, Ref("CaseAction")]
MemberId = Annotated[UUID, Ref("Membership")]
IN_HAND = (Overall.WAITING, Overall.IN_HAND)
CATEGORY = "actions"


async def add_case_action(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    referral: ReferralId,
    code: Annotated[CaseActionCode, "What is to be done."],
    team: Annotated[TeamId, "The team that does it, of an agency that has the case."],
    due_on: Annotated[date, "The day by which it is to be done."],
    allocated_to: Annotated[MemberId | None, "Who in the team does it; of your own team."] = None,
    recorded_late: Annotated[
        bool, "Say true if it was agreed earlier and its day has passed already."
    ] = False,
) -> CaseAction:
    """Add an action to a case, for a team of an agency that has it."""
    case = await work.seen(Referral, referral, "referral")
    holders = await holders_of(work, case)
    action_access.may_add(work.caller, {case.sender_agency_id, *(row.agency_id for row in holders)})
    if case.overall not in IN_HAND:
        raise Invalid.field(
            "referral", "Actions are for a case that was sent and has not ended.", "WRONG_STATE"
        )
    to = await _doer(work, case, holders, team)
    _must_be_to_come(work, due_on, recorded_late=recorded_late)
    if allocated_to is not None:
        access.may_allocate(work.caller, to.agency_id)
        await must_be_in(work, to.id, allocated_to)
        await warn_if_away(work, to.id, allocated_to)
    await must_cover(work, case, CATEGORY)
    action = CaseAction(
        referral_id=case.id,
        agency_id=to.agency_id,
        team_id=to.id,
        allocated_to_id=allocated_to,
        due_on=due_on,
        recorded_late=recorded_late,
        added_by_agency_id=work.caller.agency_id,
    )
    work.db.add(action)
    await work.db.flush()
    work.db.add(CaseActionCodes(referral_id=case.id, action_id=action.id, code=code))
    return action


async def change_case_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    due_on: Annotated[date, "The day by which it is to be done."],
) -> CaseAction:
    """Change the day by which an action is to be done."""
    action = await work.seen(CaseAction, id)
    action_access.may_change(work.caller, action)
    action = await _open(work, action, expected_version)
    _must_be_to_come(work, due_on)
    action.due_on = due_on
    return action


async def allocate_case_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    allocated_to: Annotated[
        MemberId | None, "A member of the team; null puts it back on the team's list."
    ] = None,
) -> CaseAction:
    """Say who in the team does an action, or put it back on the team's list."""
    action = await work.seen(CaseAction, id)
    access.may_allocate(work.caller, action.agency_id)
    action = await _open(work, action, expected_version)
    if allocated_to is not None:
        await must_be_in(work, action.team_id, allocated_to)
        await warn_if_away(work, action.team_id, allocated_to)
    action.allocated_to_id = allocated_to
    return action


async def finish_case_action(work: Work, id: ActionId, expected_version: int) -> CaseAction:
    """Say that an action is done."""
    return await _answer(work, id, expected_version, CaseActionState.DONE)


async def drop_case_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    reason: Annotated[NotDoneReason, "Why it will not be done."],
) -> CaseAction:
    """Say that an action will not be done, and why."""
    return await _answer(work, id, expected_version, CaseActionState.NOT_DONE, reason)


async def reopen_case_action(work: Work, id: ActionId, expected_version: int) -> CaseAction:
    """Take back that an action was done, or will not be."""
    action = await work.seen(CaseAction, id)
    action_access.may_answer(work.caller, action)
    action = await work.hold(action, expected_version)
    if action.state is CaseActionState.OPEN:
        raise Invalid.field("id", "It is open already.", "WRONG_STATE")
    await _say_why(work, action, None)
    action.state, action.ended_at = CaseActionState.OPEN, None
    return action


async def _answer(
    work: Work,
    action_id: UUID,
    expected_version: int,
    state: CaseActionState,
    reason: NotDoneReason | None = None,
) -> CaseAction:
    action = await work.seen(CaseAction, action_id)
    action_access.may_answer(work.caller, action)
    action = await _open(work, action, expected_version)
    await _say_why(work, action, reason)
    action.state, action.ended_at = state, work.now
    return action


async def _say_why(work: Work, action: CaseAction, reason: NotDoneReason | None) -> None:
    await must_cover(work, await work.seen(Referral, action.referral_id), CATEGORY)
    of_it = select(CaseActionCodes).where(col(CaseActionCodes.action_id) == action.id)
    codes = (await work.db.execute(of_it)).scalar_one()
    codes.not_done_reason = reason


async def _open(work: Work, action: CaseAction, expected_version: int) -> CaseAction:
    action = await work.hold(action, expected_version)
    if action.state is not CaseActionState.OPEN:
        raise Invalid.field("id", "It has ended. Reopen it first.", "WRONG_STATE")
    return action


Holder: TypeAlias = Recipient | MaracResearch


async def holders_of(work: Work, case: Referral) -> list[Holder]:
    """Who was sent the case, and who has it because a MARAC asks what they know."""
    asked = select(MaracResearch).where(col(MaracResearch.referral_id) == case.id)
    known = (await work.db.execute(asked)).scalars()
    holders: list[Holder] = [*await recipients_of(work, case), *known]
    return [row for row in holders if row.given_at is not None and row.lost_at is None]


async def _doer(work: Work, case: Referral, holders: list[Holder], team_id: UUID) -> Team:
    """A team that can see the case: whoever else is to do something has to be referred to."""
    team = await team_of(work, team_id, "team")
    named = {case.sender_team_id, *(row.team_id for row in holders)}
    of_agency = select(col(Team.narrow)).where(
        col(Team.id).in_(named), col(Team.agency_id) == team.agency_id
    )
    narrow = list((await work.db.execute(of_agency)).scalars())
    if team.id in named or (narrow and not all(narrow)):
        return team
    raise Invalid.field(
        "team",
        "This team does not have the case. Choose a team of an agency that has it, or refer it to"
        " this one.",
        "NO_PARTY",
    )


def _must_be_to_come(work: Work, due_on: date, *, recorded_late: bool = False) -> None:
    if due_on < work.today and not recorded_late:
        raise Invalid.field(
            "dueOn",
            "This day has passed. Give a day to come, or say that it is recorded late.",
            "PAST",
        )
