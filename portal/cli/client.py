"""`portal client`: the programs of an agency, as its administrator lets them in and ends them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from joserfc.jwk import ECKey
from sqlmodel import col, select

from auth.access import may_let_programs_in
from auth.oauth.clients import key_known_as, new_private_key, write_private_key
from auth.oauth.tables import Client, ClientKey, Grant
from auth.roles import Scope
from portal.acting.inputs import KEEP
from portal.acting.work import Work
from portal.cli.common import fail
from portal.cli.deeds import done_as, read_as
from portal.cli.who import AS, Who
from portal.programs import answering, verbs

CLIENT = click.argument("client_id", metavar="CLIENT", type=Who())
KEY_FILE = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The new file for its private key, which the portal does not keep.",
)
KEYS_AT = click.option("--jwks-uri", help="The https address where it shows its public keys.")
BACK_TO = click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="It acts for people who consent, and sends them back here. Can be given several times.",
)
DAYS = click.option(
    "--days", type=click.IntRange(1, 366), default=365, show_default=True, help="Its life."
)
SCOPES = click.Choice([str(scope) for scope in Scope])


@dataclass(frozen=True)
class NewKey:
    """A private key, and the file to write it to before the commit: without it the public one is
    of no use.
    """

    file: Path
    key: ECKey

    @classmethod
    def in_file(cls, file: Path) -> "NewKey":
        if file.exists():
            fail(f"{file} is there already: name a new file for the key.")
        return cls(file, new_private_key())

    @property
    def public(self) -> str:
        return json.dumps(self.key.as_dict(private=False))

    def keep(self) -> None:
        write_private_key(self.file, self.key)


@click.group("client")
def client() -> None:
    """API clients: the programs of an agency."""


@client.command("list")
@AS
def list_clients(who: UUID) -> None:
    """List the agency's programs, and for an administrator the keys that they sign with."""

    async def look(work: Work) -> list[str]:
        found = await work.db.execute(select(Client).order_by(col(Client.name)))
        keys = await work.db.execute(select(ClientKey).where(col(ClientKey.retired_at).is_(None)))
        used = list(keys.scalars())
        return [
            line
            for one in found.scalars()
            for line in _lines(one, used, await answering.resting(work, one.id))
        ]

    for line in read_as(who, look) or ["The agency has no programs."]:
        click.echo(line)


@client.command("add")
@AS
@click.option("--name", required=True, help="What people call the program.")
@click.option("--owner", type=Who(), required=True, help="The member who answers for it: an id.")
@click.option(
    "--scope",
    "scopes",
    type=SCOPES,
    multiple=True,
    default=[str(Scope.INITIATIVES_READ)],
    show_default=True,
    help="What it may do, within its owner's roles. Can be given several times.",
)
@KEY_FILE
@KEYS_AT
@BACK_TO
@click.option("--for-people-only", is_flag=True, help="It gets no token for itself.")
@DAYS
def add(*, who: UUID, key_file: Path | None, days: int, **given: Any) -> None:  # noqa: ANN401 - options
    """Add an API client to the agency of an administrator, and write its private key.

    Prints the client's id. It gets no token until its owner accepts it. The agency's programs see
    what its people see, within their scopes.
    """
    if key_file is None and given["jwks_uri"] is None:
        fail("Give --key FILE, a new file for its private key; or --jwks-uri, where its keys are.")
    made = NewKey.in_file(key_file) if key_file else None
    back, people_only = list(given["redirect_uris"]), given["for_people_only"]
    grants = ([] if people_only else [Grant.CLIENT_CREDENTIALS]) + (
        [Grant.AUTHORIZATION_CODE] if back else []
    )

    async def do(work: Work) -> Client:
        return await verbs.add_client(
            work,
            name=given["name"],
            owner=given["owner"],
            scopes=list(given["scopes"]),
            expires_at=datetime.now(UTC) + timedelta(days=days),
            key=made.public if made else None,
            jwks_uri=given["jwks_uri"],
            grants=grants,
            redirect_uris=back,
        )

    added = done_as(who, "add_client", do, before_commit=made.keep if made else None)
    click.echo(f"Added {given['name']}: {added}")
    click.echo(f"It rests until its owner accepts it: {_accept(added, given['owner'])}")
    if made:
        click.echo(f"Its private key: {made.file}")
        click.echo(f"Next: portal query FILE --client {added} --key {made.file}")


@client.command("accept")
@CLIENT
@AS
def accept(*, client_id: UUID, who: UUID) -> None:
    """Say yes to CLIENT as it is now, as the member who is to answer for it.

    Until then a new program, a new key, a wider scope and another address do not work.
    """
    done_as(who, "accept_client", _of_version(client_id, answering.accept_client))
    click.echo(f"Accepted {client_id} as it is now.")


@client.command("refuse")
@CLIENT
@AS
@click.option("--because", required=True, help="Why, for the agency's administrators.")
@click.option("--altogether", is_flag=True, help="Also what was accepted before: it gets no token.")
def refuse(*, client_id: UUID, who: UUID, because: str, altogether: bool) -> None:
    """Say no to CLIENT, or to what is new about it, as the member who is to answer for it."""
    verb = partial(answering.refuse_client, reason=because, altogether=altogether)
    done_as(who, "refuse_client", _of_version(client_id, verb))
    click.echo(f"Refused {client_id}.")


@client.command("change")
@CLIENT
@AS
@click.option("--name", help="What people call the program.")
@click.option("--owner", type=Who(), help="The member who answers for it: an id.")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="All that it may do.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="All addresses to go back to.")
@click.option("--for-itself-only", is_flag=True, help="It acts for people no more.")
@KEYS_AT
def change(*, client_id: UUID, who: UUID, **given: Any) -> None:  # noqa: ANN401 - options
    """Change what CLIENT is called, may do, and who answers for it."""
    back = [] if given["for_itself_only"] else list(given["redirect_uris"])

    async def do(work: Work) -> Client:
        program = await work.seen(Client, client_id, "client")
        itself = Grant.CLIENT_CREDENTIALS in program.grants or given["for_itself_only"]
        grants = [Grant.CLIENT_CREDENTIALS] * itself + [Grant.AUTHORIZATION_CODE] * bool(back)
        moved = bool(back) or given["for_itself_only"]
        return await verbs.change_client(
            work,
            program.id,
            program.version,
            name=given["name"] or KEEP,
            owner=given["owner"] or KEEP,
            scopes=list(given["scopes"]) or KEEP,
            grants=grants if moved else KEEP,
            redirect_uris=back if moved else KEEP,
            jwks_uri=given["jwks_uri"] or KEEP,
        )

    done_as(who, "change_client", do)
    click.echo(f"Changed {client_id}. What it gains waits for its owner: {_accept(client_id)}")


@client.command("renew")
@CLIENT
@AS
@DAYS
def renew(*, client_id: UUID, who: UUID, days: int) -> None:
    """Let CLIENT work on for a number of days from now."""
    until = datetime.now(UTC) + timedelta(days=days)
    done_as(who, "renew_client", _of_version(client_id, verbs.renew_client, expires_at=until))
    click.echo(f"{client_id} may work until {until:%Y-%m-%d}.")


@client.command("end")
@CLIENT
@AS
def end(*, client_id: UUID, who: UUID) -> None:
    """End CLIENT: it gets no token any more, and those it has stop working at once."""
    done_as(who, "end_client", _of_version(client_id, verbs.end_client))
    click.echo(f"Ended {client_id}.")


@client.group("key")
def key() -> None:
    """The keys a program signs with: add the new one, then retire the old one."""


@key.command("add")
@CLIENT
@AS
@KEY_FILE
def add_to(*, client_id: UUID, who: UUID, key_file: Path | None) -> None:
    """Give CLIENT a further key, and write the private half of it."""
    if key_file is None:
        fail("Give --key FILE: the new file for its private key, which the portal does not keep.")
    made = NewKey.in_file(key_file)

    async def do(work: Work) -> ClientKey:
        return await verbs.add_client_key(work, client_id, made.public)

    done_as(who, "add_client_key", do, before_commit=made.keep)
    thumbprint = made.key.thumbprint()
    click.echo(f"Added key {thumbprint}: {key_file}")
    click.echo(f"It rests until the owner accepts it: {_accept(client_id)}")
    click.echo("Retire the old one when it is in use.")


@key.command(
    "retire", context_settings={"ignore_unknown_options": True}
)  # a KEY may begin with "-"
@CLIENT
@click.argument("name", metavar="KEY")
@AS
@click.option("--even-the-last", is_flag=True, help="Also the only one: CLIENT gets no token then.")
def retire(*, client_id: UUID, name: str, who: UUID, even_the_last: bool) -> None:
    """Retire the KEY of CLIENT: nothing signed with it is accepted any more.

    KEY is its thumbprint, which stands as "kid" in the file of the private key. The only key is
    not retired unless you say so: add the new one first, with `portal client key add`.
    """

    async def do(work: Work) -> ClientKey:
        may_let_programs_in(work.caller)
        found = await key_known_as(work.db, client_id, name)
        return await verbs.retire_client_key(work, found, even_the_last)

    done_as(who, "retire_client_key", do)
    click.echo(f"Retired key {name}.")


def _accept(client_id: UUID, owner: UUID | str = "OWNER") -> str:
    return f"portal client accept {client_id} --as {owner}"


def _of_version(
    client_id: UUID, verb: Callable[..., Awaitable[Client]], **more: datetime
) -> Callable[[Work], Awaitable[Client]]:
    """The verb, on the program as it is now."""

    async def do(work: Work) -> Client:
        program = await work.seen(Client, client_id, "client")
        return await verb(work, program.id, program.version, **more)

    return do


def _lines(one: Client, keys: list[ClientKey], rests: list[str]) -> list[str]:
    """A program, what of it rests, and its keys if the caller sees them."""
    over = one.ended_at is not None or one.expires_at < datetime.now(UTC)
    state = "ended" if over else f"until {one.expires_at:%Y-%m-%d}"
    lines = [f"{one.id}  {state:16}  {one.name}  ({', '.join(one.scopes)})"]
    if rests and not over:
        lines.append(f"  waits for its owner's yes: {', '.join(rests)}")
    lines += [f"  key {key.thumbprint}" for key in keys if key.client_id == one.id and not over]
    return lines + ([f"  keys at {one.jwks_uri}"] if one.jwks_uri else [])
