"""`portal import` and `portal export`: initiatives from a spreadsheet, and into one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import click
from graphql import assert_input_type
from sqlalchemy.exc import DBAPIError

from auth.oauth.resource import TOO_MANY_KEYS
from portal.cli.common import fail, settings_here, with_engines
from portal.cli.marac_list import import_marac_list
from portal.cli.query import Variables
from portal.cli.who import AS, Who
from portal.clock import Clock
from portal.context import ByCommand, Context, Rehearsal
from portal.edge.values import JSON, faults, written
from portal.schema import Schema, build
from portal.sheets.conferring import Wanted
from portal.sheets.exporting import About, Export, Exported, NotAnswered
from portal.sheets.faults import Unreadable
from portal.sheets.guide import Known, read_known
from portal.sheets.importing import Report, quiet, run_import
from portal.sheets.plan import Options
from portal.sheets.reading import Book, read_book
from portal.sheets.telling import changes, summary, table
from portal.sheets.workbook import write_export, write_template
from portal.sheets.writing import Told
from portal.store.engines import Engines
from portal.store.states import NO_ACCESS, sqlstate

COMMAND = "PORTAL_COMMAND_DATABASE_URL"
KINDS = ("initiatives",)
LISTS = (*KINDS, "marac")
"""What comes in; a MARAC list goes out on no sheet."""
LONG = 1_000
"""From so many rows on, progress is shown."""
_FILE = click.Path(path_type=Path, dir_okay=False)


class What(click.Choice[str]):
    """What comes in or goes out; a file in its place is met with the whole command."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value)
        if text not in self.choices and ctx and Path(text).suffix.lower() in {".xlsx", ".csv"}:
            first = self.choices[0]
            raise click.UsageError(
                f"Say first what is in the file: portal {ctx.info_name} {first} {text} --as WHO",
                ctx,
            )
        return super().convert(value, param, ctx)


@click.command("import")
@click.argument("what", required=False, type=What(LISTS), metavar="[initiatives|marac]")
@click.argument("file", required=False, type=_FILE)
@click.option(
    "--template",
    type=_FILE,
    help="Write an empty workbook with help to this file. With --as the help lists the names of"
    " agencies, teams, areas, themes and measures that they may use.",
)
@click.option("--as", "who", type=Who(), help="For whom: the id of a membership or API client.")
@click.option("--apply", is_flag=True, help="Save it. Without this nothing is saved.")
@click.option("--mine", is_flag=True, help="Leave rows of initiatives that others lead alone.")
@click.option(
    "--from-elsewhere",
    is_flag=True,
    help="The file was exported by another portal: take its initiatives as new ones.",
)
@click.option("--team", help="Of a MARAC list: which of your agency's teams refers.")
@click.option("--marac", help="Of a MARAC list: to which MARAC, where there are several.")
@click.option(
    "--disclosure-read",
    is_flag=True,
    help="Of a MARAC list: you have read that police may have to disclose what they are given.",
)
def import_(  # noqa: PLR0913 - the command's options
    what: str | None,
    file: Path | None,
    template: Path | None,
    who: UUID | None,
    *,
    apply: bool,
    mine: bool,
    from_elsewhere: bool,
    team: str | None,
    marac: str | None,
    disclosure_read: bool,
) -> None:
    """Import initiatives, or the cases of a MARAC list, from FILE, for somebody.

    FILE is a .xlsx workbook or a .csv file. Shows what it would do and every fault; with --apply
    it saves all of it, or nothing. Exit code 1 when there is a fault. Of a MARAC list no word of
    a cell is ever printed or logged, and the file is not kept.

    \b
    portal import --template mine.xlsx --as WHO
    portal import initiatives mine.xlsx --as WHO
    portal import initiatives mine.xlsx --as WHO --apply
    portal import marac --template list.xlsx
    portal import marac list.xlsx --as WHO --team TEAM
    """
    if what == "marac":
        if mine or from_elsewhere:
            raise click.UsageError("--mine and --from-elsewhere are for initiatives.")
        wanted = Wanted(team, marac, disclosure_read)
        import_marac_list(file, template, who, wanted, apply=apply)
        return
    if team or marac or disclosure_read:
        raise click.UsageError("--team, --marac and --disclosure-read are for `marac`.")
    if template is not None:
        _write_template(template, who)
        return
    if what is None or file is None or who is None:
        given = [what or KINDS[0], str(file or "FILE"), "--as WHO"]
        raise click.UsageError(f"{_missing(what, file)}: portal import {' '.join(given)}")
    try:
        book = read_book(file)
    except Unreadable as problem:
        fail(str(problem))
    report = _run(book, who, Options(mine, from_elsewhere), apply=apply)
    if not book.size and not report.faults:
        click.echo("The file has column names and no rows below them: there is nothing to import.")
        return
    _tell(report, apply=apply)


def _missing(what: str | None, file: Path | None) -> str:
    if what is None:
        return "Say what to import, from which file and for whom"
    if file is None:
        return "Name the file, and say for whom"
    return "Say for whom, in the demo such as wirral.coordinator"


def _write_template(file: Path, who: UUID | None) -> None:
    _refuse_template(file)
    write_template(file, _known(who) if who else Known())
    click.echo(f"Wrote {file}. Fill it in; its sheet Help explains every column.")
    if not who:
        click.echo("The names in its examples are the demo's: with --as WHO they are your own.")


def _known(who: UUID) -> Known:
    settings = settings_here(os.environ, COMMAND)

    async def work(engines: Engines) -> Known:
        moment = Clock(settings.today).now()
        with known_caller():
            return await read_known(Rehearsal(engines.command, ByCommand(who), uuid4(), moment))

    return with_engines(settings, work)


def _run(book: Book, who: UUID, options: Options, *, apply: bool) -> Report:
    settings = settings_here(os.environ, COMMAND)
    kind = Context if apply else Rehearsal

    async def work(engines: Engines) -> Report:
        context = kind(engines.command, ByCommand(who), uuid4(), Clock(settings.today).now())
        with known_caller(), progress(book.size) as told:
            return await run_import(context, book, options, told)

    return with_engines(settings, work)


@contextmanager
def known_caller() -> Iterator[None]:
    """A caller without access ends the command with one line."""
    try:
        yield
    except DBAPIError as error:
        if sqlstate(error) != NO_ACCESS or TOO_MANY_KEYS in str(error):
            raise
        fail("Nobody with this id has access today. `.portal/demo.json` lists the demo's people.")


@contextmanager
def progress(rows: int) -> Iterator[Told]:
    """How far a long import is, for somebody at a terminal."""
    if rows < LONG or not sys.stderr.isatty():
        yield quiet
        return
    with click.progressbar(length=rows, label="Importing", file=sys.stderr) as bar:
        yield bar.update


@click.command("export")
@click.argument("what", type=What(KINDS), metavar="initiatives")
@click.argument("file", type=_FILE)
@AS
@click.option("--filter", "chosen", type=Variables(), help="Which ones: an InitiativeFilter.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
def export(
    what: str, file: Path, who: UUID, chosen: dict[str, object] | None, *, replace: bool
) -> None:
    """Export the initiatives that somebody may see to FILE, .xlsx or .csv.

    A .xlsx workbook holds all sheets, a .csv file the initiatives alone. `portal import` reads
    both again.
    """
    if file.suffix.lower() not in {".xlsx", ".csv"}:
        raise click.UsageError("Name a file that ends with .xlsx or .csv.")
    if file.exists() and not replace:
        fail(f"{file} is there already. Choose another name, or add --replace.")
    _refuse_folder(file)
    schema = build()
    _check_filter(schema, chosen)
    settings = settings_here(os.environ, COMMAND)

    async def work(engines: Engines) -> Exported:
        context = Context(engines.command, ByCommand(who), uuid4(), Clock(settings.today).now())
        with known_caller():
            return await Export(schema, context, chosen).run()

    try:
        exported = with_engines(settings, work)
    except NotAnswered as problem:
        fail(f"The portal does not answer this: {problem}")
    write_export(file, exported, About(exported, settings.base_url, chosen))
    number = exported.initiatives
    what = what.removesuffix("s") if number == 1 else what
    click.echo(f"Wrote {number:,} {what} to {file}. Handling: OFFICIAL.")


def _check_filter(schema: Schema, chosen: dict[str, object] | None) -> None:
    """What it says and the API would not take, a line each."""
    kind = schema._schema.type_map["InitiativeFilter"]  # noqa: SLF001 - Strawberry has no public name for it
    found = faults(chosen, assert_input_type(kind), ("filter",), JSON)
    if wrong := [f"{written(fault.place)} {fault.says}" for fault in found]:
        raise click.UsageError("\n".join(wrong))


def _tell(report: Report, *, apply: bool) -> None:
    if report.faults:
        for line in table(report.faults):
            click.echo(line)
        number = len(report.faults)
        fail(f"{number:,} {'fault' if number == 1 else 'faults'}; nothing was saved.")
    if report.warnings:
        click.echo("Worth a second look:")
        for line in table(report.warnings):
            click.echo(line)
    for line in summary(report):
        click.echo(line)
    if apply:
        click.echo("Saved." if changes(report) else "Nothing to do: it is all there.")
    else:
        click.echo("Nothing was saved: this was a rehearsal. Add --apply to save it.")


def _refuse_template(file: Path) -> None:
    """A template never takes the place of a workbook that somebody has filled in."""
    if file.suffix.lower() != ".xlsx":
        raise click.UsageError("Name a file that ends with .xlsx: a template holds several sheets.")
    if file.exists():
        fail(f"{file} is there already. Choose another name, or remove it first.")
    _refuse_folder(file)


def _refuse_folder(file: Path) -> None:
    if not file.parent.is_dir():
        fail(f"There is no folder {file.parent}. Make it first, or choose another.")
