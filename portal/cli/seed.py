"""`portal seed`: invented initiatives and referrals in bulk, for a demonstration at size."""

import os

import click

from portal.cli.common import fail, only_for_show, settings_here, with_engines
from portal.furnishing import furnish_portal
from portal.sample.case_seeding import seed_referrals
from portal.sample.ground import Ground, ground
from portal.sample.load import load_sample
from portal.sample.seeding import seed
from portal.store.engines import Engines
from portal.store.migrations.migrate import migrate


@click.command("seed")
@click.option(
    "--initiatives",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    help="How many to invent, each with partners, actions, measures and figures.",
)
@click.option(
    "--referrals",
    type=click.IntRange(0, 10_000_000),
    default=0,
    show_default=True,
    help="How many to invent, between sixty charities, each with its events, clocks and details.",
)
@click.option(
    "--agencies",
    type=click.IntRange(0, 1_000),
    default=0,
    show_default=True,
    help="How many further agencies to invent first.",
)
def command(initiatives: int, referrals: int, agencies: int) -> None:
    """Fill an empty database, or the demo's, with invented initiatives and referrals.

    The demo may be running. What is there stays; all of the new is written, or nothing.
    """
    if not initiatives and not referrals:
        raise click.UsageError("Say how many: --initiatives, --referrals, or both.")
    only_for_show(os.environ)
    settings = settings_here(os.environ, "PORTAL_OWNER_DATABASE_URL")

    async def work(engines: Engines) -> None:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            if await ground(owner) is Ground.IN_USE:
                fail("The database holds agencies that are no sample: it stays as it is.")
            await load_sample(owner)
            if initiatives:
                with click.progressbar(length=initiatives, label="Initiatives") as bar:
                    await seed(owner, initiatives, agencies=agencies, progress=bar.update)
            if referrals:
                with click.progressbar(length=referrals, label="Referrals") as bar:
                    await seed_referrals(owner, referrals, progress=bar.update)

    with_engines(settings, work)
    added = f"{initiatives} initiatives and {referrals} referrals added."
    click.echo(f"{added} Next: ask for them with `portal query`.")
