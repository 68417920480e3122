"""`portal contract`: write the contract from the code, or compare the two."""

import subprocess
from pathlib import Path

import click

from portal.contract import contract_path
from portal.edge.guarded import guarded
from portal.publishing.contract import SDL, breaking_changes, stale, written
from portal.publishing.examples import examples


@click.command()
@click.option(
    "--check", is_flag=True, help="Fail instead of writing when something is out of date."
)
@click.option("--since", default="HEAD", help="The commit whose contract partners know.")
def contract(*, check: bool, since: str) -> None:
    """Write graphql/: the schema, the table of access, and an answer to each operation."""
    folder = contract_path()
    schema, library = guarded()
    texts = {**written(schema, folder), **examples(schema, library, folder)}
    old = _known(since, folder / SDL)
    changelog = (folder.parent / "CHANGELOG.md").read_text()
    broken = breaking_changes(old, texts[folder / SDL], changelog) if old else []
    for line in broken:
        click.echo(f"breaks partners' programs: {line}", err=True)
    if broken:
        raise click.ClickException("Name each breaking change in CHANGELOG.md, or take it back.")
    outdated = stale(texts)
    if check and outdated:
        names = ", ".join(str(path.relative_to(folder.parent)) for path in outdated)
        raise click.ClickException(f"Out of date: {names}. Run `poe contract`.")
    for path in outdated:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path])
        click.echo(f"wrote {path.relative_to(folder.parent)}")
    click.echo("The contract says what the code says.")


def _known(commit: str, path: Path) -> str | None:
    """The file as of a commit; None outside a repository or before the file was there."""
    shown = subprocess.run(  # noqa: S603 - a fixed program; the commit is one argument
        ["git", "show", f"{commit}:./{path.name}"],  # noqa: S607 - git is found where it is
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout if shown.returncode == 0 else None
