"""Teams of an agency: made, renamed and ended, and who is in them and leads them."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from auth.people import access, rules
from auth.tables import Membership, Team, TeamMember
from portal.acting.checks import length_fault, one_line, refuse, title_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid

NAME_LIMIT, INBOX_LIMIT = 80, 120
TheTeam = Annotated[UUID, Ref("Team"), "The team."]
Member = Annotated[UUID, Ref("Membership"), "The colleague."]
Inbox = Annotated[str | None, "The team's own inbox, if it has one."]


async def add_team(
    work: Work,
    name: Annotated[str, "Its name, which no other team of yours has."],
    inbox: Inbox = None,
) -> Team:
    """Make a team of your agency, to which work can be addressed."""
    access.may_manage_people(work.caller, work.caller.agency_id)
    refuse(title_fault(name, NAME_LIMIT, "name"), length_fault("inbox", inbox, INBOX_LIMIT))
    await _must_be_free(work, one_line(name), None)
    team = Team(agency_id=work.caller.agency_id, name=one_line(name), inbox=inbox or None)
    work.db.add(team)
    await work.db.flush()
    return team


async def change_team(
    work: Work,
    id: TheTeam,
    expected_version: int,
    name: Annotated[str | Keep, "Its name."] = KEEP,
    inbox: Annotated[str | Keep | None, "Its own inbox; null: none."] = KEEP,
) -> Team:
    """Give a team another name or inbox; its work stays with it."""
    team = await _living(work, id, "id")
    access.may_manage_people(work.caller, team.agency_id)
    team = await work.hold(team, expected_version)
    if not isinstance(name, Keep):
        refuse(title_fault(name, NAME_LIMIT, "name"))
        await _must_be_free(work, one_line(name), team.id)
        team.name = one_line(name)
    if not isinstance(inbox, Keep):
        refuse(length_fault("inbox", inbox, INBOX_LIMIT))
        team.inbox = inbox or None
    return team


async def end_team(
    work: Work,
    id: TheTeam,
    expected_version: int,
    work_to: Annotated[
        UUID | None, Ref("Team"), "The team of your agency that takes over what it has to do."
    ] = None,
) -> Team:
    """End a team; a team that holds work hands it to another one of your agency.

    Unfinished actions stay with their people where those are in the other team, too, and else go
    on its list. What is finished stays as it is.
    """
    team = await _living(work, id, "id")
    access.may_manage_people(work.caller, team.agency_id)
    await rules.hold_agency(work.db, team.agency_id)
    await work.db.refresh(team)
    work.unchanged(team, expected_version)
    number = (await work.db.execute(select(func.work_of_team(team.id)))).scalar_one()
    if work_to is not None:
        taker = await _living(work, work_to, "workTo")
        if taker.agency_id != team.agency_id or taker.id == team.id:
            raise Invalid.field("workTo", "Name another team of your agency.")
    elif number:
        message = f"This team holds work ({number}): name the team that takes it over."
        raise Invalid.field("workTo", message, "TEAM_HOLDS_WORK")
    await work.db.execute(select(func.end_team(team.id, work_to)))
    if number:
        work.warn("workTo", f"Handed over to the other team: {number}.", "HANDED_OVER")
    await work.db.refresh(team)
    return team


async def put_in_team(work: Work, team: TheTeam, membership: Member) -> Team:
    """Put a colleague in a team: as an administrator, or as whoever leads it.

    They see what is addressed to the team, as far as their roles go.
    """
    into, member = await _both(work, team, membership)
    if not rules.lives(member, work.today):
        raise Invalid.field("membership", "This member has left, or has not begun.", "NOT_AT_WORK")
    if await work.db.get(TeamMember, (into.id, member.id)):
        raise Invalid.field("membership", "They are in this team already.", "WRONG_STATE")
    row = TeamMember(team_id=into.id, membership_id=member.id, agency_id=into.agency_id)
    work.db.add(row)
    await work.db.flush()
    await _tell(work, into, member, f"You are in the team {into.name} from now on.")
    return into


async def take_out_of_team(work: Work, team: TheTeam, membership: Member) -> Team:
    """Take a colleague out of a team: as an administrator, or as whoever leads it.

    The actions they had there go back on the team's list.
    """
    out_of, member = await _both(work, team, membership)
    await _in_team(work, out_of, member)
    await _tell(work, out_of, member, f"You are no longer in the team {out_of.name}.")
    await work.db.execute(select(func.leave_team(out_of.id, member.id)))
    work.db.expire_all()
    return await work.seen(Team, team)


async def set_team_lead(
    work: Work,
    team: TheTeam,
    membership: Member,
    leads: Annotated[bool, "Whether they lead it from now on."],
) -> Team:
    """Say whether a member of a team leads it: with the role for it they say who is in it."""
    of_it, member = await _both(work, team, membership, by_lead=False)
    row = await _in_team(work, of_it, member)
    row.leads = leads
    await work.db.flush()
    said = "You lead" if leads else "You no longer lead"
    await _tell(work, of_it, member, f"{said} the team {of_it.name}.")
    return of_it


async def _living(work: Work, team_id: UUID, path: str) -> Team:
    team = await work.seen(Team, team_id, path)
    if team.ended_on is not None and team.agency_id == work.caller.agency_id:
        raise Invalid.field(path, "This team has ended.", "ENDED")
    return team


async def _both(
    work: Work, team_id: UUID, member_id: UUID, *, by_lead: bool = True
) -> tuple[Team, Membership]:
    """The team and a colleague, whom the caller may put in it or take out."""
    team = await work.seen(Team, team_id, "team")
    member = await work.seen(Membership, member_id, "membership")
    leads = by_lead and (await work.db.execute(select(func.leads_team(team.id)))).scalar_one()
    access.may_say_who_is_in(work.caller, team.agency_id, leads=leads)
    access.may_concern(work.caller, member.person_id)
    if team.ended_on is not None:
        raise Invalid.field("team", "This team has ended.", "ENDED")
    if member.agency_id != team.agency_id:
        raise Invalid.field("membership", "Choose somebody of the team's own agency.")
    return team, member


async def _in_team(work: Work, team: Team, member: Membership) -> TeamMember:
    row = await work.db.get(TeamMember, (team.id, member.id))
    if row is None:
        raise Invalid.field("membership", "They are not in this team.", "WRONG_STATE")
    return row


async def _must_be_free(work: Work, name: str, but: UUID | None) -> None:
    same = select(col(Team.id)).where(
        col(Team.agency_id) == work.caller.agency_id,
        func.lower(col(Team.name)) == name.lower(),
        col(Team.id).is_distinct_from(but),
    )
    if (await work.db.execute(same)).first():
        message = "Your agency has, or had, a team of this name."
        raise Invalid(Finding(("name",), message, "TAKEN"))


async def _tell(work: Work, team: Team, member: Membership, says: str) -> None:
    await work.db.execute(select(func.tell_of_team(team.id, member.id, says)))
