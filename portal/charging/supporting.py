"""A victim lets a supporter's team see what she has been told, and takes it back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.calendars.known import calendar_of
from portal.charging.kept import show
from portal.charging.support_tables import SupportAuthority
from portal.charging.verbs import Victim, matter_of, must_be_a_victim
from portal.errors import Invalid
from portal.referrals.engine.machine import replay
from portal.referrals.recording import events_of, must_cover
from portal.referrals.tables import Referral
from portal.referrals.verbs import ReferralId, TeamId, pathway_of, recipients_of, team_of


async def give_authority(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    referral: ReferralId,
    team: Annotated[TeamId, "The supporter's team, of an agency that is no party of the case."],
    victim: Victim = 1,
    from_on: Annotated[date | None, "Her authority's first day; today when left out."] = None,
    until_on: Annotated[date | None, "Its last day, if she named one."] = None,
) -> SupportAuthority:
    """Write down that a victim lets a supporter's team see where her matter stands and its next
    day in court, as she has been told herself.
    """
    case = await matter_of(work, referral)
    await must_be_a_victim(work, case, victim)
    await must_cover(work, case, "wishes")
    to = await team_of(work, team, "team")
    tracks = await recipients_of(work, case)
    if to.agency_id in {case.sender_agency_id, *(one.agency_id for one in tracks)}:
        raise Invalid.field("team", "That agency is a party of the case, and sees it as such.")
    start = from_on or work.today
    if until_on is not None and until_on < start:
        raise Invalid.field("untilOn", "The last day lies before the first.")
    await _must_be_new(work, case, victim, to.id)
    row = SupportAuthority(
        referral_id=case.id, victim=victim, agency_id=to.agency_id, team_id=to.id, from_on=start,
        until_on=until_on, given_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(row)
    await work.db.flush()
    pathway = pathway_of(case)
    calendar = await calendar_of(work.db, case.area_code, work.today)
    for track in tracks:
        if track.suspect is not None:
            events = await events_of(work, pathway, track)
            await show(work, track, replay(pathway, events, calendar), events)
    return row


async def _must_be_new(work: Work, case: Referral, victim: int, team: UUID) -> None:
    found = select(SupportAuthority.id).where(
        col(SupportAuthority.referral_id) == case.id,
        col(SupportAuthority.victim) == victim,
        col(SupportAuthority.team_id) == team,
        col(SupportAuthority.revoked_on).is_(None),
    )
    if (await work.db.execute(found)).first() is not None:
        says = "She has let this team see it already. Revoke that authority to give another."
        raise Invalid.field("team", says, "TWICE")


async def revoke_authority(
    work: Work,
    id: Annotated[UUID, Ref("SupportAuthority")],
    expected_version: int,
) -> SupportAuthority:
    """Write down that she took it back: the team sees nothing of it from this moment on."""
    row = await work.seen(SupportAuthority, id)
    await matter_of(work, row.referral_id)
    if row.revoked_on is not None:
        raise Invalid.field("id", "She has taken it back already.", "ENDED")
    row = await work.hold(row, expected_version)
    row.revoked_on = work.today
    return row
