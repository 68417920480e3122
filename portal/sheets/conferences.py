"""The spreadsheet of a MARAC list: its columns, and how it is read.

Whoever keeps such a list may have names in it. So what cannot be read is named by row and column
and never by what stands there, in the report, in errors and in logs; an unknown column is named by
its letter, and no sheet by its name. The file is read once and not kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from portal.marac.rules.tables import MaracRoute
from portal.referrals import codes
from portal.referrals.engine.files import shipped
from portal.referrals.routes import Employment
from portal.sheets.cells import BadCell, Cell, value_of
from portal.sheets.columns import Column, Kind, Sheet
from portal.sheets.faults import Fault as FaultOfCell
from portal.sheets.faults import Unreadable
from portal.sheets.reading import grids
from portal.sheets.xlsx import Grid, letters

PATHWAY = shipped().newest("marac")
MOST = 500
"""More cases than a MARAC hears in a year: a list that is longer is another file."""


def _codes(name: str) -> type[StrEnum]:
    """A list of codes of the pathway, as a column's choices."""
    listed = PATHWAY.codes[name] if PATHWAY else {}
    made: type[StrEnum] = StrEnum(name, {code.upper(): code for code in listed})  # type: ignore[misc]
    return made


def _one(header: str, says: str, choices: type[StrEnum], *, required: bool = False) -> Column:
    return Column(header, says, Kind.CHOICE, required=required, choices=choices)


def _several(header: str, says: str, choices: type[StrEnum], *, required: bool = False) -> Column:
    return Column(header, says, Kind.LIST, required=required, choices=choices)


LIST = Sheet(
    "MARAC list",
    "A case in each row. No names, no contacts, no words about anybody: numbers and codes.",
    (
        Column("Reference", "Your own number of the case: capitals and digits, never a name.",
               example="TWW 26/114", required=True, limit=20),
        Column("Area", "The borough where the victim lives: its ONS code.",
               example="E08000015", required=True, limit=9),
        _one("Accused works for a partner", "Whether whoever is accused works, may work or worked"
             " for an agency of the partnership. If so, nothing is stored.", Employment,
             required=True),
        _one("Route", "By which route it comes.", MaracRoute, required=True),
        _several("Judgement", "On the route of professional judgement: on what it rests.",
                 _codes("judgement")),
        Column("Incidents", "On the route of potential escalation: how many in twelve months.",
               Kind.NUMBER, example="3"),
        Column("Repeat of", "On the route of a repeat: the portal's reference of the earlier case.",
               example="RF-M2X7VN", limit=9),
        _one("Consent", "Whether she consents.", _codes("consent"), required=True),
        _one("No consent because", "Why it goes ahead without.", _codes("no_consent")),
        _one("Aware", "Whether she knows of it.", _codes("aware"), required=True),
        _one("Not aware because", "Why she does not.", _codes("not_aware")),
        _one("Wishes", "What she knows of the referral and wants.", codes.Awareness, required=True),
        _one("Against wishes because", "Why it is made without her wish.", codes.WithoutReason),
        _one("Basis", "On which basis in law your agency shares.", codes.LawfulBasis,
             required=True),
        _several("Reasons", "Why she is referred.", codes.ReasonCode, required=True),
        _several("Flags", "What readers must mind.", codes.FlagCode),
        _several("Safe ways", "How she can be reached without danger.", codes.Channel,
                 required=True),
        _several("Never by", "Which ways are dangerous.", codes.Channel),
        _one("Tool", "The tool by which the risk was assessed.", codes.RiskTool),
        Column("Tool version", "The version of its form, in digits.", example="3", limit=10),
        Column("Score", "The score it came to.", Kind.NUMBER, example="74"),
        Column("Assessed on", "The day of the assessment.", Kind.DAY, example="2026-11-14"),
        Column("Meeting on", "The day of the meeting at which it is heard: for the MARAC's own"
               " coordinator.", Kind.DAY, example="2026-11-26"),
        Column("Research by", "Until when the agencies say what they know; it may have passed.",
               Kind.DAY, example="2026-11-24"),
    ),
)  # fmt: skip
EARLIEST = date(2000, 1, 1)
"""What lies before it is an empty cell or a number that a spreadsheet program shows as a day."""
_FORMS = {
    "reference": re.compile(r"(?=.*[0-9])[A-Z]{0,6}[ /-]?[A-Z0-9][A-Z0-9 /.-]{0,18}"),
    "area": re.compile(r"[A-Z][0-9]{8}"),
    "repeat_of": re.compile(r"RF-[A-Z0-9]{6}"),
    "tool_version": re.compile(r"[0-9][0-9.]{0,9}"),
}
"""What a text looks like that can be no name."""


@dataclass(frozen=True)
class Fault:
    """What is wrong in a row's column, and what to do; never what stands there."""

    row: int
    column: str
    says: str

    def __str__(self) -> str:
        """As a line of the report."""
        row = f"row {self.row}" if self.row else ""
        where = ", ".join(part for part in (row, self.column) if part)
        return f"{where}: {self.says}" if where else self.says


@dataclass(frozen=True)
class Case:
    """One row: its number in the file, and its values by the columns' fields."""

    row: int
    given: dict[str, Any]


@dataclass
class CaseList:
    """What a file holds."""

    cases: list[Case] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_list(path: Path) -> CaseList:
    """The cases of a file; raises Unreadable where it makes no sense as a whole."""
    try:
        sheets = grids(path, LIST.name, lambda _: "of the list")
    except Unreadable:
        raise
    except Exception as error:  # what a reader stumbles over may hold what stands in a cell
        raise Unreadable("The file cannot be read. Save it anew as .xlsx or .csv.") from error
    [first, *more] = [one for one in sheets if one.rows] or [Grid(LIST.name)]
    if not first.rows:
        raise Unreadable(
            "The file has no rows. `portal import marac --template FILE` writes one to fill in."
        )
    if more:
        raise Unreadable(
            f"The workbook has {len(more) + 1} sheets that hold something, and a list is one:"
            " bring the cases together in one sheet, or give each sheet a file of its own."
        )
    (_, names), *rows = first.rows
    columns = _columns(names)
    if len(rows) > MOST:
        raise Unreadable(f"The list has {len(rows):,} cases; {MOST} are the most. Split it.")
    found = CaseList(faults=[_of_cell(fault) for fault in first.faults])
    for number, cells in rows:
        found.cases.append(Case(number, dict(_values(found, columns, number, cells))))
    _once(found)
    return found


def _of_cell(fault: FaultOfCell) -> Fault:
    """A formula or an error, which are named by their cell alone."""
    return Fault(fault.row, f"column {fault.column}", f"{fault.reason} {fault.remedy}")


def _columns(names: list[Cell]) -> dict[int, Column]:
    """Which column stands where; an unknown or missing one ends it before any row is read."""
    by_name = {column.header.casefold(): column for column in LIST.columns}
    columns: dict[int, Column] = {}
    for at, cell in enumerate(names):
        name = " ".join(str(cell if cell is not None else "").split()).casefold()
        if not name:
            continue
        if name not in by_name:
            raise Unreadable(
                f"Column {letters(at)} is none of a MARAC list. Take it out, above all if it holds"
                f" names. There are: {', '.join(column.header for column in LIST.columns)}."
            )
        if by_name[name] in columns.values():
            raise Unreadable(f"The column {by_name[name].header} is there twice. Take one out.")
        columns[at] = by_name[name]
    lacking = [c.header for c in LIST.columns if c.required and c not in columns.values()]
    if lacking:
        raise Unreadable(f"The list lacks the columns {', '.join(lacking)}. Add them.")
    return columns


def _values(
    found: CaseList, columns: dict[int, Column], number: int, cells: list[Cell]
) -> Iterator[tuple[str, Any]]:
    beside = [at for at, cell in enumerate(cells) if at not in columns and cell not in {None, ""}]
    if beside:  # said once for a row, however long it is
        says = "Something stands in a column without a name. Take it out."
        found.faults.append(Fault(number, f"column {letters(beside[0])}", says))
    for at, column in columns.items():
        cell = cells[at] if at < len(cells) else None
        try:
            value = _value(column, cell)
        except (BadCell, ValueError):
            wanted = f"such as {column.example}" if column.field in _FORMS else column.allowed
            says = f"This cannot be taken. Write {wanted}."
            found.faults.append(Fault(number, column.header, says))
            continue
        if value is None and column.required:
            found.faults.append(Fault(number, column.header, f"Fill this in: {column.allowed}."))
        if value is not None:
            yield column.field, value


def _value(column: Column, cell: Cell) -> Any:  # noqa: ANN401 - each kind has its own type
    value = value_of(column, cell)
    form = _FORMS.get(column.field)
    if value is not None and form and not form.fullmatch(str(value)):
        raise ValueError
    if value is not None and column.kind is Kind.DAY and value < EARLIEST:
        raise ValueError
    if value is not None and column.kind is Kind.NUMBER:
        if value != int(value) or not 0 <= value <= 1000:
            raise ValueError
        return int(value)
    return value


def _once(found: CaseList) -> None:
    seen: dict[str, int] = {}
    for case in found.cases:
        reference = str(case.given.get("reference", ""))
        if reference and reference in seen:
            says = f"Row {seen[reference]} has the same reference. Give each case its own."
            found.faults.append(Fault(case.row, "Reference", says))
        seen.setdefault(reference, case.row)
