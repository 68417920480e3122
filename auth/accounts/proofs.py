"""Proving who one is at the portal's own door: with a passkey, or with a password and a code.

A refusal says nothing but that: unknown names, wrong passwords and wrong codes take the same
statements, the same hashing and the same answer. The reason is in the audit line alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth.accounts import passkeys
from auth.accounts.authenticators import accept
from auth.accounts.passkeys import NotProved, Place
from auth.accounts.passwords import Hasher
from auth.accounts.tables import (
    Account,
    Authenticator,
    Credential,
    CredentialKind,
    Password,
    Purpose,
)
from auth.accounts.throttle import TooManyGuesses, Try, forget_guesses, take_guess
from auth.events import EventOutcome, note
from auth.keys.ring import KeyRing
from auth.sessions.offers import on_offer
from auth.strength import Strength

NOBODY = UUID(int=0)
TOO_MANY = "too many guesses"
NO_MEMBERSHIP = "no membership that a local account vouches for"


@dataclass(frozen=True)
class Proved:
    """Who it is, and how sure that is."""

    person_id: UUID
    acr: Strength
    amr: tuple[str, ...]


@dataclass(frozen=True)
class Caller:
    """Whence a proof comes: a browser by its cookie's hash, an address, a request; and the account
    that has proved itself in this browser before, with the browser's own name for that.
    """

    browser: bytes
    address: str
    request_id: UUID
    now: datetime
    proved: tuple[str, str] | None = None

    def guesses(self, account: str) -> Try:
        """At this account, as it is counted."""
        known = self.proved[1] if self.proved and self.proved[0] == account else None
        return Try(account, self.address, known)


@dataclass(frozen=True)
class Doorkeeper:
    """What checking proofs takes."""

    sessions: async_sessionmaker[AsyncSession]
    place: Place
    ring: KeyRing
    hasher: Hasher

    async def by_passkey(
        self, caller: Caller, answer: dict[str, Any], person_id: UUID | None = None
    ) -> Proved | None:
        """To sign in, or, of somebody signed in, to prove it again."""
        purpose = Purpose.PROVE_AGAIN if person_id else Purpose.SIGN_IN
        async with self.sessions.begin() as db:  # commits refusals: a question is used up by them
            try:
                asked = await passkeys.take(
                    db, answer, caller.browser, caller.now, purpose=purpose, person_id=person_id
                )
                shown = await passkeys.show(db, self.place, asked, answer, caller.now)
            except NotProved as refused:
                _write(db, caller, purpose, refused.reason, person_id)
                return None
            if person_id is None and not await _may_enter(db, shown.person_id, caller.now):
                _write(db, caller, purpose, NO_MEMBERSHIP, shown.person_id)
                return None
            _write(db, caller, purpose, "", shown.person_id)
            return Proved(shown.person_id, Strength.PHISHING_RESISTANT, tuple(shown.amr))

    async def by_password(
        self, caller: Caller, sign_in_name: str, password: str, code: str
    ) -> Proved | None:
        """To sign in where a passkey cannot be had: always both at once."""
        name = sign_in_name.strip().lower()
        guess = caller.guesses(name)
        async with self.hasher.turns:
            await self._count(caller, guess, Purpose.SIGN_IN)
            async with self.sessions() as db:
                found = await _kept(db, col(Account.sign_in_name) == name)
            typed = _Typed(guess, password, code)
            return await self._check(caller, found, typed, Purpose.SIGN_IN)

    async def again_by_password(
        self, caller: Caller, person_id: UUID, password: str, code: str
    ) -> Proved | None:
        """Of somebody signed in."""
        async with self.hasher.turns:
            async with self.sessions() as db:
                found = await _kept(db, col(Account.person_id) == person_id)
            name = found.name if found else f"person/{person_id}"
            guess = Try(name, caller.address, caller.browser.hex())
            await self._count(caller, guess, Purpose.PROVE_AGAIN)
            typed = _Typed(guess, password, code)
            return await self._check(caller, found, typed, Purpose.PROVE_AGAIN)

    async def _count(self, caller: Caller, guess: Try, purpose: Purpose) -> None:
        async with self.sessions.begin() as db:
            wait = await take_guess(db, guess, caller.now)
            if wait:
                _write(db, caller, purpose, TOO_MANY, None)
        if wait:
            raise TooManyGuesses(wait)

    async def _check(
        self, caller: Caller, found: "_Kept | None", typed: "_Typed", purpose: Purpose
    ) -> Proved | None:
        """No connection is held while a password waits for its turn to be hashed."""
        same = await self.hasher.matches(typed.password[:1000], found.hash if found else None)
        person = found.person_id if found else NOBODY
        async with self.sessions.begin() as db:
            held = found.authenticator if found else None
            fits = await accept(db, self.ring, held, typed.code, caller.now)
            enters = purpose is Purpose.PROVE_AGAIN or await _may_enter(db, person, caller.now)
            if not (found and same and fits and enters):
                reason = _why_not(found, same=same, fits=fits)
                _write(db, caller, purpose, reason, found.person_id if found else None)
                return None
            await forget_guesses(db, typed.guess)
            await _used(db, person, caller.now)
            _write(db, caller, purpose, "", person)
            return Proved(person, Strength.MULTI_FACTOR, ("pwd", "otp", "mfa"))


@dataclass(frozen=True)
class _Typed:
    guess: Try
    password: str
    code: str


@dataclass(frozen=True)
class _Kept:
    person_id: UUID
    name: str
    hash: str
    authenticator: Authenticator


async def _kept(db: AsyncSession, wanted: Any) -> _Kept | None:  # noqa: ANN401 - a condition
    """An account with both a password and an authenticator app, in one statement."""
    first, second = aliased(Credential), aliased(Credential)
    found = (
        await db.execute(
            select(
                col(Account.person_id), col(Account.sign_in_name), col(Password.hash), Authenticator
            )
            .join(first, col(first.person_id) == col(Account.person_id))
            .join(Password, col(Password.credential_id) == col(first.id))
            .join(second, col(second.person_id) == col(Account.person_id))
            .join(Authenticator, col(Authenticator.credential_id) == col(second.id))
            .where(wanted)
        )
    ).one_or_none()
    return None if found is None else _Kept(*found)


async def _may_enter(db: AsyncSession, person_id: UUID, now: datetime) -> bool:
    """A local account opens nothing to those whose agencies have ended with them, or have their
    own identity provider."""
    return bool(await on_offer(db, person_id, None, now))


def _why_not(found: _Kept | None, *, same: bool, fits: bool) -> str:
    """For the audit line."""
    if found is None:
        return "unknown name"
    if not same:
        return "wrong password"
    return NO_MEMBERSHIP if fits else "wrong or used code"


async def _used(db: AsyncSession, person_id: UUID, now: datetime) -> None:
    both = (CredentialKind.PASSWORD, CredentialKind.AUTHENTICATOR_APP)
    await db.execute(
        update(Credential)
        .where(col(Credential.person_id) == person_id, col(Credential.kind).in_(both))
        .values(last_used_at=now)
    )


def _write(
    db: AsyncSession, caller: Caller, purpose: Purpose, reason: str, person_id: UUID | None
) -> None:
    outcome = EventOutcome.REFUSED if reason else EventOutcome.DONE
    note(db, purpose.value, outcome, reason, caller.request_id, person_id=person_id, at=caller.now)
