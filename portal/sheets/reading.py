"""A file becomes rows of the format: each cell a value, each fault named by sheet, row, column."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from portal.sheets.cells import BadCell, Cell, value_of
from portal.sheets.columns import Column, Sheet
from portal.sheets.csvs import read_csv
from portal.sheets.faults import Fault, Unreadable, quoted
from portal.sheets.format import INITIATIVES, SHEETS, UNREAD
from portal.sheets.xlsx import Grid, read_xlsx, what_else

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
    """The columns whose cells could not be read."""


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
    grids = {known.name: grid for known, grid in _known(_grids(path))}
    rows, faults = {}, []
    for sheet in SHEETS:
        if sheet.name in grids:
            grid = grids[sheet.name]
            faults += grid.faults
            rows[sheet.name] = list(_rows(sheet, grid, faults))
    book = Book(rows, faults)
    if book.size > ROWS:
        raise Unreadable(f"The file has {book.size:,} rows; {ROWS:,} are the most. Split it.")
    return book


def _grids(path: Path) -> list[Grid]:
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
    return read_xlsx(path, UNREAD) if head.startswith(b"PK") else read_csv(path, INITIATIVES.name)


def _known(grids: Sequence[Grid]) -> Iterator[tuple[Sheet, Grid]]:
    by_name = {sheet.name.casefold(): sheet for sheet in SHEETS}
    passed = {name.casefold() for name in UNREAD}
    found = 0
    for grid in grids:
        plain = grid.name.strip().casefold()
        if plain in by_name:
            found += 1
            yield by_name[plain], grid
        elif plain not in passed and (grid.rows or grid.faults):
            names = [sheet.name for sheet in SHEETS]
            near = _nearest(grid.name, names)
            raise Unreadable(
                f"The sheet {quoted(grid.name)} is not part of the format. {near} Rename it, or"
                " delete it."
            )
    if not found:
        raise Unreadable(
            f"The workbook has none of the sheets {', '.join(sheet.name for sheet in SHEETS)}."
            " `portal import --template FILE` writes one to fill in."
        )


def _nearest(wrong: str, known: Sequence[str]) -> str:
    plain = {name.casefold(): name for name in known}
    near = get_close_matches(wrong.strip().casefold(), plain, 1, 0.6)
    if near:
        return f"Did you mean {plain[near[0]]}?"
    return f"It knows {', '.join(known)}."


def _rows(sheet: Sheet, grid: Grid, faults: list[Fault]) -> Iterator[Row]:
    if not grid.rows:
        return
    (number, names), *rest = grid.rows
    if number != 1 or not _matches(sheet, names):
        _refuse_place(sheet, grid)
    columns, wrong = _columns(sheet, names)
    faults += wrong
    if wrong:
        return
    for at, cells in rest:
        yield _row(sheet, columns, at, cells, faults)


def _matches(sheet: Sheet, cells: Sequence[Cell]) -> int:
    """How many of the cells are names of the sheet's columns."""
    return len({_plain(cell) for cell in cells} & {column.field for column in sheet.columns})


def _plain(cell: Cell) -> str:
    return "_".join(str(cell or "").casefold().replace("_", " ").split())


def _refuse_place(sheet: Sheet, grid: Grid) -> None:
    """The column names stand further down, or nowhere."""
    for number, cells in grid.rows[:HEAD]:
        if number > 1 and _matches(sheet, cells) >= 2:
            raise Unreadable(
                f"In the sheet {sheet.name} the column names are in row {number}. Delete the rows"
                " above, so that they are in row 1."
            )


def _columns(sheet: Sheet, names: Sequence[Cell]) -> tuple[list[tuple[int, Column]], list[Fault]]:
    """Where each column is, and what is wrong with their names."""
    by_name = {column.field: column for column in sheet.columns}
    headers = [column.header for column in sheet.columns]
    found, faults = [], []
    for at, cell in enumerate(names):
        name = _plain(cell)
        if name in by_name:
            found.append((at, by_name[name]))
        elif name:
            reason = f"There is no column {quoted(cell)}. {_nearest(str(cell), headers)}"
            faults.append(Fault(sheet.name, 1, "", reason, "Rename the column, or delete it."))
    for column, times in Counter(column for _, column in found).items():
        if times > 1:
            reason = f"{times} columns have this name."
            faults.append(Fault(sheet.name, 1, column.header, reason, "Delete all but one."))
    if not any(column is sheet.columns[0] for _, column in found):
        header = sheet.columns[0].header
        faults.append(Fault(sheet.name, 1, header, "This column is missing.", "Add it."))
    return found, faults


def _row(
    sheet: Sheet,
    columns: Sequence[tuple[int, Column]],
    number: int,
    cells: Sequence[Cell],
    faults: list[Fault],
) -> Row:
    row = Row(number, {})
    for at, column in columns:
        try:
            row.values[column.field] = value_of(column, cells[at] if at < len(cells) else None)
        except BadCell as bad:
            row.bad.add(column.field)
            faults.append(Fault(sheet.name, number, column.header, bad.reason, bad.remedy))
    names = {at for at, _ in columns}
    for at, cell in enumerate(cells):
        if at not in names and cell not in {None, ""}:
            reason = f"{quoted(cell)} stands in a column without a name."
            faults.append(Fault(sheet.name, number, "", reason, "Name the column, or empty it."))
    return row
