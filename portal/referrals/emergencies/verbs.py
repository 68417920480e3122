"""An emergency: the agency that holds a case lets another's team have it for some hours, and says
afterwards whether that was right.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from sqlmodel import col, func, select

from auth.tables import Agency, Membership, Team
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals.emergencies import access
from portal.referrals.emergencies.tables import (
    CAP_HOURS,
    REVIEW_DAYS,
    DisclosureReason,
    DisclosureRequest,
    EmergencyDisclosure,
    ReviewFinding,
)
from portal.referrals.prosecution import DisclosureRead, must_have_read
from portal.referrals.tables import Referral
from portal.referrals.verbs import ReferralId, TeamId, team_of

DisclosureId = Annotated[UUID, Ref("EmergencyDisclosure")]
RequestId = Annotated[UUID, Ref("DisclosureRequest")]
USUAL_HOURS = 24


async def disclose_in_emergency(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    referral: ReferralId,
    team: Annotated[TeamId, "The team of another agency that is to have it; nobody else there."],
    reason: Annotated[DisclosureReason, "Why it cannot wait."],
    hours: Annotated[int, f"For how long: 1 to {CAP_HOURS} hours."] = USUAL_HOURS,
    disclosure_read: DisclosureRead = False,
    request: Annotated[RequestId | None, "The request of that team that it answers."] = None,
) -> EmergencyDisclosure:
    """Let a team of another agency see a case of yours at once, for some hours, without an
    agreement. The data protection leads of both agencies are told, and yours reviews it.
    """
    row = await work.seen(Referral, referral, "referral")
    barred = (await work.db.execute(select(func.emergency_barred()))).scalar_one()
    owner = await _name(work, row.sender_agency_id)
    access.may_disclose(work.caller, row, owner=owner, barred=barred)
    await work.db.execute(select(func.hold_referral(row.id)))
    to = await team_of(work, team, "team")
    if to.agency_id == work.caller.agency_id:
        raise Invalid.field(
            "team", "This is a team of your own agency: refer the case to it.", "OWN_AGENCY"
        )
    if not 1 <= hours <= CAP_HOURS:
        raise Invalid.field("hours", f"Give 1 to {CAP_HOURS} hours.")
    await must_have_read(work, {to.agency_id}, read=disclosure_read)
    await _must_be_new(work, row, to)
    if request is not None:
        await _must_answer(work, request, to)
    await _warn_of(work, row, to)
    made = EmergencyDisclosure(
        referral_id=row.id,
        from_agency_id=work.caller.agency_id,
        to_agency_id=to.agency_id,
        to_team_id=to.id,
        reason=reason,
        request_id=request,
        made_by_id=work.caller.principal_id,
        starts_at=work.now,
        ends_at=work.now + timedelta(hours=hours),
        review_due_at=work.now + timedelta(days=REVIEW_DAYS),
    )
    work.db.add(made)
    return made


async def end_emergency_disclosure(
    work: Work, id: DisclosureId, expected_version: int
) -> EmergencyDisclosure:
    """End a disclosure before its time: the team sees the case no longer."""
    row = await work.seen(EmergencyDisclosure, id)
    access.may_end(work.caller, row)
    row = await work.hold(row, expected_version)
    if row.closed_at is not None or row.ends_at <= work.now:
        raise Invalid.field("id", "This disclosure is over.", "WRONG_STATE")
    row.closed_at = work.now
    return row


async def review_emergency_disclosure(
    work: Work,
    id: DisclosureId,
    expected_version: int,
    finding: Annotated[ReviewFinding, "What you found."],
) -> EmergencyDisclosure:
    """Say whether a disclosure was justified, for the agency that made it. If it was not, it ends,
    both agencies' senior information risk owners are told, and whoever made it can make no other.
    """
    row = await work.seen(EmergencyDisclosure, id)
    access.may_review(work.caller, row, own=await _is_own(work, row))
    row = await work.hold(row, expected_version)
    if row.reviewed_at is not None:
        raise Invalid.field("id", "This disclosure has been reviewed.", "WRONG_STATE")
    row.reviewed_at, row.reviewed_by_id = work.now, work.caller.principal_id
    row.finding = finding
    return row


async def lift_disclosure_bar(
    work: Work, id: DisclosureId, expected_version: int
) -> EmergencyDisclosure:
    """Let somebody disclose in an emergency again whose disclosure was not justified."""
    row = await work.seen(EmergencyDisclosure, id)
    access.may_review(work.caller, row, own=await _is_own(work, row))
    row = await work.hold(row, expected_version)
    if row.finding in {None, ReviewFinding.JUSTIFIED} or row.lifted_at is not None:
        raise Invalid.field(
            "id", "There is nothing to lift: nobody is barred by it.", "WRONG_STATE"
        )
    row.lifted_at, row.lifted_by_id = work.now, work.caller.principal_id
    return row


async def _name(work: Work, agency: UUID) -> str:
    named = select(col(Agency.name)).where(col(Agency.id) == agency)
    return str((await work.db.execute(named)).scalar_one())


async def _is_own(work: Work, row: EmergencyDisclosure) -> bool:
    made = select(col(Membership.person_id)).where(col(Membership.id) == row.made_by_id)
    return (await work.db.execute(made)).scalar_one_or_none() == work.caller.person_id


FULL = (
    "This team has as many emergency disclosures that last as it can have. Ring them; end one of"
    " yours that is no longer needed, or choose another team."
)


async def _must_answer(work: Work, request: UUID, team: Team) -> None:
    asked = await work.seen(DisclosureRequest, request, "request")
    if asked.of_agency_id != work.caller.agency_id or asked.by_team_id != team.id:
        raise Invalid.field("request", "This is no request that this team has made of your agency.")


async def _must_be_new(work: Work, referral: Referral, team: Team) -> None:
    lasts = select(EmergencyDisclosure.ends_at).where(
        col(EmergencyDisclosure.referral_id) == referral.id,
        col(EmergencyDisclosure.to_team_id) == team.id,
        col(EmergencyDisclosure.closed_at).is_(None),
        col(EmergencyDisclosure.ends_at) > work.now,
    )
    if (await work.db.execute(lasts.limit(1))).first() is not None:
        raise Invalid.field("team", "This team has the case already.", "DISCLOSED_ALREADY")
    if (await work.db.execute(select(func.disclosures_full(team.id)))).scalar_one():
        raise Invalid.field("team", FULL, "TOO_MANY")


async def _warn_of(work: Work, referral: Referral, team: Team) -> None:
    """What is odd and no reason to wait."""
    permits = func.agreement_for(
        referral.sender_agency_id,
        team.agency_id,
        referral.purpose,
        referral.categories,
        work.now,
    ).table_valued("reference")
    if (await work.db.execute(select(permits.c.reference))).first() is not None:
        said = "An agreement lets you share this: refer the case, so that they can act on it."
        work.warn("team", said, "AGREEMENT_COVERS")
    if not (await work.db.execute(select(func.guardians_known(team.agency_id)))).scalar_one():
        agency = await _name(work, team.agency_id)
        work.warn("team", f"{agency} has nobody who looks after data protection.", "NOBODY_TOLD")
