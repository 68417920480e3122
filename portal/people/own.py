"""What anybody does about themselves: end sessions, and put notices away."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import CursorResult, func, update
from sqlmodel import col

from auth.notices import Notice
from auth.oauth.consents import Consent
from auth.oauth.ending import end_consents_of
from auth.sessions.tables import BrowserSession
from auth.tables import Membership
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import NotAllowed


async def end_session(
    work: Work, id: Annotated[UUID, Ref("BrowserSession"), "One of your own sessions."]
) -> BrowserSession:
    """Sign yourself out of one browser; it is refused from its next request on."""
    session = await work.seen(BrowserSession, id)
    if session.person_id != work.caller.person_id:
        raise NotAllowed(
            "This is somebody else's session. Administrators end it with `endMemberSession`.",
            rule="session.own",
            granted_by="the person who is signed in with it",
        )
    session.ended_at = session.ended_at or _really_now()
    return session


async def end_other_sessions(work: Work) -> Membership:
    """Sign yourself out of every browser but the one you ask with; programs have to ask you again
    before they act in your name."""
    if work.caller.person_id is None:
        raise NotAllowed(
            "A program has no browser sessions.", rule="session.person", granted_by="nobody"
        )
    others = update(BrowserSession).where(
        col(BrowserSession.person_id) == work.caller.person_id,
        col(BrowserSession.ended_at).is_(None),
        col(BrowserSession.id).is_distinct_from(func.caller_session()),
    )
    ended = await work.db.execute(others.values(ended_at=_really_now()))
    number = ended.rowcount if isinstance(ended, CursorResult) else 0
    work.warn("", f"Sessions ended: {number}.", "SESSIONS_ENDED")
    if programs := await end_consents_of(work.db, work.caller.person_id, _really_now()):
        work.warn("", f"Consents to programs ended: {programs}.", "CONSENTS_ENDED")
    return await work.seen(Membership, work.caller.principal_id)


async def end_consent(
    work: Work, id: Annotated[UUID, Ref("Consent"), "One of your own consents."]
) -> Consent:
    """Take back what you let a program do; its tokens are refused from its next request on."""
    consent = await work.seen(Consent, id)
    consent.ended_at = consent.ended_at or _really_now()
    return consent


async def mark_notice_read(
    work: Work, id: Annotated[UUID, Ref("Notice"), "One of your own notices."]
) -> Notice:
    """Put a notice away; it stays in the list of those you have read."""
    notice = await work.seen(Notice, id)
    notice.read_at = notice.read_at or work.now
    return notice


def _really_now() -> datetime:
    """Sessions live in real time, whatever day a demonstration has fixed."""
    return datetime.now(UTC)
