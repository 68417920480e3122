"""A figure as somebody records it: what makes it wrong, what makes it odd, and its value."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Annotated

from auth.caller import Caller
from portal.acting.checks import length_fault
from portal.acting.figures import figure_fault, fits_figure
from portal.acting.work import Warned
from portal.errors import Finding
from portal.measures.defining import said
from portal.measures.tables import Breakdown, Measure, MeasureDefinition, Observation

SHARE = 100
"""Per hundred: the numerator is a part of the denominator."""
SMALL = 5
"""Below this, a count of a part of the people could let somebody recognise one of them."""


@dataclass(frozen=True)
class ObservedFigure:
    """A figure for a period: a value, or a numerator and its denominator."""

    period_from: Annotated[date, "The first day it covers."]
    period_to: Annotated[date, "The last day it covers; the same day for a count on a day."]
    value: Annotated[Decimal | None, "The value; computed when both parts are given."] = None
    numerator: Annotated[Decimal | None, "What the definition's numerator counts."] = None
    denominator: Annotated[Decimal | None, "Out of how many."] = None
    area: Annotated[str | None, "For one area only: its ONS code."] = None
    group: Annotated[str | None, "For one group only, such as `aged 16 to 24`."] = None
    provisional: Annotated[bool | None, "Whether it may still change; false when absent."] = None
    note: Annotated[str | None, "What a reader should know; why, when it is a correction."] = None
    source: Annotated[str | None, "Where it comes from, when not from the recording agency."] = None

    def tidy(self) -> "ObservedFigure":
        """The same without stray spaces; an empty text is none."""
        return replace(
            self,
            area=said(self.area),
            group=said(self.group),
            note=said(self.note),
            source=said(self.source),
        )


def check_figure(
    figure: ObservedFigure, definition: MeasureDefinition, today: date
) -> list[Finding]:
    """Every fault of a figure, as paths below `figure`."""
    faults = [
        *(
            figure_fault(name, getattr(figure, name))
            for name in ("value", "numerator", "denominator")
        ),
        length_fault("group", figure.group, 80),
        length_fault("note", figure.note, 1000),
        length_fault("source", figure.source, 200),
        _period_fault(figure, today),
        _breakdown_fault(figure),
    ]
    found = [fault for fault in faults if fault is not None]
    if not any(fault.code == "BAD_NUMBER" for fault in found):
        counted = _counted_fault(figure, definition)
        found += [counted] if counted else []
    return [replace(fault, path=("figure", *fault.path)) for fault in found]


def _period_fault(figure: ObservedFigure, today: date) -> Finding | None:
    if figure.period_to < figure.period_from:
        return Finding(("periodTo",), "The period ends before it begins. Swap or mend the days.")
    if figure.period_from > today:
        return Finding(
            ("periodFrom",), "This period has not begun. Record it when it has.", "FUTURE"
        )
    if figure.period_to > today and not figure.provisional:
        message = "This period is not over. Mark the figure as provisional, or end it by today."
        return Finding(("periodTo",), message, "NOT_OVER")
    return None


def _breakdown_fault(figure: ObservedFigure) -> Finding | None:
    if figure.area and figure.group:
        message = (
            "Break a figure down by area or by group, not by both: so small a part shows people."
        )
        return Finding(("group",), message)
    return None


def _counted_fault(figure: ObservedFigure, definition: MeasureDefinition) -> Finding | None:
    if any(part is not None and part < 0 for part in (figure.numerator, figure.denominator)):
        return Finding(("numerator",), "A numerator and a denominator cannot be below 0.")
    if figure.value is None and figure.numerator is None:
        return Finding(("value",), "Give a value, or a numerator with its denominator.", "EMPTY")
    if definition.per is None:
        return _count_fault(figure, definition)
    return _fraction_fault(figure, definition, definition.per)


def _count_fault(figure: ObservedFigure, definition: MeasureDefinition) -> Finding | None:
    if figure.denominator is not None:
        message = f"This measure counts {definition.unit}; it has no denominator. Leave it out."
        return Finding(("denominator",), message, "NO_DENOMINATOR")
    if None not in (figure.value, figure.numerator) and figure.value != figure.numerator:
        return Finding(("value",), "Value and numerator differ. Give one of them.", "DIFFERENT")
    return None


def _fraction_fault(
    figure: ObservedFigure, definition: MeasureDefinition, per: int
) -> Finding | None:
    over, under = figure.numerator, figure.denominator
    if over is None and under is None:
        return None
    if over is None or under is None:
        return _missing_fault(definition, "denominator" if under is None else "numerator")
    if per == SHARE and over > under:
        message = (
            f"More {definition.numerator_label} than {definition.denominator_label}: a share is at"
            " most the whole. Check both numbers."
        )
        return Finding(("numerator",), message, "ABOVE_WHOLE")
    if under == 0:
        return _nothing_fault(over, figure.value)
    return _computed_fault(ratio(over, under, per), figure.value)


def _missing_fault(definition: MeasureDefinition, part: str) -> Finding:
    wanted = getattr(definition, f"{part}_label")
    message = f"Give the number of {wanted} too, or the value alone."
    return Finding((part,), message, "PARTS")


def _nothing_fault(over: Decimal, value: Decimal | None) -> Finding | None:
    if over != 0:
        return Finding(("denominator",), "Some out of none cannot be. Check both numbers.")
    if value is not None:
        return Finding(("value",), "0 out of 0 has no value. Leave it out.", "DIFFERENT")
    return None


def _computed_fault(computed: Decimal, given: Decimal | None) -> Finding | None:
    if not fits_figure(computed):
        return Finding(("denominator",), "The result is too large. Check both numbers.")
    if given is not None and not _rounds_to(computed, given):
        message = f"The two parts make {computed:f}. Leave the value out, or mend the parts."
        return Finding(("value",), message, "DIFFERENT")
    return None


def ratio(over: Decimal, under: Decimal, per: int) -> Decimal:
    """The numerator for each `per` of the denominator, to four places, half up."""
    with localcontext(prec=60):
        return (over * per / under).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _rounds_to(computed: Decimal, given: Decimal) -> bool:
    """Whether a published figure is the computed one, rounded as somebody published it."""
    exponent = given.as_tuple().exponent
    places = exponent if isinstance(exponent, int) else 0
    return abs(computed - given) <= Decimal(5).scaleb(places - 1)


def value_of(figure: ObservedFigure, definition: MeasureDefinition) -> Decimal | None:
    """The value of a figure without faults; None for 0 of 0, which has none."""
    if definition.per is None:
        return figure.numerator if figure.value is None else figure.value
    if figure.numerator is None or figure.denominator is None:
        return figure.value
    if figure.denominator == 0:
        return None
    return ratio(figure.numerator, figure.denominator, definition.per)


def oddities(
    figure: ObservedFigure, measure: Measure, definition: MeasureDefinition, today: date
) -> list[Warned]:
    """What is accepted and deserves a second look."""
    found = []
    if measure.baseline_on is not None and figure.period_to < measure.baseline_on:
        message = f"This period ends before the baseline of {measure.baseline_on:%d.%m.%Y}."
        found.append(Warned(("figure", "periodTo"), message, "BEFORE_BASELINE"))
    if figure.period_to > today:
        message = "The period is not over: correct the figure when it is."
        found.append(Warned(("figure", "periodTo"), message, "NOT_OVER"))
    if figure.denominator == 0:
        message = "0 out of 0 is kept and has no value."
        found.append(Warned(("figure", "denominator"), message, "NOTHING_COUNTED"))
    if is_small(figure, definition):
        message = (
            f"Fewer than {SMALL} in one part could let somebody recognise a person:"
            " give wider areas or groups if others may read this."
        )
        found.append(Warned(("figure", _counted_in(figure)), message, "SMALL_NUMBER"))
    return found


def _counted_in(figure: ObservedFigure) -> str:
    return "value" if figure.numerator is None else "numerator"


def is_small(figure: ObservedFigure, definition: MeasureDefinition) -> bool:
    """Whether a part of the whole counts so few that they might be recognised."""
    count = figure.numerator
    if count is None and definition.per is None:
        count = figure.value
    broken_down = figure.area is not None or figure.group is not None
    return broken_down and count is not None and 0 < count < SMALL


def new_observation(
    figure: ObservedFigure,
    measure: Measure,
    definition: MeasureDefinition,
    by: Caller,
    at: datetime,
) -> Observation:
    """The row of a figure without faults."""
    breakdown = Breakdown.AREA if figure.area else Breakdown.GROUP if figure.group else None
    return Observation(
        initiative_id=measure.initiative_id,
        measure_id=measure.id,
        period_from=figure.period_from,
        period_to=figure.period_to,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=value_of(figure, definition),
        breakdown=breakdown or Breakdown.WHOLE,
        area_code=figure.area,
        group_label=figure.group,
        provisional=bool(figure.provisional),
        note=figure.note,
        source=figure.source,
        recorded_by_agency_id=by.agency_id,
        recorded_by_id=by.principal_id,
        recorded_at=at,
    )
