"""`portal import marac`: the cases of a MARAC list, with nothing said of what stands in a cell."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import click

from portal.cli.common import fail, settings_here, with_engines
from portal.clock import Clock
from portal.context import ByCommand, Context, Rehearsal
from portal.settings import Mode
from portal.sheets.conferences import LIST, CaseList, read_list
from portal.sheets.conferring import Imported, Wanted, import_list
from portal.sheets.faults import Unreadable
from portal.sheets.workbook import write_workbook
from portal.store.engines import Engines

COMMAND = "PORTAL_COMMAND_DATABASE_URL"
LONG = 20
"""From so many cases on, progress is shown: each is a referral with all its checks."""
SHOWN = 20
"""So many of the cases that were there already are named."""


def import_marac_list(
    file: Path | None, template: Path | None, who: UUID | None, wanted: Wanted, *, apply: bool
) -> None:
    """Write a template, or read a list: rehearsed, or done with `apply`."""
    if template is not None:
        write_marac_template(template)
        return
    if file is None or who is None:
        lacks = "Name the file, and say for whom" if file is None else "Say for whom"
        raise click.UsageError(f"{lacks}: portal import marac {file or 'FILE'} --as WHO")
    try:
        cases = read_list(file)
    except Unreadable as problem:
        fail(str(problem))
    _tell(_run(cases, who, wanted, apply=apply), apply=apply)


def write_marac_template(file: Path) -> None:
    """An empty list with its codes on a sheet of their own; no file is written over."""
    if file.suffix.lower() != ".xlsx":
        raise click.UsageError("Name a file that ends with .xlsx: a template holds two sheets.")
    if file.exists():
        fail(f"{file} is there already. Choose another name, or remove it first.")
    if not file.parent.is_dir():
        fail(f"There is no folder {file.parent}. Make it first, or choose another.")
    help_ = [
        (LIST.help,),
        ("Column", "What it is", "What may stand there", "Needed"),
        *(
            (one.header, one.help, one.example or one.allowed, "yes" if one.required else "")
            for one in LIST.columns
        ),
    ]
    write_workbook(file, {}, ("Help", help_), (LIST,))
    click.echo(f"Wrote {file}. Fill it in; its sheet Help explains every column.")


def _run(cases: CaseList, who: UUID, wanted: Wanted, *, apply: bool) -> Imported:
    settings = settings_here(os.environ, COMMAND)
    kind = Context if apply else Rehearsal

    async def work(engines: Engines) -> Imported:
        moment, demo = Clock(settings.today).now(), settings.mode is Mode.DEMO
        context = kind(engines.command, ByCommand(who), uuid4(), moment, demonstration=demo)
        with _progress(len(cases.cases)) as told:
            return await import_list(context, cases, wanted, told)

    return with_engines(settings, work)


@contextmanager
def _progress(cases: int) -> Iterator[Callable[[int], Any]]:
    if cases < LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=cases, label="Importing", file=sys.stderr) as bar:
        yield bar.update


def _tell_of_faults(done: Imported) -> None:
    """Each of them once; they end the command."""
    faults = sorted(set(done.faults), key=lambda fault: (fault.row, fault.column))
    for fault in faults:
        click.echo(str(fault))
    if faults:
        fail(f"{len(faults):,} {'fault' if len(faults) == 1 else 'faults'}; nothing was saved.")


def _tell_of_those_there(done: Imported) -> None:
    """By row and the portal's own reference, so that nobody takes one case for another."""
    if done.there:
        click.echo(f"{len(done.there):,} were there already, and stay as they are:")
    for row, case in done.there[:SHOWN]:
        click.echo(f"  row {row} is {case}")
    if len(done.there) > SHOWN:
        click.echo(f"  and {len(done.there) - SHOWN:,} more")


def _tell(done: Imported, *, apply: bool) -> None:
    _tell_of_faults(done)
    made, would = len(done.made), "" if apply else "would be "
    if done.sees and not apply:
        click.echo("These would have the cases:")
        for line in done.sees:
            click.echo(f"  {line}")
    for said in sorted(done.warnings):
        click.echo(f"Worth a second look: {said}")
    click.echo(f"{made:,} {'case' if made == 1 else 'cases'} {would}referred.")
    _tell_of_those_there(done)
    if apply and not made:
        click.echo("Nothing to do: they are all there.")
    elif apply:
        click.echo("Saved. The file was not kept: remove it where nobody needs it any more.")
    else:
        click.echo("Nothing was saved: this was a rehearsal. Add --apply to save it.")
