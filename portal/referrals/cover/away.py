"""Work is given to a colleague who is away: whoever gives it is told who does it meanwhile."""

from uuid import UUID

from sqlmodel import col, select

from auth.tables import MembershipName
from portal.acting.work import Work
from portal.referrals.cover.tables import Cover


async def warn_if_away(work: Work, team: UUID, member: UUID) -> None:
    """It is no fault: the case is theirs, and another one finds it in their own queue."""
    today = select(col(Cover.last_on), col(MembershipName.name)).where(
        col(MembershipName.membership_id) == col(Cover.covered_by_id),
        col(Cover.team_id) == team, col(Cover.member_id) == member,
        col(Cover.ended_at).is_(None),
        col(Cover.first_on) <= work.today, col(Cover.last_on) >= work.today,
    )  # fmt: skip
    for last_on, name in (await work.db.execute(today)).all():
        said = f"They are away until {last_on}; {name} does their cases meanwhile."
        work.warn("allocatedTo", said, "COVERED")
