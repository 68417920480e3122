"""What people do with an action: add it, change it, say who does it and how far it has come."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.people.rules import lives
from auth.tables import Membership, Team, TeamMember
from portal.acting.checks import (
    length_fault,
    link_fault,
    one_line,
    reason_fault,
    refuse,
    title_fault,
)
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.actions import access
from portal.actions.tables import UNFINISHED, Action, ActionMove, ActionState
from portal.errors import Finding, Invalid
from portal.initiatives.holding import taking_part
from portal.initiatives.tables import Initiative, Stage

ActionId = Annotated[UUID, Ref("Action")]
TeamId = Annotated[UUID, Ref("Team")]
MembershipId = Annotated[UUID, Ref("Membership")]
ENDED = (Stage.CLOSED, Stage.CANCELLED)


def check_action(title: str, detail: str, evidence_url: str | None) -> list[Finding]:
    """Every fault of an action's texts."""
    faults = (
        title_fault(title),
        length_fault("detail", detail, 4000),
        link_fault("evidenceUrl", evidence_url),
    )
    return [fault for fault in faults if fault is not None]


async def owner_of(work: Work, team_id: UUID) -> Team:
    """The team that is to own an action; it must still exist."""
    team = await work.seen(Team, team_id, "ownerTeam")
    if team.ended_on is not None and team.ended_on <= work.today:
        raise Invalid.field("ownerTeam", "This team has ended. Choose a team that works today.")
    return team


def must_be_at_work(work: Work, member: Membership, field: str) -> None:
    """Nobody is given work before they have come or once they have left, be it today."""
    if not lives(member, work.today):
        message = "This person does not work here today. Choose somebody who does."
        raise Invalid.field(field, message, "NOT_AT_WORK")


def must_take_part(team: Team, agencies: frozenset[UUID]) -> None:
    """An action is owned by the lead or by a committed partner."""
    if team.agency_id not in agencies:
        raise Invalid.field(
            "ownerTeam",
            "This team's agency takes no part in it. Choose a team of the lead or of a committed"
            " partner, or invite this agency first.",
            "OWNER_TAKES_NO_PART",
        )


async def add_action(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    title: Annotated[str, "What is to be done, at most 200 characters."],
    owner_team: Annotated[TeamId, "The team that does it, of the lead or of a committed partner."],
    due_on: Annotated[date, "The day by which it is to be done."],
    detail: Annotated[str, "More about it; plain text."] = "",
    evidence_url: Annotated[str | None, "A link to a plan or to evidence."] = None,
) -> Action:
    """Add an action to an initiative, for a team of the lead or of a partner."""
    to = await work.seen(Initiative, initiative, "initiative")
    team = await owner_of(work, owner_team)
    agencies = await taking_part(work, to)
    access.may_add(work.caller, to, team.agency_id, agencies)
    must_take_part(team, agencies)
    refuse(*check_action(title, detail, evidence_url))
    _warn_of_dates(work, to, due_on)
    action = Action(
        initiative_id=to.id,
        title=one_line(title),
        detail=detail.strip(),
        owner_team_id=team.id,
        owner_agency_id=team.agency_id,
        due_on=due_on,
        evidence_url=evidence_url,
        created_by_id=work.caller.principal_id,
    )
    work.db.add(action)
    return action


async def change_action(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ActionId,
    expected_version: int,
    title: Annotated[str | Keep, "What is to be done."] = KEEP,
    detail: Annotated[str | Keep, "More about it."] = KEEP,
    due_on: Annotated[date | Keep, "The day by which it is to be done."] = KEEP,
    evidence_url: Annotated[str | Keep | None, "A link to evidence; null removes it."] = KEEP,
) -> Action:
    """Change what an action says, its due date or its evidence; the history keeps the old."""
    action = await _to_update(work, id, expected_version)
    new_title = action.title if isinstance(title, Keep) else title
    new_detail = action.detail if isinstance(detail, Keep) else detail
    new_link = action.evidence_url if isinstance(evidence_url, Keep) else evidence_url
    refuse(*check_action(new_title, new_detail, new_link))
    new_day = action.due_on if isinstance(due_on, Keep) else due_on
    if new_day != action.due_on:
        _warn_of_dates(work, await work.seen(Initiative, action.initiative_id), new_day)
    action.title, action.detail = one_line(new_title), new_detail.strip()
    action.due_on, action.evidence_url = new_day, new_link
    return action


async def allocate_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    allocated_to: Annotated[
        MembershipId | None, "A member of the owning team; null puts it back on the team's list."
    ] = None,
) -> Action:
    """Say who in the owning team does an action, or put it back on the team's list."""
    action = await work.seen(Action, id)
    initiative = await work.seen(Initiative, action.initiative_id)
    access.may_allocate(work.caller, action, await taking_part(work, initiative))
    action = await work.hold(action, expected_version)
    _must_be(action, *UNFINISHED)
    if allocated_to is not None:
        await _must_be_in(work, action.owner_team_id, allocated_to)
    action.allocated_to_id = allocated_to
    return action


async def reassign_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    owner_team: Annotated[TeamId, "The team that does it from now on."],
) -> Action:
    """Move an action to another team; it arrives on that team's unallocated list."""
    action = await work.seen(Action, id)
    initiative = await work.seen(Initiative, action.initiative_id)
    team = await owner_of(work, owner_team)
    agencies = await taking_part(work, initiative)
    access.may_reassign(work.caller, initiative, action, team.agency_id, agencies)
    action = await work.hold(action, expected_version)
    if team.id == action.owner_team_id:
        raise Invalid.field("ownerTeam", "It is with this team already. Choose another team.")
    must_take_part(team, agencies)
    action.allocated_to_id = None
    action.owner_team_id, action.owner_agency_id = team.id, team.agency_id
    return action


async def start_action(work: Work, id: ActionId, expected_version: int) -> Action:
    """Say that work on an action has begun."""
    action = await _to_update(work, id, expected_version)
    _must_be(action, ActionState.OPEN)
    _move(work, action, ActionState.IN_PROGRESS, None)
    return action


async def finish_action(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ActionId,
    expected_version: int,
    done_on: Annotated[date | None, "The day it was done; today when left out."] = None,
    note: Annotated[str | None, "What came of it, at most 2,000 characters."] = None,
    evidence_url: Annotated[str | Keep, "A link to what shows it."] = KEEP,
) -> Action:
    """Report an action as done."""
    action = await _to_update(work, id, expected_version)
    _must_be(action, *UNFINISHED)
    link = action.evidence_url if isinstance(evidence_url, Keep) else evidence_url
    day = done_on or work.today
    ahead = "An action cannot be done on a day to come. Give the day it was done."
    refuse(
        Finding(("doneOn",), ahead) if day > work.today else None,
        length_fault("note", note, 2000),
        link_fault("evidenceUrl", link),
    )
    action.done_on, action.done_note, action.evidence_url = day, _said(note), link
    _move(work, action, ActionState.DONE, _said(note))
    return action


async def drop_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    reason: Annotated[str, "Why it will not be done, at most 1,000 characters."],
) -> Action:
    """Say that an action will not be done, and why."""
    action = await _to_update(work, id, expected_version)
    _must_be(action, *UNFINISHED)
    refuse(reason_fault("reason", reason))
    action.not_done_reason = reason.strip()
    _move(work, action, ActionState.NOT_DONE, reason.strip())
    return action


async def reopen_action(
    work: Work,
    id: ActionId,
    expected_version: int,
    reason: Annotated[str, "Why it is taken up again, at most 1,000 characters."],
) -> Action:
    """Take a finished or dropped action up again; what had been reported stays in its moves."""
    action = await _to_update(work, id, expected_version)
    _must_be(action, ActionState.DONE, ActionState.NOT_DONE)
    refuse(reason_fault("reason", reason))
    initiative = await work.seen(Initiative, action.initiative_id)
    if action.owner_agency_id not in await taking_part(work, initiative):
        raise Invalid.field(
            "id",
            "The agency that owned it takes no part any more: reassign it to another team first.",
            "OWNER_TAKES_NO_PART",
        )
    action.done_on = action.done_note = action.not_done_reason = None
    _move(work, action, ActionState.OPEN, reason.strip())
    return action


async def _to_update(work: Work, action_id: UUID, expected_version: int) -> Action:
    """The action, locked, if this caller may report on it."""
    action = await work.seen(Action, action_id)
    initiative = await work.seen(Initiative, action.initiative_id)
    access.may_update(work.caller, initiative, action, await taking_part(work, initiative))
    return await work.hold(action, expected_version)


def _move(work: Work, action: Action, state: ActionState, note: str | None) -> None:
    action.state = state
    work.db.add(
        ActionMove(
            initiative_id=action.initiative_id,
            action_id=action.id,
            action_version=action.version + 1,
            state=state,
            note=note,
            moved_by_id=work.caller.principal_id,
            moved_by_agency_id=work.caller.agency_id,
            moved_at=work.now,
        )
    )


def _must_be(action: Action, *states: ActionState) -> None:
    if action.state not in states:
        wanted = " or ".join(state.replace("_", " ") for state in states)
        raise Invalid.field(
            "id",
            f"This action is {action.state.replace('_', ' ')}; for this it must be {wanted}.",
            "WRONG_STATE",
        )


async def _must_be_in(work: Work, team_id: UUID, membership_id: UUID) -> None:
    member = await work.seen(Membership, membership_id, "allocatedTo")
    belongs = select(TeamMember).where(
        col(TeamMember.team_id) == team_id, col(TeamMember.membership_id) == member.id
    )
    if (await work.db.execute(belongs)).first() is None:
        raise Invalid.field("allocatedTo", "Choose a member of the team that owns the action.")
    must_be_at_work(work, member, "allocatedTo")


def _said(note: str | None) -> str | None:
    return (note or "").strip() or None


def _warn_of_dates(work: Work, initiative: Initiative, due_on: date) -> None:
    if due_on < work.today:
        work.warn("dueOn", "This day has passed: the action shows as overdue.", "DUE_IN_PAST")
    if initiative.ends_on is not None and due_on > initiative.ends_on:
        work.warn("dueOn", "The initiative ends before this day.", "DUE_AFTER_END")
    if initiative.stage in ENDED:
        work.warn("initiative", f"The initiative is {initiative.stage}.", "INITIATIVE_ENDED")
