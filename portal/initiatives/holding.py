"""How every room gets hold of an initiative, and of what hangs on it, for a change."""

from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select

from portal.acting.work import Work
from portal.initiatives import access
from portal.initiatives.tables import Initiative, Partner, PartnerState, Tied

T = TypeVar("T", bound=Tied)


async def to_lead(work: Work, id: UUID, expected_version: int) -> Initiative:
    """The initiative, held for a change that only its lead's coordinators make."""
    return await work.hold(await led(work, id, "id"), expected_version)


async def led(work: Work, initiative_id: UUID, path: str = "initiative") -> Initiative:
    """The initiative, for something that only its lead's coordinators add to it."""
    initiative = await work.seen(Initiative, initiative_id, path)
    access.may_lead(work.caller, initiative)
    return initiative


async def held(work: Work, model: type[T], row_id: UUID, expected_version: int) -> T:
    """A row of an initiative, held for a change that only the lead's coordinators make."""
    row = await work.seen(model, row_id)
    await led(work, row.initiative_id)
    return await work.hold(row, expected_version)


async def taking_part(work: Work, initiative: Initiative) -> frozenset[UUID]:
    """The agencies that work on it: the lead and the committed partners."""
    committed = select(col(Partner.agency_id)).where(
        col(Partner.initiative_id) == initiative.id, col(Partner.state) == PartnerState.COMMITTED
    )
    return frozenset({initiative.lead_agency_id, *(await work.db.execute(committed)).scalars()})
