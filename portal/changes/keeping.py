"""How long rows live that are needed for a while only: said here, and nowhere else.

What is not listed stays as long as what it belongs to.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, delete, func, inspect, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import SQLModel, col

from auth.accounts.tables import Challenge, Guess, Recovery
from auth.federation.answers import LOGOUT_AGE
from auth.federation.tables import PartnerSignIn, SeenLogout
from auth.oauth.assertions import LONGEST_LIFE
from auth.oauth.consents import AuthorizationCode, Consent, PushedRequest, RefreshToken
from auth.oauth.jose import SKEW
from auth.oauth.proofs import OLDEST
from auth.oauth.tables import AccessToken, SeenAssertion, SeenProof
from auth.sessions.tables import BrowserSession, SessionSecret
from portal.changes.tables import Repeat

AT_ONCE = 10_000
"""Rows of one transaction: whatever a flood left behind goes in pieces that no limit stops."""
_CLOCKS_APART = timedelta(minutes=5)  # between this server's clock and the database's
_DAY = timedelta(days=1)
KEYS_KEPT = timedelta(days=7)
"""Idempotency keys: what the contract promises."""


@dataclass(frozen=True)
class Kept:
    """A kind of row, how long it lives in words, and when it is over."""

    what: str
    how_long: str
    table: type[SQLModel]
    over: Callable[[datetime], ColumnElement[bool]]


def _ended_sessions(now: datetime) -> ColumnElement[bool]:
    over = or_(col(BrowserSession.ended_at).is_not(None), col(BrowserSession.expires_at) < now)
    return col(SessionSecret.session_id).in_(select(col(BrowserSession.id)).where(over))


def _ended_consents(now: datetime) -> ColumnElement[bool]:
    over = or_(col(Consent.ended_at).is_not(None), col(Consent.expires_at) < now)
    return col(RefreshToken.consent_id).in_(select(col(Consent.id)).where(over))


LIVES = (
    Kept(
        "DPoP proofs that were used",
        "6 minutes: older ones are refused by their date",
        SeenProof,
        lambda now: col(SeenProof.seen_at) < now - OLDEST - SKEW - _CLOCKS_APART,
    ),
    Kept(
        "client assertions that were used",
        "66 minutes: older ones are refused by their date",
        SeenAssertion,
        lambda now: col(SeenAssertion.seen_at) < now - LONGEST_LIFE - 2 * SKEW - _CLOCKS_APART,
    ),
    Kept(
        "logout tokens that were used",
        "10 minutes: older ones are refused by their date",
        SeenLogout,
        lambda now: col(SeenLogout.seen_at) < now - LOGOUT_AGE - _CLOCKS_APART,
    ),
    Kept(
        "access tokens",
        "5 minutes after they end",
        AccessToken,
        lambda now: col(AccessToken.expires_at) < now - _CLOCKS_APART,
    ),
    Kept(
        "refresh tokens",
        "until their consent ends",
        RefreshToken,
        _ended_consents,
    ),
    Kept(
        "authorization codes",
        "a day after they end: one that comes again ends what it gave",
        AuthorizationCode,
        lambda now: col(AuthorizationCode.expires_at) < now - _DAY,
    ),
    Kept(
        "pushed requests",
        "a day after they end, as their codes",
        PushedRequest,
        lambda now: col(PushedRequest.expires_at) < now - _DAY - timedelta(minutes=1),
    ),
    Kept(
        "sign-ins under way at a partner's provider",
        "10 minutes after they begin",
        PartnerSignIn,
        lambda now: col(PartnerSignIn.expires_at) < now,
    ),
    Kept(
        "questions to passkeys",
        "5 minutes",
        Challenge,
        lambda now: col(Challenge.expires_at) < now,
    ),
    Kept(
        "browsers that showed a recovery code",
        "15 minutes",
        Recovery,
        lambda now: col(Recovery.expires_at) < now,
    ),
    Kept(
        "counts of guesses",
        "an hour after the last guess",
        Guess,
        lambda now: col(Guess.at) < now - timedelta(hours=1),
    ),
    Kept(
        "cookies of sessions",
        "until their session ends",
        SessionSecret,
        _ended_sessions,
    ),
    Kept(
        "sessions, which their person can look into",
        "30 days after they would have ended by themselves",
        BrowserSession,
        lambda now: col(BrowserSession.expires_at) < now - timedelta(days=30),
    ),
    Kept(
        "idempotency keys",
        "7 days",
        Repeat,
        lambda now: col(Repeat.at) < now - KEYS_KEPT,
    ),
)
"""In this order, since some name others."""

RECORDS = {
    "sign-in events about somebody or some program": "13 months",
    "sign-in events about nobody known here": "90 days",
    "audit lines of what was refused": "13 months",
    "consents": "13 months after they end",
    "notices": "13 months",
    "e-mails, with each attempt": "90 days",
}
"""What the sign-in role may write and not remove: `forget_records` alone does, by its own clock."""

STAYS = {
    "account": "as long as the person",
    "passkey": "as long as its credential, which its person removes",
    "password": "as long as its credential",
    "authenticator": "as long as its credential",
    "recovery_code": "as long as its sheet: new codes replace it",
    "provider_secret": "until the provider ends",
    "context_key": "until a rotation retires it",
}
"""Among the secrets, what nobody can make without being let in, and why it stays."""


async def tidy(sessions: async_sessionmaker[AsyncSession], now: datetime) -> dict[str, int]:
    """Remove what is over; how many rows of each kind. `sessions` are those of portal_auth."""
    gone = {kept.what: await _in_pieces(sessions, _removing(kept, now)) for kept in LIVES}
    return gone | {what: await _in_pieces(sessions, _forgetting(what)) for what in RECORDS}


async def _in_pieces(
    sessions: async_sessionmaker[AsyncSession], remove: Callable[[AsyncSession], Awaitable[int]]
) -> int:
    gone, last = 0, AT_ONCE
    while last == AT_ONCE:
        async with sessions.begin() as db:
            last = await remove(db)
        gone += last
    return gone


def _removing(kept: Kept, now: datetime) -> Callable[[AsyncSession], Awaitable[int]]:
    key = tuple(inspect(kept.table).primary_key)
    some = select(*key).where(kept.over(now)).limit(AT_ONCE)
    statement = delete(kept.table).where(tuple_(*key).in_(some))
    statement = statement.execution_options(synchronize_session=False)

    async def remove(db: AsyncSession) -> int:
        result = await db.execute(statement)
        return result.rowcount if isinstance(result, CursorResult) else 0

    return remove


def _forgetting(what: str) -> Callable[[AsyncSession], Awaitable[int]]:
    async def forget(db: AsyncSession) -> int:
        return int(await db.scalar(select(func.forget_records(what, AT_ONCE))) or 0)

    return forget


def lives() -> Iterator[tuple[str, str]]:
    """Each kind of row with how long it lives, as deploy/README.md lists them."""
    yield from ((kept.what, kept.how_long) for kept in LIVES)
    yield from RECORDS.items()
