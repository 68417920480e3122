"""Who needs what another agency may hold can only ask. The agency that is asked answers by
disclosing a case, or not at all; the request itself finds nothing out.
"""

import re
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.tables import Agency
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals.emergencies import access
from portal.referrals.emergencies.tables import (
    REFERENCE,
    DisclosureReason,
    DisclosureRequest,
    RequestSetAside,
    SetAsideReason,
)
from portal.referrals.emergencies.verbs import RequestId
from portal.referrals.verbs import TeamId, team_of


async def ask_for_disclosure(
    work: Work,
    agency: Annotated[Annotated[UUID, Ref("Agency")], "The agency that may hold it."],
    team: Annotated[TeamId, "Your agency's team that needs it; it alone would have it."],
    reason: Annotated[DisclosureReason, "Why it cannot wait."],
    reference: Annotated[
        str | None, "The portal's reference, such as RF-7K2P9W, if you were told one; no name."
    ] = None,
) -> DisclosureRequest:
    """Ask another agency to disclose a case in an emergency. It is told at once; whether it holds
    anything you learn only if it discloses it.
    """
    access.may_ask(work.caller)
    own = await team_of(work, team, "team")
    if own.agency_id != work.caller.agency_id:
        raise Invalid.field("team", "Choose a team of your own agency.")
    asked = await work.seen(Agency, agency, "agency")
    if asked.id == work.caller.agency_id:
        raise Invalid.field("agency", "This is your own agency: ask your colleagues.", "OWN_AGENCY")
    if asked.ended_on is not None and asked.ended_on <= work.today:
        raise Invalid.field("agency", "This agency has ended. Ask the one that succeeded it.")
    wanted = reference.strip().upper() if reference is not None else None
    if wanted is not None and not re.fullmatch(REFERENCE, wanted):
        said = "Give a reference of the portal, such as RF-7K2P9W, or leave it out. No names."
        raise Invalid.field("reference", said, "NOT_A_CODE")
    request = DisclosureRequest(
        of_agency_id=asked.id,
        by_agency_id=own.agency_id,
        by_team_id=own.id,
        reason=reason,
        reference=wanted,
        asked_by_id=work.caller.principal_id,
        asked_at=work.now,
    )
    work.db.add(request)
    return request


async def set_request_aside(
    work: Work,
    request: RequestId,
    reason: Annotated[SetAsideReason, "Why; only your own agency sees it."],
) -> DisclosureRequest:
    """Disclose nothing to who asked. They do not hear of it, and cannot tell it from waiting."""
    row = await work.seen(DisclosureRequest, request, "request")
    access.may_set_aside(work.caller, row)
    known = select(RequestSetAside.id).where(col(RequestSetAside.request_id) == row.id)
    if (await work.db.execute(known)).first() is not None:
        raise Invalid.field("request", "It was set aside already.", "WRONG_STATE")
    work.db.add(
        RequestSetAside(
            request_id=row.id,
            of_agency_id=row.of_agency_id,
            reason=reason,
            by_id=work.caller.principal_id,
            at=work.now,
        )
    )
    return row
