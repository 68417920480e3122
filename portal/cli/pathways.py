"""`portal pathways`: whether the file of a pathway is right, and what it says."""

from pathlib import Path

import click

from portal.cli.common import fail
from portal.referrals.engine.files import load, load_all
from portal.referrals.engine.page import page
from portal.referrals.engine.toml_tables import BadPathway


@click.group("pathways")
def pathways() -> None:
    """The ways a case can take, one file each."""


@pathways.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
def check(file: Path | None) -> None:
    """Say every fault of FILE, or what it lays down: states, moves, events, clocks.

    Without FILE it checks and lists those that the portal has. Needs no database. Exit code 1
    when there is a fault.

    \b
    portal pathways check my_pathway.toml
    """
    try:
        if file:
            click.echo(page(load(file)))
        else:
            _list()
    except BadPathway as bad:
        fail(str(bad))


def _list() -> None:
    known = load_all()
    for (name, version), one in sorted(known.versions.items()):
        counts = f"{len(one.states)} states, {len(one.moves)} moves, {len(one.clocks)} clocks"
        click.echo(f"{name:<26} version {version}  {counts:<36} {one.title}")


@pathways.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print the newest version of the pathway NAME, as `portal pathways check` lists it."""
    known = load_all()
    if (one := known.newest(name)) is None:
        fail(f"There is no pathway {name}. There are: {', '.join(known.names)}.")
    click.echo(page(one))
