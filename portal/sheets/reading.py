"""A file becomes rows of the format: each cell a value, each fault named by sheet, row, column."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.sheets.cells import BadCell, Cell, value_of
from portal.sheets.columns import Sheet
from portal.sheets.csvs import read_csv
from portal.sheets.faults import Fault, Unreadable, quoted
from portal.sheets.format import INITIATIVES, SHEETS, UNREAD
from portal.sheets.heads import Head, nearest, plain, read_head
from portal.sheets.xlsx import Grid, letters, read_xlsx, what_else

BYTES = 50_000_000
ROWS = 50_000
HEAD = 20
"""In the first so many rows column names are looked for, to say that they stand too far down."""


@dataclass
class Row:
    """A row: the values of the columns that the file has; None where a cell is empty."""

    number: int
    values: dict[str, Any]
    bad: set[str] = field(default_factory=set)
    """The columns that could not be read, in this row or at all: nothing more is said of them."""


@dataclass
class Book:
    """What was read of a file."""

    rows: dict[str, list[Row]]
    faults: list[Fault]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(len(rows) for rows in self.rows.values())


def read_book(path: Path) -> Book:
    """Every row of every sheet; raises Unreadable where the file makes no sense as a whole."""
    by_name = {known.name: grid for known, grid in _known(grids(path))}
    rows, faults = {}, []
    for sheet in SHEETS:
        if sheet.name in by_name:
            grid = by_name[sheet.name]
            faults += grid.faults
            rows[sheet.name] = list(_rows(sheet, grid, faults))
    book = Book(rows, faults)
    if book.size > ROWS:
        raise Unreadable(f"The file has {book.size:,} rows; {ROWS:,} are the most. Split it.")
    return book


def grids(
    path: Path, only: str = INITIATIVES.name, called: Callable[[str], str] = str
) -> list[Grid]:
    """The sheets of a workbook, or a CSV file as the sheet `only`; Unreadable says why not, and
    names a sheet as `called` does.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100_000)
    except OSError as error:
        raise Unreadable(f"{path} cannot be opened: {error.strerror}.") from error
    if size > BYTES:
        raise Unreadable(f"The file is above {BYTES // 1_000_000} MB. Split it into smaller ones.")
    if not head.strip():
        raise Unreadable(
            "The file is empty. `portal import --template FILE` writes one to fill in."
        )
    if problem := what_else(head):
        raise Unreadable(problem)
    if head.startswith(b"PK"):
        return read_xlsx(path, UNREAD, called)
    if path.suffix.lower().startswith(".xls"):
        raise Unreadable(
            f"{path.name} is named as a workbook and is none. If it is a CSV file, name it"
            " accordingly (.csv); else save it as .xlsx from Excel or LibreOffice."
        )
    return read_csv(path, only)


def _known(grids: Sequence[Grid]) -> Iterator[tuple[Sheet, Grid]]:
    by_name = {sheet.name.casefold(): sheet for sheet in SHEETS}
    passed = {name.casefold() for name in UNREAD}
    found = 0
    for grid in grids:
        name = grid.name.strip().casefold()
        if name in by_name:
            found += 1
            yield by_name[name], grid
        elif name not in passed and (grid.rows or grid.faults):
            names = [sheet.name for sheet in SHEETS]
            near = nearest(grid.name, names)
            raise Unreadable(
                f"The sheet {quoted(grid.name)} is not part of the format. {near} Rename it, or"
                " delete it."
            )
    if not found:
        raise Unreadable(
            f"The workbook has none of the sheets {', '.join(sheet.name for sheet in SHEETS)}."
            " `portal import --template FILE` writes one to fill in."
        )


def _rows(sheet: Sheet, grid: Grid, faults: list[Fault]) -> Iterator[Row]:
    if not grid.rows:
        return
    (number, names), *rest = grid.rows
    if number != 1 or not _matches(sheet, names):
        _refuse_place(sheet, grid)
    head = read_head(sheet, names)
    faults += head.faults
    unnamed: dict[int, list[tuple[int, Cell]]] = defaultdict(list)
    for at, cells in rest:
        yield _row(sheet, head, at, cells, faults)
        for column in range(len(cells)):
            if column not in head.named and cells[column] not in {None, ""}:
                unnamed[column].append((at, cells[column]))
    faults += (_nameless(sheet, column, found) for column, found in unnamed.items())


def _matches(sheet: Sheet, cells: Sequence[Cell]) -> int:
    """How many of the cells are names of the sheet's columns."""
    return len({plain(cell) for cell in cells} & {column.field for column in sheet.columns})


def _refuse_place(sheet: Sheet, grid: Grid) -> None:
    """The column names stand further down, or nowhere."""
    for number, cells in grid.rows[:HEAD]:
        if number > 1 and _matches(sheet, cells) >= 2:
            raise Unreadable(
                f"In the sheet {sheet.name} the column names are in row {number}. Delete the rows"
                " above, so that they are in row 1."
            )


def _row(sheet: Sheet, head: Head, number: int, cells: Sequence[Cell], faults: list[Fault]) -> Row:
    row = Row(number, {}, {*head.unsure})
    for at, column in head.columns:
        try:
            row.values[column.field] = value_of(column, cells[at] if at < len(cells) else None)
        except BadCell as bad:
            row.bad.add(column.field)
            faults.append(Fault(sheet.name, number, column.header, bad.reason, bad.remedy))
    return row


def _nameless(sheet: Sheet, at: int, found: Sequence[tuple[int, Cell]]) -> Fault:
    """One fault for the whole column, however long it is."""
    number, cell = found[0]
    more = f", and {len(found) - 1:,} more in the column do" if len(found) > 1 else ""
    reason = f"{quoted(cell)} stands in a column without a name{more}."
    return Fault(sheet.name, number, letters(at), reason, "Name the column, or empty it.")
