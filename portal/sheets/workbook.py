"""An XLSX workbook of the format: typed cells, bold headers, lists of the allowed words, help."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from portal.sheets.columns import Column, Kind, Sheet, shown
from portal.sheets.csvs import write_csv
from portal.sheets.exporting import About, Exported
from portal.sheets.format import ABOUT, HELP, INITIATIVES, SHEETS
from portal.sheets.guide import Known, help_lines

CHECKED_ROWS = 5_000
"""So far down the template offers its lists of words."""
PRECISE = 15
"""A spreadsheet keeps so many digits of a number; a longer one is written as text."""
FIRST_DAY = date(1900, 3, 1)
"""Before this day the calendars of spreadsheet programs differ: it is written as text."""
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": True,
}
Rows = Iterable[Sequence[Any]]


def write_template(path: Path, known: Known) -> None:
    """An empty workbook to fill in, with what a portal knows in its help."""
    write_workbook(path, {sheet.name: () for sheet in SHEETS}, (HELP, help_lines(known)))


def write_export(path: Path, exported: Exported, about: About) -> None:
    """What was exported, readable for its owner alone; a CSV file holds the first sheet."""
    begun = path.with_name(f".{path.name}.part")
    begun.touch(mode=0o600)
    try:
        if path.suffix.lower() == ".csv":
            headers = [column.header for column in INITIATIVES.columns]
            write_csv(begun, headers, exported.rows[INITIATIVES.name])
        else:
            write_workbook(begun, exported.rows, (ABOUT, about.lines))
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)


def write_workbook(
    path: Path,
    rows: Mapping[str, Rows],
    last: tuple[str, Rows],
    sheets: Sequence[Sheet] = SHEETS,
) -> None:
    """The sheets of the format, then one for people."""
    with xlsxwriter.Workbook(path, _OPTIONS) as book:
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "needed": book.add_format({"bold": True, "bg_color": "#FFF2CC", "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "text": book.add_format({"num_format": "@"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, rows.get(sheet.name, ()), formats)
        name, lines = last
        page = book.add_worksheet(name)
        page.set_column(0, 5, 32, formats["wrap"])
        for at, line in enumerate(lines):
            for column, text in enumerate(line):
                page.write_string(at, column, str(text), formats["wrap"])


def _write_sheet(page: Any, sheet: Sheet, rows: Rows, formats: Mapping[str, Any]) -> None:  # noqa: ANN401
    page.freeze_panes(1, 1)
    for at, column in enumerate(sheet.columns):
        width = 40 if column.lines else max(14, len(column.header) + 2)
        usual = {Kind.DAY: "day", Kind.TEXT: "text", Kind.LIST: "text", Kind.YEAR: "text"}
        kind = usual.get(column.kind)
        page.set_column(at, at, width, formats[kind] if kind else None)
        page.write_string(0, at, column.header, formats["needed" if column.required else "head"])
        words = _words(column)
        if words:
            page.data_validation(1, at, CHECKED_ROWS, at, {"validate": "list", "source": words})
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _write_cell(page, number, at, value, formats)


def _words(column: Column) -> list[str]:
    if column.kind is Kind.YES:
        return ["yes", "no"]
    if column.kind is Kind.CHOICE and column.choices is not None:
        return [shown(choice) for choice in column.choices]
    return []


def _write_cell(page: Any, row: int, at: int, value: Any, formats: Mapping[str, Any]) -> None:  # noqa: ANN401
    """A cell of the value's own type: no text ever becomes a formula, a link or a number."""
    match value:
        case None | "":
            return
        case date() if value >= FIRST_DAY:
            page.write_datetime(row, at, value, formats["day"])
        case Decimal() if len(value.as_tuple().digits) <= PRECISE:
            page.write_number(row, at, float(value))
        case _:
            page.write_string(row, at, str(value), formats["text"])
