"""API clients of an agency: adding and ending them, their keys, and a first private key."""

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from joserfc.jwk import ECKey
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.access import may_let_programs_in
from auth.caller import Caller
from auth.oauth.jose import Malformed, public_key
from auth.oauth.tables import Client, ClientKey
from auth.roles import Scope
from auth.tables import Membership, MembershipRole, RoleScope
from portal.errors import Invalid, NotVisible

LONGEST_LIFE = timedelta(days=366)
MOST_KEYS = 4


@dataclass(frozen=True)
class NewClient:
    """What is decided when an agency gets a client; `id` is fixed only by sample data."""

    agency_id: UUID
    name: str
    owner: UUID
    scopes: Collection[str]
    expires_at: datetime
    jwk: dict[str, str]
    id: UUID | None = None


async def add_client(db: AsyncSession, new: NewClient, *, now: datetime) -> UUID:
    """Let a program of an agency in, with its first public key."""
    _check(new, now)
    client = Client(
        id=new.id or uuid4(),
        agency_id=new.agency_id,
        name=new.name.strip(),
        owner_membership_id=new.owner,
        scopes=sorted({str(Scope(scope)) for scope in new.scopes}),
        created_at=now,
        expires_at=new.expires_at,
    )
    key = _key(client.id, new.jwk, now)
    db.add(client)
    await db.flush()  # there is no relationship that would put the client before its key
    db.add(key)
    await db.flush()
    return client.id


async def let_in(
    db: AsyncSession, caller: Caller, new: NewClient, *, now: datetime, today: date
) -> UUID:
    """Let a program in as an administrator of its agency, who names the member it answers to.

    `now` is when its keys and tokens begin to work, `today` the portal's day.
    """
    may_let_programs_in(caller)
    owner = await db.get(Membership, new.owner)
    if owner is None or owner.agency_id != new.agency_id:
        raise Invalid.field("owner", "Name a member of your own agency who answers for it.")
    if today < owner.starts_on or (owner.ends_on is not None and owner.ends_on < today):
        message = "This member is not at work for your agency today. Name somebody who is."
        raise Invalid.field("owner", message, "NOT_AT_WORK")
    held = select(col(RoleScope.scope)).join(
        MembershipRole, col(MembershipRole.role) == col(RoleScope.role)
    )
    allowed = set(
        (await db.execute(held.where(col(MembershipRole.membership_id) == owner.id))).scalars()
    )
    if beyond := sorted(set(new.scopes) - allowed):
        raise Invalid.field("scopes", f"Its owner's roles do not allow {', '.join(beyond)}.")
    return await add_client(db, new, now=now)


async def add_key(db: AsyncSession, client_id: UUID, jwk: dict[str, str], *, now: datetime) -> UUID:
    """A further key, so that the old one can be retired without a gap."""
    await _living(db, client_id)
    usable = select(func.count()).where(
        col(ClientKey.client_id) == client_id, col(ClientKey.retired_at).is_(None)
    )
    if (await db.execute(usable)).scalar_one() >= MOST_KEYS:
        raise Invalid.field(
            "jwk",
            f"A client has at most {MOST_KEYS} keys in use. Retire one first.",
            "TOO_MANY_CLIENT_KEYS",
        )
    key = _key(client_id, jwk, now)
    same = select(func.count()).where(
        col(ClientKey.client_id) == client_id, col(ClientKey.thumbprint) == key.thumbprint
    )
    if (await db.execute(same)).scalar_one():
        raise Invalid.field(
            "jwk", "The client has, or had, this key already. Make a new one.", "KEY_KNOWN"
        )
    db.add(key)
    await db.flush()
    return key.id


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


async def retire_key(db: AsyncSession, client_id: UUID, key_id: UUID, *, now: datetime) -> None:
    """Nothing signed with this key is accepted any more."""
    key = await db.get(ClientKey, key_id, with_for_update=True)
    if key is None or key.client_id != client_id:
        raise NotVisible(("key",))
    key.retired_at = key.retired_at or now
    await db.flush()


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


def _check(new: NewClient, now: datetime) -> None:
    if not 0 < len(new.name.strip()) <= 120:
        raise Invalid.field("name", "Give the client a name of at most 120 characters.")
    if not new.scopes or set(new.scopes) - set(Scope):
        raise Invalid.field("scopes", "Choose one or more of: " + ", ".join(Scope) + ".")
    if not now < new.expires_at <= now + LONGEST_LIFE:
        raise Invalid.field("expiresAt", "Choose an end within the next twelve months.")


def _key(client_id: UUID, jwk: dict[str, str], now: datetime) -> ClientKey:
    try:
        key = public_key(jwk)
    except Malformed as error:
        raise Invalid.field(
            "jwk", f"Send a public key (P-256, Ed25519 or RSA): {error}.", "BAD_KEY"
        ) from error
    bare = {name: str(value) for name, value in key.as_dict().items() if name != "kid"}
    return ClientKey(client_id=client_id, jwk=bare, thumbprint=key.thumbprint(), added_at=now)


async def _living(db: AsyncSession, client_id: UUID) -> Client:
    client = await db.get(Client, client_id, with_for_update=True)
    if client is None or client.ended_at is not None:
        raise NotVisible(("client",))
    return client
