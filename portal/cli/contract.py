"""`portal contract`: write the contract from the code, or compare the two."""

from pathlib import Path

import click

from portal.contract import contract_path
from portal.edge.guarded import guarded
from portal.publishing.contract import (
    RELEASED,
    SDL,
    breaking_changes,
    stale,
    undated_deprecations,
    written,
)
from portal.publishing.examples import examples


@click.command()
@click.option(
    "--check", is_flag=True, help="Fail instead of writing when something is out of date."
)
@click.option("--release", is_flag=True, help="From now on partners know the contract as it is.")
def contract(*, check: bool, release: bool) -> None:
    """Write graphql/: the schema, the table of access, and an answer to each operation."""
    folder = contract_path()
    schema, library = guarded()
    texts = {**written(schema, folder), **examples(schema, library, folder)}
    if release:
        texts[folder / RELEASED] = texts[folder / SDL]
    else:
        _refuse_breaks(folder, texts[folder / SDL])
        _refuse_undated(texts[folder / SDL])
    outdated = stale(texts)
    if check and outdated:
        names = ", ".join(str(path.relative_to(folder.parent)) for path in outdated)
        raise click.ClickException(f"Out of date: {names}. Run `poe contract`.")
    for path in outdated:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path])
        click.echo(f"wrote {path.relative_to(folder.parent)}")
    click.echo("The contract says what the code says.")


def _refuse_breaks(folder: Path, now: str) -> None:
    """Fail when a partner's program could break on a change that CHANGELOG does not name."""
    changelog = (folder.parent / "CHANGELOG.md").read_text()
    broken = breaking_changes((folder / RELEASED).read_text(), now, changelog)
    for line in broken:
        click.echo(f"breaks partners' programs: {line}", err=True)
    if broken:
        raise click.ClickException(
            "Take it back, or name each breaking change in CHANGELOG.md with the sentence above."
        )


def _refuse_undated(now: str) -> None:
    """Fail when partners are not told since when something is deprecated."""
    if undated := undated_deprecations(now):
        raise click.ClickException(
            f"Deprecated without a day: {', '.join(undated)}. Begin the reason with the day, such"
            ' as "2026-11-16: use `title` instead".'
        )
