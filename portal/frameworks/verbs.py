"""What people do besides mapping: keep themes and the local plan, assess their own agency."""

import re
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from auth.tables import Agency
from portal.acting.checks import refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.frameworks import access
from portal.frameworks.tables import (
    FrameworkEntry,
    FrameworkVersion,
    PlanAction,
    SelfAssessment,
    SelfAssessmentLevel,
    Theme,
)
from portal.initiatives.checks import tidy
from portal.initiatives.tables import Rating
from portal.proposals.holding import must_hold

ThemeId = Annotated[UUID, Ref("Theme")]
EntryId = Annotated[UUID, Ref("FrameworkEntry")]
PlanActionId = Annotated[UUID, Ref("PlanAction")]
AgencyId = Annotated[UUID, Ref("Agency")]
NAME_LIMIT, DESCRIPTION_LIMIT = 80, 400
REASON_LIMIT, UPDATE_LIMIT, ASSESSMENT_LIMIT = 1000, 2000, 4000
SAY_SOMETHING = "Enter at least a few words."


async def update_plan_action(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: PlanActionId,
    expected_version: int,
    rating: Annotated[Rating, "How it stands."],
    text: Annotated[str, "What has happened since the last update; plain text."],
    reason: Annotated[str | None, "Why it has this rating; red needs one."] = None,
) -> PlanAction:
    """Say how an action of the delivery plan stands; what was said before stays in its updates."""
    action = await work.seen(PlanAction, id)
    access.may_manage(work.caller)
    action = await work.hold(action, expected_version)
    said, faults = tidy("text", text, UPDATE_LIMIT, lines=True, needed=SAY_SOMETHING)
    needed = "Say why it is red, and what would help." if rating is Rating.RED else None
    why, more = tidy("reason", reason or "", REASON_LIMIT, lines=True, needed=needed)
    refuse(*faults, *more)
    action.rating, action.rating_reason = rating, why
    action.last_update, action.last_update_at = said, work.now
    action.version += 1
    return action


async def hand_over_plan_action(
    work: Work,
    id: PlanActionId,
    expected_version: int,
    agency: Annotated[AgencyId, "The partner that owns it from now on."],
) -> PlanAction:
    """Give an action of the delivery plan to the agency that is to own it."""
    action = await work.seen(PlanAction, id)
    access.may_manage(work.caller)
    action = await work.hold(action, expected_version)
    owner = await work.seen(Agency, agency, "agency")
    ended = owner.ended_on is not None and owner.ended_on <= work.today
    if ended or not owner.in_partnership:
        raise Invalid.field("agency", f"{owner.name} is no partner today. Choose one that is.")
    if action.owner_agency_id != owner.id:
        action.owner_agency_id = owner.id
        action.version += 1
    return action


async def assess_ourselves(
    work: Work,
    entry: Annotated[EntryId, "The P that is assessed."],
    level: Annotated[SelfAssessmentLevel, "How far your agency has come."],
    text: Annotated[str, "What the level rests on; plain text."],
    assessed_on: Annotated[date, "The day of the assessment."],
) -> SelfAssessment:
    """Say how far your own agency has come with one P; earlier assessments stay."""
    found = await work.seen(FrameworkEntry, entry, "entry")
    access.may_assess(work.caller)
    version = await work.seen(FrameworkVersion, found.framework_version_id)
    must_hold(version, "entry", version.label, work.today)
    said, faults = tidy("text", text, ASSESSMENT_LIMIT, lines=True, needed=SAY_SOMETHING)
    refuse(
        *faults,
        assessment_fault(version),
        day_fault(assessed_on, version.valid_from, work.today),
    )
    assessment = SelfAssessment(
        entry_id=found.id, agency_id=work.caller.agency_id, level=level, text=said or "",
        assessed_on=assessed_on, by_id=work.caller.principal_id, recorded_at=work.now,
    )  # fmt: skip
    work.db.add(assessment)
    return assessment


async def add_theme(
    work: Work,
    name: Annotated[str, "What it is called, at most 80 characters."],
    description: Annotated[str, "What belongs to it, at most 400 characters."] = "",
) -> Theme:
    """Add a theme that initiatives can be about from today on."""
    access.may_manage(work.caller)
    called, faults = tidy("name", name, NAME_LIMIT, needed="Enter a name.")
    says, more = tidy("description", description, DESCRIPTION_LIMIT)
    key = re.sub(r"[^a-z0-9]+", "_", (called or "").lower()).strip("_")
    if not faults and not key:
        faults = [Finding(("name",), "Use letters or digits in the name.")]
    refuse(*faults, *more)
    theme = Theme(key=key, name=called or "", description=says or "", valid_from=work.today)
    try:
        async with work.db.begin_nested():
            work.db.add(theme)
    except IntegrityError:
        told = "There is such a theme, perhaps a retired one. Choose another name."
        raise Invalid.field("name", told, "TAKEN") from None
    return theme


async def retire_theme(
    work: Work,
    id: ThemeId,
    expected_version: int,
) -> Theme:
    """Give a theme to no further initiative; those that have it keep it."""
    theme = await work.seen(Theme, id)
    access.may_manage(work.caller)
    theme = await work.hold(theme, expected_version)
    if theme.retired_on is not None:
        raise Invalid.field("id", f"It was retired on {theme.retired_on}.", "RETIRED")
    theme.retired_on = work.today
    return theme


def assessment_fault(version: FrameworkVersion) -> Finding | None:
    """Agencies assess themselves against the framework that asks for it."""
    if version.self_assessed:
        return None
    told = f"Nobody assesses themselves against {version.label!r}. Choose one of the 4 Ps."
    return Finding(("entry",), told)


def day_fault(assessed_on: date, begins: date, today: date) -> Finding | None:
    """An assessment has been made, and against something that existed."""
    if begins <= assessed_on <= today:
        return None
    told = f"Give a day from {begins}, when the framework began, to today."
    return Finding(("assessedOn",), told)
