"""What people do to their own accounts: open one, add a way to sign in, rename it, remove it."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from secrets import randbelow, token_bytes
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.accounts.tables import Account, Authenticator, Credential, CredentialKind, Password
from auth.accounts.telling import tell
from auth.keys.ring import KeyRing
from auth.keys.sealing import place

PAIR = (CredentialKind.PASSWORD, CredentialKind.AUTHENTICATOR_APP)
"""Neither serves without the other, so they come and go together."""
LONGEST_NAME = 60


class LastWayIn(Exception):
    """Without this, the person could not sign in any more."""


async def open_account(
    db: AsyncSession, person_id: UUID, name: str, handle: bytes | None = None
) -> Account:
    """The person's account, made if there is none, with a name to sign in by.

    The portal makes the name up: to let people choose would tell which ones are taken.
    """
    while (account := await db.get(Account, person_id)) is None:
        made = f"{_plain(name)}.{randbelow(9000) + 1000}"
        await db.execute(
            insert(Account)
            .values(person_id=person_id, sign_in_name=made, handle=handle or token_bytes(32))
            .on_conflict_do_nothing()
        )
    return account


async def sign_in_name(db: AsyncSession, person_id: UUID) -> str:
    """What the person types at sign-in; empty without an account."""
    account = await db.get(Account, person_id)
    return account.sign_in_name if account else ""


async def credentials_of(db: AsyncSession, person_id: UUID) -> Sequence[Credential]:
    """Everything the person signs in with, the oldest first."""
    own = (
        select(Credential)
        .where(col(Credential.person_id) == person_id)
        .order_by(col(Credential.added_at), col(Credential.kind), col(Credential.id))
    )
    return (await db.execute(own)).scalars().all()


async def set_password(  # noqa: PLR0913 - both halves, and whose they are
    db: AsyncSession,
    ring: KeyRing,
    account: Account,
    *,
    hashed: str,
    secret: str,
    step: int,
    now: datetime,
) -> None:
    """A password and an authenticator app, in place of those of before."""
    await db.execute(
        delete(Credential).where(
            col(Credential.person_id) == account.person_id, col(Credential.kind).in_(PAIR)
        )
    )
    first, second = (
        Credential(person_id=account.person_id, kind=kind, name=name, added_at=now)
        for kind, name in zip(PAIR, (account.sign_in_name, "Authenticator app"), strict=True)
    )
    db.add_all([first, second])
    await db.flush()
    sealed = ring.seal(secret.encode(), place("authenticator", second.id))
    db.add(Password(credential_id=first.id, hash=hashed))
    db.add(Authenticator(credential_id=second.id, sealed=sealed, last_step=step))
    await db.flush()


async def rename(db: AsyncSession, person_id: UUID, credential_id: UUID, name: str) -> bool:
    """Give a passkey a name its owner knows it by; whether they have such a one."""
    renamed = (
        update(Credential)
        .where(
            col(Credential.id) == credential_id,
            col(Credential.person_id) == person_id,
            col(Credential.kind) == CredentialKind.PASSKEY,
        )
        .values(name=" ".join(name.split())[:LONGEST_NAME])
        .returning(col(Credential.id))
    )
    return (await db.execute(renamed)).first() is not None


async def remove(db: AsyncSession, person_id: UUID, credential_id: UUID, now: datetime) -> bool:
    """Remove a way to sign in, but never the last; whether they have such a one."""
    await _one_at_a_time(db, person_id)
    held = await credentials_of(db, person_id)
    wanted = next((c for c in held if c.id == credential_id), None)
    if wanted is None:
        return False
    kinds = PAIR if wanted.kind in PAIR else (wanted.kind,)
    gone = [c for c in held if c.id == wanted.id or (wanted.kind in PAIR and c.kind in kinds)]
    kept = (
        {c.kind for c in held}
        if wanted.kind is CredentialKind.RECOVERY_CODES
        else {c.kind for c in held if c not in gone}
    )
    if CredentialKind.PASSKEY not in kept and not kept.issuperset(PAIR):
        raise LastWayIn
    await db.execute(delete(Credential).where(col(Credential.id).in_([c.id for c in gone])))
    tell(db, person_id, now, f"“{wanted.name}” was removed from the ways you sign in.")
    return True


async def _one_at_a_time(db: AsyncSession, person_id: UUID) -> None:
    """Two removals at once could each think that the other way remains."""
    await db.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"account/{person_id}", text("0"))))
    )


def _plain(name: str) -> str:
    """A name in letters that every keyboard has."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join(re.findall(r"[a-z]+", folded))[:40].strip(".") or "person"
