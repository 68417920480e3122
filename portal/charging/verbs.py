"""What police and prosecutors say of a victim's support, with her authority."""

from datetime import date
from typing import Annotated

from sqlmodel import col, func, select

from portal.acting.work import Work
from portal.charging.codes import Supporter
from portal.charging.tables import VictimSupport
from portal.errors import Invalid, NotAllowed
from portal.referrals import access
from portal.referrals.codes import SubjectRole
from portal.referrals.recording import must_cover
from portal.referrals.tables import Referral
from portal.referrals.tracks import how_many
from portal.referrals.verbs import ReferralId, pathway_of, recipients_of

Victim = Annotated[int, "Which victim of the case: 1 is the first who was named."]


async def set_supporter(
    work: Work,
    referral: ReferralId,
    answer: Annotated[Supporter, "Whether somebody supports her."],
    victim: Victim = 1,
    asked_on: Annotated[
        date | None, "The day on which she said so, and let it be written down; never a guess."
    ] = None,
) -> VictimSupport:
    """Say whether a victim has a supporter: on her authority, and for her alone."""
    case = await matter_of(work, referral)
    await must_be_a_victim(work, case, victim)
    await must_cover(work, case, "wishes")
    _said(answer, asked_on, work.today)
    found = select(VictimSupport).where(
        col(VictimSupport.referral_id) == case.id, col(VictimSupport.victim) == victim
    )
    row = (await work.db.execute(found)).scalar_one_or_none()
    if row is None:
        row = VictimSupport(
            referral_id=case.id, victim=victim, answer=answer, asked_on=asked_on,
            set_by_id=work.caller.principal_id,
        )  # fmt: skip
        work.db.add(row)
    row.answer, row.asked_on = answer, asked_on
    row.set_by_id = work.caller.principal_id
    return row


def _said(answer: Supporter, asked_on: date | None, today: date) -> None:
    if answer is Supporter.NOT_KNOWN and asked_on is not None:
        raise Invalid.field("askedOn", "Leave this out: what she said is not known.")
    if answer is not Supporter.NOT_KNOWN and asked_on is None:
        raise Invalid.field("askedOn", "Give the day on which she said so.", "REQUIRED")
    if asked_on is not None and asked_on > today:
        raise Invalid.field("askedOn", "This day is still to come. Give the day she said so.")


async def matter_of(work: Work, referral_id: ReferralId) -> Referral:
    """A case that is followed suspect by suspect, locked, for those who work on it."""
    case = await work.seen(Referral, referral_id, "referral")
    recipients = await recipients_of(work, case)
    receives = any(access.receives(work.caller, one) for one in recipients)
    if not receives and not access.sends(work.caller, case):
        raise NotAllowed(
            "Only those who work on cases at the police or prosecutors of this matter can do this.",
            rule="charging.parties_say",
            granted_by="the agency that made the referral, or the one that it was sent to",
        )
    if pathway_of(case).each is None or not any(one.given_at for one in recipients):
        raise Invalid.field(
            "referral",
            "Only a registered matter of police and prosecutors has this.",
            "NO_TRACKS",
        )
    await work.db.execute(select(func.hold_referral(case.id)))
    return case


async def must_be_a_victim(work: Work, case: Referral, victim: int) -> None:
    """Refuse a number that is no victim's of the case."""
    known = await how_many(work, case, SubjectRole.VICTIM)
    if not 1 <= victim <= known:
        raise Invalid.field("victim", f"The case names {known} victims. Give the number of one.")
