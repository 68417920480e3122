"""Passkeys: asked for with a question that one browser may answer once, and checked."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auth.accounts.tables import Account, Challenge, Credential, CredentialKind, Passkey, Purpose

ANSWER_WITHIN = timedelta(minutes=5)
LONGEST_ANSWER = 32 * 1024
_VERIFIED = UserVerificationRequirement.REQUIRED


class NotProved(Exception):
    """What was shown proves nothing; `reason` is for the audit line, never for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """Where the portal lives, as passkeys know it; from the settings, never from a request."""

    base_url: str

    @property
    def origin(self) -> str:
        return self.base_url

    @property
    def rp_id(self) -> str:
        return urlsplit(self.base_url).hostname or ""


@dataclass(frozen=True)
class Asked:
    """A question that was taken: it cannot be answered a second time."""

    challenge: bytes
    person_id: UUID | None
    handle: bytes | None


@dataclass(frozen=True)
class Shown:
    """A passkey that has proved itself."""

    credential_id: UUID
    person_id: UUID
    synced: bool

    @property
    def amr(self) -> list[str]:
        """RFC 8176: a key in hardware or one that is synced, and that the user was verified."""
        return ["swk" if self.synced else "hwk", "user", "mfa"]


async def ask_to_register(  # noqa: PLR0913 - what a browser shows while it asks
    db: AsyncSession,
    place: Place,
    *,
    browser: bytes,
    name: str,
    person_id: UUID | None,
    now: datetime,
) -> dict[str, Any]:
    """What `navigator.credentials.create()` takes. A person without an account gets a handle."""
    account = await db.get(Account, person_id) if person_id else None
    handle = account.handle if account else token_bytes(32)
    challenge = await _ask(db, Purpose.REGISTER, browser, now, person_id=person_id, handle=handle)
    options = generate_registration_options(
        rp_id=place.rp_id,
        rp_name="VAWG portal",
        user_id=handle,
        user_name=account.sign_in_name if account else name,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=await _known(db, person_id),
    )
    return dict(options_to_json_dict(options))


async def ask_to_show(
    db: AsyncSession, place: Place, *, browser: bytes, now: datetime, person_id: UUID | None = None
) -> dict[str, Any]:
    """What `navigator.credentials.get()` takes; of somebody known only their own will do."""
    purpose = Purpose.PROVE_AGAIN if person_id else Purpose.SIGN_IN
    challenge = await _ask(db, purpose, browser, now, person_id=person_id)
    options = generate_authentication_options(
        rp_id=place.rp_id,
        challenge=challenge,
        allow_credentials=await _known(db, person_id),
        user_verification=_VERIFIED,
    )
    return dict(options_to_json_dict(options))


async def take(  # noqa: PLR0913 - an answer, and to whom the question was put
    db: AsyncSession,
    answer: dict[str, Any],
    browser: bytes,
    now: datetime,
    *,
    purpose: Purpose,
    person_id: UUID | None = None,
) -> Asked:
    """The question that an answer belongs to, used up whatever the answer is worth."""
    try:
        client = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        challenge = bytes(client.challenge)
    except Exception as cause:
        raise NotProved("the answer is malformed") from cause
    if client.cross_origin:
        raise NotProved("another site framed the question")
    used = (
        update(Challenge)
        .where(
            col(Challenge.challenge_hash) == sha256(challenge).digest(),
            col(Challenge.purpose) == purpose,
            col(Challenge.browser) == browser,
            col(Challenge.expires_at) > now,
            col(Challenge.used_at).is_(None),
        )
        .values(used_at=now)
        .returning(col(Challenge.person_id), col(Challenge.handle))
    )
    found = (await db.execute(used)).one_or_none()
    if found is None:
        raise NotProved("the question is unknown, answered, too old or another browser's")
    if found.person_id != person_id:
        raise NotProved("the question was put to somebody else")
    return Asked(challenge, found.person_id, found.handle)


async def register(  # noqa: PLR0913 - where, what, whose and when
    db: AsyncSession,
    place: Place,
    asked: Asked,
    answer: dict[str, Any],
    *,
    person_id: UUID,
    name: str,
    now: datetime,
) -> UUID:
    """Keep a new passkey of a person who has an account; the credential's id."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=asked.challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except Exception as cause:  # the library also lets KeyError and cbor's own errors out
        raise NotProved(_said(cause)) from cause
    known = select(col(Passkey.credential_id)).where(col(Passkey.key_id) == made.credential_id)
    if (await db.execute(known)).first():
        raise NotProved("this passkey is registered already")
    row = Credential(person_id=person_id, kind=CredentialKind.PASSKEY, name=name, added_at=now)
    db.add(row)
    await db.flush()
    db.add(
        Passkey(
            credential_id=row.id,
            key_id=made.credential_id,
            public_key=made.credential_public_key,
            uses=made.sign_count,
            synced=made.credential_backed_up,
        )
    )
    await db.flush()
    return row.id


async def show(
    db: AsyncSession, place: Place, asked: Asked, answer: dict[str, Any], now: datetime
) -> Shown:
    """Check a passkey's signature, its counter and whose it is."""
    try:
        parsed = parse_authentication_credential_json(answer)
    except Exception as cause:
        raise NotProved("the answer is malformed") from cause
    found = (
        await db.execute(
            select(Passkey, Account)
            .join(Credential, col(Credential.id) == col(Passkey.credential_id))
            .join(Account, col(Account.person_id) == col(Credential.person_id))
            .where(col(Passkey.key_id) == parsed.raw_id)
        )
    ).one_or_none()
    if found is None:
        raise NotProved("the passkey is unknown")
    passkey, account = found
    handle = parsed.response.user_handle
    if handle != account.handle and (handle or asked.person_id is None):
        raise NotProved("the passkey names another account")
    if asked.person_id not in {None, account.person_id}:
        raise NotProved("the passkey is another person's")
    try:
        proof = verify_authentication_response(
            credential=parsed,
            expected_challenge=asked.challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except Exception as cause:
        raise NotProved(_said(cause)) from cause
    await _count(db, passkey.credential_id, passkey.uses, proof.new_sign_count)
    await _used(db, passkey.credential_id, now)
    return Shown(passkey.credential_id, account.person_id, proof.credential_backed_up)


async def _count(db: AsyncSession, credential_id: UUID, before: int, uses: int) -> None:
    """Of two answers with the same count one wins; an authenticator that does not count says 0."""
    counted = (
        update(Passkey)
        .where(col(Passkey.credential_id) == credential_id, col(Passkey.uses) == before)
        .values(uses=uses)
        .returning(col(Passkey.credential_id))
    )
    if (await db.execute(counted)).first() is None:
        raise NotProved("the passkey was used twice at once")


async def _used(db: AsyncSession, credential_id: UUID, now: datetime) -> None:
    await db.execute(
        update(Credential).where(col(Credential.id) == credential_id).values(last_used_at=now)
    )


async def _ask(  # noqa: PLR0913 - a question has these sides
    db: AsyncSession,
    purpose: Purpose,
    browser: bytes,
    now: datetime,
    *,
    person_id: UUID | None,
    handle: bytes | None = None,
) -> bytes:
    challenge = token_bytes(32)
    await db.execute(
        insert(Challenge).values(
            challenge_hash=sha256(challenge).digest(),
            purpose=purpose,
            browser=browser,
            person_id=person_id,
            handle=handle,
            made_at=now,
            expires_at=now + ANSWER_WITHIN,
        )
    )
    return challenge


async def _known(db: AsyncSession, person_id: UUID | None) -> list[PublicKeyCredentialDescriptor]:
    if person_id is None:
        return []
    own = (
        select(col(Passkey.key_id))
        .join(Credential, col(Credential.id) == col(Passkey.credential_id))
        .where(col(Credential.person_id) == person_id)
    )
    return [PublicKeyCredentialDescriptor(id=key_id) for (key_id,) in await db.execute(own)]


def _said(cause: Exception) -> str:
    """The library's word on it, without what the browser sent."""
    return json.dumps(str(cause).split('"')[0][:120])
