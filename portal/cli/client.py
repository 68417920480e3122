"""`portal client`: the programs of an agency, as its administrator lets them in and ends them."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import click
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession

from auth.access import may_let_programs_in
from auth.oauth.clients import (
    NewClient,
    add_key,
    end_client,
    key_known_as,
    let_in,
    new_private_key,
    retire_key,
    write_private_key,
)
from auth.roles import Scope
from portal.acting.act import audit_line
from portal.changes.tables import Outcome
from portal.cli.common import fail, settings_here, with_engines
from portal.cli.who import AS, Who
from portal.clock import Clock
from portal.context import ByCommand, Context
from portal.errors import NotAllowed, NotVisible, Refusal
from portal.store.engines import Engines

CLIENT = click.argument("client_id", metavar="CLIENT", type=Who())
KEY_FILE = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The new file for its private key, which the portal does not keep.",
)


@dataclass(frozen=True)
class Deed:
    """What an administrator does to a program of the agency; `do` returns the changed row's id.

    Keys and tokens live in real time, whatever day a demonstration has fixed: hence `now`.
    """

    verb: str
    do: Callable[[AsyncSession, Context, datetime], Awaitable[UUID]]
    keep: tuple[Path, ECKey] | None = None
    """A private key to write before the commit: a public one without it is of no use."""


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
@KEY_FILE
@click.option(
    "--days", type=click.IntRange(1, 366), default=365, show_default=True, help="Its life."
)
def add(  # noqa: PLR0913 - the command's options
    *, who: UUID, name: str, owner: UUID, scopes: tuple[str, ...], key_file: Path, days: int
) -> None:
    """Add an API client to the agency of an administrator, and write its private key.

    Prints the client's id. The agency's programs see what its people see, within their scopes.
    """
    key = _new_key(key_file)

    async def do(db: AsyncSession, context: Context, now: datetime) -> UUID:
        until, agency = now + timedelta(days=days), context.caller.agency_id
        new = NewClient(agency, name, owner, scopes, until, _public(key))
        return await let_in(db, context.caller, new, now=now, today=context.today)

    done = _done(who, Deed("add_client", do, (key_file, key)))
    click.echo(f"Added {name}: {done}\nIts private key: {key_file}")
    click.echo(f"Next: portal query FILE --client {done} --key {key_file}")


@client.command("end")
@CLIENT
@AS
def end(*, client_id: UUID, who: UUID) -> None:
    """End CLIENT: it gets no token any more, and those it has stop working at once."""

    async def do(db: AsyncSession, context: Context, now: datetime) -> UUID:
        may_let_programs_in(context.caller)
        await end_client(db, client_id, now=now)
        return client_id

    _done(who, Deed("end_client", do))
    click.echo(f"Ended {client_id}.")


@client.group("key")
def key() -> None:
    """The keys a program signs with: add the new one, then retire the old one."""


@key.command("add")
@CLIENT
@AS
@KEY_FILE
def add_to(*, client_id: UUID, who: UUID, key_file: Path) -> None:
    """Give CLIENT a further key, and write the private half of it."""
    made = _new_key(key_file)

    async def do(db: AsyncSession, context: Context, now: datetime) -> UUID:
        may_let_programs_in(context.caller)
        return await add_key(db, client_id, _public(made), now=now)

    _done(who, Deed("add_client_key", do, (key_file, made)))
    click.echo(f"Added key {made.thumbprint()}: {key_file}\nRetire the old one when it is in use.")


@key.command("retire")
@CLIENT
@click.argument("name", metavar="KEY")
@AS
def retire(*, client_id: UUID, name: str, who: UUID) -> None:
    """Retire the KEY of CLIENT: nothing signed with it is accepted any more.

    KEY is its thumbprint, which stands as "kid" in the file of the private key.
    """

    async def do(db: AsyncSession, context: Context, now: datetime) -> UUID:
        may_let_programs_in(context.caller)
        found = await key_known_as(db, client_id, name)
        await retire_key(db, client_id, found, now=now)
        return found

    _done(who, Deed("retire_client_key", do))
    click.echo(f"Retired key {name}.")


def _new_key(file: Path) -> ECKey:
    if file.exists():
        fail(f"{file} is there already: name a new file for the key.")
    return new_private_key()


def _public(key: ECKey) -> dict[str, str]:
    public: Mapping[str, object] = key.as_dict(private=False)
    return {part: str(value) for part, value in public.items()}


def _done(who: UUID, deed: Deed) -> UUID:
    """Do it for somebody, with its audit line; a refusal ends the command with one line."""
    settings = settings_here(os.environ, "PORTAL_COMMAND_DATABASE_URL")
    now = datetime.now(UTC)

    async def work(engines: Engines) -> UUID | Refusal:
        context = Context(engines.command, ByCommand(who), uuid4(), Clock(settings.today).now())
        async with context.acting() as session:
            done = await _tried(context, session, deed, now)
            if deed.keep and not isinstance(done, Refusal):
                write_private_key(*deed.keep)
            return done

    done = with_engines(settings, work)
    if isinstance(done, Refusal):
        fail(_told(done))
    return done


async def _tried(
    context: Context, session: AsyncSession, deed: Deed, now: datetime
) -> UUID | Refusal:
    """With its audit line, also for a refusal."""
    try:
        async with session.begin_nested():
            changed = await deed.do(session, context, now)
    except Refusal as refusal:
        rule = refusal.rule if isinstance(refusal, NotAllowed) else type(refusal).__name__
        session.add(audit_line(context, deed.verb, Outcome.REFUSED, rule=rule))
        return refusal
    session.add(audit_line(context, deed.verb, Outcome.DONE, row_id=changed))
    return changed


def _told(refusal: Refusal) -> str:
    if isinstance(refusal, NotVisible):
        return f"Your agency has no such {refusal.path[-1]}, or it has ended."
    who = f" Who could: {refusal.granted_by}." if isinstance(refusal, NotAllowed) else ""
    return f"{refusal}{who}"
