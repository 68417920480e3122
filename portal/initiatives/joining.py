"""What an agency does about its own part: offer it, accept, decline, leave."""

from uuid import UUID

from portal.acting.work import Work
from portal.errors import Invalid
from portal.initiatives import access
from portal.initiatives.checks import parts_of
from portal.initiatives.partners import (
    Note,
    PartnerId,
    Parts,
    Reason,
    agency_of,
    answered,
    ask_in,
    let_go,
    must_be_in,
    said_in,
)
from portal.initiatives.tables import Initiative, Partner, PartnerState
from portal.initiatives.verbs import InitiativeId


async def offer_contribution(
    work: Work, initiative: InitiativeId, parts: Parts, note: Note | None = None
) -> Partner:
    """Offer your agency's help with an initiative you can see; its lead accepts or declines."""
    offered_to = await work.seen(Initiative, initiative, "initiative")
    access.may_contribute(work.caller)
    wanted = parts_of(parts)
    if offered_to.lead_agency_id == work.caller.agency_id:
        raise Invalid.field("initiative", "Your agency leads it and needs no offer.")
    own = await agency_of(work, work.caller.agency_id)
    return await ask_in(work, offered_to, own, wanted, PartnerState.OFFERED, said_in("note", note))


async def accept_invitation(
    work: Work,
    id: PartnerId,
    expected_version: int,
    note: Note | None = None,
) -> Partner:
    """Accept for your agency: from now on it shows as committed."""
    partner = await _own(work, id, expected_version, PartnerState.INVITED)
    return answered(work, partner, PartnerState.COMMITTED, said_in("note", note) or partner.note)


async def decline_invitation(
    work: Work,
    id: PartnerId,
    expected_version: int,
    note: Note | None = None,
) -> Partner:
    """Decline for your agency."""
    partner = await _own(work, id, expected_version, PartnerState.INVITED)
    said = said_in("note", note) or partner.note
    await _look_before_going(work, partner)
    return answered(work, partner, PartnerState.DECLINED, said)


async def leave_initiative(
    work: Work,
    id: PartnerId,
    expected_version: int,
    reason: Reason | None = None,
) -> Partner:
    """Leave for your agency, or withdraw its offer; its open actions go to the lead."""
    partner = await work.seen(Partner, id)
    access.may_leave(work.caller, partner)
    partner = await work.hold(partner, expected_version)
    access.may_leave(work.caller, partner)  # its offer may have been accepted a moment ago
    partner = must_be_in(partner, (PartnerState.OFFERED, PartnerState.COMMITTED))
    said = said_in("reason", reason)
    await _look_before_going(work, partner)
    return await let_go(work, partner, said)


async def _look_before_going(work: Work, partner: Partner) -> None:
    """The payload is read now, if going ends this agency's sight of the initiative."""
    initiative = await work.seen(Initiative, partner.initiative_id)
    own = await agency_of(work, partner.agency_id)
    if not access.sees(work.caller, initiative, set(), in_partnership=own.in_partnership):
        await work.last_look(partner.id)


async def _own(work: Work, id: UUID, expected: int, *states: PartnerState) -> Partner:
    partner = await work.seen(Partner, id)
    access.may_answer(work.caller, partner)
    return must_be_in(await work.hold(partner, expected), states)
