"""What a team was given it passes on as far as the agreement lets it by which it was given: to
nobody, to other parties, or to whom the agency that gave it agrees to.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, func, select

from auth.tables import Agency, Team
from portal.acting.work import Work
from portal.agreements.tables import Agreement, AgreementParty, AgreementVersion, OnwardRule
from portal.errors import Finding, Invalid
from portal.referrals.consents.tables import OnwardRequest, OwnerAnswer
from portal.referrals.tables import Recipient, Referral

NEVER = (
    "The agreement {agreement}, by which your agency has the case, lets nobody pass it on. Ask"
    " {owner} to refer it there."
)
NO_PARTY = (
    "The agreement {agreement}, by which your agency has the case, lets it go to other parties"
    " alone, and {name} is none. Ask {owner} to refer it there."
)
ASK = (
    "The agreement {agreement} asks that {owner}, whose case it is, agrees first each time it is"
    " passed on. Ask it (`askToPassOn`) about {team}, and go on once it said yes."
)


async def must_be_passed_on(
    work: Work, given: Referral, to: Iterable[UUID], places: Iterable[Recipient], field: str
) -> None:
    """Refuse to pass a case that was given to the caller's agency on to these agencies, unless each
    agreement by which it has it lets it; within the agency and back to its owner it may always go.
    Where its owner is to agree, each of the places for it holds the yes by which it was given.
    """
    others = set(to) - {work.caller.agency_id, given.sender_agency_id}
    if not others:
        return
    owner = await _name(work, given.sender_agency_id)
    asked = [place for place in places if place.agency_id in others]
    for agreement, rule in await _rules(work, given):
        if rule is OnwardRule.NEVER:
            said = NEVER.format(agreement=agreement.reference, owner=owner)
            raise Invalid(Finding((field,), said, "NOT_ONWARD"))
        if rule is OnwardRule.PARTIES:
            for stranger in sorted(others - await _parties(work, agreement)):
                name = await _name(work, stranger)
                said = NO_PARTY.format(agreement=agreement.reference, name=name, owner=owner)
                raise Invalid(Finding((field,), said, "NOT_ONWARD"))
        if rule is OnwardRule.ASK_OWNER:
            for place in asked:
                await _must_be_agreed(work, given, place, agreement, field)


async def _must_be_agreed(
    work: Work, given: Referral, place: Recipient, agreement: Agreement, field: str
) -> None:
    place.agreed_id = await _yes(work, given, place)
    if place.agreed_id is None:
        team = select(col(Team.name)).where(col(Team.id) == place.team_id)
        said = ASK.format(
            agreement=agreement.reference,
            owner=await _name(work, given.sender_agency_id),
            team=(await work.db.execute(team)).scalar_one(),
        )
        raise Invalid(Finding((field,), said, "ASK_OWNER"))


async def is_to_be_asked(work: Work, given: Referral, to: UUID) -> bool:
    """Whether the owner of a case is to agree before it goes to this agency."""
    if to in {work.caller.agency_id, given.sender_agency_id}:
        return False
    return any(rule is OnwardRule.ASK_OWNER for _, rule in await _rules(work, given))


async def _yes(work: Work, given: Referral, place: Recipient) -> UUID | None:
    """The owner's yes to this, unless it served already."""
    served = select(Recipient.id).where(col(Recipient.agreed_id) == col(OnwardRequest.id))
    served = served.where(col(Recipient.id) != place.id).correlate(OnwardRequest)
    found = select(OnwardRequest.id).where(
        col(OnwardRequest.referral_id) == given.id,
        col(OnwardRequest.agency_id) == work.caller.agency_id,
        col(OnwardRequest.to_team_id) == place.team_id,
        col(OnwardRequest.answer) == OwnerAnswer.YES,
        ~served.exists(),
    )
    found = found.order_by(col(OnwardRequest.asked_at), col(OnwardRequest.id)).limit(1)
    return (await work.db.execute(found)).scalar_one_or_none()


async def _rules(work: Work, given: Referral) -> list[tuple[Agreement, OnwardRule]]:
    """Of the agreements by which the caller's agency has a case today."""
    ours = select(Recipient.agreement_id).where(
        col(Recipient.referral_id) == given.id,
        col(Recipient.agency_id) == work.caller.agency_id,
        col(Recipient.given_at).is_not(None),
        col(Recipient.lost_at).is_(None),
    )
    now = func.agreement_version_now(Agreement.id, work.now)
    found = select(Agreement, AgreementVersion.onward_rule).join(
        AgreementVersion, col(AgreementVersion.id) == now
    )
    found = found.where(col(Agreement.id).in_(ours)).order_by(col(Agreement.reference))
    return [(agreement, OnwardRule(rule)) for agreement, rule in await work.db.execute(found)]


async def _parties(work: Work, agreement: Agreement) -> set[UUID]:
    found = select(AgreementParty.agency_id).where(
        col(AgreementParty.agreement_id) == agreement.id,
        col(AgreementParty.joined_at).is_not(None),
        or_(col(AgreementParty.left_at).is_(None), col(AgreementParty.left_at) > work.now),
    )
    return set((await work.db.execute(found)).scalars())


async def _name(work: Work, agency: UUID) -> str:
    named = select(col(Agency.name)).where(col(Agency.id) == agency)
    return str((await work.db.execute(named)).scalar_one())
