"""`portal migrate`: brings the database to this release."""

import os

import click

from portal.cli.common import settings_here, with_engines
from portal.furnishing import furnish_portal
from portal.store.engines import Engines
from portal.store.migrations.migrate import Migrated, migrate


@click.command("migrate")
def command() -> None:
    """Bring the database to this release, as the role portal_owner.

    Safe to repeat and to run while the release before serves; a second migrator waits for the
    first. The roles must be there: see deploy/README.md.
    """
    settings = settings_here(os.environ, "PORTAL_OWNER_DATABASE_URL")

    async def run(engines: Engines) -> Migrated:
        return await migrate(engines.owner, furnish_portal)

    done = with_engines(settings, run)
    if done.before == done.after:
        click.echo(f"The database is at {done.after} already. Next: portal check")
    else:
        click.echo(f"Migrated from {done.before or 'an empty database'} to {done.after}.")
        click.echo("Next: portal check")
