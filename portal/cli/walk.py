"""`portal walk`: a story from end to end, through the API of a running demo."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from portal.cli import STOPPED
from portal.cli.common import demo_folder
from portal.cli.walks import conference, interruption, matter, opening
from portal.cli.walks.walk import Refused, Walk
from portal.client import ClientProblem, Unreachable
from portal.sample.notes import NAME, Notes

STORIES: dict[str, tuple[str, Callable[[Walk], None]]] = {
    "marac": (
        "A charity refers to a MARAC; the IDVA referral follows; the force sees its part.",
        conference.walk,
    ),
    "matter": (
        "Two suspects of one matter come to two outcomes; days with police, CPS and court.",
        matter.walk,
    ),
    "agreement": (
        "A suspended agreement closes exactly what its preview said, and goes on again.",
        interruption.walk,
    ),
    "opened": (
        "A team opens a record; its owner sees who did, and why.",
        opening.walk,
    ),
}
_LIST = "\n\n    \b\n    " + "\n    ".join(f"{key:10} {told}" for key, (told, _) in STORIES.items())
_HELP = f"""Go through STORY in the running demo, step by step.

    Every step asks the demo's API over HTTP, as the program of whoever acts in it, and prints what
    came back. What a story makes stays in the demo; `portal demo --reset` begins anew.
    {_LIST}

    Exit codes: 1 the portal refused something, 2 wrong use, 3 not accepted, 4 no demo answers,
    130 stopped by Ctrl-C.
    """


@click.command("walk", help=_HELP)
@click.argument("story", type=click.Choice(list(STORIES)))
@click.option("--commands", is_flag=True, help="Print each request too, as a command to paste.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    help="Where the demo was told to keep its notes.",
)
def command(story: str, *, commands: bool, folder: Path | None) -> None:
    told, through = STORIES[story]
    try:
        notes = _notes(folder or demo_folder())
        click.echo(told)
        with Walk(notes, click.echo, commands=commands) as walk:
            through(walk)
    except Refused as refused:
        click.echo(f"Refused: {refused}", err=True)
        sys.exit(1)
    except ClientProblem as problem:
        remedy = " Start `portal demo` in another terminal."
        said = f"{problem}.{remedy}" if isinstance(problem, Unreachable) else str(problem)
        click.echo(f"Error: {said}", err=True)
        sys.exit(problem.code)
    except KeyboardInterrupt:
        click.echo("\nStopped. What the story made so far stays in the demo.", err=True)
        sys.exit(STOPPED)


def _notes(folder: Path) -> Notes:
    """Where the demo is and what it lets in."""
    notes = Notes.read(folder)
    if notes is None:
        raise Unreachable(f"{folder} holds no {NAME}, so no demo keeps its notes there")
    return notes
