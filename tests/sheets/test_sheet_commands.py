"""From a terminal: a template to fill in, a rehearsal, an import, an export."""

import os
import stat
import subprocess
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from support.commands import PORTAL, run
from support.databases import environ_of
from support.workbooks import examples, initiatives, key, workbook

from portal.cli.sheets import LONG, progress
from portal.sample.partnership import membership_id
from portal.sheets.format import HELP, SHEETS
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

WHO = "wirral.coordinator"


@pytest.fixture(scope="module")
def environ(server: Server) -> dict[str, str]:
    """A demo's database, on the demo's day."""
    bootstrap(server.dsn, "sheets")
    environ = {**environ_of(server, "sheets"), "PORTAL_TODAY": "2026-11-16"}
    for words in (("migrate",), ("seed", "--initiatives", "1")):
        ran = run(*words, environ=environ)
        assert ran.exit_code == 0, ran.output
    return environ


def good(path: Path, title: str = "Safer stops") -> Path:
    return initiatives(path, {"Initiative": key(), "Title": title, "Visibility": "public"})


def imports(environ: dict[str, str], file: Path, *more: str, who: str = WHO) -> tuple[int, str]:
    ran = run("import", "initiatives", str(file), "--as", who, *more, environ=environ)
    return ran.exit_code, ran.output


def test_the_template_explains_every_column_and_offers_the_words(tmp_path: Path):
    file = tmp_path / "template.xlsx"
    ran = run("import", "--template", str(file))
    assert ran.exit_code == 0, ran.output
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == [*(sheet.name for sheet in SHEETS), HELP]
    helped = book.get_sheet_by_name(HELP).to_python()
    for sheet in SHEETS:
        assert book.get_sheet_by_name(sheet.name).to_python() == [[c.header for c in sheet.columns]]
        for column in sheet.columns:
            row = next(row for row in helped if row[:2] == [column.header, column.help])
            assert row[3]
    with zipfile.ZipFile(file) as archive:
        assert b"proposed,approved,live" in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("whose", [(), ("--as", WHO)])
def test_the_demo_takes_every_example_that_the_template_gives(environ, tmp_path: Path, whose):
    template = tmp_path / "template.xlsx"
    ran = run("import", "initiatives", "--template", str(template), *whose, environ=environ)
    assert ran.exit_code == 0, ran.output
    assert ("with --as WHO they are your own" in ran.output) == (not whose)
    helped = CalamineWorkbook.from_path(template).get_sheet_by_name(HELP).to_python()
    file = workbook(tmp_path / "filled.xlsx", examples(helped))
    code, said = imports(environ, file)
    assert (code, said.count(": 1 new")) == (0, len(SHEETS)), said


def test_a_template_that_nobody_has_filled_in_is_told_to_be_empty(environ, tmp_path: Path):
    template = tmp_path / "template.xlsx"
    run("import", "--template", str(template))
    for more in ((), ("--apply",)):
        assert imports(environ, template, *more) == (
            0,
            "The file has column names and no rows below them: there is nothing to import.\n",
        )


def test_a_rehearsal_then_the_import_then_nothing_left_to_do(environ, tmp_path: Path):
    file = good(tmp_path / "a.xlsx")
    assert imports(environ, file) == (
        0,
        "Initiatives: 1 new\nNothing was saved: this was a rehearsal. Add --apply to save it.\n",
    )
    assert imports(environ, file, "--apply") == (0, "Initiatives: 1 new\nSaved.\n")
    done = "Initiatives: 1 unchanged\nNothing to do: it is all there.\n"
    assert imports(environ, file, "--apply") == (0, done)
    assert imports(environ, file, "--apply", who=f"Membership:{membership_id(WHO)}") == (0, done)


def test_every_fault_is_a_line_of_a_table_and_the_exit_code_is_1(environ, tmp_path: Path):
    file = initiatives(
        tmp_path / "a.xlsx",
        {"Initiative": "a", "Title": "x", "Rating": "red"},
        {"Initiative": "b", "Title": "y", "Stage": "\x07running"},
    )
    code, said = imports(environ, file, "--apply")
    assert code == 1
    assert said.splitlines() == [
        "Sheet        Row  Column         What is wrong → What to do",
        "Initiatives  2    Rating reason  Something is missing. → Say why it is red, and what would"
        " help.",
        "Initiatives  3    Stage          It holds control characters. → Type the text anew,"
        " without them.",
        "Error: 2 faults; nothing was saved.",
    ]


def test_an_export_comes_in_again_from_both_kinds_of_file(environ, tmp_path: Path):
    assert imports(environ, good(tmp_path / "a.xlsx", "=1+1"), "--apply")[0] == 0
    for name in ("out.xlsx", "out.csv"):
        out = tmp_path / name
        words = ("export", "initiatives", str(out), "--as", WHO, "--filter", '{"mine": true}')
        ran = run(*words, environ=environ)
        assert (ran.exit_code, "Handling: OFFICIAL." in ran.output) == (0, True), ran.output
        assert stat.S_IMODE(os.stat(out).st_mode) == 0o600  # noqa: PTH116 - the mode itself
        assert run(*words, environ=environ).exit_code == 1  # it is there already
        assert run(*words, "--replace", environ=environ).exit_code == 0
        code, said = imports(environ, out, "--apply")
        assert (code, "Nothing to do" in said) == (0, True), said
    assert "'=1+1" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    about = dict(CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_name("About")
                 .to_python())  # fmt: skip
    assert about["Handling"].startswith("OFFICIAL")
    assert about["Exported for"] == f"Wirral Council, {membership_id(WHO)}"
    assert about["Filter"] == '{"mine": true}'
    assert about["Exported at"].startswith("2026-11-16")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import",), "for whom: portal import initiatives FILE --as WHO"),
        (("import", "initiatives"), "Name the file, and say for whom: portal import"),
        (("import", "initiatives", "a.csv"), "wirral.coordinator: portal import initiatives a.csv"),
        (("import", "mine.xlsx", "--as", WHO), "portal import initiatives mine.xlsx --as WHO"),
        (("export", "all.csv", "--as", WHO), "portal export initiatives all.csv --as WHO"),
        (("import", "initiatives", "none.xlsx", "--as", WHO), "cannot be opened"),
        (("import", "initiatives", "x", "--as", "nobody.known"), "give the id of a membership"),
        (("import", "referrals", "x", "--as", WHO), "'referrals' is not one of"),
        (("export", "initiatives", "x.pdf", "--as", WHO), ".xlsx or .csv"),
        (("export", "initiatives", "x.csv"), "Missing option '--as'"),
        (("export", "initiatives", "x.csv", "--as", WHO, "--filter", "{"), "not JSON"),
        (("export", "initiatives", "x.csv", "--as", WHO, "--filter", '{"colour": 1}'), "colour"),
        (("export", "initiatives", "x.csv", "--as", str(membership_id("x"))), "Nobody with"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_line(environ, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    ran = run(*words, environ=environ)
    assert ran.exit_code in {1, 2}
    assert says in ran.output
    assert "Traceback" not in ran.output


def test_a_filter_that_is_not_understood_is_told_and_leaves_no_trace(environ, tmp_path: Path):
    words = ("export", "initiatives", "x.csv", "--as", WHO, "--filter", '{"stage": ["live"]}')
    ran = subprocess.run(  # noqa: S603 - our own command
        [PORTAL, *words],
        env={**os.environ, **environ},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    *usage, told = ran.stderr.splitlines()
    assert told.startswith("Error: `filter.stage[0]` (“live”) is no Stage. Did you mean LIVE? ")
    assert [line.partition(" ")[0] for line in usage] == ["Usage:", "Try", ""]


def test_one_initiative_is_one(environ, tmp_path: Path):
    file = good(tmp_path / "a.xlsx", title := f"Only {key()}")
    assert imports(environ, file, "--apply")[0] == 0
    for text, said in ((title, "Wrote 1 initiative to"), ("nothing", "Wrote 0 initiatives to")):
        words = ("export", "initiatives", str(tmp_path / f"{len(text)}.csv"), "--as", WHO)
        ran = run(*words, "--filter", f'{{"text": "{text}"}}', environ=environ)
        assert said in ran.output, ran.output


def test_nobody_imports_without_access(environ, tmp_path: Path):
    code, said = imports(environ, good(tmp_path / "a.xlsx"), who=str(membership_id("nobody")))
    assert code == 1
    assert "Nobody with this id has access" in said


def test_a_workbook_with_an_unknown_sheet_ends_with_one_line(environ, tmp_path: Path):
    file = workbook(tmp_path / "a.xlsx", {"Partnrs": [["Initiative"]]})
    assert imports(environ, file) == (
        1,
        "Error: The sheet “Partnrs” is not part of the format. Did you mean Partners? Rename it,"
        " or delete it.\n",
    )


def test_a_template_never_replaces_what_somebody_has_filled_in(tmp_path: Path):
    filled = tmp_path / "mine.xlsx"
    filled.write_bytes(b"a week of work")
    ran = run("import", "--template", str(filled))
    assert (ran.exit_code, filled.read_bytes()) == (1, b"a week of work")
    assert "is there already" in ran.output


def test_a_template_is_a_workbook_in_a_folder_that_is_there(tmp_path: Path):
    assert "ends with .xlsx" in run("import", "--template", str(tmp_path / "a.csv")).output
    ran = run("import", "--template", str(tmp_path / "nowhere" / "a.xlsx"))
    assert "There is no folder" in ran.output
    assert "Traceback" not in ran.output


class Terminal(StringIO):
    """Somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_a_long_import_shows_how_far_it_is_and_a_short_one_is_silent(monkeypatch):
    for rows, says in ((LONG, True), (LONG - 1, False)):
        seen = Terminal()
        monkeypatch.setattr("sys.stderr", seen)
        with progress(rows) as told:
            told(rows // 2)
        assert ("Importing" in seen.getvalue(), "50%" in seen.getvalue()) == (says, says)
    piped = StringIO()
    monkeypatch.setattr("sys.stderr", piped)
    with progress(LONG) as told:
        told(1)
    assert piped.getvalue() == "", "a file or a pipe holds no bars"
