"""What differs by area and date changes by two people: one proposes what holds from a day on,
another confirms it. Here: what a risk tool's scores mean, and which team takes what from where.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from auth.tables import Area
from portal.acting.checks import refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding
from portal.proposals.access import may_keep
from portal.proposals.verbs import Reason, confirm, day_fault, decline, must_begin_alone
from portal.referrals.codes import RiskTool
from portal.referrals.engine.files import shipped
from portal.referrals.follow.tables import PathwayTeam
from portal.referrals.scales.tables import RiskScale, RiskThreshold
from portal.referrals.verbs import TeamId, team_of

ScaleId = Annotated[UUID, Ref("RiskScale")]
PathwayTeamId = Annotated[UUID, Ref("PathwayTeam")]
FirstDay = Annotated[date | None, "The first day, today or to come; today if absent."]
MOST, HIGHEST = 10, 1000
_GRADE = re.compile(r"[a-z][a-z_]{1,19}")


@dataclass(frozen=True)
class GradeGiven:
    """From which score on a tool gives a grade."""

    grade: Annotated[str, "The grade, in small letters, such as `gold`."]
    at_least: Annotated[int, "The lowest score that gives it."]
    high_risk: Annotated[bool, "Whether it is visible high risk, and goes to a MARAC."] = False


async def propose_risk_scale(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    tool: Annotated[RiskTool, "The tool."],
    highest: Annotated[int, "The tool's highest score, at most 1000."],
    grades: Annotated[list[GradeGiven], "All its grades, 1 to 10; one from the score 0 on."],
    area: Annotated[
        str | None, "The ONS code of the area in which it holds; null wherever one has none."
    ] = None,
    valid_from: FirstDay = None,
) -> RiskScale:
    """Propose what a tool's scores mean in an area from a day on; a second person confirms it.
    Whoever was assessed before keeps the grade they were given.
    """
    may_keep(work.caller)
    day = valid_from or work.today
    refuse(
        day_fault(day, work.today), await _area_fault(work, area), *_grade_faults(grades, highest)
    )
    scale = RiskScale(
        tool=tool, area_code=area, highest=highest, valid_from=day,
        proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(scale)
    await work.db.flush()
    for each in grades:
        work.db.add(
            RiskThreshold(
                risk_scale_id=scale.id, highest=highest, grade=each.grade, at_least=each.at_least,
                high_risk=each.high_risk,
            )
        )  # fmt: skip
    return scale


async def _area_fault(work: Work, area: str | None) -> Finding | None:
    if area is None or await work.db.get(Area, area) is not None:
        return None
    return Finding(("area",), f"There is no area {area!r}. See `areas` for their codes.")


def _grade_faults(grades: list[GradeGiven], highest: int) -> Iterator[Finding]:
    """A score has one grade, whatever it is."""
    if not 1 <= highest <= HIGHEST:
        yield Finding(("highest",), f"Give a score from 1 to {HIGHEST}.", "OUT_OF_RANGE")
    if not 1 <= len(grades) <= MOST:
        yield Finding(("grades",), f"Name 1 to {MOST} grades.", "REQUIRED")
        return
    for at, each in enumerate(grades):
        if not _GRADE.fullmatch(each.grade):
            says = "Use 2 to 20 small letters and underscores."
            yield Finding(("grades", str(at), "grade"), says)
        if not 0 <= each.at_least <= highest:
            says = f"Give a score from 0 to {highest}."
            yield Finding(("grades", str(at), "atLeast"), says, "OUT_OF_RANGE")
    yield from _gaps(grades)


def _gaps(grades: list[GradeGiven]) -> Iterator[Finding]:
    names, scores = {each.grade for each in grades}, {each.at_least for each in grades}
    if min(len(names), len(scores)) < len(grades):
        yield Finding(("grades",), "Name each grade and each score once.", "TAKEN")
    if min(scores) > 0:
        yield Finding(("grades",), "Begin with a grade from the score 0 on: each score has one.")


async def confirm_risk_scale(work: Work, id: ScaleId, expected_version: int) -> RiskScale:
    """Confirm, as a second person, what a tool's scores mean from its first day on."""
    scale = await work.seen(RiskScale, id)
    may_keep(work.caller)
    await must_begin_alone(work, scale, tool=scale.tool, area_code=scale.area_code)
    return await confirm(work, scale, expected_version)


async def decline_risk_scale(
    work: Work, id: ScaleId, expected_version: int, reason: Reason
) -> RiskScale:
    """Decline what was proposed for a tool's scores, or take back your own proposal."""
    scale = await work.seen(RiskScale, id)
    may_keep(work.caller)
    return await decline(work, scale, expected_version, reason)


async def propose_pathway_team(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    pathway: Annotated[str, "The pathway, by its name; see `pathways`."],
    area: Annotated[str, "Where the victim lives: the ONS code of the area; see `areas`."],
    team: Annotated[TeamId, "The team that takes it."],
    automatic: Annotated[
        bool | None,
        "Whether referrals come to it by themselves where another pathway has that; null: as that"
        " pathway's file says for the area.",
    ] = None,
    valid_from: FirstDay = None,
) -> PathwayTeam:
    """Propose which team takes what goes along a pathway from an area, from a day on; a second
    person confirms it.
    """
    may_keep(work.caller)
    day, known = valid_from or work.today, shipped().newest(pathway)
    unknown = None
    if known is None:
        unknown = Finding(("pathway",), "There is no such pathway.", "UNKNOWN_PATHWAY")
    refuse(day_fault(day, work.today), await _area_fault(work, area), unknown)
    taker = await team_of(work, team, "team")
    row = PathwayTeam(
        pathway=pathway, area_code=area, team_id=taker.id, automatic=automatic, valid_from=day,
        proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(row)
    return row


async def confirm_pathway_team(work: Work, id: PathwayTeamId, expected_version: int) -> PathwayTeam:
    """Confirm, as a second person, which team takes what from where from a day on."""
    row = await work.seen(PathwayTeam, id)
    may_keep(work.caller)
    await team_of(work, row.team_id, "id")
    await must_begin_alone(work, row, pathway=row.pathway, area_code=row.area_code)
    return await confirm(work, row, expected_version)


async def decline_pathway_team(
    work: Work, id: PathwayTeamId, expected_version: int, reason: Reason
) -> PathwayTeam:
    """Decline what was proposed for a pathway's team, or take back your own proposal."""
    row = await work.seen(PathwayTeam, id)
    may_keep(work.caller)
    return await decline(work, row, expected_version, reason)
