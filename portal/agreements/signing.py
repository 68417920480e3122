"""What a party's people say of a version: a data protection lead advises, a signatory signs."""

from typing import Annotated
from uuid import UUID, uuid4

from sqlmodel import col, func, select

from auth.roles import Role, SignatoryTitle
from auth.tables import Membership, MembershipRole
from portal.acting.checks import length_fault, refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agreements import access
from portal.agreements.holding import locked
from portal.agreements.tables import (
    Agreement,
    AgreementAdvice,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    Verdict,
)
from portal.errors import Finding, Invalid, NotAllowed

VersionId = Annotated[UUID, Ref("AgreementVersion"), "The version."]
TEXT_LIMIT = 2000


async def advise_on_agreement(
    work: Work,
    version: VersionId,
    verdict: Annotated[Verdict, "Whether your agency should sign."],
    text: Annotated[str, "The advice, at most 2,000 characters; every party reads it."],
) -> Agreement:
    """Advise your agency, as its data protection lead, whether to sign a version."""
    said = await work.seen(AgreementVersion, version, "version")
    access.may_advise(work.caller)
    agreement, party = await _to_sign(work, said)
    if not text.strip():
        raise Invalid(Finding(("text",), "Write down the advice: the signature rests on it."))
    refuse(length_fault("text", text.strip(), TEXT_LIMIT))
    work.db.add(
        AgreementAdvice(
            id=uuid4(), agreement_id=agreement.id, agreement_version_id=said.id,
            party_id=party.id, agency_id=party.agency_id, verdict=verdict, text=text.strip(),
            advised_by_id=work.caller.principal_id, advised_at=work.now,
        )
    )  # fmt: skip
    return agreement


async def sign_agreement(work: Work, version: VersionId) -> Agreement:
    """Sign a version for your agency, as its authorised signatory, after the advice."""
    signed = await work.seen(AgreementVersion, version, "version")
    access.may_sign(work.caller)
    agreement, party = await _to_sign(work, signed)
    advice = await _advice(work, signed, party)
    if advice.verdict is not Verdict.SUPPORTS:
        says = f"Your data protection lead's advice is {advice.verdict.name}: read it again."
        work.warn("version", says, "ADVICE")
    role = select(col(MembershipRole.title)).where(
        col(MembershipRole.membership_id) == work.caller.principal_id,
        col(MembershipRole.role) == Role.AUTHORISED_SIGNATORY,
    )
    title = (await work.db.execute(role)).scalar_one()
    work.db.add(
        AgreementSignature(
            id=uuid4(), agreement_id=agreement.id, agreement_version_id=signed.id,
            party_id=party.id, agency_id=party.agency_id, signed_at=work.now,
            signed_by_id=work.caller.principal_id, title=SignatoryTitle(str(title)),
        )
    )  # fmt: skip
    return agreement


async def _to_sign(work: Work, version: AgreementVersion) -> tuple[Agreement, AgreementParty]:
    """The agreement, locked, and the caller's agency's part, while it can still be signed."""
    agreement = await locked(work, version.agreement_id)
    await work.db.refresh(version)
    if version.sent_at is None:
        raise Invalid.field("version", "It was not sent for signature yet.", "WRONG_STATE")
    if agreement.withdrawn_at is not None or version.dropped_at is not None:
        raise Invalid.field("version", "It was given up.", "WRONG_STATE")
    if version.ends_on < work.today:
        raise Invalid.field("version", f"Its last day was {version.ends_on}.", "ENDED")
    if version.signed_at is not None and not await _counts(work, version):
        raise Invalid.field("version", "A later version is in force: sign that.", "NOT_NEWEST")
    party = await _own_part(work, agreement)
    if version.number < party.since_number:
        says = f"Your agency is a party from version {party.since_number} on: sign that one."
        raise Invalid.field("version", says, "NOT_NEWEST")
    known = select(col(AgreementSignature.id)).where(
        col(AgreementSignature.agreement_version_id) == version.id,
        col(AgreementSignature.party_id) == party.id,
    )
    if (await work.db.execute(known)).scalar_one_or_none() is not None:
        raise Invalid.field("version", "Your agency has signed it already.", "ALREADY_ASKED")
    return agreement, party


async def _counts(work: Work, version: AgreementVersion) -> bool:
    """Whether it is the version in force, or one that is to be."""
    if version.starts_on > work.today:
        return True
    now = select(func.agreement_version_now(version.agreement_id, work.now))
    return bool((await work.db.execute(now)).scalar_one() == version.id)


async def _own_part(work: Work, agreement: Agreement) -> AgreementParty:
    wanted = select(AgreementParty).where(
        col(AgreementParty.agreement_id) == agreement.id,
        col(AgreementParty.agency_id) == work.caller.agency_id,
        col(AgreementParty.left_at).is_(None),
    )
    party = (await work.db.execute(wanted)).scalar_one_or_none()
    if party is None:
        raise NotAllowed(
            "Your agency is no party of this agreement.",
            rule="agreement.party_signs",
            granted_by="the agency that leads the agreement, which can name yours",
        )
    return party


async def _advice(work: Work, version: AgreementVersion, party: AgreementParty) -> AgreementAdvice:
    """The latest advice by somebody else; Invalid where there is none."""
    wanted = (
        select(AgreementAdvice)
        .join(Membership, col(Membership.id) == col(AgreementAdvice.advised_by_id))
        .where(
            col(AgreementAdvice.agreement_version_id) == version.id,
            col(AgreementAdvice.party_id) == party.id,
            col(Membership.person_id) != work.caller.person_id,
        )
        .order_by(col(AgreementAdvice.advised_at).desc(), col(AgreementAdvice.id))
        .limit(1)
    )
    advice = (await work.db.execute(wanted)).scalar_one_or_none()
    if advice is None:
        says = "Your data protection lead, another person than you, records advice first."
        raise Invalid.field("version", says, "ADVICE_MISSING")
    return advice
