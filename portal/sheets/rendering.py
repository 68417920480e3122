"""What the API answers becomes rows of the format."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.funding.years import year_label
from portal.sheets.cells import as_cell
from portal.sheets.columns import Column, Kind, Sheet
from portal.sheets.format import (
    ACTIONS,
    FUNDING,
    INITIATIVES,
    MEASURES,
    OBSERVATIONS,
    PARTNERS,
)
from portal.sheets.names import plain
from portal.sheets.plan import record
from portal.sheets.world import entry_name

Read = dict[str, Any]
Value = str | date | Decimal | None
Rendered = list[Value]


@dataclass(frozen=True)
class Known:
    """Names that lead back to one thing: those are written, codes and keys stand for the others."""

    areas: dict[str, str]
    themes: Counter[str]

    @classmethod
    def of(cls, reference: Read) -> "Known":
        """From the API's reference data."""
        names = Counter(plain(area["name"]) for area in reference["areas"]["nodes"])
        return cls(
            {
                a["code"]: a["name"]
                for a in reference["areas"]["nodes"]
                if names[plain(a["name"])] == 1
            },
            Counter(plain(theme["name"]) for theme in reference["themes"]["nodes"]),
        )

    def area(self, area: Read) -> str:
        """Its name, if today that means this area."""
        name = self.areas.get(area["code"], "")
        return name if _fits(name) else area["code"]

    def theme(self, theme: Read) -> str:
        """Its name, if no other theme has it."""
        alone = self.themes[plain(theme["name"])] == 1
        name: str = theme["name"] if alone and _fits(theme["name"]) else theme["key"]
        return name


def _fits(name: str) -> bool:
    """Whether it can stand in a list."""
    return bool(name.strip()) and not {";", "\n", "\r"} & {*name}


def rows_of(initiative: Read, known: Known) -> dict[str, list[Rendered]]:
    """The rows of one initiative, sheet by sheet, in an order that its content gives."""
    found = {
        INITIATIVES: [_initiative(initiative, known)],
        PARTNERS: [_partner(partner) for partner in initiative["partners"]["nodes"]],
        FUNDING: [_funding(line) for line in initiative["funding"]["nodes"]],
        ACTIONS: [_action(action) for action in initiative["actions"]["nodes"]],
        MEASURES: [_measure(measure) for measure in initiative["measures"]["nodes"]],
        OBSERVATIONS: [
            _observation(figure, measure, known)
            for measure in initiative["measures"]["nodes"]
            for figure in measure["observations"]["nodes"]
        ],
    }
    reference = initiative["reference"]
    return {
        sheet.name: _sorted([_rendered(sheet, {**row, "initiative": reference}) for row in rows])
        for sheet, rows in found.items()
    }


def _sorted(rows: list[Rendered]) -> list[Rendered]:
    """Without the column Record, so that another portal writes the same order."""
    return sorted(rows, key=lambda row: [str("" if cell is None else cell) for cell in row[:-1]])


def _rendered(sheet: Sheet, row: Read) -> Rendered:
    return [_value(column, row.get(column.field)) for column in sheet.columns]


def _value(column: Column, value: Any) -> Value:  # noqa: ANN401 - any JSON
    if value is None:
        return None
    write = _WRITERS.get(column.kind)
    return as_cell(column, value) if write is None else write(value)


def _word(choice: str) -> str:
    return choice.lower().replace("_", " ")


def _shortest(number: Decimal) -> Decimal:
    """Without the zeros behind the point."""
    return Decimal(f"{number.normalize():f}")


_WRITERS: dict[Kind, Callable[[Any], Value]] = {
    Kind.CHOICE: _word,
    Kind.LIST: lambda items: "; ".join(items) or None,
    Kind.DAY: date.fromisoformat,
    Kind.MONEY: lambda text: _shortest(Decimal(text)),
    Kind.NUMBER: lambda text: _shortest(Decimal(text)),
    Kind.YEAR: year_label,
    Kind.YES: lambda true: "yes" if true else "no",
}


def _names(items: Iterable[str]) -> Sequence[str]:
    return [*items]


def _initiative(read: Read, known: Known) -> Read:
    ratings = read["ratingSets"]["nodes"]
    entries = read["frameworkEntries"]["nodes"]
    return {
        "title": read["title"],
        "summary": read["summary"],
        "lead": read["lead"]["name"],
        "lead_team": read["leadTeam"] and read["leadTeam"]["name"],
        "audience": read["audience"],
        "areas": _names(known.area(area) for area in read["areas"]["nodes"]),
        "place": read["place"],
        "themes": _names(known.theme(theme) for theme in read["themes"]["nodes"]),
        "framework_entries": _names(
            entry_name(e["frameworkVersion"]["label"], e["code"]) for e in entries
        ),
        "stage": read["stage"],
        "visibility": read["visibility"],
        "timing": read["timing"],
        "starts_on": read["startsOn"],
        "ends_on": read["endsOn"],
        "review_on": read["reviewOn"],
        "timing_source": read["timingSource"],
        "rating": read["rating"],
        "rating_reason": ratings[0]["reason"] if ratings else None,
        "equality_impact": read["equalityImpact"],
        "equality_reviewed_on": read["equalityReviewedOn"],
        "source": read["source"],
        "record": _record(read),
    }


def _record(read: Read) -> str:
    return record(read["id"].partition(":")[2], read["version"])


def _partner(read: Read) -> Read:
    return {
        "agency": read["agency"]["name"],
        "parts": _names(_word(part) for part in read["parts"]),
        "note": read["note"],
        "state": read["state"],
        "record": _record(read),
    }


def _funding(read: Read) -> Read:
    return {
        "source": read["source"],
        "grant_reference": read["grantReference"],
        "financial_year": read["financialYear"],
        "amount": read["amount"],
        "spent": read["spent"],
        "match_funding": read["isMatch"],
        "note": read["note"],
        "record": _record(read),
    }


def _action(read: Read) -> Read:
    return {
        "title": read["title"],
        "detail": read["detail"],
        "agency": read["ownerAgency"]["name"],
        "team": read["ownerTeam"]["name"],
        "due_on": read["dueOn"],
        "state": read["state"],
        "done_on": read["doneOn"],
        "note": read["doneNote"] or read["notDoneReason"],
        "evidence_link": read["evidenceUrl"],
        "record": _record(read),
    }


def _measure(read: Read) -> Read:
    return {
        "measure": _key(read["definition"]),
        "baseline": read["baselineValue"],
        "baseline_on": read["baselineOn"],
        "target": read["targetValue"],
        "target_on": read["targetOn"],
        "record": _record(read),
    }


def _key(definition: Read) -> str:
    key: str = definition["key"]
    return f"{key}@{definition['edition']}" if definition["newer"] else key


def _observation(read: Read, measure: Read, known: Known) -> Read:
    return {
        "measure": _key(measure["definition"]),
        "period_from": read["periodFrom"],
        "period_to": read["periodTo"],
        "value": read["value"],
        "numerator": read["numerator"],
        "denominator": read["denominator"],
        "area": read["area"] and known.area(read["area"]),
        "group": read["group"],
        "provisional": read["provisional"],
        "note": read["note"],
        "source": read["source"],
        "recorded_by": read["recordedBy"]["name"],
        "record": _record(read),
    }
