"""A colleague is away: who does their cases from a day to a day. The cases stay theirs; who covers
finds them in their own queue and is told what they would have been told.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, or_, select

from auth.people.rules import lives
from auth.tables import Membership, TeamMember
from portal.acting.checks import refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.referrals.cover.access import may_arrange_cover
from portal.referrals.cover.tables import Cover
from portal.referrals.verbs import TeamId, team_of

MemberId = Annotated[UUID, Ref("Membership")]
CoverId = Annotated[UUID, Ref("Cover")]
LONGEST = 366


async def set_cover(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    team: Annotated[TeamId, "The team, of your own agency."],
    member: Annotated[MemberId, "Who is away."],
    covered_by: Annotated[MemberId, "Who in the team does their cases meanwhile."],
    first_on: Annotated[date, "The first day."],
    last_on: Annotated[date, "The last day, today or to come; at most a year after the first."],
) -> Cover:
    """Say who does a colleague's cases while they are away; their cases stay theirs."""
    of = await team_of(work, team, "team")
    may_arrange_cover(work.caller, of.agency_id)
    refuse(*_day_faults(first_on, last_on, work.today))
    for path, one in (("member", member), ("coveredBy", covered_by)):
        await _must_be_in(work, of.id, one, path)
    if member == covered_by:
        raise Invalid.field("coveredBy", "Choose somebody else in the team.")
    await _must_be_here(work, of.id, (member, covered_by), first_on, last_on)
    cover = Cover(
        team_id=of.id, agency_id=of.agency_id, member_id=member, covered_by_id=covered_by,
        first_on=first_on, last_on=last_on, set_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(cover)
    return cover


def _day_faults(first: date, last: date, today: date) -> Iterator[Finding]:
    if last < max(first, today):
        yield Finding(("lastOn",), "Give a last day, today or to come, not before the first.")
    elif (last - first).days > LONGEST:
        yield Finding(("lastOn",), "Give a day within a year; allocate the cases for longer.")


async def _must_be_in(work: Work, team: UUID, membership: UUID, path: str) -> None:
    member = await work.seen(Membership, membership, path)
    if await work.db.get(TeamMember, (team, member.id)) is None:
        raise Invalid.field(path, "Choose a member of the team.")
    if not lives(member, work.today):
        raise Invalid.field(
            path, "This person does not work here today. Choose somebody else.", "NOT_AT_WORK"
        )


async def _must_be_here(
    work: Work, team: UUID, both: tuple[UUID, UUID], first: date, last: date
) -> None:
    """One colleague covers, who is here: who covers for whom has one answer on each day."""
    away, here = both
    known = select(Cover).where(
        col(Cover.team_id) == team, col(Cover.ended_at).is_(None),
        col(Cover.first_on) <= last, col(Cover.last_on) >= first,
        or_(col(Cover.member_id).in_(both), col(Cover.covered_by_id) == away),
    )  # fmt: skip
    for other in (await work.db.execute(known)).scalars():
        days = f"from {other.first_on} to {other.last_on}"
        if other.member_id == away:
            says = f"Somebody covers for them {days} already. End that first."
            raise Invalid.field("member", says, "AWAY")
        if other.member_id == here:
            raise Invalid.field("coveredBy", f"They are away themselves {days}.", "AWAY")
        raise Invalid.field("member", f"They cover for somebody else {days}.", "AWAY")


async def end_cover(work: Work, id: CoverId, expected_version: int) -> Cover:
    """End it before its last day: the colleague is back, or another one will do it."""
    cover = await work.seen(Cover, id)
    may_arrange_cover(work.caller, cover.agency_id)
    cover = await work.hold(cover, expected_version)
    if cover.ended_at is not None or cover.last_on < work.today:
        raise Invalid.field("id", "It is over already.", "ENDED")
    cover.ended_at = work.now
    return cover
