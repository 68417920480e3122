"""What the agency that leads an agreement does with the whole of it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from sqlmodel import col, func, select

from auth.tables import Agency
from portal.acting.checks import one_line, refuse, title_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work, reference
from portal.agreements import access
from portal.agreements.holding import (
    held,
    must_be,
    note,
    open_version,
    present_parties,
    said,
    unsent_version,
)
from portal.agreements.powers import powers_on
from portal.agreements.tables import (
    Agreement,
    AgreementMove,
    AgreementParty,
    AgreementState,
    AgreementVersion,
    SharingDirection,
)
from portal.agreements.terms import AgreementTerms, checked, columns
from portal.errors import Finding, Invalid

AgreementId = Annotated[UUID, Ref("Agreement")]
Reason = Annotated[str, "Why, at most 1,000 characters; every party reads it."]
S, M = AgreementState, AgreementMove
TITLE_LIMIT, FEWEST, MOST_WARNINGS = 160, 2, 5
BEGUN = (S.IN_FORCE, S.DUE_REVIEW)


async def draft_agreement(
    work: Work,
    title: Annotated[str, "What it is called, at most 160 characters."],
    terms: Annotated[AgreementTerms, "What is agreed."],
) -> Agreement:
    """Begin an agreement that your agency leads; name its parties next."""
    access.may_draft(work.caller)
    refuse(title_fault(title, TITLE_LIMIT))
    gateways = await checked(work, terms)
    agreement = Agreement(
        reference=reference("AG"), title=one_line(title), lead_agency_id=work.caller.agency_id
    )
    work.db.add(agreement)
    await work.db.flush()
    await _add_version(work, agreement, 1, terms, gateways)
    await note(work, agreement, M.DRAFTED)
    return agreement


async def change_agreement(
    work: Work,
    id: AgreementId,
    expected_version: int,
    title: Annotated[str | Keep, "Another title, while nothing was sent."] = KEEP,
    terms: Annotated[AgreementTerms | Keep, "All of the terms, as they shall be."] = KEEP,
) -> Agreement:
    """Write anew what was not sent for signature yet."""
    agreement = await held(work, id, expected_version)
    version = await unsent_version(work, agreement)
    if title is not KEEP:
        if agreement.sent_at is not None:
            raise Invalid.field("title", "It was signed under this title, and keeps it.", "SENT")
        refuse(title_fault(title, TITLE_LIMIT))
        agreement.title = one_line(title)
    if terms is not KEEP:
        for name, value in columns(terms, await checked(work, terms)).items():
            setattr(version, name, value)
    await note(work, agreement, M.CHANGED, version=version)
    return agreement


async def amend_agreement(
    work: Work,
    id: AgreementId,
    expected_version: int,
    terms: Annotated[AgreementTerms, "What shall be agreed from the new version's first day on."],
    reason: Reason,
) -> Agreement:
    """Begin a new version; the one in force counts until all have signed and its day has come."""
    agreement = await held(work, id, expected_version)
    await must_be(work, agreement, (*BEGUN, S.SUSPENDED, S.EXPIRED))
    if await open_version(work, agreement) is not None:
        says = "A version is being written or signed already: change it, or give it up first."
        raise Invalid.field("id", says, "WRONG_STATE")
    why = said(reason)
    gateways = await checked(work, terms)
    latest = select(func.max(AgreementVersion.number)).where(
        col(AgreementVersion.agreement_id) == agreement.id
    )
    number = (await work.db.execute(latest)).scalar_one() + 1
    version = await _add_version(work, agreement, number, terms, gateways)
    await note(work, agreement, M.AMENDED, version=version, reason=why)
    return agreement


async def _add_version(
    work: Work, agreement: Agreement, number: int, terms: AgreementTerms, gateways: list[str]
) -> AgreementVersion:
    version = AgreementVersion(agreement_id=agreement.id, number=number, **columns(terms, gateways))
    work.db.add(version)
    await work.db.flush()
    return version


async def send_agreement(work: Work, id: AgreementId, expected_version: int) -> Agreement:
    """Send what was written for signature; from now on it stays as it is."""
    agreement = await held(work, id, expected_version)
    version = await unsent_version(work, agreement)
    parties = await present_parties(work, agreement)
    if faults := _sendable(parties, version):
        raise Invalid(*faults)
    await _warn_of_closed_ways(work, parties, version)
    await note(work, agreement, M.SENT, version=version)
    return agreement


def _sendable(parties: Sequence[AgreementParty], version: AgreementVersion) -> list[Finding]:
    """What is missing before anybody can sign."""
    found, named = [], {party.agency_id for party in parties}
    if len(parties) < FEWEST:
        found.append(Finding(("id",), "Name at least two parties first.", "REQUIRED"))
    ways = {party.direction for party in parties}
    if not ways & {SharingDirection.GIVES, SharingDirection.BOTH}:
        found.append(Finding(("id",), "No party gives anything: name one that does."))
    if not ways & {SharingDirection.RECEIVES, SharingDirection.BOTH}:
        found.append(Finding(("id",), "No party receives anything: name one that does."))
    if version.rights_lead_agency_id not in named:
        found.append(Finding(("id",), "The agency that answers for people's rights is no party."))
    if any(party.acts_for_id and party.acts_for_id not in named for party in parties):
        says = "A party acts for an authority that is no party: name that authority, too."
        found.append(Finding(("id",), says))
    return found


async def _warn_of_closed_ways(
    work: Work, parties: Sequence[AgreementParty], version: AgreementVersion
) -> None:
    """Which party could give another nothing, for want of a power that permits it."""
    agencies = {row.id: row for row in (await work.db.execute(select(Agency))).scalars()}
    begins = max(version.starts_on, work.today)
    gateways = list((await powers_on(work, version.gateways, begins)).values())

    def kinds(party: AgreementParty) -> set[str]:
        held_by = filter(None, (party.agency_id, party.acts_for_id))
        return {agencies[agency].kind.value for agency in held_by}

    closed = [
        (agencies[giver.agency_id].short_name, agencies[taker.agency_id].short_name)
        for giver in parties
        for taker in parties
        if giver is not taker
        and giver.direction is not SharingDirection.RECEIVES
        and taker.direction is not SharingDirection.GIVES
        and not any(
            set(gateway.sender_kinds) & kinds(giver)
            and set(gateway.receiver_kinds) & kinds(taker)
            and set(gateway.purposes) & set(version.purposes)
            for gateway in gateways
        )
    ]
    for giver, taker in closed[:MOST_WARNINGS]:
        says = f"No power in it lets {giver} give {taker} anything."
        work.warn("id", says, "NO_GATEWAY")


async def give_up_agreement_version(
    work: Work, id: AgreementId, expected_version: int, reason: Reason
) -> Agreement:
    """Give up a new version before all have signed it; the one in force goes on."""
    agreement = await held(work, id, expected_version)
    version = await open_version(work, agreement)
    if version is None or version.number == 1:
        says = "No new version is being written or signed. To end the agreement, withdraw it."
        raise Invalid.field("id", says, "WRONG_STATE")
    await note(work, agreement, M.DROPPED, version=version, reason=said(reason))
    return agreement


async def suspend_agreement(
    work: Work, id: AgreementId, expected_version: int, reason: Reason
) -> Agreement:
    """Interrupt the whole agreement: from the next request on nothing is shared under it."""
    return await _move(work, id, expected_version, M.SUSPENDED, BEGUN, reason)


async def resume_agreement(
    work: Work, id: AgreementId, expected_version: int, reason: Reason
) -> Agreement:
    """Let a suspended agreement go on."""
    return await _move(work, id, expected_version, M.RESUMED, (S.SUSPENDED,), reason)


async def withdraw_agreement(
    work: Work, id: AgreementId, expected_version: int, reason: Reason
) -> Agreement:
    """End the agreement for good before its last day, or give up its draft."""
    living = (S.DRAFT, S.OUT_FOR_SIGNATURE, *BEGUN, S.SUSPENDED)
    return await _move(work, id, expected_version, M.WITHDRAWN, living, reason)


async def _move(  # noqa: PLR0913, PLR0917 - what every move of the whole is made of
    work: Work, id: UUID, expected: int, move: AgreementMove, states: Sequence[AgreementState],
    reason: str,
) -> Agreement:  # fmt: skip
    agreement = await held(work, id, expected)
    await must_be(work, agreement, states)
    await note(work, agreement, move, reason=said(reason))
    return agreement
