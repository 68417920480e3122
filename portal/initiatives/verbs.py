"""What people do with an initiative: log it, change it, share it, ask partners in."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.tables import Agency
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work, reference
from portal.errors import Finding, Invalid, NotVisible
from portal.initiatives import access
from portal.initiatives.tables import (
    Initiative,
    InitiativeArea,
    Part,
    Partner,
    PartnerState,
    Timing,
    Visibility,
)

InitiativeId = Annotated[UUID, Ref("Initiative")]
AgencyId = Annotated[UUID, Ref("Agency")]
TITLE_LIMIT = 120


def title_of(text: str) -> str:
    """A title that can be shown in a list."""
    title = " ".join(text.split())
    if not title:
        raise Invalid.field("title", "Enter a title.")
    if len(title) > TITLE_LIMIT:
        raise Invalid.field("title", f"Shorten the title to {TITLE_LIMIT} characters; it has {len(title)}.")
    return title


async def log_initiative(
    work: Work,
    title: Annotated[str, "What it is called, at most 120 characters."],
    summary: Annotated[str, "What is done, for whom, and why; plain text."] = "",
) -> Initiative:
    """Log a new initiative as a draft of your own agency."""
    access.may_start(work.caller)
    initiative = Initiative(
        reference=reference("VG"), title=title_of(title), summary=summary.strip(), lead_agency_id=work.caller.agency_id
    )
    work.db.add(initiative)
    return initiative


async def rename_initiative(
    work: Work,
    id: InitiativeId,  # noqa: A002 - the contract's name
    expected_version: int,
    title: Annotated[str, "The new title, at most 120 characters."],
) -> Initiative:
    """Give an initiative a new title; partners see it at once."""
    initiative = await work.seen(Initiative, id)
    access.may_lead(work.caller, initiative)
    initiative = await work.hold(initiative, expected_version)
    initiative.title = title_of(title)
    return initiative


async def share_initiative(
    work: Work,
    id: InitiativeId,  # noqa: A002 - the contract's name
    expected_version: int,
    visibility: Annotated[Visibility, "Who may see it from now on."],
) -> Initiative:
    """Change who may see an initiative."""
    initiative = await work.seen(Initiative, id)
    access.may_lead(work.caller, initiative)
    initiative = await work.hold(initiative, expected_version)
    initiative.visibility = visibility
    initiative.sent_at = initiative.sent_at or work.now
    return initiative


async def invite_partner(
    work: Work,
    initiative: InitiativeId,
    agency: Annotated[AgencyId, "The agency to ask."],
    parts: Annotated[list[Part], "What it is asked to bring."],
) -> Partner:
    """Ask an agency to take part; it shows as committed once it has accepted."""
    asked_for = await work.seen(Initiative, initiative, "initiative")
    access.may_lead(work.caller, asked_for)
    if not parts:
        raise Invalid.field("parts", "Say what the partner is asked to bring.")
    known = (await work.db.execute(select(Agency).where(col(Agency.id) == agency))).scalar_one_or_none()
    if known is None:
        raise NotVisible(("agency",))
    partner = Partner(
        initiative_id=asked_for.id, agency_id=known.id, parts=[part.value for part in parts],
        state=PartnerState.INVITED, asked_at=work.now,
    )  # fmt: skip
    work.db.add(partner)
    return partner


