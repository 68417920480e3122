"""Sign-ins that have gone to a provider: kept by hashes, bound to a browser, taken back once."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

from joserfc.util import urlsafe_b64encode
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.federation.tables import PartnerSignIn

LONGEST = timedelta(minutes=10)
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True)
class Wish:
    """What somebody went to the provider for."""

    next: str = "/"
    invitation_hash: bytes | None = None
    session_id: UUID | None = None
    """Set when the person of this session is to prove again who they are."""


@dataclass(frozen=True)
class Secrets:
    """Of one sign-in. All but `state` follow from the browser's cookie, which no one else has:
    what the database keeps is of no use to anybody who reads it.
    """

    browser: str
    state: str

    @classmethod
    def fresh(cls, browser: str) -> "Secrets":
        return cls(browser, token_urlsafe(32))

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """PKCE's (RFC 7636): 43 characters."""
        return self._derived("verifier")

    @property
    def state_hash(self) -> bytes:
        return sha256(self.state.encode()).digest()

    @property
    def browser_hash(self) -> bytes:
        return sha256(self.browser.encode()).digest()

    def _derived(self, what: str) -> str:
        mac = hmac.digest(self.browser.encode(), f"{what}|{self.state}".encode(), "sha256")
        return urlsafe_b64encode(mac).decode()


@dataclass(frozen=True)
class Begun:
    """A sign-in that came back in time, to the browser it began in."""

    wish: Wish
    at: datetime


async def keep(
    db: AsyncSession, provider_id: UUID, secrets: Secrets, wish: Wish, now: datetime
) -> None:
    """Remember a sign-in until it comes back."""
    db.add(
        PartnerSignIn(
            state_hash=secrets.state_hash,
            provider_id=provider_id,
            browser_hash=secrets.browser_hash,
            next=wish.next,
            invitation_hash=wish.invitation_hash,
            session_id=wish.session_id,
            started_at=now,
            expires_at=now + LONGEST,
        )
    )
    await db.flush()


async def take(
    db: AsyncSession, provider_id: UUID, secrets: Secrets, now: datetime
) -> Begun | None:
    """The sign-in of this state, once; None when there is none for this provider and browser."""
    taken = (
        update(PartnerSignIn)
        .where(
            col(PartnerSignIn.state_hash) == secrets.state_hash,
            col(PartnerSignIn.browser_hash) == secrets.browser_hash,
            col(PartnerSignIn.provider_id) == provider_id,
            col(PartnerSignIn.used_at).is_(None),
            col(PartnerSignIn.expires_at) > now,
        )
        .values(used_at=now)
        .returning(
            col(PartnerSignIn.next),
            col(PartnerSignIn.invitation_hash),
            col(PartnerSignIn.session_id),
            col(PartnerSignIn.started_at),
        )
    )
    found = (await db.execute(taken)).first()
    return found and Begun(Wish(found[0], found[1], found[2]), found[3])
