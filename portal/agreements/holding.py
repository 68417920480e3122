"""How every verb of this room gets hold of an agreement, and notes what it does to it."""

from collections.abc import Collection
from uuid import UUID, uuid4

from sqlmodel import col, func, select

from auth.tables import Agency
from portal.acting.checks import length_fault, refuse
from portal.acting.work import Work
from portal.agreements import access
from portal.agreements.tables import (
    Agreement,
    AgreementEvent,
    AgreementMove,
    AgreementParty,
    AgreementState,
    AgreementVersion,
)
from portal.errors import Finding, Invalid, NotVisible

REASON_LIMIT = 1000


async def held(work: Work, id: UUID, expected_version: int) -> Agreement:
    """The agreement, locked, for something that only its lead does."""
    agreement = await work.seen(Agreement, id)
    access.may_lead(work.caller, agreement)
    return work.unchanged(await locked(work, agreement.id), expected_version)


async def locked(work: Work, id: UUID) -> Agreement:
    """The agreement as it is now that nobody else changes it."""
    await work.db.execute(select(func.hold_agreement(id)))
    again = select(Agreement).where(col(Agreement.id) == id)
    found = await work.db.execute(again, execution_options={"populate_existing": True})
    return found.scalar_one()


async def state_of(work: Work, agreement: Agreement) -> AgreementState:
    """Where it stands at this request's moment."""
    asked = select(func.agreement_state(agreement.id, work.now))
    return AgreementState((await work.db.execute(asked)).scalar_one())


async def must_be(work: Work, agreement: Agreement, states: Collection[AgreementState]) -> None:
    """Invalid where the agreement is in another state."""
    state = await state_of(work, agreement)
    if state not in states:
        listed = " or ".join(each.name for each in states)
        says = f"This needs an agreement that is {listed}; this one is {state.name}."
        raise Invalid.field("id", says, "WRONG_STATE")


async def open_version(work: Work, agreement: Agreement) -> AgreementVersion | None:
    """The version that is being written or signed, if there is one."""
    wanted = select(AgreementVersion).where(
        col(AgreementVersion.agreement_id) == agreement.id,
        col(AgreementVersion.signed_at).is_(None),
        col(AgreementVersion.dropped_at).is_(None),
    )
    return (await work.db.execute(wanted)).scalar_one_or_none()


async def unsent_version(work: Work, agreement: Agreement) -> AgreementVersion:
    """The version that is being written; Invalid where there is none."""
    version = await open_version(work, agreement)
    if version is None or version.sent_at is not None:
        says = "Nothing of this agreement is being written: what was sent for signature stays."
        raise Invalid.field("id", says, "WRONG_STATE")
    return version


async def present_parties(work: Work, agreement: Agreement) -> list[AgreementParty]:
    """Those that have not left."""
    wanted = select(AgreementParty).where(
        col(AgreementParty.agreement_id) == agreement.id, col(AgreementParty.left_at).is_(None)
    )
    return list((await work.db.execute(wanted)).scalars())


async def agency_of(work: Work, id: UUID, path: str) -> Agency:
    """An agency that is there today; one that has ended names its successor."""
    found = await work.db.execute(select(Agency).where(col(Agency.id) == id))
    agency = found.scalar_one_or_none()
    if agency is None:
        raise NotVisible((path,))
    if agency.ended_on is not None and agency.ended_on <= work.today:
        says = f"{agency.name} ended on {agency.ended_on}."
        if agency.successor_id is not None:
            successor = await agency_of(work, agency.successor_id, path)
            says += f" {successor.name} took over from it: name that one."
        raise Invalid.field(path, says, "AGENCY_ENDED")
    return agency


def said(reason: str | None, *, needed: bool = True) -> str | None:
    """Why something is done."""
    text = (reason or "").strip()
    if needed and not text:
        raise Invalid(Finding(("reason",), "Say why: whoever reads this later needs it."))
    refuse(length_fault("reason", text, REASON_LIMIT))
    return text or None


async def note(  # noqa: PLR0913 - a move, about what, and why
    work: Work,
    agreement: Agreement,
    move: AgreementMove,
    *,
    version: AgreementVersion | None = None,
    party: AgreementParty | None = None,
    reason: str | None = None,
) -> None:
    """Note an event; the database makes of it what the agreement and the party then are."""
    await work.db.flush()  # what it is about is there before it
    work.db.add(
        AgreementEvent(
            id=uuid4(), agreement_id=agreement.id, move=move, reason=reason, at=work.now,
            agreement_version_id=version.id if version else None,
            party_id=party.id if party else None,
            by_id=work.caller.principal_id, by_agency_id=work.caller.agency_id,
        )
    )  # fmt: skip
    await work.db.flush()
