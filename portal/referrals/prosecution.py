"""What reaches the police or the CPS may have to be shown to a defence: whoever sends it is told
before, and says that they have read it.
"""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from auth.kinds import AgencyKind
from auth.tables import Agency
from portal.acting.work import Work
from portal.errors import Invalid
from portal.reading.declare import Columns
from portal.store.rules import table_of

INVESTIGATE_OR_PROSECUTE = (AgencyKind.POLICE, AgencyKind.CPS)
MAY_BE_DISCLOSED = (
    "What is sent to the police or to the Crown Prosecution Service becomes material of theirs. In"
    " a criminal case they may have to disclose it to the defence, and so to whoever is accused."
    " Send what is needed to keep somebody safe, and nothing from counselling or therapy."
)

DisclosureRead = Annotated[
    bool,
    "Where it goes to the police or the CPS: that you have read that they may have to disclose it"
    " to a defence. The preview warns of it.",
]


def prosecutes(agency: Columns, host: Columns) -> ColumnElement[bool]:
    """Whether it is the police or the CPS, or a joint body that one of them hosts."""
    return or_(*(each.kind.in_(INVESTIGATE_OR_PROSECUTE) for each in (agency, host)))


async def must_have_read(work: Work, agencies: Collection[UUID], *, read: bool) -> set[UUID]:
    """Refuse to give something to police or CPS until its sender says that they know what may come
    of it; which of these agencies are one of them.
    """
    agency, host = (table_of(Agency).alias() for _ in range(2))
    wanted = select(agency.c.id, agency.c.name).select_from(agency)
    wanted = wanted.outerjoin(host, host.c.id == agency.c.host_id)
    wanted = wanted.where(agency.c.id.in_(agencies), prosecutes(agency.c, host.c))
    found = {row.id: str(row.name) for row in await work.db.execute(wanted)}
    if found and not read:
        names = ", ".join(sorted(found.values()))
        said = f"This goes to {names}. {MAY_BE_DISCLOSED} Say that you have read this."
        raise Invalid.field("disclosureRead", said, "DISCLOSURE_UNREAD")
    return set(found)
