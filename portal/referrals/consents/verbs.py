"""Asking whose case it is before it is passed on, and answering."""

from typing import Annotated
from uuid import UUID

from sqlmodel import col, func, select

from auth.notices import NoticeKind
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals.consents import access
from portal.referrals.consents.tables import OnwardRequest, OwnerAnswer
from portal.referrals.onward import is_to_be_asked
from portal.referrals.tables import Recipient, Referral
from portal.referrals.verbs import ReferralId, TeamId, team_of

RequestId = Annotated[UUID, Ref("OnwardRequest")]
NEEDLESS = "It may go to this team without asking, as far as the agreement's onward rule goes."


async def ask_to_pass_on(
    work: Work,
    referral: ReferralId,
    team: Annotated[TeamId, "The team that is to have it; you name it once the owner said yes."],
) -> OnwardRequest:
    """Ask the agency that made a referral whether you may pass it on to a team, where an agreement
    wants that agency's yes. Its team is told at once.
    """
    case = await work.seen(Referral, referral, "referral")
    places = await _places(work, case.id)
    given = {place.agency_id for place in places} - {case.sender_agency_id}
    access.may_ask(work.caller, given)
    to = await team_of(work, team, "team")
    if not await is_to_be_asked(work, case, to.agency_id):
        raise Invalid.field("team", NEEDLESS)
    waiting = select(OnwardRequest.id).where(
        col(OnwardRequest.referral_id) == case.id,
        col(OnwardRequest.agency_id) == work.caller.agency_id,
        col(OnwardRequest.to_team_id) == to.id,
        col(OnwardRequest.answer).is_(None),
    )
    if (await work.db.execute(waiting)).first() is not None:
        raise Invalid.field("team", "You have asked already; the answer is to come.", "TWICE")
    row = OnwardRequest(
        referral_id=case.id,
        agency_id=work.caller.agency_id,
        to_agency_id=to.agency_id,
        to_team_id=to.id,
        asked_by_id=work.caller.principal_id,
        asked_at=work.now,
    )
    work.db.add(row)
    await work.db.flush()
    await _tell(work, places, work.caller.agency_id, to_sender=True)
    return row


async def answer_onward_request(
    work: Work,
    id: RequestId,
    expected_version: int,
    answer: Annotated[OwnerAnswer, "Yes, once, or no."],
) -> OnwardRequest:
    """Say whether a case of yours may be passed on to the team that was named. You can say it anew
    until it has been passed on.
    """
    row = await work.seen(OnwardRequest, id)
    case = await work.seen(Referral, row.referral_id)
    access.may_answer(work.caller, case.sender_agency_id)
    row = await work.hold(row, expected_version)
    row.answer, row.answered_at = answer, work.now
    row.answered_by_id = work.caller.principal_id
    await work.db.flush()
    await _tell(work, await _places(work, case.id), row.agency_id, to_sender=False)
    return row


async def _places(work: Work, case: UUID) -> list[Recipient]:
    """The places at which a case is now, the first first."""
    found = select(Recipient).where(
        col(Recipient.referral_id) == case,
        col(Recipient.given_at).is_not(None),
        col(Recipient.lost_at).is_(None),
    )
    found = found.order_by(col(Recipient.created_at), col(Recipient.id))
    return list((await work.db.execute(found)).scalars())


async def _tell(work: Work, places: list[Recipient], asks: UUID, *, to_sender: bool) -> None:
    """Whose turn it is now: of the agency that asks, or of whose case it is."""
    kind = NoticeKind.REFERRAL_YOURS.value
    for place in [one for one in places if one.agency_id == asks][:1]:
        await work.db.execute(select(func.tell_party(place.id, to_sender, kind)))
