"""A MARAC list comes in from a spreadsheet; of what stands in its cells nothing is ever told."""

import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from support.commands import run
from support.marac_lists import (
    COORDINATOR,
    HEADS,
    READ,
    WHO,
    case,
    count,
    everything_in,
    imports,
    listed,
)

from portal.sheets.conferences import LIST, MOST

SECRET = "Jadwiga-Zzyzx"
"""Stands for a name that somebody has left in a cell."""


def test_a_rehearsal_says_who_would_have_them_and_the_import_makes_them_once(
    lists: dict[str, str], tmp_path: Path
) -> None:
    file = listed(tmp_path / "list.csv", case(1), case(2, Flags="stalking; children"))
    code, said = imports(lists, file, *READ)
    assert code == 0, said
    assert "Wirral MARAC, MARAC (receiver)" in said
    assert "Merseyside Police, Protecting vulnerable people (representative)" in said
    assert "2 cases would be referred." in said
    assert count(lists, "TWW 26/1") == 0
    code, said = imports(lists, file, *READ, "--apply")
    assert (code, "2 cases referred.\nSaved." in said) == (0, True), said
    code, said = imports(lists, file, *READ, "--apply")
    assert "0 cases referred.\n2 were there already, and stay as they are:\n  row 2 is RF-" in said
    assert "Nothing to do: they are all there." in said
    assert (count(lists, "TWW 26/1"), count(lists, "TWW 26/2")) == (1, 1)


def test_nothing_that_stands_in_a_cell_is_told_kept_or_logged(
    lists: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = {file.name for file in tmp_path.iterdir()}
    for number, column in enumerate(HEADS):
        bad = case(100 + number) | {column: SECRET}
        code, said = imports(lists, listed(tmp_path / "x.csv", bad), *READ)
        assert code == 1, (column, said)
        assert f"row 2, {column}: " in said, said
        assert SECRET not in said
        assert SECRET not in caplog.text
    headed = listed(tmp_path / "x.csv", case(150), heads=[*HEADS, SECRET])
    beside = tmp_path / "beside.csv"
    beside.write_text(
        listed(tmp_path / "y.csv", case(151)).read_text().replace("-14", f"-14,,,{SECRET}")
    )
    for file in (headed, beside):
        code, said = imports(lists, file, *READ, "--apply")
        assert (code, SECRET in said) == (1, False), said
    kept = everything_in(lists)
    assert SECRET not in kept
    assert {file.name for file in tmp_path.iterdir()} - before == {"x.csv", "y.csv", "beside.csv"}


def test_the_search_for_what_was_kept_finds_what_is_kept(
    lists: dict[str, str], tmp_path: Path
) -> None:
    imports(lists, listed(tmp_path / "z.csv", case(777)), *READ, "--apply")
    assert "TWW 26/777" in everything_in(lists)


def test_an_unknown_column_ends_it_and_is_named_by_its_letter(
    lists: dict[str, str], tmp_path: Path
) -> None:
    file = listed(tmp_path / "a.csv", case(3), heads=["Victim", *HEADS])
    code, said = imports(lists, file, *READ)
    assert code == 1
    assert "Column A is none of a MARAC list. Take it out, above all if it holds names." in said
    assert "Victim" not in said


@pytest.mark.parametrize(
    ("heads", "says"),
    [
        ([*HEADS, "Route"], "The column Route is there twice"),
        ([head for head in HEADS if head != "Consent"], "lacks the columns Consent"),
        ([], "The file has no rows"),
    ],
)
def test_columns_that_are_there_twice_or_not_at_all_are_named(
    lists: dict[str, str], tmp_path: Path, heads: list[str], says: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(",".join(heads) + "\n" + ("x\n" if heads else ""))
    code, said = imports(lists, file, *READ)
    assert code == 1
    assert says in said or "empty" in said, said


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ({"Reference": "Anna Smith"}, "Reference"),
        ({"Reference": ""}, "Reference"),
        ({"Area": "Wirral"}, "Area"),
        ({"Area": "E99999999"}, "Area"),
        ({"Route": "by phone"}, "Route"),
        ({"Score": "9999"}, "Score"),
        ({"Score": "121"}, "Score"),
        ({"Score": "20"}, "Route"),
        ({"Score": ""}, "Score"),
        ({"Assessed_on": "2027-01-01"}, "Assessed on"),
        ({"Wishes": "unaware"}, "Against wishes because"),
        ({"Consent": "refused"}, "No consent because"),
        ({"Aware": "no"}, "Not aware because"),
        ({"Never_by": "text"}, "Never by"),
        ({"Route": "professional judgement"}, "Judgement"),
        ({"Route": "potential escalation", "Incidents": "1"}, "Incidents"),
        ({"Meeting_on": "2026-11-26", "Research_by": "2026-11-24"}, "Meeting on"),
    ],
)
def test_each_fault_is_named_with_its_row_and_column(
    lists: dict[str, str], tmp_path: Path, more: dict[str, str], column: str
) -> None:
    file = listed(tmp_path / "a.csv", case(201), case(202, **more))
    code, said = imports(lists, file, *READ, "--apply")
    assert code == 1, said
    assert f"row 3, {column}: " in said, said
    assert "nothing was saved" in said


def test_one_faulty_row_keeps_all_out(lists: dict[str, str], tmp_path: Path) -> None:
    file = listed(tmp_path / "a.csv", case(301), case(302, Score="500"), case(303))
    assert imports(lists, file, *READ, "--apply")[0] == 1
    assert count(lists, "TWW 26/30%") == 0


def test_two_rows_of_one_reference_are_refused(lists: dict[str, str], tmp_path: Path) -> None:
    file = listed(tmp_path / "a.csv", case(5), case(5))
    code, said = imports(lists, file, *READ)
    assert code == 1
    assert "row 3, Reference: Row 2 has the same reference." in said


def test_of_somebody_who_works_for_a_partner_nothing_is_stored(
    lists: dict[str, str], tmp_path: Path
) -> None:
    file = listed(tmp_path / "a.csv", case(401, Accused_works_for_a_partner="works"))
    code, said = imports(lists, file, *READ, "--apply")
    assert code == 1
    assert re.search(r"IOPC|Independent Office for Police Conduct", said), said
    assert count(lists, "TWW 26/401") == 0


def test_who_has_not_read_that_it_may_be_disclosed_is_told_of_it(
    lists: dict[str, str], tmp_path: Path
) -> None:
    code, said = imports(lists, listed(tmp_path / "a.csv", case(6), case(8)))
    assert code == 1
    assert said.count("disclose it to the defence") == 1
    assert "Add --disclosure-read." in said


@pytest.mark.parametrize("who", ["wirral.viewer", "tww.protection"])
def test_who_does_not_work_on_cases_imports_none(
    lists: dict[str, str], tmp_path: Path, who: str
) -> None:
    code, said = imports(lists, listed(tmp_path / "a.csv", case(7)), *READ, who=who)
    assert code == 1
    assert "Only those who work on cases" in said, said


def test_a_coordinator_imports_the_list_of_a_meeting_whose_days_may_have_passed(
    lists: dict[str, str], tmp_path: Path
) -> None:
    more = {"Meeting_on": "2026-11-26", "Research_by": "2026-11-10"}
    file = listed(tmp_path / "a.csv", case(501, Reference="M 26/501", **more))
    team = ("--team", "Information governance")
    code, said = imports(lists, file, *READ, *team, "--apply", who=COORDINATOR)
    assert (code, "1 case referred." in said) == (0, True), said
    elsewhere = listed(
        tmp_path / "b.csv", case(502, Meeting_on="2026-11-27", Research_by="2026-11-24")
    )
    code, said = imports(lists, elsewhere, *READ, *team, who=COORDINATOR)
    assert (code, "row 2, Meeting on: " in said) == (1, True), said


def test_a_template_holds_every_column_and_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    assert run("import", "marac", "--template", str(file)).exit_code == 0
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == [LIST.name, "Help"]
    assert book.get_sheet_by_name(LIST.name).to_python() == [HEADS]
    assert {row[0] for row in book.get_sheet_by_name("Help").to_python()} >= set(HEADS)
    again = run("import", "marac", "--template", str(file))
    assert (again.exit_code, "is there already" in again.output) == (1, True)


def test_a_list_that_is_too_long_or_no_file_is_said_so(
    lists: dict[str, str], tmp_path: Path
) -> None:
    long = listed(tmp_path / "a.csv", *(case(number) for number in range(MOST + 1)))
    assert "Split it" in imports(lists, long)[1]
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04" + b"\x00" * 200)
    (tmp_path / "c.csv").write_bytes(b"")
    for name in ("b.xlsx", "c.csv", "none.csv"):
        code, said = imports(lists, tmp_path / name)
        assert (code, said.count("\n")) == (1, 1), said


@pytest.mark.parametrize(
    "words",
    [
        ("marac", "x.csv", "--as", WHO, "--mine"),
        ("initiatives", "x.xlsx", "--as", WHO, "--team", "T"),
        ("marac", "x.csv"),
        ("marac",),
    ],
)
def test_options_that_do_not_go_together_are_wrong_use(words: tuple[str, ...]) -> None:
    assert run("import", *words).exit_code == 2
