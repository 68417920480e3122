"""How agencies become parties of an agreement, are suspended, and leave."""

from typing import Annotated
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agreements import access
from portal.agreements.holding import (
    agency_of,
    held,
    locked,
    must_be,
    note,
    open_version,
    present_parties,
    said,
)
from portal.agreements.tables import (
    Accession,
    Agreement,
    AgreementEvent,
    AgreementMove,
    AgreementParty,
    AgreementVersion,
    SharingDirection,
)
from portal.agreements.verbs import BEGUN, AgreementId, Reason
from portal.errors import Invalid, NotAllowed

PartyId = Annotated[UUID, Ref("AgreementParty")]
AgencyId = Annotated[UUID, Ref("Agency")]
M = AgreementMove


async def name_agreement_party(  # noqa: PLR0913, PLR0917 - what a party is named with
    work: Work,
    id: AgreementId,
    expected_version: int,
    agency: Annotated[AgencyId, "The agency that shall be a party."],
    direction: Annotated[SharingDirection, "Which way it shares."],
    acts_for: Annotated[
        AgencyId | None,
        "The authority for which it acts under this agreement, if it is none itself.",
    ] = None,
    required: Annotated[bool, "Whether a new version counts only once it has signed."] = True,
) -> Agreement:
    """Name a party of what is being written; of an agreement in force, one that joins it."""
    agreement = await held(work, id, expected_version)
    version = await open_version(work, agreement)
    if version is not None and version.sent_at is not None:
        says = "It is being signed as it is. Name the party once all have signed."
        raise Invalid.field("id", says, "WRONG_STATE")
    if version is None:
        await must_be(work, agreement, BEGUN)
        if await _accession(work, agreement) is Accession.CLOSED:
            says = "This agreement lets nobody join: begin a new version that names the party."
            raise Invalid.field("id", says, "NO_ACCESSION")
    await agency_of(work, agency, "agency")
    await _check_authority(work, agency, acts_for)
    party = AgreementParty(
        agreement_id=agreement.id, agency_id=agency, direction=direction, acts_for_id=acts_for,
        required=required and version is not None, accedes=version is None, named_at=work.now,
        since_number=version.number if version else await _number_now(work, agreement),
    )  # fmt: skip
    try:
        async with work.db.begin_nested():
            work.db.add(party)
    except IntegrityError:
        raise Invalid.field("agency", "It is a party already.", "ALREADY_ASKED") from None
    await note(work, agreement, M.PARTY_NAMED, version=version, party=party)
    return agreement


async def _accession(work: Work, agreement: Agreement) -> Accession:
    return (await _version_now(work, agreement)).accession


async def _number_now(work: Work, agreement: Agreement) -> int:
    return (await _version_now(work, agreement)).number


async def _version_now(work: Work, agreement: Agreement) -> AgreementVersion:
    now = func.agreement_version_now(agreement.id, work.now)
    wanted = select(AgreementVersion).where(col(AgreementVersion.id) == now)
    return (await work.db.execute(wanted)).scalar_one()


async def _check_authority(work: Work, agency: UUID, acts_for: UUID | None) -> None:
    if acts_for is None:
        return
    await agency_of(work, acts_for, "actsFor")
    if acts_for == agency:
        raise Invalid.field("actsFor", "It acts for itself anyway: leave this out.")


async def remove_agreement_party(
    work: Work, id: PartyId, expected_version: int, reason: Reason
) -> Agreement:
    """Let go of a party that has not joined yet; what others are signing stays as it is."""
    agreement, party = await _held(work, id, expected_version)
    access.may_lead(work.caller, agreement)
    if party.joined_at is not None:
        says = "It has joined: it leaves by its own word, and you can suspend it."
        raise Invalid.field("id", says, "WRONG_STATE")
    version = await open_version(work, agreement)
    if not party.accedes and version is not None and version.sent_at is not None:
        says = "The others are signing an agreement with this party: give that up first."
        raise Invalid.field("id", says, "WRONG_STATE")
    await note(work, agreement, M.PARTY_LEFT, party=party, reason=said(reason))
    return agreement


async def consent_to_agreement_party(work: Work, id: PartyId, expected_version: int) -> Agreement:
    """Agree for your agency that another one joins, where the agreement asks every party."""
    party = await work.seen(AgreementParty, id)
    access.may_sign(work.caller)
    agreement = await locked(work, party.agreement_id)
    party = work.unchanged(await _again(work, party), expected_version)
    if not await _stands(work, agreement, work.caller.agency_id):
        raise NotAllowed(
            "Only a party in standing is asked who joins.",
            rule="agreement.party_consents", granted_by="nobody, until your agency is one",
        )  # fmt: skip
    if not party.accedes or party.joined_at is not None or party.left_at is not None:
        raise Invalid.field("id", "It is not waiting to join.", "WRONG_STATE")
    if await _accession(work, agreement) is not Accession.ALL_PARTIES:
        says = "The word of the agency that leads the agreement is enough."
        raise Invalid.field("id", says, "WRONG_STATE")
    if await _has_consented(work, party):
        raise Invalid.field("id", "Your agency has agreed already.", "ALREADY_ASKED")
    await note(work, agreement, M.CONSENTED, party=party)
    return agreement


async def _has_consented(work: Work, party: AgreementParty) -> bool:
    said_so = select(col(AgreementEvent.id)).where(
        col(AgreementEvent.party_id) == party.id,
        col(AgreementEvent.by_agency_id) == work.caller.agency_id,
        col(AgreementEvent.move).in_((M.CONSENTED, M.PARTY_NAMED)),
    )
    return (await work.db.execute(said_so.limit(1))).scalar_one_or_none() is not None


async def _stands(work: Work, agreement: Agreement, agency: UUID) -> bool:
    standing = func.agreement_standing(agreement.id, work.now).table_valued("agency_id")
    found = await work.db.execute(select(standing.c.agency_id))
    return agency in set(found.scalars())


async def suspend_agreement_party(
    work: Work, id: PartyId, expected_version: int, reason: Reason
) -> Agreement:
    """Interrupt one party's part; what others share goes on."""
    agreement, party = await _held(work, id, expected_version)
    access.may_move_party(work.caller, agreement, party)
    if party.joined_at is None or party.left_at is not None or party.suspended_at is not None:
        raise Invalid.field("id", "It does not take part now.", "WRONG_STATE")
    why = said(reason)
    await note(work, agreement, M.PARTY_SUSPENDED, party=party, reason=why)
    return agreement


async def resume_agreement_party(
    work: Work, id: PartyId, expected_version: int, reason: Reason
) -> Agreement:
    """Let a suspended party take part again."""
    agreement, party = await _held(work, id, expected_version)
    access.may_move_party(work.caller, agreement, party)
    if party.suspended_at is None or party.left_at is not None:
        raise Invalid.field("id", "It is not suspended.", "WRONG_STATE")
    if work.caller.agency_id not in {agreement.lead_agency_id, party.suspended_by_agency_id}:
        raise NotAllowed(
            "The agency that leads the agreement has suspended your part: it lifts that itself.",
            rule="agreement.lead_suspended",
            granted_by="a data protection lead or single point of contact of the lead agency",
        )
    await note(work, agreement, M.PARTY_RESUMED, party=party, reason=said(reason))
    if not await _stands(work, agreement, party.agency_id):
        says = "It has not signed the version in force, and takes part once it has."
        work.warn("id", says, "SIGNATURE_MISSING")
    return agreement


async def leave_agreement(
    work: Work, id: PartyId, expected_version: int, reason: Reason
) -> Agreement:
    """Leave for your agency; the agreement goes on for the others."""
    agreement, party = await _held(work, id, expected_version)
    access.may_leave(work.caller, party)
    if party.joined_at is None or party.left_at is not None:
        raise Invalid.field("id", "It takes no part in the agreement.", "WRONG_STATE")
    why = said(reason)
    if len(await present_parties(work, agreement)) <= 2:
        work.warn("id", "The other party has nobody left to share with.", "NOBODY_LEFT")
    await note(work, agreement, M.PARTY_LEFT, party=party, reason=why)
    return agreement


async def _held(work: Work, id: UUID, expected: int) -> tuple[Agreement, AgreementParty]:
    """The agreement, locked, and its party; whether this caller may do it is asked next."""
    party = await work.seen(AgreementParty, id)
    access.may_draft(work.caller)
    agreement = await work.seen(Agreement, party.agreement_id)
    if work.caller.agency_id not in {agreement.lead_agency_id, party.agency_id}:
        access.may_move_party(work.caller, agreement, party)
    agreement = await locked(work, party.agreement_id)
    return agreement, work.unchanged(await _again(work, party), expected)


async def _again(work: Work, party: AgreementParty) -> AgreementParty:
    wanted = select(AgreementParty).where(col(AgreementParty.id) == party.id)
    found = await work.db.execute(wanted, execution_options={"populate_existing": True})
    return found.scalar_one()
