"""What a MARAC's coordinator prepares, and what agencies answer."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.tables import Team
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.marac import access
from portal.marac.tables import MaracMeeting, MeetingKind
from portal.referrals.research_tables import Known, MaracResearch, MaracSeat
from portal.referrals.tables import Recipient
from portal.referrals.verbs import AreaCode, TeamId, area_of, team_of

NOT_ASKED = (
    "Your team sits there and was not given this case, so nobody answers for it here: answer where"
    " another team of yours was asked."
)
BEFORE_IT_IS_HEARD = frozenset({"accepted", "researched", "deferred", "urgent"})
HEARD = "This case was heard, or will not be: tell the MARAC's coordinator what you know."
TheMarac = Annotated[TeamId, "The MARAC's team, to which cases are referred."]


async def add_marac_meeting(
    work: Work,
    team: TheMarac,
    held_on: Annotated[date, "Its day; a MARAC has one meeting a day."],
    area: AreaCode,
    kind: Annotated[MeetingKind, "Whether it was planned, or called."] = MeetingKind.ORDINARY,
) -> MaracMeeting:
    """Add a meeting, so that cases can be put on its list."""
    of = await team_of(work, team, "team")
    access.may_coordinate(work.caller, of.agency_id)
    if held_on < work.today:
        raise Invalid.field("heldOn", "This day has passed. Give a day to come.")
    same = select(MaracMeeting.id).where(
        col(MaracMeeting.team_id) == of.id, col(MaracMeeting.held_on) == held_on
    )
    if (await work.db.execute(same)).first() is not None:
        raise Invalid.field("heldOn", "This MARAC has a meeting on that day already.", "TAKEN")
    code = await area_of(work, area)
    meeting = MaracMeeting(
        agency_id=of.agency_id, team_id=of.id, area_code=str(code), held_on=held_on, kind=kind
    )
    work.db.add(meeting)
    return meeting


async def add_marac_seat(
    work: Work,
    marac_team: TheMarac,
    team: Annotated[TeamId, "The team that speaks for its agency there."],
    starts_on: Annotated[date | None, "From which meeting day on; today if left out."] = None,
) -> MaracSeat:
    """Let a team sit at a MARAC: it is asked about each case that is listed from then on."""
    marac = await team_of(work, marac_team, "maracTeam")
    access.may_coordinate(work.caller, marac.agency_id)
    sits = await team_of(work, team, "team")
    if sits.id == marac.id:
        raise Invalid.field("team", "This is the MARAC's own team. Choose another.", "OWN_TEAM")
    known = select(MaracSeat.id).where(
        col(MaracSeat.marac_team_id) == marac.id, col(MaracSeat.team_id) == sits.id
    )
    if (await work.db.execute(known)).first() is not None:
        raise Invalid.field("team", "This team sits at this MARAC already.", "TAKEN")
    seat = MaracSeat(
        marac_team_id=marac.id,
        agency_id=sits.agency_id,
        team_id=sits.id,
        starts_on=starts_on or work.today,
    )
    work.db.add(seat)
    return seat


async def end_marac_seat(
    work: Work,
    id: Annotated[UUID, Ref("MaracSeat")],
    expected_version: int,
    ends_on: Annotated[date, "The last meeting day for which the team is asked."],
) -> MaracSeat:
    """Say when a team sits at a MARAC no more; cases that it was asked about it keeps."""
    seat = await work.seen(MaracSeat, id)
    marac = await work.seen(Team, seat.marac_team_id)
    access.may_coordinate(work.caller, marac.agency_id)
    seat = await work.hold(seat, expected_version)
    if ends_on < seat.starts_on:
        raise Invalid.field("endsOn", f"It sits there from {seat.starts_on} on. Give a later day.")
    seat.ends_on = ends_on
    return seat


async def answer_research(
    work: Work,
    id: Annotated[UUID, Ref("MaracResearch")],
    expected_version: int,
    known: Annotated[Known, "Whether your agency knows the people of the case."],
) -> MaracResearch:
    """Say whether your agency knows the people of a case; the MARAC sees it, and no other agency.

    Until the case is heard it can be said anew.
    """
    question = await work.seen(MaracResearch, id)
    access.may_answer(work.caller, question.agency_id)
    question = await work.hold(question, expected_version)
    if question.given_at is None:
        raise Invalid.field("id", NOT_ASKED, "WRONG_STATE")
    place = await work.seen(Recipient, question.recipient_id)
    if place.state not in BEFORE_IT_IS_HEARD:
        raise Invalid.field("id", HEARD, "WRONG_STATE")
    question.known, question.answered_at = known, work.now
    question.answered_by_id = work.caller.principal_id
    return question
