"""`portal client add`: let a program of an agency in, as the agency's administrator."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import click
from sqlalchemy.ext.asyncio import AsyncSession

from auth.oauth.clients import NewClient, let_in, new_private_key, write_private_key
from auth.roles import Scope
from portal.acting.act import audit_line
from portal.changes.tables import Outcome
from portal.cli.common import fail, settings_here, with_engines
from portal.cli.who import AS, Who
from portal.context import ByCommand, Context
from portal.errors import NotAllowed, Refusal
from portal.store.engines import Engines

VERB = "add_client"


@click.group("client")
def client() -> None:
    """API clients: the programs of an agency."""


@client.command("add")
@AS
@click.option("--name", required=True, help="What people call the program.")
@click.option("--owner", type=Who(), required=True, help="The member who answers for it: an id.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([str(scope) for scope in Scope]),
    multiple=True,
    default=[str(Scope.INITIATIVES_READ)],
    show_default=True,
    help="What it may do, within its owner's roles. Can be given several times.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The new file for its private key, which the portal does not keep.",
)
@click.option(
    "--days", type=click.IntRange(1, 366), default=365, show_default=True, help="Its life."
)
def add(  # noqa: PLR0913 - the command's options
    *, who: UUID, name: str, owner: UUID, scopes: tuple[str, ...], key_file: Path, days: int
) -> None:
    """Add an API client to the agency of an administrator, and write its private key.

    Prints the client's id. The agency's programs see what its people see, within their scopes.
    """
    settings = settings_here(os.environ, "PORTAL_COMMAND_DATABASE_URL")
    if key_file.exists():
        fail(f"{key_file} is there already: name a new file for the key.")
    key, now = new_private_key(), datetime.now(UTC)
    public = {part: str(value) for part, value in key.as_dict(private=False).items()}

    async def work(engines: Engines) -> UUID | Refusal:
        context = Context(engines.command, ByCommand(who), uuid4(), now)
        async with context.acting() as session:
            until = now + timedelta(days=days)
            agency = context.caller.agency_id
            new = NewClient(agency, name, owner, scopes, until, public)
            done = await _let_in(context, session, new)
            if not isinstance(done, Refusal):
                write_private_key(key_file, key)  # before the commit: a client without it is no use
            return done

    done = with_engines(settings, work)
    if isinstance(done, Refusal):
        fail(_told(done))
    click.echo(f"Added {name}: {done}\nIts private key: {key_file}")
    click.echo(f"Next: portal query FILE --client {done} --key {key_file}")


async def _let_in(context: Context, session: AsyncSession, new: NewClient) -> UUID | Refusal:
    """With its audit line, also for a refusal."""
    try:
        async with session.begin_nested():
            added = await let_in(session, context.caller, new, now=context.now)
    except Refusal as refusal:
        rule = refusal.rule if isinstance(refusal, NotAllowed) else type(refusal).__name__
        session.add(audit_line(context, VERB, Outcome.REFUSED, rule=rule))
        return refusal
    session.add(audit_line(context, VERB, Outcome.DONE, row_id=added))
    return added


def _told(refusal: Refusal) -> str:
    who = f" Who could: {refusal.granted_by}." if isinstance(refusal, NotAllowed) else ""
    return f"{refusal}{who}"
