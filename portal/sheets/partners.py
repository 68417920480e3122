"""The sheet Partners: agencies that the lead asks in, or an agency's own offer."""

from uuid import UUID, uuid4

from portal.acting.work import Warned
from portal.errors import Invalid
from portal.initiatives import access
from portal.initiatives.checks import parts_of, tidy
from portal.initiatives.partners import NOTE_LIMIT, NOW_IN
from portal.initiatives.tables import Partner, PartnerState
from portal.sheets.plan import Line, Outcome
from portal.sheets.world import Entry


def check_partner(line: Line) -> Outcome:
    """Ask an agency in, offer one's own, or change what a partner brings."""
    entry = line.entry()
    line.needed("agency")
    agency = line.find("agency", line.plan.world.agencies)
    if agency is None:
        raise line.stop("agency", "This names no agency.", "Write one agency in each row.")
    partners = {partner.agency_id: partner for partner in entry.of(Partner)}
    # Whoever took over from a partner is one; whoever took over from another is not asked unsaid.
    known = partners.get(agency) or partners.get(line.plan.world.today(agency))
    line.once(entry, known.agency_id if known else agency)
    return _ask(line, entry, agency) if known is None else _change(line, entry, known)


def _ask(line: Line, entry: Entry, agency: UUID) -> Outcome:
    plan, initiative = line.plan, entry.row
    if agency == initiative.lead_agency_id:
        raise line.stop("agency", "It leads this initiative.", "Take the row out.")
    state = _first_state(line, entry, agency)
    _check_not_ended(line, agency)
    parts = parts_of(line.get("parts") or ()) if "parts" not in line.row.bad else []
    note, findings = tidy("note", line.get("note") or "", NOTE_LIMIT, lines=True)
    line.findings(findings)
    partner = Partner(
        id=uuid4(), initiative_id=initiative.id, agency_id=agency, parts=parts, state=state,
        note=note, asked_at=plan.now, updated_at=plan.now,
    )  # fmt: skip
    plan.add(entry, partner)
    return Outcome.CREATED


def _first_state(line: Line, entry: Entry, agency: UUID) -> PartnerState:
    plan = line.plan
    state = PartnerState.INVITED
    if agency == plan.caller.agency_id:
        access.may_contribute(plan.caller)
        state = PartnerState.OFFERED
    else:
        access.may_lead(plan.caller, entry.row)
    if line.get("state") in {None, state}:
        return state
    if plan.options.elsewhere:
        says = f"It was {line.get('state')} there. Here it is {state}, and answers itself."
        line.warn([Warned(("state",), says, "ASKED_AGAIN")])
        return state
    line.fault(
        "state",
        "Only the agency itself can accept, decline or leave.",
        f"Empty the cell: it is {state}, and answers in the portal.",
    )
    return state


def _check_not_ended(line: Line, agency_id: UUID) -> None:
    agency = line.plan.world.agency[agency_id]
    if agency.ended_on is not None and agency.ended_on <= line.plan.today:
        successor = line.plan.world.agency.get(agency.successor_id or agency.id, agency)
        line.fault(
            "agency",
            f"{agency.name} ended on {agency.ended_on}.",
            f"Ask {successor.name}, which took over."
            if successor is not agency
            else "Take it out.",
        )


def _change(line: Line, entry: Entry, partner: Partner) -> Outcome:
    _, version = line.record([partner])
    state = line.get("state")
    if state not in {None, partner.state} and not line.plan.options.elsewhere:
        line.fault("state", f"It is {partner.state}.", "Its state changes in the portal alone.")
    if line.differing(partner, note="note"):
        line.fault("note", "Another note was sent.", "Leave it as it was: it has been read.")
    if not line.has("parts") or {*(line.get("parts") or ())} == {*partner.parts}:
        return Outcome.UNCHANGED
    access.may_lead(line.plan.caller, entry.row)
    if partner.state not in NOW_IN:
        raise Invalid.field("parts", f"It has {partner.state}. Ask it in again in the portal.")
    line.fresh(version, partner)
    partner.parts = parts_of(line.get("parts") or ())
    line.plan.changed[Partner].append(partner)
    return Outcome.CHANGED
