"""The first row of a sheet: which column stands where, also when its name is misspelt."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from portal.sheets.cells import Cell
from portal.sheets.columns import Column, Sheet
from portal.sheets.faults import Fault, quoted


@dataclass
class Head:
    """What the first row says.

    A misspelt column is a fault, and is read all the same as the one that it is meant to be:
    one wrong name hides no other fault, and causes none.
    """

    columns: list[tuple[int, Column]] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    """Where a name stands, be it right or wrong."""
    unsure: frozenset[str] = frozenset()
    """Columns that the sheet may have under a name that nobody understands."""
    faults: list[Fault] = field(default_factory=list)


def read_head(sheet: Sheet, names: Sequence[Cell]) -> Head:
    """Where each column is, and what is wrong with their names."""
    head, strange = Head(), list[tuple[int, Cell]]()
    by_name = {column.field: column for column in sheet.columns}
    for at, cell in enumerate(names):
        name = plain(cell)
        if name in by_name:
            head.columns.append((at, by_name[name]))
        elif name:
            strange.append((at, cell))
    head.named = {at for at, _ in (*head.columns, *strange)}
    doubles = _doubles(sheet, head)
    alone = len(strange) == 1
    lost = [cell for at, cell in strange if not _meant(sheet, head, at, cell, alone=alone)]
    _check_first(sheet, head, lost)
    if lost:
        read = {column for _, column in head.columns}
        doubles += [column for column in sheet.columns if column not in read]
    head.unsure = frozenset(column.field for column in doubles)
    return head


def plain(cell: Cell) -> str:
    """A column's name as it is compared."""
    return "_".join(str(cell or "").casefold().replace("_", " ").split())


def nearest(wrong: str, known: Sequence[str]) -> str:
    """What somebody may have meant, as a sentence."""
    return _sentence(_near(wrong, known), known)


def _sentence(near: str | None, known: Sequence[str]) -> str:
    return f"Did you mean {near}?" if near else f"It knows {', '.join(known)}."


def _near(wrong: str, known: Iterable[str]) -> str | None:
    lower = {name.casefold(): name for name in known}
    found = get_close_matches(wrong.strip().casefold(), lower, 1, 0.6)
    return lower[found[0]] if found else None


def _doubles(sheet: Sheet, head: Head) -> list[Column]:
    """Of two columns with one name neither is read."""
    times = Counter(column for _, column in head.columns)
    double = [column for column, count in times.items() if count > 1]
    head.columns = [(at, column) for at, column in head.columns if column not in double]
    for column in double:
        reason = f"{times[column]} columns have this name."
        head.faults.append(Fault(sheet.name, 1, column.header, reason, "Delete all but one."))
    return double


def _meant(sheet: Sheet, head: Head, at: int, cell: Cell, *, alone: bool) -> bool:
    """Whether it is known which column that is; where that is not read yet, it is read there."""
    told = {fault.column for fault in head.faults}
    read = {column for _, column in head.columns}
    free = {c.header: c for c in sheet.columns if c not in read and c.header not in told}
    headers = [column.header for column in sheet.columns]
    near = _near(str(cell), headers)
    missing = [column.header for column in free.values() if column.required]
    if near is None and alone and len(missing) == 1:
        near = missing[0]
    says = _sentence(near, headers)
    reason = f"There is no column {quoted(cell)}. {says}"
    head.faults.append(Fault(sheet.name, 1, "", reason, "Rename the column, or delete it."))
    if near in free:
        head.columns.append((at, free[near]))
    return near is not None


def _check_first(sheet: Sheet, head: Head, lost: Sequence[Cell]) -> None:
    """Without the first column nothing says which initiative a row is about."""
    first = sheet.columns[0]
    there = any(column is first for _, column in head.columns)
    told = any(fault.column == first.header for fault in head.faults)
    if not (lost or there or told):
        fault = Fault(sheet.name, 1, first.header, "This column is missing.", "Add it.")
        head.faults.append(fault)
