"""The sheets Measures and Observations: where a figure should get to, and what it was."""

from decimal import Decimal
from uuid import uuid4

from portal.acting.work import Warned
from portal.initiatives.access import may_lead
from portal.measures import access
from portal.measures.figures import ObservedFigure, check_figure, new_observation, oddities
from portal.measures.tables import Measure, MeasureDefinition, Observation
from portal.measures.verbs import Point, aim, check_points
from portal.sheets.cells import as_cell
from portal.sheets.plan import GONE, Line, Outcome
from portal.sheets.world import Entry

POINTS = {
    "baseline": "baseline_value", "baseline_on": "baseline_on", "target": "target_value",
    "target_on": "target_on",
}  # fmt: skip
FIGURE = {
    "period_from": "period_from", "period_to": "period_to", "value": "value",
    "numerator": "numerator", "denominator": "denominator", "group": "group_label",
    "provisional": "provisional", "note": "note", "source": "source",
}  # fmt: skip
STORED = ("numerator", "denominator", "value", "provisional")
SAID = ("note", "source")


def check_measure(line: Line) -> Outcome:
    """Measure an initiative by a definition, or aim elsewhere."""
    entry = line.entry()
    definition = _definition(line)
    known = _in_use(line, entry, definition)
    if known is None:
        return _choose(line, entry, definition)
    line.once(entry, known.id)
    _, version = line.record([known])
    given = line.differing(known, **POINTS)
    if not given:
        return Outcome.UNCHANGED
    may_lead(line.plan.caller, entry.row)
    line.fresh(version, known)
    for attribute, value in given.items():
        setattr(known, attribute, value)
    _aim(line, known)
    line.plan.changed[Measure].append(known)
    return Outcome.CHANGED


def _choose(line: Line, entry: Entry, definition: MeasureDefinition) -> Outcome:
    may_lead(line.plan.caller, entry.row)
    if definition.retired_on is not None:
        line.fault("measure", "This definition is retired.", "Choose another.")
    measure = Measure(
        id=uuid4(), initiative_id=entry.row.id, definition_id=definition.id,
        created_at=line.plan.now, updated_at=line.plan.now,
    )  # fmt: skip
    for name, attribute in POINTS.items():
        setattr(measure, attribute, line.get(name))
    _aim(line, measure)
    line.plan.add(entry, measure)
    line.once(entry, measure.id)
    return Outcome.CREATED


def _definition(line: Line) -> MeasureDefinition:
    line.needed("measure")
    found = line.find("measure", line.plan.world.definitions)
    if found is None:
        raise line.stop("measure", "This names no measure.", "Write the key of a definition.")
    return line.plan.world.definition[found]


def _in_use(line: Line, entry: Entry, definition: MeasureDefinition) -> Measure | None:
    """The initiative's measure by it; a bare key means whichever edition is in use."""
    used = [measure for measure in entry.of(Measure) if measure.retired_on is None]
    for measure in used:
        if measure.definition_id == definition.id:
            return measure
    if "@" in line.get("measure"):
        return None
    by = line.plan.world.definition
    return next((m for m in used if by[m.definition_id].key == definition.key), None)


def _aim(line: Line, measure: Measure) -> None:
    points = []
    for name in ("baseline", "target"):
        value, on = getattr(measure, f"{name}_value"), getattr(measure, f"{name}_on")
        if (value is None) != (on is None):
            missing = name if value is None else f"{name}_on"
            line.fault(missing, "A value and its day belong together.", "Fill in both, or neither.")
        points.append(None if value is None or on is None else Point(value, on))
    line.findings(check_points(*points))
    aim(measure, *points)


def check_observation(line: Line) -> Outcome:
    """Record a figure, or correct one."""
    entry = line.entry()
    measure = _in_use(line, entry, _definition(line))
    if measure is None:
        raise line.stop(
            "measure",
            "The initiative is not measured by this.",
            "Add it to the sheet Measures, or correct the key.",
        )
    recorder = line.find("recorded_by", line.plan.world.agencies)
    standing = [o for o in entry.of(Observation) if o.measure_id == measure.id]
    known, version = line.record(standing, gone=True)
    wanted, definition = _figure(line, known), line.plan.world.definition[measure.definition_id]
    line.findings(check_figure(wanted, definition, line.plan.today))
    if line.faults or line.row.bad:
        return Outcome.LEFT
    caller = line.plan.caller
    new = new_observation(wanted, measure, definition, caller, line.plan.now)
    if recorder is None:
        recorder = (known or _ours(line, standing, new) or new).recorded_by_agency_id
    new.recorded_by_agency_id = recorder
    line.once(entry, _period(new))
    if any(_equal(line, other, new) for other in standing):
        return Outcome.UNCHANGED
    if known is None and version is not None:
        raise line.stop("record", *GONE)
    known = known or next((o for o in standing if _period(o) == _period(new)), None)
    if line.plan.options.mine and new.recorded_by_agency_id != caller.agency_id:
        return Outcome.LEFT
    odd = oddities(wanted, measure, definition, line.plan.today)
    return _record(line, entry, new, known, version, odd)


def _ours(line: Line, standing: list[Observation], new: Observation) -> Observation | None:
    """What stands for the period: our own figure, else that of an agency we took over from."""
    own = line.plan.own
    ours = [
        each for each in standing
        if each.recorded_by_agency_id in own and _period(each)[2:] == _period(new)[2:]
    ]  # fmt: skip
    return min(
        ours, key=lambda o: o.recorded_by_agency_id != new.recorded_by_agency_id, default=None
    )


def _figure(line: Line, known: Observation | None) -> ObservedFigure:
    """The figure as the file has it; what it has no column for stays as it is."""
    line.needed("period_from")
    line.needed("period_to")
    area = line.find("area", line.plan.world.areas)
    given = {n: line.get(n) for n in FIGURE if line.has(n) or known is None}
    kept = {n: getattr(known, a) for n, a in FIGURE.items() if n not in given}
    if not line.has("area") and known is not None:
        area = known.area_code
    return ObservedFigure(**{**kept, **given}, area=area).tidy()


def _period(row: Observation) -> tuple[object, ...]:
    return (
        row.measure_id, row.recorded_by_agency_id, row.period_from, row.period_to, row.area_code,
        row.group_label,
    )  # fmt: skip


def _equal(line: Line, known: Observation, new: Observation) -> bool:
    def said(row: Observation) -> list[str | None]:
        return [as_cell(line.sheet.at(name), getattr(row, name)) for name in SAID if line.has(name)]

    def counted(row: Observation) -> list[Decimal | bool | None]:
        return [getattr(row, name) for name in STORED]

    same = _period(known) == _period(new)
    if (
        known.supersedes_id is not None
        and known.recorded_by_agency_id == line.entry().row.lead_agency_id
    ):
        # The lead has corrected a partner's figure: it stands as the lead's.
        same = _period(known)[2:] == _period(new)[2:]
    return same and counted(known) == counted(new) and said(known) == said(new)


def _record(  # noqa: PLR0913, PLR0917 - a figure, what it corrects and what is odd about it
    line: Line,
    entry: Entry,
    new: Observation,
    known: Observation | None,
    version: int | None,
    odd: list[Warned],
) -> Outcome:
    caller, own = line.plan.caller, line.plan.caller.agency_id
    access.may_record(caller, entry.taking_part)
    if known is None and new.recorded_by_agency_id != own:
        raise line.stop(
            "recorded_by",
            "A figure can be recorded for your own agency only.",
            "Empty the cell, or leave the row to that agency.",
            "measure.own_agency_records",
        )
    new.id = uuid4()
    new.recorded_by_agency_id, new.updated_at = own, line.plan.now
    if known is not None:
        access.may_correct(caller, entry.row, known, line.plan.own)
        line.fresh(version, known)
        new.supersedes_id = known.id
        entry.of(Observation).remove(known)
    line.warn(odd)
    line.plan.add(entry, new)
    return Outcome.CREATED if known is None else Outcome.CHANGED
