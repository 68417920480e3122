"""A case is referred to a body that is not on the portal: kept as a day, a route and a kind."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from portal.acting.act import Deleted
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals.outside import access
from portal.referrals.outside.tables import OutsideBody, OutsideReferral, OutsideRoute
from portal.referrals.tables import Overall, Referral
from portal.referrals.verbs import ReferralId, recipients_of

OutsideId = Annotated[UUID, Ref("OutsideReferral")]
LONG_AGO = timedelta(days=366)
"""No day before is believed: it is a slip of the pen."""


async def refer_outside(
    work: Work,
    referral: ReferralId,
    body: Annotated[OutsideBody, "What kind of body; never its name."],
    route: Annotated[OutsideRoute, "How it was referred."],
    referred_on: Annotated[date, "The day it was referred: today, or a day of the last year."],
) -> OutsideReferral:
    """Write down that a case was referred to a body that is not on the portal. Nothing is sent."""
    case = await work.seen(Referral, referral, "referral")
    given = {row.agency_id for row in await recipients_of(work, case) if row.given_at is not None}
    access.may_refer_outside(work.caller, {case.sender_agency_id, *given})
    if case.overall is Overall.WITHDRAWN:
        raise Invalid.field("referral", "It was taken back. Begin a new case.", "WRONG_STATE")
    if not work.today - LONG_AGO <= referred_on <= work.today:
        said = "Give the day on which it was referred: today, or a day of the last year."
        raise Invalid.field("referredOn", said)
    row = OutsideReferral(
        referral_id=case.id,
        agency_id=work.caller.agency_id,
        body=body,
        route=route,
        referred_on=referred_on,
        by_id=work.caller.principal_id,
    )
    work.db.add(row)
    return row


async def delete_outside_referral(work: Work, id: OutsideId, expected_version: int) -> Deleted:
    """Take back that a case was referred outside, if it was written down by mistake."""
    row = await work.seen(OutsideReferral, id)
    access.may_take_back(work.caller, row)
    row = await work.hold(row, expected_version)
    await work.db.delete(row)
    return Deleted("OutsideReferral", row.id)
