"""What people do with an initiative: log it, change it, share it, hand it over, delete a draft."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from auth.tables import Area, Team
from portal.acting.act import Deleted
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work, reference
from portal.errors import Finding, Invalid, NotVisible
from portal.initiatives import access
from portal.initiatives.checks import (
    AREA_CODE,
    Particulars,
    check_areas,
    describe,
    new_initiative,
    show_to,
)
from portal.initiatives.holding import to_lead
from portal.initiatives.tables import Initiative, InitiativeArea, Timing, Visibility

InitiativeId = Annotated[UUID, Ref("Initiative")]
Title = Annotated[str, "What it is called, at most 120 characters."]
Summary = Annotated[str, "What is done, for whom, and why; plain text, at most 4,000 characters."]
LeadTeam = Annotated[UUID, Ref("Team"), "The team of the lead agency that looks after it."]
Audience = Annotated[str, "Whom it is for, at most 200 characters."]
Place = Annotated[str, "Where it happens, if more precise than its areas; at most 200 characters."]
Areas = Annotated[list[str], "The ONS codes of the areas it covers; see the query `areas`."]
When = Annotated[Timing, "What is known of its dates."]
StartsOn = Annotated[date, "Its first day; needed from APPROVED on when DATED."]
EndsOn = Annotated[date, "Its last day; needed from APPROVED on when DATED."]
ReviewOn = Annotated[date, "When it is next reviewed; needed when OPEN_ENDED."]
TimingSource = Annotated[str, "Where it is known from; needed when the dates are UNKNOWN."]
EqualityImpact = Annotated[str, "How it affects people with protected characteristics."]
EqualityReviewedOn = Annotated[date, "When that was last looked at."]
SeenBy = Annotated[Visibility, "Who may see it from now on."]
DRAWS = 20


async def log_initiative(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    title: Title,
    summary: Summary = "",
    lead_team: LeadTeam | None = None,
    audience: Audience | None = None,
    place: Place | None = None,
    areas: Areas | None = None,
    timing: When = Timing.DATED,
    starts_on: StartsOn | None = None,
    ends_on: EndsOn | None = None,
    review_on: ReviewOn | None = None,
    timing_source: TimingSource | None = None,
    equality_impact: EqualityImpact | None = None,
    equality_reviewed_on: EqualityReviewedOn | None = None,
    visibility: SeenBy = Visibility.DRAFT,
) -> Initiative:
    """Log a new initiative of your own agency; a draft unless you say who may see it."""
    access.may_start(work.caller)
    given = Particulars(
        title=title, summary=summary, lead_team_id=lead_team, audience=audience, place=place,
        timing=timing, starts_on=starts_on, ends_on=ends_on, review_on=review_on,
        timing_source=timing_source, equality_impact=equality_impact,
        equality_reviewed_on=equality_reviewed_on, visibility=visibility,
    )  # fmt: skip
    initiative, findings = new_initiative(work.caller.agency_id, given, work.now)
    findings += await _check_team(work, initiative)
    findings += check_areas(areas or [], await areas_today(work, areas or []))
    if findings:
        raise Invalid(*findings)
    await save_new(work, [initiative])
    _add_areas(work, initiative, areas or [])
    return initiative


async def change_initiative(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: InitiativeId,
    expected_version: int,
    title: Title | Keep = KEEP,
    summary: Summary | Keep | None = KEEP,
    lead_team: LeadTeam | Keep | None = KEEP,
    audience: Audience | Keep | None = KEEP,
    place: Place | Keep | None = KEEP,
    areas: Areas | Keep | None = KEEP,
    timing: When | Keep | None = KEEP,
    starts_on: StartsOn | Keep | None = KEEP,
    ends_on: EndsOn | Keep | None = KEEP,
    review_on: ReviewOn | Keep | None = KEEP,
    timing_source: TimingSource | Keep | None = KEEP,
    equality_impact: EqualityImpact | Keep | None = KEEP,
    equality_reviewed_on: EqualityReviewedOn | Keep | None = KEEP,
    visibility: SeenBy | Keep = KEEP,
) -> Initiative:
    """Change what is said of an initiative; what you leave out stays, null clears."""
    initiative = await to_lead(work, id, expected_version)
    given: dict[str, object] = {
        "title": title, "summary": summary, "lead_team_id": lead_team, "audience": audience,
        "place": place, "timing": timing, "starts_on": starts_on, "ends_on": ends_on,
        "review_on": review_on, "timing_source": timing_source, "equality_impact": equality_impact,
        "equality_reviewed_on": equality_reviewed_on, "visibility": visibility,
    }  # fmt: skip
    changes = Particulars(**{k: v for k, v in given.items() if v is not KEEP})  # type: ignore[typeddict-item]
    with work.db.no_autoflush:
        findings = describe(initiative, changes, work.now)
        findings += await _check_team(work, initiative)
        if not isinstance(areas, Keep):
            findings += await _cover(work, initiative, areas or [])
    if findings:
        raise Invalid(*findings)
    return initiative


async def share_initiative(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    visibility: SeenBy,
) -> Initiative:
    """Widen or narrow who may see an initiative."""
    initiative = await to_lead(work, id, expected_version)
    findings = show_to(initiative, visibility, work.now)
    if findings:
        raise Invalid(*findings)
    return initiative


async def delete_initiative(
    work: Work,
    id: InitiativeId,
    expected_version: int,
) -> Deleted:
    """Delete a draft that nobody else has seen; anything else is cancelled instead."""
    initiative = await to_lead(work, id, expected_version)
    if initiative.visibility is not Visibility.DRAFT or initiative.sent_at is not None:
        raise Invalid.field(
            "id", "Others have seen it: cancel it instead, with moveInitiative.", "SENT"
        )
    await work.db.delete(initiative)
    return Deleted("Initiative", initiative.id)


async def save_new(
    work: Work, new: Sequence[Initiative], draw: Callable[[], str] = lambda: reference("VG")
) -> None:
    """Save new initiatives, some hundreds at most; where a reference is taken, all draw again.

    Only the unique constraint knows the references of rows that this caller does not see.
    """
    for left in reversed(range(DRAWS)):
        try:
            async with work.db.begin_nested():
                work.db.add_all(new)
        except IntegrityError as error:
            if "initiative_reference_key" not in str(error.orig) or not left:
                raise
            for initiative in new:
                initiative.reference = draw()
        else:
            return


async def areas_today(work: Work, codes: Sequence[str]) -> set[str]:
    """Those of the codes that are areas' today."""
    known = select(col(Area.code)).where(
        col(Area.code).in_([code for code in codes if AREA_CODE.fullmatch(code)]),
        col(Area.valid_from) <= work.today,
        or_(col(Area.valid_to).is_(None), col(Area.valid_to) >= work.today),
    )
    return set((await work.db.execute(known)).scalars())


def _add_areas(work: Work, initiative: Initiative, codes: Collection[str]) -> None:
    new = (InitiativeArea(initiative_id=initiative.id, area_code=code) for code in {*codes})
    work.db.add_all(new)


async def _check_team(work: Work, initiative: Initiative) -> list[Finding]:
    """The lead team, if there is one, is a team of the lead that still exists."""
    if initiative.lead_team_id is None:
        return []
    wanted = select(Team).where(col(Team.id) == initiative.lead_team_id)
    team = (await work.db.execute(wanted)).scalar_one_or_none()
    if team is None:
        raise NotVisible(("leadTeam",))
    if team.agency_id != initiative.lead_agency_id:
        return [Finding(("leadTeam",), "This team is another agency's: choose one of the lead's.")]
    if team.ended_on is not None and team.ended_on <= work.today:
        return [Finding(("leadTeam",), "This team has ended: choose one that takes work.")]
    return []


async def _cover(work: Work, initiative: Initiative, codes: Sequence[str]) -> list[Finding]:
    """Cover these areas and no others; a code that has ended may stay where it stood."""
    held = select(InitiativeArea).where(col(InitiativeArea.initiative_id) == initiative.id)
    before = {row.area_code: row for row in (await work.db.execute(held)).scalars()}
    findings = check_areas(codes, before.keys() | await areas_today(work, codes))
    if findings or before.keys() == {*codes}:
        return findings
    for code, row in before.items():
        if code not in codes:
            await work.db.delete(row)
    _add_areas(work, initiative, {*codes} - before.keys())
    initiative.version += 1  # its own columns may stay as they are, and it has changed all the same
    return []
