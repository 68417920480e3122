"""`portal key`: the portal's own keys, made, changed without a pause, and destroyed."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import click
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

import portal.database  # noqa: F401 - every table, for those that hold something sealed
from auth.events import EventOutcome, note
from auth.keys import kept, rotating
from auth.keys.files import LOOK_EVERY, make
from auth.keys.kept import SIGNING, WRAPPING, Kept
from auth.keys.ring import KeyRing
from auth.keys.sealing import reseal, sealed_under
from auth.keys.vault import KeyProblem
from portal.cli.common import fail, settings_here, with_engines
from portal.settings import Settings
from portal.store.context_keys import context_keys, new_context_key
from portal.store.engines import Engines

T = TypeVar("T")
OWNER = "PORTAL_OWNER_DATABASE_URL"


@click.group("key")
def key() -> None:
    """The portal's own keys. A running portal takes up a change by itself, within a second.

    Signing keys sign what others verify; wrapping keys seal secrets in the database; the context
    key is the database's own, with which it signs who is calling.
    """


@key.command("make")
def make_keys() -> None:
    """Make keys for a new portal, in the folder that PORTAL_KEYS_FOLDER names."""
    settings = settings_here(os.environ)
    folder = _folder_of(settings)
    _tried(lambda: make(folder, datetime.now(UTC)))
    click.echo(f"Made keys in {folder}, for this user only.")
    click.echo("Back the folder up apart from the database: without it nothing sealed opens again.")
    _note(settings, "key_made", "signing and wrapping keys")


@key.command("list")
def list_keys() -> None:
    """List the keys: what for, their name, state and age. Never a secret."""
    settings = settings_here(os.environ)
    folder = _folder_of(settings)
    for what, file in (("signing", SIGNING), ("wrapping", WRAPPING)):
        for one in _tried(lambda file=file: kept.read(folder / file)):  # type: ignore[misc]
            click.echo(_line(what, one))
    if not settings.owner_database_url:
        return
    made = with_engines(settings, _context_keys)
    for number, at in enumerate(made):
        state = "previous" if number else "current"
        click.echo(f"context   {state:9} made {at:%Y-%m-%d %H:%M}")


@key.group("rotate")
def rotate() -> None:
    """Put a new key in use. Nobody is signed out, and no request fails."""


@rotate.command("signing")
@click.option("--stolen", is_flag=True, help="Believe nothing that was signed until now.")
def rotate_signing(*, stolen: bool) -> None:
    """Sign with the next key, which others have known since the last rotation.

    The one until now stays in the key set for two hours.
    """
    settings, now = settings_here(os.environ), datetime.now(UTC)
    folder = _folder_of(settings)
    turned = _tried(lambda: rotating.rotate_signing(folder, now, stolen=stolen))
    click.echo(f"Signing with {turned.current}.")
    click.echo("All before it are gone." if stolen else f"{turned.previous} is still shown.")
    _note(settings, "key_rotated", f"signing{_as_stolen(stolen)}: {turned.current}")


@rotate.command("wrapping")
def rotate_wrapping() -> None:
    """Seal with the next key. What was sealed before still opens.

    Where several servers have the folder, copy it to all of them before the next rotation.
    """
    settings = settings_here(os.environ)
    folder = _folder_of(settings)
    turned = _tried(lambda: rotating.rotate_wrapping(folder, datetime.now(UTC)))
    click.echo(f"Sealing with key {turned.current}; key {turned.previous} opens what it sealed.")
    click.echo(f"Next: portal key reseal, then portal key retire wrapping {turned.previous}")
    _note(settings, "key_rotated", f"wrapping: {turned.current}")


@rotate.command("context")
@click.option("--stolen", is_flag=True, help="End what is under way: trust no older key.")
def rotate_context(*, stolen: bool) -> None:
    """Give the database a new key to sign callers with; requests under way keep theirs."""

    async def turn(engines: Engines) -> None:
        async with engines.owner.begin() as owner:
            await new_context_key(owner, stolen=stolen)

    settings = settings_here(os.environ, OWNER)
    with_engines(settings, turn)
    rest = "All before it are gone." if stolen else "Those before it are good for an hour more."
    click.echo(f"Signing callers with a new key. {rest}")
    _note(settings, "key_rotated", f"context{_as_stolen(stolen)}")


@key.command("reseal")
def reseal_all() -> None:
    """Seal everything anew that an older wrapping key sealed; can be interrupted and repeated."""
    settings = settings_here(os.environ, OWNER)
    ring = _tried(lambda: KeyRing.load(_folder_of(settings)))

    async def work(engines: Engines) -> None:
        async for step in reseal(engines.owner, ring):
            click.echo(f"{step.table}: {step.done} of {step.of}")

    with_engines(settings, work)
    click.echo(f"Everything is sealed with key {ring.vault.wrapping_version()}.")
    _note(settings, "key_resealed", f"wrapping: {ring.vault.wrapping_version()}")


@key.group("retire")
def retire() -> None:
    """Destroy a previous key for good."""


@retire.command("signing")
@click.argument("name", metavar="KEY")
def retire_signing(name: str) -> None:
    """Believe nothing more that the previous KEY has signed."""
    settings = settings_here(os.environ)
    folder = _folder_of(settings)
    _tried(lambda: rotating.retire(folder, SIGNING, name))
    click.echo(f"Destroyed signing key {name}.")
    _note(settings, "key_retired", f"signing: {name}")


@retire.command("wrapping")
@click.argument("name", metavar="NUMBER")
def retire_wrapping(name: str) -> None:
    """Destroy the previous key NUMBER, once nothing in the database needs it."""
    settings = settings_here(os.environ, OWNER)
    folder = _folder_of(settings)
    _tried(lambda: rotating.previous(kept.read(folder / WRAPPING), name))
    _all_have_noticed(folder / WRAPPING)
    if needing := with_engines(settings, lambda engines: sealed_under(engines.owner))[int(name)]:
        fail(f"{needing} values are sealed with key {name}: run `portal key reseal` first.")
    _tried(lambda: rotating.retire(folder, WRAPPING, name))
    click.echo(f"Destroyed wrapping key {name}. Backups that need it open no more.")
    _note(settings, "key_retired", f"wrapping: {name}")


def _all_have_noticed(file: Path) -> None:
    """Wait until no running server can still be sealing with a key that was current before."""
    since = time.time() - file.stat().st_mtime
    time.sleep(max(0.0, 3 * LOOK_EVERY - since))


def _note(settings: Settings, kind: str, about: str) -> None:
    """Its line among the sign-in events, afterwards: a stolen key waits for no database."""

    async def write(engines: Engines) -> None:
        async with AsyncSession(engines.owner) as db:
            note(db, kind, EventOutcome.DONE, f"by the operator: {about}", uuid4())
            await db.commit()

    if not settings.owner_database_url:
        return _unkept(f"{OWNER} is not set.")
    try:
        with_engines(settings, write)
    except click.ClickException as problem:
        _unkept(problem.message)
    except ProgrammingError:
        _unkept("The database is not migrated yet.")


def _unkept(why: str) -> None:
    click.echo(f"The portal keeps no record of this: {why}", err=True)


def _as_stolen(stolen: bool) -> str:
    return ", as stolen" if stolen else ""


def _folder_of(settings: Settings) -> Path:
    if settings.keys_folder is None:
        fail("PORTAL_KEYS_FOLDER is not set: name the folder that has, or shall have, the keys.")
    return settings.keys_folder


def _tried(do: Callable[[], T]) -> T:
    try:
        return do()
    except KeyProblem as problem:
        fail(str(problem))
    except OSError as problem:
        fail(f"{problem.filename}: {problem.strerror}.")


async def _context_keys(engines: Engines) -> list[datetime]:
    async with engines.owner.connect() as owner:
        return await context_keys(owner)


def _line(what: str, one: Kept) -> str:
    until = f", shown until {one.until:%Y-%m-%d %H:%M}" if one.until else ""
    return f"{what:9} {one.state:9} made {one.made_at:%Y-%m-%d %H:%M}{until}  {one.name}"
