"""What a lead does about its partners: invite, answer offers, agree on parts, hand over."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from auth.tables import Agency
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.actions.handing import hand_to_lead
from portal.errors import Invalid, NotVisible
from portal.initiatives.checks import parts_of, tidy
from portal.initiatives.holding import held, led, to_lead
from portal.initiatives.tables import Initiative, Part, Partner, PartnerState, Visibility
from portal.initiatives.verbs import InitiativeId

AgencyId = Annotated[UUID, Ref("Agency")]
PartnerId = Annotated[UUID, Ref("Partner")]
Parts = Annotated[list[Part], "What it brings; at least one."]
Note = Annotated[str, "What to say with it, at most 500 characters."]
Reason = Annotated[str, "Why, at most 500 characters."]
NOTE_LIMIT = 500
NOW_IN = {
    PartnerState.INVITED: "is invited already and has not answered",
    PartnerState.OFFERED: "has offered to take part: answer its offer",
    PartnerState.COMMITTED: "is a partner already",
}


async def invite_partner(
    work: Work,
    initiative: InitiativeId,
    agency: Annotated[AgencyId, "The agency to ask."],
    parts: Parts,
    note: Note | None = None,
) -> Partner:
    """Ask an agency to take part; it shows as committed once it has accepted."""
    asked_for = await led(work, initiative)
    wanted = parts_of(parts)
    known = await agency_of(work, agency)
    if known.id == asked_for.lead_agency_id:
        raise Invalid.field("agency", "It leads this initiative and takes part already.")
    await _check_not_ended(work, known)
    if asked_for.visibility is Visibility.DRAFT:
        work.warn("initiative", f"{known.short_name} sees it once you share it.", "STILL_A_DRAFT")
    return await ask_in(work, asked_for, known, wanted, PartnerState.INVITED, said_in("note", note))


async def accept_offer(
    work: Work,
    id: PartnerId,
    expected_version: int,
) -> Partner:
    """Accept what an agency has offered: from now on it shows as committed."""
    partner = await _led(work, id, expected_version, PartnerState.OFFERED)
    await _check_not_ended(work, await agency_of(work, partner.agency_id), "id")
    return answered(work, partner, PartnerState.COMMITTED, partner.note)


async def decline_offer(
    work: Work,
    id: PartnerId,
    expected_version: int,
    reason: Reason | None = None,
) -> Partner:
    """Decline what an agency has offered."""
    partner = await _led(work, id, expected_version, PartnerState.OFFERED)
    partner.ended_reason = said_in("reason", reason)
    return answered(work, partner, PartnerState.DECLINED, partner.note)


async def change_partner_parts(
    work: Work,
    id: PartnerId,
    expected_version: int,
    parts: Parts,
) -> Partner:
    """Change what a partner brings."""
    partner = await _led(work, id, expected_version, *NOW_IN)
    partner.parts = parts_of(parts)
    return partner


async def remove_partner(
    work: Work,
    id: PartnerId,
    expected_version: int,
    reason: Reason,
) -> Partner:
    """End an agency's part, or withdraw its invitation; its open actions go to the lead."""
    partner = await _led(work, id, expected_version, PartnerState.INVITED, PartnerState.COMMITTED)
    said = said_in("reason", reason, "Say why, for the partner and the record.")
    return await let_go(work, partner, said)


async def hand_over_lead(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    agency: Annotated[AgencyId, "The partner that leads from now on."],
) -> Initiative:
    """Hand the lead to a committed partner; your agency stays as a partner that supports it."""
    initiative = await to_lead(work, id, expected_version)
    taker = await agency_of(work, agency)
    partner = await _partner(work, initiative.id, taker.id)
    if partner is None or partner.state is not PartnerState.COMMITTED:
        raise Invalid.field("agency", "Only a committed partner can take over: invite it first.")
    await _check_not_ended(work, taker)
    if initiative.visibility is Visibility.DRAFT:
        raise Invalid.field("id", "Share it with its partners first.")
    # In this order: the row rules ask who leads, and nobody may lose sight on the way.
    await _stay_as_partner(work, initiative)
    partner = await work.hold(partner, partner.version)
    partner.ended_reason = "It took over the lead."
    answered(work, partner, PartnerState.LEFT, partner.note)
    await work.db.flush()
    initiative.lead_agency_id, initiative.lead_team_id = taker.id, None
    return initiative


async def _stay_as_partner(work: Work, initiative: Initiative) -> None:
    """The lead becomes a partner, under the row it had before it led, if it had one."""
    own = await _partner(work, initiative.id, initiative.lead_agency_id)
    if own is None:
        own = Partner(
            initiative_id=initiative.id, agency_id=initiative.lead_agency_id, parts=[],
            state=PartnerState.COMMITTED, asked_at=work.now,
        )  # fmt: skip
        work.db.add(own)
    own.parts, own.ended_reason, own.asked_at = [Part.SUPPORT.value], None, work.now
    answered(work, own, PartnerState.COMMITTED, None)
    await work.db.flush()


async def ask_in(  # noqa: PLR0913, PLR0917 - both ways into a partnership
    work: Work, initiative: Initiative, agency: Agency, parts: list[str], state: PartnerState,
    note: str | None,
) -> Partner:  # fmt: skip
    """A first row, or the one of a partner that declined or left, brought back."""
    partner = await _partner(work, initiative.id, agency.id)
    if partner is None:
        partner = Partner(
            initiative_id=initiative.id, agency_id=agency.id, parts=parts, state=state, note=note,
            asked_at=work.now,
        )  # fmt: skip
        try:
            async with work.db.begin_nested():
                work.db.add(partner)
        except IntegrityError:  # asked by somebody else a moment ago
            raise _twice(agency, state, state) from None
        return partner
    partner = await work.hold(partner, partner.version)
    if partner.state in NOW_IN:
        raise _twice(agency, partner.state, state)
    partner.parts, partner.state, partner.note = parts, state, note
    partner.asked_at, partner.answered_at, partner.ended_reason = work.now, None, None
    return partner


def _twice(agency: Agency, stands: PartnerState, wanted: PartnerState) -> Invalid:
    field = "agency" if wanted is PartnerState.INVITED else "initiative"
    return Invalid.field(field, f"{agency.short_name} {NOW_IN[stands]}.", "ALREADY_ASKED")


def answered(work: Work, partner: Partner, state: PartnerState, note: str | None) -> Partner:
    """The partner as it stands after an answer."""
    partner.state, partner.note, partner.answered_at = state, note, work.now
    return partner


async def let_go(work: Work, partner: Partner, reason: str | None) -> Partner:
    """End its part; the lead takes over what it had still to do."""
    await hand_to_lead(work, partner.initiative_id, partner.agency_id)
    partner.ended_reason = reason
    return answered(work, partner, PartnerState.LEFT, partner.note)


async def _led(work: Work, id: UUID, expected: int, *states: PartnerState) -> Partner:
    return must_be_in(await held(work, Partner, id, expected), states)


def must_be_in(partner: Partner, states: Sequence[PartnerState]) -> Partner:
    if partner.state not in states:
        listed = " or ".join(state.name for state in states)
        says = f"This needs a partner that is {listed}; this one is {partner.state.name}."
        raise Invalid.field("id", says, "WRONG_STATE")
    return partner


async def _partner(work: Work, initiative_id: UUID, agency_id: UUID) -> Partner | None:
    wanted = select(Partner).where(
        col(Partner.initiative_id) == initiative_id, col(Partner.agency_id) == agency_id
    )
    return (await work.db.execute(wanted)).scalar_one_or_none()


async def agency_of(work: Work, agency_id: UUID) -> Agency:
    found = await work.db.execute(select(Agency).where(col(Agency.id) == agency_id))
    agency = found.scalar_one_or_none()
    if agency is None:
        raise NotVisible(("agency",))
    return agency


async def _check_not_ended(work: Work, agency: Agency, path: str = "agency") -> None:
    if agency.ended_on is None or agency.ended_on > work.today:
        return
    says = f"{agency.name} ended on {agency.ended_on}."
    if agency.successor_id is not None:
        successor = await agency_of(work, agency.successor_id)
        says += f" {successor.name} took over from it: ask that one."
    raise Invalid.field(path, says, "AGENCY_ENDED")


def said_in(path: str, text: str | None, needed: str | None = None) -> str | None:
    said, findings = tidy(path, text or "", NOTE_LIMIT, lines=True, needed=needed)
    if findings:
        raise Invalid(*findings)
    return said
