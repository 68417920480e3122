"""`portal tidy`: removes the rows that have outlived their time, as a running portal does."""

import os
from datetime import UTC, datetime

import click
from sqlalchemy.ext.asyncio import async_sessionmaker

from portal.changes.keeping import tidy
from portal.cli.common import settings_here, with_engines
from portal.store.engines import Engines


@click.command("tidy")
def command() -> None:
    """Remove rows that have outlived their time, as the role portal_auth.

    A running portal does this by itself every five minutes. deploy/README.md lists how long each
    kind of row lives.
    """
    settings = settings_here(os.environ, "PORTAL_AUTH_DATABASE_URL")

    async def run(engines: Engines) -> dict[str, int]:
        return await tidy(async_sessionmaker(engines.auth), datetime.now(UTC))

    gone = with_engines(settings, run)
    for what, number in gone.items():
        if number:
            click.echo(f"{number} removed: {what}")
    if not any(gone.values()):
        click.echo("Nothing has outlived its time.")
