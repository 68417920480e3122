"""`portal check`: one line for each setting that is missing or unsafe."""

import asyncio
import os
import sys
from collections.abc import Awaitable
from pathlib import Path

import asyncpg
import click
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import portal.database  # noqa: F401 - every table, for those that hold something sealed
from auth.keys.files import inspect
from auth.keys.kept import WRAPPING, read
from auth.keys.sealing import sealed_under
from portal.cli.common import found_here, one_line, unreachable
from portal.logins import LOGINS
from portal.outbox.postman import NoServer, connection
from portal.sample.notes import Notes
from portal.settings import Mode, Settings
from portal.store.engines import Engines
from portal.store.migrations.migrate import Stand, stand
from portal.store.standing import powers

READERS = [login.setting for login in LOGINS if login.sees]
OWNER = "PORTAL_OWNER_DATABASE_URL"
STANDS = {
    Stand.EMPTY: "The database is empty: run `portal migrate`.",
    Stand.BEHIND: "The database is behind this release: run `portal migrate`.",
    Stand.UNKNOWN: "Another release has migrated the database: run that one, or a later one.",
}


@click.command("check")
def command() -> None:
    """Print one line for each setting that is missing or unsafe, and what to do.

    The first line says which database is looked at, and why that one.

    It also looks at the portal's keys: are they whole, strong, and nobody else's to read. And it
    asks the database: does it answer each login role, is it at this release, and is no role more
    powerful than its task; and the mail server, if one is named, whether it lets the portal in.
    Changes nothing. Exit code 1 when there is a finding.
    """
    settings, demo = found_here(os.environ)
    click.echo(_where(settings, demo))
    kept = inspect(settings.keys_folder) if settings.keys_folder else []
    found = [*settings.problems(), *kept, *asyncio.run(_ask(settings)), *_mail(settings)]
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo(f"Nothing is missing or unsafe{' for a demo.' if demo else '. Next: portal serve'}")


def _where(settings: Settings, demo: Notes | None) -> str:
    """Which database this is about, and who named it."""
    if demo:
        return (
            f"This is the demo at {demo.address} and its database {settings.database}:"
            " PORTAL_*_DATABASE_URL name no other."
        )
    if settings.database is None:
        return "No database is named, and no demo is at work here."
    strict = settings.mode is Mode.PRODUCTION
    mode = "production" if strict else "demo; PORTAL_MODE=production turns the strict checks on"
    return f"This is the database {settings.database}, as PORTAL_*_DATABASE_URL say. Mode: {mode}."


def _mail(settings: Settings) -> list[str]:
    """Whether somebody takes e-mails over. A demonstration needs nobody to."""
    if settings.mail_server is None:
        if settings.mode is Mode.DEMO:
            return []
        return ["PORTAL_SMTP_URL is not set: no e-mail is sent, notices wait in the portal."]
    try:
        with connection(settings.mail_server):
            return []
    except NoServer as problem:
        return [f"PORTAL_SMTP_URL does not lead to a mail server that answers: {problem}"]


async def _ask(settings: Settings) -> list[str]:
    engines = Engines(settings)
    try:
        given = [name for name, url in settings.database_urls.items() if url]
        found = {name: await _finding(_powers(engines, name), name) for name in given}
        answering = [name for name in READERS if name in given and not found[name]]
        if answering:
            name = answering[0]
            found[name] = await _finding(_revision(engines, name), name)
        if OWNER in answering and settings.mode is Mode.PRODUCTION and not any(found.values()):
            found["cases"] = await _finding(_cases(engines), OWNER)
        if OWNER in answering and not any(found.values()):
            found["sealed"] = await _finding(_sealed(engines, settings.keys_folder), OWNER)
        return [line for lines in found.values() for line in lines]
    finally:
        await engines.dispose()


async def _powers(engines: Engines, name: str) -> list[str]:
    held = await powers(engines.of(name), name)
    return [f"{name} signs in as a role that {power}: use its own role." for power in held]


async def _revision(engines: Engines, name: str) -> list[str]:
    where = await stand(engines.of(name))
    return [STANDS[where]] if where in STANDS else []


async def _cases(engines: Engines) -> list[str]:
    """Cases of a demonstration, in what is to be a real installation."""
    async with engines.owner.connect() as owner:
        kept = (await owner.execute(text("SELECT count(*) FROM referral"))).scalar_one()
    return (
        [f"This database holds {kept} referrals: real cases wait until they can be sealed."]
        if kept
        else []
    )


async def _sealed(engines: Engines, folder: Path | None) -> list[str]:
    """What the folder's keys cannot open: perhaps it is that of another portal, or too old."""
    if folder is None or inspect(folder):
        return []
    there = {int(key.name) for key in read(folder / WRAPPING)}
    needed = await sealed_under(engines.owner)
    return [
        f"{folder} lacks wrapping key {number}, which {count} sealed values need: restore it."
        for number, count in sorted(needed.items())
        if number not in there
    ]


async def _finding(asked: Awaitable[list[str]], name: str) -> list[str]:
    """What was found; that there is no answer is a finding too."""
    try:
        return await asked
    except (OSError, asyncpg.PostgresError, DBAPIError) as error:
        if not unreachable(error):
            raise
        return [f"{name} does not lead to a database that answers: {one_line(error)}"]
