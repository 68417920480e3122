"""A MARAC list that is broken, hostile, brought in twice or cut short loses no case, makes none
twice, and tells no word of what stands in it.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import xlsxwriter
from support.commands import PORTAL
from support.marac_lists import HEADS, READ, WHO, case, count, imports, listed
from support.workbooks import workbook

SECRET = "Jadwiga-Zzyzx"
"""Stands for a name that somebody has left in a cell."""
PATIENCE = 60
LISTED = "MARAC list"


def row_of(given: Mapping[str, Any]) -> list[Any]:
    return [given.get(head) for head in HEADS]


def book(path: Path, *cases: Mapping[str, Any], **options: Any) -> Path:
    return workbook(path, {LISTED: [HEADS, *map(row_of, cases)]}, **options)


def refused(lists: dict[str, str], file: Path) -> str:
    code, said = imports(lists, file, *READ, "--apply")
    assert code == 1, said
    assert SECRET not in said
    return said


@pytest.mark.parametrize("counts_from_1904", [False, True])
def test_a_workbook_is_read_as_it_is_meant_from_whatever_day_it_counts(
    lists: dict[str, str], tmp_path: Path, *, counts_from_1904: bool
) -> None:
    """An assessment of the day itself: a day later it would lie ahead, and be refused."""
    number = 1001 + counts_from_1904
    given = case(number, Assessed_on=date(2026, 11, 16), Score=74)
    file = book(tmp_path / "a.xlsx", given, date_1904=counts_from_1904)
    code, said = imports(lists, file, *READ, "--apply")
    assert (code, count(lists, f"TWW 26/{number}")) == (0, 1), said


@pytest.mark.parametrize(
    "cell", [date(1900, 1, 5), date(1904, 1, 2), 46000, 46000.5, "16/11/2026", "1900-02-29", "0"]
)
def test_a_day_that_cannot_be_is_named_by_its_cell(
    lists: dict[str, str], tmp_path: Path, cell: object
) -> None:
    said = refused(lists, book(tmp_path / "a.xlsx", case(1010, Assessed_on=cell)))
    assert "row 2, Assessed on: " in said, said


def test_a_formula_and_an_error_are_named_by_their_cell(
    lists: dict[str, str], tmp_path: Path
) -> None:
    """What a formula came to when the file was saved is not what somebody wrote."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        page = made.add_worksheet(LISTED)
        page.write_row(0, 0, HEADS)
        page.write_row(1, 0, row_of(case(1020)))
        page.write_formula(1, 0, '="TWW"&" 26/1020"', None, "TWW 26/1020")
        page.write_formula(1, 1, "=NA()", None, "#N/A")
    said = refused(lists, tmp_path / "a.xlsx")
    assert "row 2, column A: Cell A2 holds a formula." in said
    assert "row 2, column B: Cell B2 holds a formula." in said
    assert count(lists, "TWW 26/1020") == 0


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "'="])
def test_what_a_spreadsheet_takes_for_a_formula_is_no_reference(
    lists: dict[str, str], tmp_path: Path, sign: str
) -> None:
    more = {"Reference": f'{sign}HYPERLINK("http://x/{SECRET}")'}
    assert "row 2, Reference: " in refused(lists, listed(tmp_path / "a.csv", case(1) | more))


def test_merged_cells_are_named_and_no_sheets_name_is(
    lists: dict[str, str], tmp_path: Path
) -> None:
    """Some keep a sheet for each victim, under her name."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        page = made.add_worksheet(SECRET)
        page.write_row(0, 0, HEADS)
        page.merge_range(1, 0, 3, 0, SECRET)
    assert "The sheet of the list has merged cells: A2:A4." in refused(lists, tmp_path / "a.xlsx")


def test_cases_on_a_second_sheet_are_not_passed_over(lists: dict[str, str], tmp_path: Path) -> None:
    sheets = {
        name: [HEADS, row_of(case(number))] for number, name in ((1030, LISTED), (1031, SECRET))
    }
    said = refused(lists, workbook(tmp_path / "a.xlsx", sheets))
    assert "The workbook has 2 sheets that hold something" in said
    assert count(lists, "TWW 26/103_") == 0


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_another_encoding_is_told_how_to_become_utf_8(
    lists: dict[str, str], tmp_path: Path, encoding: str
) -> None:
    file = listed(tmp_path / "a.csv", case(1040), case(1041, Flags=f"{SECRET} é"))
    file.write_bytes(file.read_text().encode(encoding))
    assert "UTF-8" in refused(lists, file)


def test_a_huge_cell_and_a_very_long_row_are_told_in_a_line_each(
    lists: dict[str, str], tmp_path: Path
) -> None:
    huge = listed(tmp_path / "a.csv", case(1050, Reference=SECRET * 50_000))
    assert "row 2, Reference: " in refused(lists, huge)
    beside = listed(tmp_path / "b.csv", case(1051))
    beside.write_text(beside.read_text().rstrip() + f",{SECRET}" * 200_000)
    said = refused(lists, beside)
    assert said.count("Something stands in a column without a name") == 1
    assert len(said) < 1_000
    above = listed(tmp_path / "c.csv", case(1052, Reference=SECRET * 100_000))
    assert len(refused(lists, above)) < 1_000


def test_a_case_of_another_kind_or_of_long_ago_is_not_taken_for_it(
    lists: dict[str, str], tmp_path: Path
) -> None:
    """Her number stays the same, whatever she is referred to and however often."""
    first = listed(tmp_path / "a.csv", case(1060))
    code, said = imports(lists, first, *READ, "--apply")
    assert (code, "1 case referred." in said) == (0, True), said
    asyncio.run(put(lists, "UPDATE referral SET pathway = 'isva' WHERE id = $1", "TWW 26/1060"))
    _, said = imports(lists, first, *READ, "--apply")
    assert "1 case referred." in said, "what went to an ISVA never came to the MARAC"
    _, said = imports(lists, first, *READ, "--apply")
    assert "0 cases referred.\n1 were there already" in said
    year = "UPDATE referral SET sent_at = sent_at - interval '200 days' WHERE id = $1"
    asyncio.run(put(lists, year, "TWW 26/1060"))
    _, said = imports(lists, first, *READ, "--apply")
    assert "1 case referred." in said, "it was sent before she was assessed"


def test_a_repeat_is_a_case_of_its_own_under_the_same_number(
    lists: dict[str, str], tmp_path: Path
) -> None:
    bare = {"Tool": "", "Tool_version": "", "Score": "", "Assessed_on": ""}
    judged = {"Route": "professional judgement", "Judgement": "fear"}
    first = listed(tmp_path / "a.csv", case(1070, **bare, **judged))
    assert "1 case referred." in imports(lists, first, *READ, "--apply")[1]
    [earlier] = references(imports(lists, first, *READ)[1])
    again = {"Route": "repeat", "Repeat_of": earlier}
    second = listed(tmp_path / "b.csv", case(1070, **bare, **again))
    assert "1 case referred." in imports(lists, second, *READ, "--apply")[1]
    _, said = imports(lists, second, *READ, "--apply")
    assert "1 were there already" in said
    assert references(said) != [earlier]


def references(said: str) -> list[str]:
    return [line.split()[-1] for line in said.splitlines() if line.startswith("  row ")]


def test_of_two_who_bring_in_the_same_list_at_once_one_makes_it(
    lists: dict[str, str], tmp_path: Path
) -> None:
    file = listed(tmp_path / "a.csv", *(case(number) for number in range(1100, 1105)))
    both = [started(lists, file) for _ in range(2)]
    said = [one.communicate(timeout=PATIENCE)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted("5 cases referred." in each for each in said) == [False, True], said
    assert sorted("5 were there already" in each for each in said) == [False, True], said
    assert count(lists, "TWW 26/110_") == 5


def test_what_was_cut_short_leaves_nothing_and_is_brought_in_anew(
    lists: dict[str, str], tmp_path: Path
) -> None:
    file = listed(tmp_path / "a.csv", *(case(number) for number in range(1200, 1230)))
    cut = started(lists, file)
    try:
        asyncio.run(until(lists, at_work=True))
        os.kill(cut.pid, signal.SIGKILL)
    finally:
        cut.kill()
        said, _ = cut.communicate(timeout=PATIENCE)
    assert (cut.returncode, "referred" in said) == (-signal.SIGKILL, False)
    asyncio.run(until(lists, at_work=False))
    assert count(lists, "TWW 26/12__") == 0
    code, said = imports(lists, file, *READ, "--apply")
    assert (code, "30 cases referred." in said) == (0, True), said
    assert count(lists, "TWW 26/12__") == 30


def test_outside_a_demonstration_no_case_comes_in(lists: dict[str, str], tmp_path: Path) -> None:
    real = {**lists, "PORTAL_MODE": "production", "PORTAL_TODAY": ""}
    code, said = imports(real, listed(tmp_path / "a.csv", case(1300), case(1301)), *READ, "--apply")
    assert (code, said.count("This portal keeps no cases yet")) == (1, 1), said
    assert count(lists, "TWW 26/130_") == 0


def started(lists: dict[str, str], file: Path) -> subprocess.Popen[str]:
    """The import, as a program of its own."""
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("PORTAL_")}
    return subprocess.Popen(  # noqa: S603 - our own command
        [PORTAL, "import", "marac", str(file), "--as", WHO, *READ, "--apply"],
        env={**inherited, **lists},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


async def put(lists: Mapping[str, str], statement: str, of: str) -> None:
    """Change, as the owner, the case that was last given a number."""
    connection = await asyncpg.connect(lists["PORTAL_OWNER_DATABASE_URL"].replace("+asyncpg", ""))
    try:
        newest = (
            "SELECT r.id FROM referral r JOIN local_reference l ON l.referral_id = r.id"
            " WHERE l.value = $1 AND r.pathway = 'marac' ORDER BY r.created_at DESC LIMIT 1"
        )
        found = await connection.fetchval(newest, of)
        assert (await connection.execute(statement, found)) == "UPDATE 1"
    finally:
        await connection.close()


async def until(lists: Mapping[str, str], *, at_work: bool) -> None:
    """Wait for an import to be in the midst of its cases, or for none to be."""
    connection = await asyncpg.connect(lists["PORTAL_OWNER_DATABASE_URL"].replace("+asyncpg", ""))
    limit = time.monotonic() + PATIENCE
    found = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    try:
        while bool(await connection.fetchval(found)) is not at_work:
            assert time.monotonic() < limit
            await asyncio.sleep(0.02)
    finally:
        await connection.close()
    if at_work:
        await asyncio.sleep(0.3)  # in the midst of them, not before the first
