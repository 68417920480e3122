"""A misspelt column is told once: it hides no other fault of the file, and causes none."""

from datetime import date
from pathlib import Path

from support.asking import Portal
from support.initiating import LEAD
from support.workbooks import bring, initiatives, key, told, workbook

from portal.sheets.reading import read_book

LATE = date(2026, 12, 1)


def row(**more: object) -> dict[str, object]:
    return {"Initiative": key(), "Title": "Safer stops", "Summary": "Lit.", **more}


async def test_the_other_faults_of_the_sheet_are_told_with_it(portal: Portal, tmp_path: Path):
    good = row()
    wrong = {**row(**{"Starts on": "07/03/2022", "Stage": "running"})}
    red = row(Rating="red")
    renamed = [
        {{"Title": "Titel"}.get(name, name): cell for name, cell in each.items()}
        for each in (good, wrong, red)
    ]
    report = await bring(portal, LEAD, initiatives(tmp_path / "a.xlsx", *renamed), rehearse=True)
    assert told(report.faults) == {
        ("Initiatives", 1, ""), ("Initiatives", 3, "Stage"), ("Initiatives", 3, "Starts on"),
        ("Initiatives", 4, "Rating reason"),
    }  # fmt: skip
    [head] = [fault for fault in report.faults if fault.row == 1]
    assert head.reason == "There is no column “Titel”. Did you mean Title?"


async def test_rows_of_other_sheets_still_find_their_initiative(portal: Portal, tmp_path: Path):
    one = row()
    file = initiatives(
        tmp_path / "a.xlsx",
        {{"Initiative": "Initative"}.get(name, name): cell for name, cell in one.items()},
        Actions=[
            {"Initiative": one["Initiative"], "Title": "Lamps", "Team": "Comunity safety",
             "Due on": LATE}
        ],
    )  # fmt: skip
    report = await bring(portal, LEAD, file, rehearse=True)
    assert told(report.faults) == {("Initiatives", 1, ""), ("Actions", 2, "Team")}


async def test_a_name_that_nobody_understands_causes_no_fault_in_any_row(
    portal: Portal, tmp_path: Path
):
    one, two = row(), row(Stage="running")
    names = {"Initiative": "No.", "Title": "Wat"}
    file = initiatives(
        tmp_path / "a.xlsx",
        *({names.get(name, name): cell for name, cell in each.items()} for each in (one, two)),
        Partners=[
            {"Initiative": one["Initiative"], "Agency": "Merseytravel", "Parts": "host"},
            {"Initiative": two["Initiative"], "Agency": "Merseytravel", "Parts": "ride"},
        ],
    )
    report = await bring(portal, LEAD, file, rehearse=True)
    assert [(f.sheet, f.row, f.column) for f in report.faults] == [
        ("Initiatives", 1, ""),
        ("Initiatives", 1, ""),
        ("Initiatives", 3, "Stage"),
        ("Partners", 3, "Parts"),
    ]


async def test_the_only_strange_name_is_that_of_the_only_needed_column_that_is_missing(
    portal: Portal, tmp_path: Path
):
    one = {{"Title": "Naam"}.get(name, name): cell for name, cell in row().items()}
    report = await bring(portal, LEAD, initiatives(tmp_path / "a.xlsx", one), rehearse=True)
    [fault] = report.faults
    assert fault.reason == "There is no column “Naam”. Did you mean Title?"


async def test_of_two_columns_with_one_name_neither_is_read_and_the_rest_is(
    portal: Portal, tmp_path: Path
):
    sheet = [["Initiative", "Title", "Title", "Stage"], [key(), "a", "b", "running"]]
    file = workbook(tmp_path / "a.xlsx", {"Initiatives": sheet})
    report = await bring(portal, LEAD, file, rehearse=True)
    assert told(report.faults) == {("Initiatives", 1, "Title"), ("Initiatives", 2, "Stage")}


def test_a_column_without_a_name_is_one_fault_however_long_it_is(tmp_path: Path):
    sheet = [["Initiative", "Title"], *([f"k{at}", "x", "left over"] for at in range(500))]
    [fault] = read_book(workbook(tmp_path / "a.xlsx", {"Initiatives": sheet})).faults
    assert (fault.row, fault.column) == (2, "C")
    assert fault.reason == (
        "“left over” stands in a column without a name, and 499 more in the column do."
    )


def test_a_misspelt_second_name_of_a_column_that_is_there_is_not_read(tmp_path: Path):
    file = workbook(
        tmp_path / "a.xlsx", {"Initiatives": [["Initiative", "Title", "Titel"], ["a", "b", "c"]]}
    )
    book = read_book(file)
    assert [fault.reason for fault in book.faults] == [
        "There is no column “Titel”. Did you mean Title?"
    ]
    assert book.rows["Initiatives"][0].values == {"initiative": "a", "title": "b"}
