"""Spreadsheets as people make them by hand, brought in and taken out as somebody."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import uuid4

import strawberry
import xlsxwriter
from support.asking import Portal

from portal.context import Rehearsal
from portal.schema import build
from portal.sheets.exporting import Export, Exported
from portal.sheets.faults import Fault
from portal.sheets.format import SHEETS
from portal.sheets.importing import Report, run_import
from portal.sheets.plan import Options
from portal.sheets.reading import Book, read_book

Sheets = Mapping[str, Sequence[Sequence[Any]]]
_SCHEMA: list[strawberry.Schema] = []


def key() -> str:
    """A name for a new initiative that no other test has used."""
    return f"row-{uuid4().hex[:12]}"


def workbook(path: Path, sheets: Sheets, **options: Any) -> Path:
    """A workbook with these cells, dates as dates and texts as texts."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, **options}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(at, column, cell, day)
                    elif isinstance(cell, str):
                        page.write_string(at, column, cell)
                    elif cell is not None:
                        page.write(at, column, cell)
    return path


def initiatives(path: Path, *rows: Mapping[str, Any], **more: Sequence[Mapping[str, Any]]) -> Path:
    """A workbook whose rows are given as {column: cell}; `more` are the other sheets."""
    sheets = {"Initiatives": rows, **more}
    return workbook(path, {name: _with_header(each) for name, each in sheets.items() if each})


def _with_header(rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    rows = list(rows)
    header = list(dict.fromkeys(name for row in rows for name in row))
    return [header, *([row.get(name) for name in header] for row in rows)]


async def bring(
    portal: Portal, who: str, file: Path | Book, *, rehearse: bool = False, **options: Any
) -> Report:
    """The report of an import that is applied, unless it is a rehearsal."""
    context = portal.context(who)
    if rehearse:
        context = Rehearsal(
            context.engine, context.opening, context.request_id, context.now, demonstration=True
        )
    book = file if isinstance(file, Book) else read_book(file)
    return await run_import(context, book, Options(**options))


async def brought(
    portal: Portal, who: str, file: Path, **options: Any
) -> dict[str, dict[str, int]]:
    """How many rows an import without faults has made new, changed, left unchanged."""
    report = await bring(portal, who, file, **options)
    assert not report.faults, report.faults
    return counts(report)


def counts(report: Report) -> dict[str, dict[str, int]]:
    """{sheet: {outcome: rows}}."""
    return {
        sheet: {outcome.value: number for outcome, number in found.items()}
        for sheet, found in report.counts.items()
    }


def told(faults: Iterable[Fault]) -> set[tuple[str, int, str]]:
    """Where the faults are."""
    return {(fault.sheet, fault.row, fault.column) for fault in faults}


async def taken(portal: Portal, who: str, **filter: Any) -> Exported:
    """An export as somebody."""
    if not _SCHEMA:
        _SCHEMA.append(build())
    return await Export(_SCHEMA[0], portal.context(who), filter or None).run()


def rows_of(exported: Exported, sheet: str, *titles: str) -> list[list[Any]]:
    """The rows of a sheet without the column Record; `titles` choose initiatives."""
    chosen = {r[0] for r in exported.rows["Initiatives"] if not titles or r[1] in titles}
    return [row[:-1] for row in exported.rows[sheet] if row[0] in chosen]


def examples(lines: Sequence[Sequence[str]]) -> dict[str, list[list[str]]]:
    """Each sheet that a Help explains, as a sheet to import: its columns and a row of examples."""
    sheets = {}
    for sheet in SHEETS:
        at = next(n for n, line in enumerate(lines) if list(line[:2]) == [sheet.name, sheet.help])
        told = [row for row in takewhile(any, lines[at + 2 :]) if len(row) > 4 and row[4]]
        sheets[sheet.name] = [[row[0] for row in told], [row[4] for row in told]]
    return sheets
