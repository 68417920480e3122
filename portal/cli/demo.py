"""`portal demo`: the sample partnership on a database of its own, ready to be asked."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from joserfc.jwk import ECKey

from auth.keys.ring import KeyRing
from portal.cli.common import demo_folder, fail, only_for_show, read_settings, with_engines
from portal.cli.serve import door, keys_of, serve, told_to_stop
from portal.edge.logs import configure
from portal.furnishing import furnish_portal
from portal.sample.ground import Ground, ground
from portal.sample.load import load_sample
from portal.sample.notes import Notes, ring_of
from portal.sample.partnership import DAY
from portal.sample.programs import keys_in, load_programs
from portal.settings import Settings
from portal.store.cluster import home
from portal.store.engines import Engines
from portal.store.migrations.migrate import Stand, migrate, stand
from portal.store.server import ServerProblem, forget, running
from portal.store.standing import seconds_to_settle

HOST = "127.0.0.1"
_HELP = """Serve the portal with a sample Merseyside partnership, on a database it brings along.

    Its pages are for a browser, its API for a program. demo.json says the address, the sample's API
    clients with their key files, its people and their roles. Stops on Ctrl-C; what was entered is
    kept for the next start.

    \b
    The database:        {database}
    Keys and demo.json:  {folder}
    """


@click.command("demo", help=_HELP.format(database=home(), folder=demo_folder()))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--reset", is_flag=True, help="Forget what was entered, and begin anew.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    help="Keep database, keys and demo.json here instead.",
)
def command(port: int, *, reset: bool, folder: Path | None) -> None:
    only_for_show(os.environ)
    with told_to_stop(), door(HOST, port) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        defaults = {"PORTAL_TODAY": DAY.isoformat(), "PORTAL_BASE_URL": address}
        with database(folder, reset=reset) as environ:
            ring = {"PORTAL_KEYS_FOLDER": str(own_keys(folder or demo_folder()))}
            settings = read_settings({**defaults, **ring, **environ})
            notes = Notes(settings.base_url, str(settings.today), folder or demo_folder())
            prepare(settings, keys_in(notes.keys))
            notes.write()
            click.echo(notes.welcome())
            configure()
            serve(settings, keys_of(settings), listening, sample=True)
    click.echo("\nStopped. What was entered is kept: `portal demo` goes on from there.")


@contextmanager
def database(folder: Path | None, *, reset: bool) -> Iterator[Mapping[str, str]]:
    """The environment with the databases that it names, else with those of an embedded server."""
    if os.environ.get("PORTAL_DATABASE_URL"):
        if reset:
            fail("--reset is for the demo's own database; PORTAL_DATABASE_URL names yours.")
        yield os.environ
        return
    data = folder and folder / "database"
    try:
        if reset:
            forget(data=data)
        with running(data) as server:
            yield {**os.environ, **server.environ()}
    except ServerProblem as problem:
        fail(str(problem))


def own_keys(folder: Path) -> Path:
    """The folder of the demo's own keys, made at its first start."""
    ring = ring_of(folder)
    if not ring.exists():
        KeyRing.make(ring)
    return ring


def prepare(settings: Settings, keys: Mapping[str, ECKey]) -> None:
    """The tables, the sample and its programs; quick when they are there."""

    async def work(engines: Engines) -> None:
        if await stand(engines.owner) is Stand.UNKNOWN:
            fail(
                "Another version of the portal made this database. `portal demo --reset` begins"
                " anew, without what was entered."
            )
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            if await ground(owner) is Ground.IN_USE:
                fail("The database holds agencies that are no sample: it stays as it is.")
            await load_sample(owner)
            await load_programs(owner, keys)
        await asyncio.sleep(await seconds_to_settle(engines.owner))

    with_engines(settings, work)
