"""What an agency's administrators do with its programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select

from auth.access import may_let_programs_in
from auth.oauth import clients
from auth.oauth.clients import NewClient
from auth.oauth.tables import Client, ClientKey, Grant
from auth.tables import Agency
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.programs.answering import resting

OWNER = "The member of your agency who answers for it; it may never do more than they may."
SCOPES = "What it may do, such as `initiatives:read`."
GRANTS = "How it gets its tokens: for itself, for people who consent, or both."
REDIRECTS = "Where people are sent back to after they consented, compared letter by letter."
KEYS_AT = "The https address where it shows its public keys as a JWK set; it may change them there."
KEY = "Its public key: the text of a JWK (P-256, Ed25519 or RSA)."
ASKS = "It works once you accept it: see “Programs you answer for” under “Your sign-in”."
EXPIRES = "When it ends unless it is renewed: within twelve months, or in 365 days if left out."


async def add_client(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    name: Annotated[str, "What people call the program."],
    owner: Annotated[UUID, Ref("Membership"), OWNER],
    scopes: Annotated[list[str], SCOPES],
    expires_at: Annotated[datetime | None, EXPIRES] = None,
    key: Annotated[str | None, KEY] = None,
    jwks_uri: Annotated[str | None, KEYS_AT] = None,
    grants: Annotated[list[Grant] | None, GRANTS + " Left out: for itself."] = None,
    redirect_uris: Annotated[list[str] | None, REDIRECTS] = None,
) -> Client:
    """Let a program of your agency in; it rests until its owner accepts it (acceptClient).

    It sees what the agency's people see, within its scopes.
    """
    may_let_programs_in(work.caller)
    new = NewClient(
        agency_id=work.caller.agency_id,
        name=name,
        owner=owner,
        scopes=scopes,
        expires_at=expires_at or _in_a_year(),
        jwk=_jwk(key),
        grants=clients.ITSELF if grants is None else grants,
        redirect_uris=redirect_uris or (),
        jwks_uri=jwks_uri,
    )
    await _check(work, new)
    client_id = await clients.add_client(work.db, new, now=_really_now())
    said = f"{new.name.strip()} was let in as a program that you are to answer for. {ASKS}"
    await _tell(work, client_id, said)
    _warn_of_rest(work, ["everything"])
    return await work.seen(Client, client_id)


async def change_client(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: Annotated[UUID, Ref("Client"), "The program."],
    expected_version: int,
    name: Annotated[str | Keep, "What people call it."] = KEEP,
    owner: Annotated[UUID | Keep, Ref("Membership"), OWNER] = KEEP,
    scopes: Annotated[list[str] | Keep, SCOPES] = KEEP,
    grants: Annotated[list[Grant] | Keep, GRANTS] = KEEP,
    redirect_uris: Annotated[list[str] | Keep, REDIRECTS] = KEEP,
    jwks_uri: Annotated[str | Keep | None, KEYS_AT] = KEEP,
) -> Client:
    """Change what a program is called, may do, and who answers for it.

    What it loses it loses at once. What it gains rests until its owner accepts it (acceptClient).
    """
    client = await _held(work, id, expected_version)
    now = _really_now()
    as_it_is = NewClient(
        agency_id=client.agency_id,
        name=client.name,
        owner=client.owner_membership_id,
        scopes=client.scopes,
        expires_at=now + clients.LONGEST_LIFE,
        jwk=_SOME if await clients.keys_in_use(work.db, client.id) else None,
        grants=[Grant(grant) for grant in client.grants],
        redirect_uris=client.redirect_uris,
        jwks_uri=client.jwks_uri,
    )
    given = {
        "name": name,
        "owner": owner,
        "scopes": scopes,
        "grants": grants,
        "redirect_uris": redirect_uris,
        "jwks_uri": jwks_uri,
    }
    wanted = replace(as_it_is, **{k: v for k, v in given.items() if v is not KEEP})  # type: ignore[arg-type]
    await _check(work, wanted, now)
    changed = _changed(as_it_is, wanted)
    await _tell(work, client.id, f"{client.name}, which you answer for, was changed: {changed}.")
    client.name, client.owner_membership_id = wanted.name.strip(), wanted.owner
    client.scopes = sorted(set(wanted.scopes))
    client.grants = sorted(str(grant) for grant in wanted.grants)
    client.redirect_uris, client.jwks_uri = list(wanted.redirect_uris), wanted.jwks_uri
    client.refused_at = client.refusal = None
    await work.db.flush()
    rests = await resting(work, client.id)
    if wanted.owner != as_it_is.owner:
        await _tell(work, client.id, f"You are to answer for the program {client.name}. {ASKS}")
    elif rests:
        await _tell(work, client.id, f"{client.name} wants your yes to what is new. {ASKS}")
    _warn_of_rest(work, rests)
    return client


async def renew_client(
    work: Work,
    id: Annotated[UUID, Ref("Client"), "The program."],
    expected_version: int,
    expires_at: Annotated[datetime | None, EXPIRES] = None,
) -> Client:
    """Let a program work on until a later day; its owner must still be at work for the agency."""
    client = await _held(work, id, expected_version)
    end = expires_at or _in_a_year()
    found = list(clients.bad_end(end, _really_now()))
    owner = client.owner_membership_id
    found += await clients.owner_faults(work.db, client.agency_id, owner, client.scopes, work.today)
    if found:
        raise Invalid(*found)
    client.expires_at = end
    until = f"{end:%-d %B %Y}"
    await _tell(work, client.id, f"{client.name}, which you answer for, may work until {until}.")
    return client


async def end_client(
    work: Work,
    id: Annotated[UUID, Ref("Client"), "The program."],
    expected_version: int,
) -> Client:
    """End a program: it gets no token any more, and those it has stop working at once."""
    client = await _held(work, id, expected_version)
    await clients.end_client(work.db, client.id, now=_really_now())
    await _tell(work, client.id, f"{client.name}, which you answered for, was ended.")
    return client


async def add_client_key(
    work: Work,
    client: Annotated[UUID, Ref("Client"), "The program."],
    key: Annotated[str, KEY],
) -> ClientKey:
    """Give a program a further key, which rests until its owner accepts it (acceptClient).

    The old one works meanwhile: retire it when the new one is in use.
    """
    program = await _living(work, client, "client")
    jwk = _jwk(key)
    if jwk is None:
        raise Invalid.field("key", "Send its public key, as a JWK.", "BAD_KEY")
    added = await clients.add_key(work.db, program.id, jwk, now=_really_now())
    said = f"{program.name}, which you answer for, is to have a further key. {ASKS}"
    await _tell(work, program.id, said)
    _warn_of_rest(work, ["keys"])
    return await work.seen(ClientKey, added)


async def retire_client_key(
    work: Work,
    client_key: Annotated[UUID, Ref("ClientKey"), "The key."],
    even_the_last: Annotated[
        bool, "Retire it although it is the only one: the program then gets no token."
    ] = False,
) -> ClientKey:
    """Accept nothing more that a program signs with this key."""
    key = await work.seen(ClientKey, client_key, "clientKey")
    program = await _living(work, key.client_id, "clientKey")
    key = await clients.retire_key(work.db, key.id, now=_really_now(), even_the_last=even_the_last)
    await _tell(work, program.id, f"A key of {program.name}, which you answer for, was retired.")
    return key


def _warn_of_rest(work: Work, parts: Sequence[str]) -> None:
    if parts:
        said = "Its owner must accept this before it works: " + ", ".join(parts).replace("_", " ")
        work.warn("", said + ".", "WAITS_FOR_OWNER")


_SOME = {"kty": "EC"}  # stands for the keys it has: only whether there is one is asked


@dataclass(frozen=True)
class _Part:
    """What a notice calls a part of a program."""

    name: str
    says: str


_PARTS = (
    _Part("name", "its name"),
    _Part("owner", "who answers for it"),
    _Part("scopes", "what it may do"),
    _Part("grants", "how it gets tokens"),
    _Part("redirect_uris", "where it sends people back to"),
    _Part("jwks_uri", "where its keys are"),
)


def _changed(before: NewClient, after: NewClient) -> str:
    """In words, for the owner."""
    parts = [p.says for p in _PARTS if _plain(before, p.name) != _plain(after, p.name)]
    return ", ".join(parts) or "nothing"


def _plain(client: NewClient, part: str) -> object:
    value = getattr(client, part)
    return sorted(map(str, value)) if isinstance(value, Sequence | set) else value


async def _check(work: Work, wanted: NewClient, now: datetime | None = None) -> None:
    """Everything that is wrong at once; what only works in a demonstration is accepted."""
    found = list(clients.faults(wanted, now or _really_now()))
    agency = await work.seen(Agency, wanted.agency_id, "owner")
    found += await clients.owner_faults(work.db, agency.id, wanted.owner, wanted.scopes, work.today)
    if found:
        raise Invalid(*found)
    addresses = (*wanted.redirect_uris, *([wanted.jwks_uri] if wanted.jwks_uri else []))
    if any(clients.for_development(address) for address in addresses):
        says = "An http address on one's own computer works with a demonstration portal only."
        work.warn("redirectUris", says, "DEMO_ONLY")


async def _held(work: Work, client_id: UUID, expected_version: int) -> Client:
    """A living program of the caller's agency, locked."""
    client = await work.seen(Client, client_id)
    may_let_programs_in(work.caller)
    client = await work.hold(client, expected_version)
    if client.ended_at is not None:
        raise Invalid.field("id", "This program has ended. Add a new one.", "ENDED")
    return client


async def _living(work: Work, client_id: UUID, path: str) -> Client:
    client = await work.seen(Client, client_id, path)
    may_let_programs_in(work.caller)
    if client.ended_at is not None:
        raise Invalid.field(path, "This program has ended. Add a new one.", "ENDED")
    return client


async def _tell(work: Work, client_id: UUID, says: str) -> None:
    """A notice to its owner."""
    await work.db.flush()
    await work.db.execute(select(func.tell_owner(client_id, says)))


def _jwk(text: str | None) -> dict[str, object] | None:
    """The key that was sent, as JSON; its parts are checked where it is registered."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(Finding(("key",), "Send one JWK, as JSON text.", "BAD_KEY"))
    return found


def _in_a_year() -> datetime:
    return _really_now() + timedelta(days=365)


def _really_now() -> datetime:
    """Keys and tokens live in real time, whatever day a demonstration has fixed."""
    return datetime.now(UTC)
