"""What people do with an initiative's measures: choose one, aim, record figures, correct them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from auth.tables import Area
from portal.acting.checks import refuse
from portal.acting.figures import figure_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Conflict, Finding, Invalid
from portal.initiatives.holding import held, led, taking_part
from portal.initiatives.tables import Initiative
from portal.measures import access
from portal.measures.defining import DefinitionId, newer_edition
from portal.measures.figures import ObservedFigure, check_figure, new_observation, oddities
from portal.measures.tables import Measure, MeasureDefinition, Observation
from portal.proposals.holding import must_hold
from portal.reading.ids import to_global

MeasureId = Annotated[UUID, Ref("Measure")]


@dataclass(frozen=True)
class Point:
    """A value on a day."""

    value: Annotated[Decimal, "The value, in the definition's unit."]
    on: Annotated[date, "The day it is for."]


def check_points(baseline: Point | None, target: Point | None) -> list[Finding]:
    """Every fault of where a measure starts and where it should get to."""
    faults = [
        figure_fault("baseline.value", baseline.value if baseline else None),
        figure_fault("target.value", target.value if target else None),
    ]
    if baseline and target and target.on <= baseline.on:
        message = "Aim for a day after the baseline's."
        faults.append(Finding(("target", "on"), message))
    return [fault for fault in faults if fault is not None]


def aim(measure: Measure, baseline: Point | None, target: Point | None) -> None:
    """Put both points into the row."""
    measure.baseline_value = baseline.value if baseline else None
    measure.baseline_on = baseline.on if baseline else None
    measure.target_value = target.value if target else None
    measure.target_on = target.on if target else None


async def add_measure(
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    definition: Annotated[DefinitionId, "What is counted."],
    baseline: Annotated[Point | None, "Where it started."] = None,
    target: Annotated[Point | None, "Where it should get to, and by when."] = None,
) -> Measure:
    """Measure an initiative by a shared definition."""
    of = await led(work, initiative)
    by = await work.seen(MeasureDefinition, definition, "definition")
    must_hold(by, "definition", by.name, work.today)
    if by.retired_on is not None:
        raise Invalid.field("definition", "This definition is retired. Choose another.", "RETIRED")
    refuse(*check_points(baseline, target))
    if await _in_use(work, of.id, by.id):
        message = "This initiative is measured by it already. Record figures there."
        raise Invalid.field("definition", message, "IN_USE")
    newer = await newer_edition(work, by)
    if newer is not None:
        message = f"There is a newer edition: {to_global('MeasureDefinition', newer.id)}."
        work.warn("definition", message, "NOT_NEWEST")
    measure = Measure(initiative_id=of.id, definition_id=by.id)
    aim(measure, baseline, target)
    work.db.add(measure)
    return measure


async def _in_use(work: Work, initiative_id: UUID, definition_id: UUID) -> bool:
    used = select(Measure.id).where(
        col(Measure.initiative_id) == initiative_id,
        col(Measure.definition_id) == definition_id,
        col(Measure.retired_on).is_(None),
    )
    return await work.db.scalar(used) is not None


async def change_measure(
    work: Work,
    id: MeasureId,
    expected_version: int,
    baseline: Annotated[Point | Keep | None, "Where it started; null when not known."] = KEEP,
    target: Annotated[Point | Keep | None, "Where it should get to; null for none."] = KEEP,
) -> Measure:
    """Change a measure's baseline or target; the history keeps what stood there."""
    measure = await _to_edit(work, id, expected_version)
    start = _baseline(measure) if isinstance(baseline, Keep) else baseline
    end = _target(measure) if isinstance(target, Keep) else target
    refuse(*check_points(start, end))
    aim(measure, start, end)
    return measure


def _baseline(measure: Measure) -> Point | None:
    if measure.baseline_value is None or measure.baseline_on is None:
        return None
    return Point(measure.baseline_value, measure.baseline_on)


def _target(measure: Measure) -> Point | None:
    if measure.target_value is None or measure.target_on is None:
        return None
    return Point(measure.target_value, measure.target_on)


async def retire_measure(work: Work, id: MeasureId, expected_version: int) -> Measure:
    """Stop measuring an initiative by this; its figures stay, and no new ones are recorded."""
    measure = await _to_edit(work, id, expected_version)
    measure.retired_on = work.today
    return measure


async def _to_edit(work: Work, id: UUID, expected_version: int) -> Measure:
    measure = await held(work, Measure, id, expected_version)
    if measure.retired_on is not None:
        raise Invalid.field("id", "This measure is retired. Add it again to go on.", "RETIRED")
    return measure


async def record_observation(
    work: Work,
    measure: MeasureId,
    figure: Annotated[ObservedFigure, "The figure and its period."],
) -> Observation:
    """Record a figure for a period, for your own agency."""
    of = await work.seen(Measure, measure, "measure")
    initiative = await work.seen(Initiative, of.initiative_id, "measure")
    access.may_record(work.caller, await taking_part(work, initiative))
    if of.retired_on is not None:
        message = "This measure is retired: its figures can be corrected, not added to."
        raise Invalid.field("measure", message, "RETIRED")
    return await _keep(work, of, figure.tidy())


async def correct_observation(
    work: Work,
    id: Annotated[UUID, Ref("Observation")],
    expected_version: int,
    figure: Annotated[ObservedFigure, "All of the figure as it should have been."],
) -> Observation:
    """Correct a figure: a new one supersedes it, and both can be read."""
    wrong = await work.seen(Observation, id)
    of = await work.seen(Measure, wrong.measure_id)
    initiative = await work.seen(Initiative, wrong.initiative_id)
    access.may_record(work.caller, await taking_part(work, initiative))
    access.may_correct(work.caller, initiative, wrong, await work.own_agencies())
    if wrong.version != expected_version:
        raise Conflict(wrong.version)
    if wrong.superseded:
        newest = to_global("Observation", await _newest(work, wrong))
        message = f"This figure has been corrected already. Correct the one that stands: {newest}."
        raise Invalid.field("id", message, "SUPERSEDED")
    return await _keep(work, of, figure.tidy(), supersedes=wrong)


async def _keep(
    work: Work, measure: Measure, figure: ObservedFigure, supersedes: Observation | None = None
) -> Observation:
    """Check a figure and store it; of two corrections at once the second conflicts."""
    definition = await work.seen(MeasureDefinition, measure.definition_id)
    refuse(*check_figure(figure, definition, work.today))
    if figure.area is not None and await work.db.get(Area, figure.area) is None:
        message = "No area has this ONS code; `areas` lists those the portal knows."
        raise Invalid.field("figure.area", message, "UNKNOWN_AREA")
    work.warnings += oddities(figure, measure, definition, work.today)
    row = new_observation(figure, measure, definition, work.caller, work.now)
    row.supersedes_id = supersedes.id if supersedes else None
    try:
        async with work.db.begin_nested():
            work.db.add(row)
    except IntegrityError as problem:
        if supersedes is not None and await _overtaken(work, supersedes):
            raise Conflict(supersedes.version + 1) from None
        if "observation_once" in str(problem.orig):
            raise await _recorded_already(work, row) from None
        raise
    return row


async def _overtaken(work: Work, wrong: Observation) -> bool:
    """Whether somebody else's correction has been stored since this one began."""
    now = select(Observation.superseded).where(col(Observation.id) == wrong.id)
    return await work.db.scalar(now) is True


async def _recorded_already(work: Work, row: Observation) -> Invalid:
    standing = await work.db.scalar(
        select(Observation.id).where(
            col(Observation.measure_id) == row.measure_id,
            col(Observation.recorded_by_agency_id) == row.recorded_by_agency_id,
            col(Observation.period_from) == row.period_from,
            col(Observation.period_to) == row.period_to,
            col(Observation.area_code).is_not_distinct_from(row.area_code),
            col(Observation.group_label).is_not_distinct_from(row.group_label),
            col(Observation.superseded).is_(False),
        )
    )
    which = f": {to_global('Observation', standing)}" if standing else ""
    message = f"Your agency has recorded a figure for this period already. Correct it{which}."
    return Invalid.field("figure.periodFrom", message, "RECORDED_ALREADY")


async def _newest(work: Work, observation: Observation) -> UUID:
    """The end of a chain of corrections."""
    chain = (
        select(Observation.id, Observation.superseded)
        .where(col(Observation.id) == observation.id)
        .cte("chain", recursive=True)
    )
    step = select(Observation.id, Observation.superseded).join(
        chain, col(Observation.supersedes_id) == chain.c.id
    )
    whole = chain.union_all(step)
    found: UUID | None = await work.db.scalar(select(whole.c.id).where(~whole.c.superseded))
    return found or observation.id
