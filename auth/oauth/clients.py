"""API clients of an agency: what one must be like, adding and ending them, and their keys."""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from joserfc.jwk import ECKey
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.federation.outbound import good_address
from auth.oauth.jose import Malformed, public_key
from auth.oauth.tables import Client, ClientKey, Grant
from auth.roles import Scope
from auth.tables import Membership, MembershipRole, RoleScope
from portal.errors import Finding, Invalid, NotVisible

LONGEST_LIFE = timedelta(days=366)
MOST_KEYS = 4
MOST_ADDRESSES = 10
ITSELF = (Grant.CLIENT_CREDENTIALS,)


@dataclass(frozen=True)
class NewClient:
    """What is decided when an agency gets a client; `id` is fixed only by sample data."""

    agency_id: UUID
    name: str
    owner: UUID
    scopes: Collection[str]
    expires_at: datetime
    jwk: Mapping[str, object] | None
    id: UUID | None = None
    grants: Collection[Grant] = ITSELF
    redirect_uris: Collection[str] = ()
    jwks_uri: str | None = None


async def add_client(db: AsyncSession, new: NewClient, *, now: datetime) -> UUID:
    """Let a program of an agency in, with its first public key or the address of its keys."""
    found = list(faults(new, now))
    if found:
        raise Invalid(*found)
    client = Client(
        id=new.id or uuid4(),
        agency_id=new.agency_id,
        name=new.name.strip(),
        owner_membership_id=new.owner,
        scopes=sorted({str(Scope(scope)) for scope in new.scopes}),
        redirect_uris=list(new.redirect_uris),
        grants=sorted(str(grant) for grant in new.grants),
        jwks_uri=new.jwks_uri,
        created_at=now,
        updated_at=now,
        expires_at=new.expires_at,
    )
    key = None if new.jwk is None else _key(client.id, new.jwk, now)
    db.add(client)
    await db.flush()  # there is no relationship that would put the client before its key
    if key:
        db.add(key)
        await db.flush()
    return client.id


def faults(new: NewClient, now: datetime) -> Iterator[Finding]:
    """Everything about a client that cannot be, whoever its owner is."""
    if not 0 < len(new.name.strip()) <= 120:
        yield _fault("name", "Give the client a name of at most 120 characters.")
    if not new.scopes or set(new.scopes) - set(Scope):
        yield _fault("scopes", "Choose one or more of: " + ", ".join(Scope) + ".")
    yield from bad_end(new.expires_at, now)
    if new.jwk is None and new.jwks_uri is None:
        yield _fault("key", "Send its public key, or the address where it shows its keys.")
    if new.jwks_uri is not None and not good_address(new.jwks_uri, local=True):
        message = "Give an https address without user name and fragment."
        yield _fault("jwksUri", message, "BAD_ADDRESS")
    yield from _bad_redirects(new)


def bad_end(expires_at: datetime, now: datetime) -> Iterator[Finding]:
    """A client works for a year at most, and then somebody looks again."""
    if not now < expires_at <= now + LONGEST_LIFE:
        yield _fault("expiresAt", "Choose an end within the next twelve months.")


def for_development(address: str) -> bool:
    """Whether it only works in a demonstration: over http, on the person's own computer."""
    return urlsplit(address).scheme == "http"


async def owner_faults(
    db: AsyncSession, agency_id: UUID, owner_id: UUID, scopes: Collection[str], today: date
) -> list[Finding]:
    """Why this member cannot answer for a program with these scopes; `today` is the portal's."""
    owner = await db.get(Membership, owner_id)
    if owner is None or owner.agency_id != agency_id:
        return [_fault("owner", "Name a member of your own agency who answers for it.")]
    over = owner.ended_at is not None or (owner.ends_on is not None and owner.ends_on < today)
    if over or today < owner.starts_on:
        message = "This member is not at work for your agency today. Name somebody who is."
        return [_fault("owner", message, "NOT_AT_WORK")]
    allowed = await scopes_of_member(db, owner.id)
    if beyond := sorted(set(scopes) - allowed):
        can = ", ".join(sorted(allowed)) or "nothing"
        message = f"Its owner's roles do not allow {', '.join(beyond)}. They allow {can}."
        return [_fault("scopes", message)]
    return []


async def scopes_of_member(db: AsyncSession, membership_id: UUID) -> frozenset[str]:
    """What the member's roles allow."""
    held = select(col(RoleScope.scope)).join(
        MembershipRole, col(MembershipRole.role) == col(RoleScope.role)
    )
    found = await db.execute(held.where(col(MembershipRole.membership_id) == membership_id))
    return frozenset(found.scalars())


async def add_key(
    db: AsyncSession, client_id: UUID, jwk: Mapping[str, object], *, now: datetime
) -> UUID:
    """A further key, so that the old one can be retired without a gap."""
    await _living(db, client_id)
    if await keys_in_use(db, client_id) >= MOST_KEYS:
        message = f"A client has at most {MOST_KEYS} keys in use. Retire one first."
        raise Invalid.field("key", message, "TOO_MANY_CLIENT_KEYS")
    key = _key(client_id, jwk, now)
    same = select(func.count()).where(
        col(ClientKey.client_id) == client_id, col(ClientKey.thumbprint) == key.thumbprint
    )
    if (await db.execute(same)).scalar_one():
        message = "The client has, or had, this key already. Make a new one."
        raise Invalid.field("key", message, "KEY_KNOWN")
    db.add(key)
    await db.flush()
    return key.id


async def keys_in_use(db: AsyncSession, client_id: UUID) -> int:
    """How many of its registered keys are accepted."""
    usable = select(func.count()).where(
        col(ClientKey.client_id) == client_id, col(ClientKey.retired_at).is_(None)
    )
    return (await db.execute(usable)).scalar_one()


async def key_known_as(db: AsyncSession, client_id: UUID, thumbprint: str) -> UUID:
    """The id of a living client's key; where there is none, the refusal names those in use."""
    await _living(db, client_id)
    found = await db.execute(select(ClientKey).where(col(ClientKey.client_id) == client_id))
    keys = found.scalars().all()
    for key in keys:
        if key.thumbprint == thumbprint:
            return key.id
    used = ", ".join(key.thumbprint for key in keys if key.retired_at is None)
    raise Invalid.field("key", f"The client has no such key. In use: {used or 'none'}.")


async def retire_key(
    db: AsyncSession, key_id: UUID, *, now: datetime, even_the_last: bool = False
) -> ClientKey:
    """Nothing signed with this key is accepted any more."""
    key = await db.get(ClientKey, key_id)
    if key is None:
        raise NotVisible
    client = await _living(db, key.client_id)
    await db.refresh(key, with_for_update=True)
    last = key.retired_at is None and await keys_in_use(db, key.client_id) == 1
    if last and client.jwks_uri is None and not even_the_last:
        raise Invalid.field(
            "clientKey",
            "This is the client's only key: without it the client gets no token. Add its new key"
            " first; or retire it all the same, as the last one (evenTheLast).",
            "LAST_KEY",
        )
    key.retired_at = key.retired_at or now
    await db.flush()
    return key


async def end_client(db: AsyncSession, client_id: UUID, *, now: datetime) -> None:
    """The client gets no token any more, and those it has stop working with its next request."""
    client = await _living(db, client_id)
    client.ended_at = now
    await db.flush()


def new_private_key() -> ECKey:
    """A key to sign with, named by its thumbprint."""
    return ECKey.generate_key("P-256", auto_kid=True)


def write_private_key(path: Path, key: ECKey) -> None:
    """Write a key that did not exist before, readable by its owner alone from the first byte."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(key.as_dict(private=True), file)
        file.write("\n")


def _bad_redirects(new: NewClient) -> Iterator[Finding]:
    people = Grant.AUTHORIZATION_CODE in new.grants
    if not new.grants:
        yield _fault("grants", "Say how it gets its tokens: for itself, for people, or both.")
    if people and not new.redirect_uris:
        message = "A program that acts for people needs an address to send them back to."
        yield _fault("redirectUris", message)
    if new.redirect_uris and not people:
        message = "Only a program that acts for people (AUTHORIZATION_CODE) sends them back."
        yield _fault("redirectUris", message)
    if len(new.redirect_uris) > MOST_ADDRESSES:
        yield _fault("redirectUris", f"Give at most {MOST_ADDRESSES} addresses.")
    for number, address in enumerate(new.redirect_uris):
        if not _may_return_to(address):
            message = (
                "Give the whole https address, letter by letter, without fragment; for development"
                " also http://localhost or http://127.0.0.1 with a port."
            )
            yield Finding(("redirectUris", str(number)), message, "BAD_ADDRESS")


def _may_return_to(address: str) -> bool:
    if not good_address(address, local=True) or "*" in address or "\\" in address:
        return False
    parts = urlsplit(address)
    return not for_development(address) or (parts.port is not None and parts.hostname != "::1")


def _fault(field: str, message: str, code: str = "INVALID") -> Finding:
    return Finding((field,), message, code)


def _key(client_id: UUID, jwk: Mapping[str, object], now: datetime) -> ClientKey:
    try:
        key = public_key(jwk)
    except Malformed as error:
        message = f"Send a public key (P-256, Ed25519 or RSA): {error}."
        raise Invalid.field("key", message, "BAD_KEY") from error
    bare = {name: str(value) for name, value in key.as_dict().items() if name != "kid"}
    return ClientKey(client_id=client_id, jwk=bare, thumbprint=key.thumbprint(), added_at=now)


async def _living(db: AsyncSession, client_id: UUID) -> Client:
    client = await db.get(Client, client_id, with_for_update=True)
    if client is None or client.ended_at is not None:
        raise NotVisible(("client",))
    return client
