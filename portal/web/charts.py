"""A measure's figures as a line on a chart: where everything stands, for a template to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any

from portal.web.words import day, number, short_day

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 620, 40, 270
LABEL_GAP = 24
"""Between two labels, so that one can be read beside the other."""


@dataclass(frozen=True)
class Point:
    """A figure."""

    x: float
    y: float
    says: str
    provisional: bool


@dataclass(frozen=True)
class Rule:
    """A level line with its label."""

    name: str
    y: float
    says: str
    label_y: float


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    says: str


@dataclass(frozen=True)
class Chart:
    """Everything that is drawn."""

    title: str
    sentence: str
    points: Sequence[Point]
    rules: Sequence[Rule]
    levels: Sequence[Tick]
    days: Sequence[Tick]
    latest: Point
    latest_says: str
    joined: bool
    """Whether a line through the points says anything: not between a month and a year."""

    @property
    def latest_y(self) -> float:
        """Above the last point, or below it where a rule or its label is in the way."""
        near = [
            rule
            for rule in self.rules
            if -LABEL_GAP < self.latest.y - 12 - rule.label_y < LABEL_GAP
        ]
        return self.latest.y + 28 if near and self.latest.y + 28 < BOTTOM else self.latest.y - 12

    @property
    def line(self) -> str:
        """The points, as a polyline takes them."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def chart_of(measure: Mapping[str, Any]) -> Chart | None:
    """The chart of a measure; None before its first figure."""
    shown = [o for o in reversed(measure["observations"]["nodes"]) if o["value"] is not None]
    if not shown:
        return None
    levels = _levels(measure, shown)
    axis = _Axis(levels, [date.fromisoformat(o["periodTo"]) for o in shown])
    points = [_point(axis, o) for o in shown]
    definition = measure["definition"]
    return Chart(
        title=definition["name"],
        sentence=sentence(measure),
        points=points,
        rules=_rules(axis, measure),
        levels=[Tick(axis.y(level), number(str(level))) for level in levels],
        days=axis.days(),
        latest=points[-1],
        latest_says=number(shown[-1]["value"]),
        joined=_alike([_days(o) for o in shown]),
    )


def _days(figure: Mapping[str, Any]) -> int:
    """How long its period is."""
    first, last = (date.fromisoformat(figure[end]) for end in ("periodFrom", "periodTo"))
    return (last - first).days + 1


def _alike(lengths: Sequence[int]) -> bool:
    """Months are, and quarters; the period that is still running may be shorter."""
    return max(lengths) <= 1.5 * min(lengths[:-1] or lengths) and lengths[-1] <= 1.5 * lengths[0]


def sentence(measure: Mapping[str, Any]) -> str:
    """The latest figure against the target, in words."""
    latest, unit = measure["latest"], measure["definition"]["unit"]
    if latest is None or latest["value"] is None:
        said = "There is no figure yet"
    else:
        kind = " (provisional)" if latest["provisional"] else ""
        said = f"{number(latest['value'])} {unit} in the period to {day(latest['periodTo'])}{kind}"
    if measure["targetValue"] is not None:
        said += f"; the target is {number(measure['targetValue'])}"
        said += f" by {day(measure['targetOn'])}" if measure["targetOn"] else ""
        said += _reached(measure["againstTarget"])
    if measure["baselineValue"] is not None:
        said += f"; it started at {number(measure['baselineValue'])}"
        said += f" on {day(measure['baselineOn'])}" if measure["baselineOn"] else ""
    return said + "."


def _reached(against: Mapping[str, Any] | None) -> str:
    if against is None or against["met"] is None:
        return ""
    return ", which is reached" if against["met"] else ", which is not reached yet"


class _Axis:
    """From figures and days to places on the drawing."""

    def __init__(self, levels: Sequence[Decimal], days: Sequence[date]) -> None:
        self._low, self._high = levels[0], levels[-1]
        self._from, self._to = days[0], days[-1]
        self._days = days

    def y(self, value: Decimal) -> float:
        share = float((value - self._low) / (self._high - self._low))
        return BOTTOM - share * (BOTTOM - TOP)

    def x(self, at: date) -> float:
        span = (self._to - self._from).days
        share = (at - self._from).days / span if span else 0.5
        return LEFT + 20 + share * (RIGHT - LEFT - 90)

    def days(self) -> list[Tick]:
        """The first, the last, and one between where there is room."""
        middle = self._days[len(self._days) // 2]
        named = sorted(
            {self._from, middle, self._to} if len(self._days) > 4 else {self._from, self._to}
        )
        return [Tick(self.x(at), short_day(at.isoformat())) for at in named]


def _levels(measure: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]) -> list[Decimal]:
    """Round numbers that hold everything between them, nought among them."""
    values = [Decimal(o["value"]) for o in shown]
    values += [Decimal(measure[k]) for k in ("baselineValue", "targetValue") if measure[k]]
    low, high = min(*values, Decimal(0)), max(*values, Decimal(0))
    step = _step((high - low) or Decimal(1))
    first, last = floor(low / step), ceil(high / step) or 1
    return [step * n for n in range(first, last + 1)]


def _step(span: Decimal) -> Decimal:
    """Four steps or so, each 1, 2 or 5 times a power of ten."""
    rough = span / 4
    power = Decimal(10) ** floor(log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def _point(axis: _Axis, figure: Mapping[str, Any]) -> Point:
    kind = ", provisional" if figure["provisional"] else ""
    says = f"{number(figure['value'])} to {day(figure['periodTo'])}{kind}"
    at = date.fromisoformat(figure["periodTo"])
    return Point(axis.x(at), axis.y(Decimal(figure["value"])), says, figure["provisional"])


def _rules(axis: _Axis, measure: Mapping[str, Any]) -> list[Rule]:
    """Baseline and target, their labels apart from each other."""
    found = [
        (name, axis.y(Decimal(measure[key])), f"{name.capitalize()} {number(measure[key])}")
        for name, key in (("baseline", "baselineValue"), ("target", "targetValue"))
        if measure[key] is not None
    ]
    found.sort(key=lambda rule: rule[1])
    rules: list[Rule] = []
    for name, y, says in found:
        label = y - 6
        if rules and label - rules[-1].label_y < LABEL_GAP:
            label = y + 18
        rules.append(Rule(name, y, says, label))
    return rules
