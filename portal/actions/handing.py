"""Work that changes hands in bulk: a partner leaves an initiative, a person leaves an agency."""

from typing import Annotated
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from auth.tables import Membership, Team, TeamMember
from portal.acting.work import Work
from portal.actions import access
from portal.actions.tables import UNFINISHED, Action
from portal.actions.verbs import MembershipId, must_be_at_work
from portal.errors import Finding, Invalid
from portal.initiatives.tables import Initiative


async def hand_to_lead(work: Work, initiative_id: UUID, agency_id: UUID) -> int:
    """Give the unfinished actions of an agency that leaves an initiative to the lead's team.

    Run it before the step that ends the agency's own sight; the lead's coordinators and the leaving
    agency itself have the right to. Answers how many actions moved.
    """
    initiative = await work.seen(Initiative, initiative_id)
    theirs = _unfinished().where(
        col(Action.initiative_id) == initiative_id, col(Action.owner_agency_id) == agency_id
    )
    actions = (await work.db.execute(theirs)).scalars().all()
    if not actions or agency_id == initiative.lead_agency_id:
        return 0
    team = await _lead_team(work, initiative)
    for action in actions:
        action.allocated_to_id = None
        action.owner_team_id, action.owner_agency_id = team.id, team.agency_id
    await work.db.flush()
    return len(actions)


async def _lead_team(work: Work, initiative: Initiative) -> Team:
    """The lead team, or the lead agency's first team that works today."""
    working = select(Team).where(
        col(Team.agency_id) == initiative.lead_agency_id,
        or_(col(Team.ended_on).is_(None), col(Team.ended_on) > work.today),
    )
    chosen_first = working.order_by(
        col(Team.id).is_distinct_from(initiative.lead_team_id), col(Team.name), col(Team.id)
    )
    team = (await work.db.execute(chosen_first.limit(1))).scalar_one_or_none()
    if team is None:
        message = "The lead agency has no team to take over the open actions: add one first."
        raise Invalid(Finding(("id",), message, "LEAD_HAS_NO_TEAM"))
    return team


async def hand_over_work(
    work: Work,
    from_member: Annotated[MembershipId, "Whose work it is: somebody who leaves or is away."],
    expected_version: Annotated[int, "The version of `fromMember`, as you read it."],
    to_member: Annotated[MembershipId, "The colleague of the same agency who takes it over."],
) -> Membership:
    """Hand a leaver's unfinished actions to a colleague.

    Actions of teams that the colleague is not in go back on those teams' unallocated lists.
    """
    leaver = await work.seen(Membership, from_member, "fromMember")
    taker = await work.seen(Membership, to_member, "toMember")
    access.may_hand_over(work.caller, leaver.agency_id)
    work.unchanged(leaver, expected_version)
    _check_taker(work, leaver, taker)
    theirs = _unfinished().where(col(Action.allocated_to_id) == leaver.id)
    teams = await _teams_of(work, taker)
    passed = returned = 0
    for action in (await work.db.execute(theirs)).scalars():
        joins = action.owner_team_id in teams
        action.allocated_to_id = taker.id if joins else None
        passed, returned = passed + joins, returned + (not joins)
    said = (
        f"{passed} handed over, {returned} put back on the lists of teams the colleague is not in."
    )
    work.warn("toMember", f"Unfinished actions: {said}", "HANDED_OVER")
    return taker


def _check_taker(work: Work, leaver: Membership, taker: Membership) -> None:
    if taker.agency_id != leaver.agency_id:
        raise Invalid.field("toMember", "Choose a colleague of the same agency.")
    if taker.id == leaver.id:
        raise Invalid.field("toMember", "Choose somebody other than the person who leaves.")
    must_be_at_work(work, taker, "toMember")


async def _teams_of(work: Work, member: Membership) -> frozenset[UUID]:
    joined = select(col(TeamMember.team_id)).where(col(TeamMember.membership_id) == member.id)
    return frozenset((await work.db.execute(joined)).scalars())


def _unfinished() -> SelectOfScalar[Action]:
    """Locked in one order, so that two bulk changes wait for each other instead of dying."""
    return (
        select(Action)
        .where(col(Action.state).in_(UNFINISHED))
        .order_by(col(Action.id))
        .with_for_update()
    )
