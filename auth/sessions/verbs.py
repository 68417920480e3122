"""What happens to browser sessions: they begin, prove themselves again, change membership, end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.notices import Notice, NoticeKind
from auth.oauth.ending import end_consents_of
from auth.sessions.offers import offered, on_offer
from auth.sessions.tables import IDLE, LONGEST, BrowserSession, SessionSecret
from auth.strength import Strength

LONDON = ZoneInfo("Europe/London")
_STILL_THERE = timedelta(minutes=1)  # as in open_session_caller: most requests write nothing


class SessionOver(Exception):
    """The cookie belongs to no session that is still alive."""


class NotOffered(Exception):
    """Not a membership that this person can act as after signing in this way."""


@dataclass(frozen=True)
class Current:
    """A living session: who, as what, how surely."""

    session_id: UUID
    person_id: UUID
    membership_id: UUID | None
    provider_id: UUID | None
    acr: Strength
    amr: tuple[str, ...]
    authenticated_at: datetime


def hash_of(cookie: str) -> bytes:
    """What is kept of a cookie's value."""
    return sha256(cookie.encode()).digest()


async def begin(  # noqa: PLR0913 - a session has this many sides
    db: AsyncSession,
    *,
    person_id: UUID,
    acr: Strength,
    amr: Sequence[str],
    device: str,
    now: datetime,
    provider_id: UUID | None = None,
    provider_session: str | None = None,
    membership_id: UUID | None = None,
) -> str:
    """Sign a person in; the answer is the new cookie's value, of which only a hash is kept.

    Whoever has one membership only acts as that from the start.
    """
    found = [m.id for m in await on_offer(db, person_id, provider_id, now)]
    if membership_id is not None and membership_id not in found:
        raise NotOffered
    session = BrowserSession(
        person_id=person_id,
        membership_id=membership_id or (found[0] if len(found) == 1 else None),
        provider_id=provider_id,
        provider_session=provider_session,
        device=device[:80],
        acr=acr,
        amr=list(amr),
        started_at=now,
        authenticated_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
    )
    db.add(session)
    db.add(_told(session, now))
    await db.flush()
    cookie = token_urlsafe(32)
    await db.execute(
        insert(SessionSecret).values(session_id=session.id, token_hash=hash_of(cookie))
    )
    await _signed_in(db, session.membership_id)
    return cookie


async def current(db: AsyncSession, cookie: str, now: datetime) -> Current | None:
    """The session of a cookie, None when it is over; being asked for keeps it from idling out."""
    found = (
        await db.execute(
            select(BrowserSession)
            .join(SessionSecret, col(SessionSecret.session_id) == col(BrowserSession.id))
            .where(col(SessionSecret.token_hash) == hash_of(cookie), *_alive(now))
        )
    ).scalar_one_or_none()
    if found is None:
        return None
    if now - found.seen_at > _STILL_THERE:
        await db.execute(
            update(BrowserSession).where(col(BrowserSession.id) == found.id).values(seen_at=now)
        )
    return Current(
        found.id,
        found.person_id,
        found.membership_id,
        found.provider_id,
        found.acr,
        tuple(found.amr),
        found.authenticated_at,
    )


async def stay(db: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Whatever rests on this session is done before it can end; SessionOver if it has ended."""
    alive = select(col(BrowserSession.id)).where(col(BrowserSession.id) == session_id, *_alive(now))
    if (await db.execute(alive.with_for_update(read=True))).first() is None:
        raise SessionOver


async def prove_again(
    db: AsyncSession, cookie: str, *, acr: Strength, amr: Sequence[str], now: datetime
) -> str:
    """After a fresh proof by the same person, which the caller has checked; a new cookie."""
    session_id, renewed = await _rotate(db, cookie, now)
    await db.execute(
        update(BrowserSession)
        .where(col(BrowserSession.id) == session_id)
        .values(acr=acr, amr=list(amr), authenticated_at=now, seen_at=now)
    )
    return renewed


async def choose(db: AsyncSession, cookie: str, membership_id: UUID, now: datetime) -> str:
    """Act as this membership from now on; a new cookie."""
    session_id, renewed = await _rotate(db, cookie, now)
    chosen = (
        await db.execute(
            update(BrowserSession)
            .where(
                col(BrowserSession.id) == session_id,
                offered(membership_id, BrowserSession.person_id, BrowserSession.provider_id, now),
            )
            .values(membership_id=membership_id, seen_at=now)
            .returning(col(BrowserSession.id))
        )
    ).first()
    if chosen is None:
        raise NotOffered
    await _signed_in(db, membership_id)
    return renewed


async def end(db: AsyncSession, cookie: str, now: datetime) -> None:
    """Sign out here; does nothing for a session that is over."""
    gone = (
        delete(SessionSecret)
        .where(col(SessionSecret.token_hash) == hash_of(cookie))
        .returning(col(SessionSecret.session_id))
    )
    for (session_id,) in (await db.execute(gone)).all():
        await _mark_ended(db, now, session_id)


async def end_one(db: AsyncSession, person_id: UUID, session_id: UUID, now: datetime) -> bool:
    """End one of a person's own sessions; whether there was such a one."""
    ended = (
        update(BrowserSession)
        .where(
            col(BrowserSession.id) == session_id,
            col(BrowserSession.person_id) == person_id,
            col(BrowserSession.ended_at).is_(None),
        )
        .values(ended_at=now)
        .returning(col(BrowserSession.id))
    )
    return await _forget(db, (await db.execute(ended)).scalars().all()) == 1


async def end_all(db: AsyncSession, person_id: UUID, now: datetime) -> int:
    """Sign a person out everywhere, and their programs; how many sessions that ended.

    Sessions first: that waits for a consent which is being given in one of them (`stay`), and so
    the consents that are ended next include it.
    """
    ended = (
        update(BrowserSession)
        .where(col(BrowserSession.person_id) == person_id, col(BrowserSession.ended_at).is_(None))
        .values(ended_at=now)
        .returning(col(BrowserSession.id))
    )
    gone = await _forget(db, (await db.execute(ended)).scalars().all())
    await end_consents_of(db, person_id, now)
    return gone


async def sessions_of(db: AsyncSession, person_id: UUID, now: datetime) -> list[BrowserSession]:
    """Where a person is signed in, the latest first."""
    found = (
        select(BrowserSession)
        .where(col(BrowserSession.person_id) == person_id, *_alive(now))
        .order_by(col(BrowserSession.started_at).desc(), col(BrowserSession.id))
    )
    return list((await db.execute(found)).scalars())


async def _rotate(db: AsyncSession, cookie: str, now: datetime) -> tuple[UUID, str]:
    """Give a living session a new cookie; of several that ask at once one succeeds."""
    renewed = token_urlsafe(32)
    alive = select(col(BrowserSession.id)).where(*_alive(now))
    turned = (
        update(SessionSecret)
        .where(
            col(SessionSecret.token_hash) == hash_of(cookie),
            col(SessionSecret.session_id).in_(alive),
        )
        .values(token_hash=hash_of(renewed))
        .returning(col(SessionSecret.session_id))
    )
    session_id = (await db.execute(turned)).scalar_one_or_none()
    if session_id is None:
        raise SessionOver
    return session_id, renewed


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(BrowserSession.ended_at).is_(None),
        col(BrowserSession.expires_at) > now,
        col(BrowserSession.seen_at) > now - IDLE,
    )


async def _mark_ended(db: AsyncSession, now: datetime, session_id: UUID) -> None:
    await db.execute(
        update(BrowserSession)
        .where(col(BrowserSession.id) == session_id, col(BrowserSession.ended_at).is_(None))
        .values(ended_at=now)
    )


async def _forget(db: AsyncSession, ended: Sequence[UUID]) -> int:
    await db.execute(delete(SessionSecret).where(col(SessionSecret.session_id).in_(ended)))
    return len(ended)


async def _signed_in(db: AsyncSession, membership_id: UUID | None) -> None:
    if membership_id is not None:
        await db.execute(select(func.note_sign_in(membership_id)))


def _told(session: BrowserSession, now: datetime) -> Notice:
    local = now.astimezone(LONDON)
    clock = f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
    return Notice(
        person_id=session.person_id,
        at=now,
        kind=NoticeKind.NEW_SIGN_IN,
        says=f"You signed in on {local.day} {local:%B %Y} at {clock} with {session.device}."
        " If this was not you, end that session and tell your administrator.",
    )
