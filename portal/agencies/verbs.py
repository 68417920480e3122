"""What happens to an agency as a whole: another one takes over."""

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select, text

from auth.tables import Agency, AgencyKind
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agencies import access
from portal.errors import Finding, Invalid


async def succeed_agency(
    work: Work,
    agency: Annotated[UUID, Ref("Agency"), "The agency that ends."],
    expected_version: Annotated[int, "The version of the agency that ends, as you read it."],
    by: Annotated[UUID, Ref("Agency"), "The agency that takes over."],
    from_day: Annotated[date, "Its first day in charge: today or earlier."],
) -> Agency:
    """Let one agency take over another's initiatives, teams, people and programs."""
    old = await work.seen(Agency, agency, "agency")
    successor = await work.seen(Agency, by, "by")
    access.may_manage_partnership(work.caller)
    await work.db.execute(select(func.hold_agency(old.id)))
    await work.db.refresh(old)
    work.unchanged(old, expected_version)
    findings = list(_findings(work, old, successor, from_day))
    if findings:
        raise Invalid(*findings)
    if successor.shows_names and not old.shows_names:
        says = f"{successor.name} shows its people's names to partners; {old.name} did not."
        work.warn("by", says, "NAMES_SHOWN")
    await work.db.execute(
        text("SELECT succeed_agency(:old, :successor, :day)"),
        {"old": old.id, "successor": successor.id, "day": from_day},
    )
    await work.db.refresh(old)
    return old


def _findings(work: Work, old: Agency, successor: Agency, from_day: date) -> list[Finding]:
    """Why this succession cannot be, in the words of whoever asked for it."""
    found = []
    if old.kind is AgencyKind.JOINT_BODY:
        message = "A joint body's people belong to it alone: end it, and let them join anew."
        found.append(Finding(("agency",), message))
    if old.id == successor.id:
        found.append(Finding(("by",), "Name another agency: one cannot succeed itself."))
    if old.ended_on is not None:
        found.append(Finding(("agency",), f"{old.name} has ended already, on {old.ended_on}."))
    if successor.ended_on is not None:
        found.append(Finding(("by",), f"{successor.name} has ended itself: name its successor."))
    if successor.id != old.id and old.id == work.caller.agency_id:
        message = "Somebody of another agency must do this: you would lose your own place half way."
        found.append(Finding(("agency",), message))
    if from_day > work.today:
        found.append(Finding(("fromDay",), "Do this on the day itself, or give an earlier day."))
    return found
