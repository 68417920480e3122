"""A broken spreadsheet is refused in words that say which cell, and what to do about it."""

import re
import time
import zipfile
from collections.abc import Callable
from datetime import date
from math import inf, nan
from pathlib import Path

import pytest
import xlsxwriter
from support.workbooks import workbook

from auth.tables import AgencyKind
from portal.sheets.cells import BadCell, value_of
from portal.sheets.columns import Column, Kind
from portal.sheets.faults import Unreadable
from portal.sheets.reading import Book, read_book

HEAD = ["Initiative", "Title", "Starts on"]
ROW = ["a", "Safer stops", date(2026, 3, 4)]


def book(path: Path, *rows: list[object], **options: object) -> Path:
    return workbook(path / "a.xlsx", {"Initiatives": rows}, **options)


def csv(path: Path, content: str | bytes) -> Path:
    file = path / "a.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def values(read: Book) -> list[dict[str, object]]:
    assert not read.faults, read.faults
    return [row.values for row in read.rows["Initiatives"]]


def refused(file: Path) -> str:
    with pytest.raises(Unreadable) as problem:
        read_book(file)
    return str(problem.value)


def repacked(file: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part of it written otherwise."""
    other = file.with_name("b.xlsx")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == member else data)
    return other


def test_merged_cells_are_named(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        page = made.add_worksheet("Initiatives")
        page.write_row(0, 0, HEAD)
        page.merge_range(2, 0, 4, 0, "a")
    said = refused(tmp_path / "a.xlsx")
    assert "A3:A5" in said
    assert "Unmerge" in said


def test_days_are_right_in_a_workbook_that_counts_from_1904(tmp_path: Path):
    [row] = values(read_book(book(tmp_path, HEAD, ROW, date_1904=True)))
    assert row["starts_on"] == date(2026, 3, 4)


def test_formulas_and_errors_are_named_by_cell(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        page = made.add_worksheet("Initiatives")
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["a", "x"])
        page.write_formula(1, 2, "=TODAY()", None, 46000)
        page.write_formula(2, 1, '="a"&"b"')
        page.write_formula(3, 1, '="a"&"b"')
        page.write_formula(4, 0, "=NA()", None, "#N/A")
    found = {(f.row, f.column, f.reason) for f in read_book(tmp_path / "a.xlsx").faults}
    assert found >= {
        (2, "C", "Cell C2 holds a formula."),
        (3, "B", "Cell B3 holds a formula, and 1 more in the column do."),
        (5, "A", "Cell A5 holds a formula."),
    }


def test_a_pasted_error_is_named_by_cell(tmp_path: Path):
    error = b'<c r="B2" t="e"><v>#N/A</v></c>'
    file = book(tmp_path, HEAD, ["a", "gone"])
    file = repacked(
        file,
        "xl/worksheets/sheet1.xml",
        lambda part: re.sub(rb'<c r="B2".*?</c>', error, part),
    )
    [fault] = [f for f in read_book(file).faults if f.column == "B"]
    assert "#N/A" in fault.reason


def test_a_hundred_thousand_empty_rows_cost_nothing(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True}) as made:
        page, grey = made.add_worksheet("Initiatives"), made.add_format({"bg_color": "#EEEEEE"})
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["a", "x"])
        for at in range(2, 100_002):
            for column in range(8):
                page.write_blank(at, column, None, grey)
    begun = time.monotonic()
    assert len(values(read_book(tmp_path / "a.xlsx"))) == 1
    assert time.monotonic() - begun < 10


def test_an_empty_row_between_keeps_the_numbers_of_the_rows(tmp_path: Path):
    read = read_book(book(tmp_path, HEAD, ["a", "x"], [], ["", "  "], ["b", "y"]))
    assert [row.number for row in read.rows["Initiatives"]] == [2, 4, 5]


@pytest.mark.parametrize("sheet", ["XFD1", "A1048576"])
def test_a_cell_at_the_end_of_the_sheet_does_not_fill_the_memory(tmp_path: Path, sheet: str):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        page = made.add_worksheet("Initiatives")
        page.write_row(0, 0, HEAD)
        page.write(sheet, "far")
    assert "has something behind" in refused(tmp_path / "a.xlsx")


def test_a_bomb_is_not_unpacked(tmp_path: Path):
    file = book(tmp_path, HEAD, ROW)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for at in range(3):
            archive.writestr(f"xl/media/{at}.bin", bytes(150_000_000))
    assert file.stat().st_size < 2_000_000
    assert "Unpacked" in refused(file)


def test_one_long_text_in_many_cells_does_not_fill_the_memory(tmp_path: Path):
    long = "x" * 30_000
    file = book(tmp_path, HEAD, *([f"{at}", long, long] for at in range(10_000)))
    assert "too long" in refused(file)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 ...", "not a spreadsheet"),
        (b"\x89PNG\r\n", "not a spreadsheet"),
        (b"PK\x03\x04 cut off", "damaged"),
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"Initiative,Title\na,b\n", "a.xlsx is named as a workbook and is none."),
        (b"<html><table></table></html>", "save it as .xlsx from Excel"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old kind"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)
def test_what_is_no_spreadsheet_is_told_so(tmp_path: Path, content: bytes, says: str):
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    assert says in refused(file)


def test_a_file_that_is_not_there_and_another_zip_are_told_so(tmp_path: Path):
    assert "cannot be opened" in refused(tmp_path / "none.xlsx")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "Initiative,Title")
    assert "not an .xlsx workbook" in refused(tmp_path / "a.zip")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_another_encoding_is_told_how_to_become_utf_8(tmp_path: Path, encoding: str):
    text = "Initiative,Title\na,Café at the station\n"
    said = refused(csv(tmp_path, text.encode(encoding)))
    assert "CSV UTF-8" in said


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_utf_8_is_read_with_or_without_its_mark_and_with_each_separator(
    tmp_path: Path, mark: str, sign: str
):
    line = f'a{sign}Café{sign}"Liverpool; Knowsley"'
    text = f"{mark}Initiative{sign}Title{sign}Areas\r\n{line}\r\n"
    assert values(read_book(csv(tmp_path, text))) == [
        {"initiative": "a", "title": "Café", "areas": ["Liverpool", "Knowsley"]}
    ]


def test_excels_own_line_about_the_separator_is_understood(tmp_path: Path):
    [row] = values(read_book(csv(tmp_path, "sep=;\r\nInitiative;Title\r\na;b\r\n")))
    assert row == {"initiative": "a", "title": "b"}


def test_one_apostrophe_comes_off_where_one_was_put_on(tmp_path: Path):
    text = "Initiative,Title\na,'=1+1\nb,''quoted\nc,'90s night\nd,'\ne,=2\n"
    titles = [row["title"] for row in values(read_book(csv(tmp_path, text)))]
    assert titles == ["=1+1", "'quoted", "'90s night", "'", "=2"]


def test_an_unclosed_quotation_mark_names_its_line(tmp_path: Path):
    assert "Line" in refused(csv(tmp_path, 'Initiative,Title\na,"b" c\n'))


def test_unknown_columns_and_sheets_come_with_the_nearest_name(tmp_path: Path):
    faults = read_book(book(tmp_path, ["Initiative", "Titel", "Colour"], ["a", "b", "c"])).faults
    assert [fault.reason.partition(" It")[0] for fault in faults] == [
        "There is no column “Titel”. Did you mean Title?",
        "There is no column “Colour”.",
    ]
    other = workbook(tmp_path / "b.xlsx", {"Initiatives": [HEAD], "Actoins": [["Initiative"]]})
    assert "Did you mean Actions?" in refused(other)
    none = workbook(tmp_path / "c.xlsx", {"Help": [["x"]]})
    assert "none of the sheets" in refused(none)


def test_double_missing_and_misplaced_column_names_are_told(tmp_path: Path):
    [double] = read_book(book(tmp_path, ["Initiative", "Title", "TITLE"], ["a", "b", "c"])).faults
    assert (double.column, double.remedy) == ("Title", "Delete all but one.")
    [missing] = read_book(book(tmp_path, ["Title"], ["b"])).faults
    assert missing.column == "Initiative"
    assert "in row 3" in refused(book(tmp_path, ["Our plan"], [], HEAD, ROW))
    [unnamed] = read_book(book(tmp_path, [*HEAD], [*ROW, "what is this?"])).faults
    assert "without a name" in unnamed.reason


BAD_CELLS = [
    ("Starts on", "07/03/2022", "others as month and day"),
    ("Starts on", "7 March 2022", "is not a date"),
    ("Starts on", "2026-02-30", "no day of the calendar"),
    ("Starts on", 46000, "the number 46000"),
    ("Starts on", True, "is not a date"),
    ("Title", date(2026, 3, 4), "a date or a time"),
    ("Title", "x" * 121, "121 characters"),
    ("Title", 12345678901234567890, "rounded"),
    ("Stage", "running", "not one of the words"),
]


@pytest.mark.parametrize(("column", "cell", "says"), BAD_CELLS)
def test_a_cell_that_cannot_be_is_named(tmp_path: Path, column: str, cell: object, says: str):
    [fault] = read_book(book(tmp_path, ["Initiative", column], ["a", cell])).faults
    assert (fault.sheet, fault.row, fault.column) == ("Initiatives", 2, column)
    assert says in fault.reason
    assert fault.remedy


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("Starts on", "2026-03-04", date(2026, 3, 4)),
        ("Title", 2026, "2026"),
        ("Title", 12.5, "12.5"),
        ("Title", "  two   words \t", "two words"),
        ("Title", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Title", "=1+1", "=1+1"),
        ("Summary", "one\r\ntwo", "one\ntwo"),
        ("Stage", " Live ", "live"),
        ("Timing", "open-ended", "open_ended"),
        ("Areas", "Liverpool;; Knowsley; Liverpool", ["Liverpool", "Knowsley"]),
    ],
)
def test_a_cell_is_read_as_it_is_meant(tmp_path: Path, column: str, cell: object, value: object):
    [row] = values(read_book(book(tmp_path, ["Initiative", column], ["a", cell])))
    assert row[column.lower().replace(" ", "_")] == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [(270, "270"), ("270000", "270000"), ("£270,000.50", "270000.50"), (0.1 + 0.2, "0.3")],
)
def test_money_is_read_as_number_as_text_and_with_its_sign(tmp_path: Path, cell, value):
    sheet = [["Initiative", "Source", "Amount"], ["a", "Fund", cell]]
    [row] = read_book(workbook(tmp_path / "a.xlsx", {"Funding": sheet})).rows["Funding"]
    assert str(row.values["amount"]) == value


@pytest.mark.parametrize("cell", ["€5", "$5", "5k", "1,23", "five", "NaN", "1e999999", "٣"])
def test_other_money_is_refused(tmp_path: Path, cell: str):
    sheet = [["Initiative", "Source", "Amount"], ["a", "Fund", cell]]
    [fault] = read_book(workbook(tmp_path / "a.xlsx", {"Funding": sheet})).faults
    assert fault.column == "Amount"


@pytest.mark.parametrize("number", [nan, inf, -inf])
@pytest.mark.parametrize("kind", Kind)
def test_a_number_that_is_none_is_refused_wherever_it_stands(kind: Kind, number: float):
    column = Column("A column", "", kind, choices=AgencyKind)
    with pytest.raises(BadCell, match="no finite number"):
        value_of(column, number)


@pytest.mark.parametrize(
    ("cell", "year"),
    [("2026/27", 2026), ("2026-27", 2026), (2026, 2026), ("2026/2027", 2026), ("2026/28", None),
     ("26/27", None), (date(2026, 4, 1), None)],
)  # fmt: skip
def test_a_financial_year_is_one_year(tmp_path: Path, cell: object, year: int | None):
    sheet = [["Initiative", "Source", "Financial year"], ["a", "Fund", cell]]
    read = read_book(workbook(tmp_path / "a.xlsx", {"Funding": sheet}))
    found = [row.values.get("financial_year") for row in read.rows["Funding"]]
    assert (found, bool(read.faults)) == ([year], year is None)


def test_a_message_shows_hostile_text_short_and_harmless(tmp_path: Path):
    bad = "\u202e\x1b[2J" + "x" * 500
    [fault] = read_book(csv(tmp_path, f"Initiative,Stage\na,{bad.replace(chr(27), '')}\n")).faults
    assert len(fault.reason) < 120
    assert "\u202e" not in fault.reason
    [control] = read_book(csv(tmp_path, f"Initiative,Title\na,{bad}\n")).faults
    assert "control characters" in control.reason
