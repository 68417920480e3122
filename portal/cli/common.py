"""What the operator's commands do alike: find the database, and say a problem in one line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import asyncpg
import click
from sqlalchemy.exc import DBAPIError, InterfaceError

from auth.oauth.resource import TOO_MANY_KEYS
from portal.cli import STOPPED
from portal.edge.logs import hush
from portal.logins import BY_SETTING
from portal.sample.notes import Notes
from portal.settings import Mode, RefusedSettings, Settings
from portal.store.cluster import checkout
from portal.store.engines import Engines
from portal.store.migrations.migrate import MigrationProblem
from portal.store.server import at_work
from portal.store.states import NO_ACCESS, sqlstate

T = TypeVar("T")


def settings_here(environ: Mapping[str, str], *needed: str) -> Settings:
    """The environment's settings; where it names no database, those of the demo at work here, and
    then a line on standard error says so.
    """
    settings, demo = found_here(environ)
    if demo:
        says = f"With the database of the demo at {demo.address}: PORTAL_*_DATABASE_URL name none."
        click.echo(says, err=True)
    for name in needed:
        if not settings.database_urls[name]:
            fail(
                f"{name} is not set: set it to the address for {BY_SETTING[name].needed_by} (see"
                " deploy/README.md), or start `portal demo` in another terminal."
            )
    return settings


def found_here(environ: Mapping[str, str]) -> tuple[Settings, Notes | None]:
    """The settings, and the demo that they are of, if they are not the environment's own."""
    named = any(environ.get(name) for name in BY_SETTING) or in_production(environ)
    server = None if named else at_work()
    if server is None:
        return read_settings(environ), None
    notes = Notes.read(demo_folder())
    if notes is None:
        fail(f"{demo_folder()} holds no demo.json: wait until `portal demo` says it is ready.")
    given = {name: value for name, value in environ.items() if value}
    return read_settings({**notes.environ, **server.environ(), **given}), notes


def address_here() -> str:
    """Where the demo at work here answers; its usual address where none is, or none is ready."""
    notes = Notes.read(demo_folder()) if at_work() else None
    return notes.address if notes else Settings.base_url


def demo_folder() -> Path:
    """Where the demo keeps its keys and notes, unless it is told another place."""
    return checkout() / ".portal"


def only_for_show(environ: Mapping[str, str]) -> None:
    """End the command in production, before it reads anything else."""
    if in_production(environ):
        fail("PORTAL_MODE is production, and the sample is for demonstrations only.")


def in_production(environ: Mapping[str, str]) -> bool:
    """Whether nothing here is for show, so that no demo can be meant."""
    return environ.get("PORTAL_MODE", "").strip() == Mode.PRODUCTION


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings, or an end with a line for each that makes no sense."""
    try:
        return Settings.from_env(environ)
    except RefusedSettings as refused:
        fail(str(refused))


def with_engines(settings: Settings, work: Callable[[Engines], Awaitable[T]]) -> T:
    """Do the work in a loop of its own; a database that does not answer ends it with one line."""

    async def run() -> T:
        engines = Engines(settings)
        try:
            return await work(engines)
        finally:
            await engines.dispose()

    hush()
    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        click.echo("\nStopped. What was under way has been taken back.", err=True)
        sys.exit(STOPPED)
    except MigrationProblem as problem:
        fail(str(problem))
    except (OSError, asyncpg.PostgresError, DBAPIError) as error:
        if sqlstate(error) == NO_ACCESS and TOO_MANY_KEYS in str(error):
            fail(f"This id {TOO_MANY_KEYS}.")
        if sqlstate(error) == NO_ACCESS:
            fail("This id has no access: it is unknown, or its membership or client has ended.")
        if not unreachable(error):
            raise
        fail(f"The database does not answer: {one_line(error)} `portal check` looks closer.")


def unreachable(error: Exception) -> bool:
    """Whether an error is about getting to the database, and not about what was asked of it."""
    state = sqlstate(error) or ""
    return isinstance(error, (OSError, InterfaceError)) or state.startswith(
        ("08", "28", "3D", "57P")
    )


def one_line(error: BaseException) -> str:
    """What is wrong, on one line that ends with a full stop."""
    said = str(getattr(error, "orig", error)).strip().partition("\n")[0] or type(error).__name__
    return said.rstrip(".") + "."


def fail(message: str) -> NoReturn:
    """End the command: its line on standard error, and exit code 1."""
    raise click.ClickException(message)
