"""Ways in: a link for one person, good once and for a week, of which only a hash is kept."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.people.tables import Invitation
from auth.roles import Role
from auth.tables import Agency, Membership
from portal.errors import Finding, Invalid, Refusal

WEEK = timedelta(days=7)
NAME_LIMIT = 120
LONDON = ZoneInfo("Europe/London")
PAGE = "/join?invitation="


class InvitationOver(Refusal):
    """There is no such invitation, or it was used, withdrawn or is too old: one answer."""

    def __init__(self) -> None:
        super().__init__(
            "This invitation cannot be used: it has been used, was withdrawn, or is older than a"
            " week. Ask whoever invited you for a new one."
        )


@dataclass(frozen=True)
class Offered:
    """What somebody who holds the link may know before accepting."""

    invitation_id: UUID
    agency_id: UUID
    agency: str
    role: Role | None
    for_whom: str
    again: bool
    """Whether it lets a member in again, who gives no name and loses no membership."""
    expires_at: datetime
    invited_by: str | None
    """The agency of whoever made it; None for the portal's operator."""
    makers: frozenset[UUID]
    """The people who made and confirmed it: nobody invites themselves."""


def hash_of(token: str) -> bytes:
    """What is kept of a link's token."""
    return sha256(token.encode()).digest()


def new_token() -> str:
    """256 bits that nobody guesses."""
    return token_urlsafe(32)


def link_of(token: str) -> str:
    """Where it is accepted, below the portal's own address."""
    return f"{PAGE}{token}"


async def look(db: AsyncSession, token: str | bytes, now: datetime) -> Offered | None:
    """The living invitation behind a token, or behind its hash; it stays usable."""
    made_by, of_whom = aliased(Membership), aliased(Agency)
    found = await db.execute(
        select(Invitation, col(Agency.name), col(of_whom.name))
        .join(Agency, col(Agency.id) == col(Invitation.agency_id))
        .outerjoin(made_by, col(made_by.id) == col(Invitation.made_by_id))
        .outerjoin(of_whom, col(of_whom.id) == col(made_by.agency_id))
        .where(
            col(Invitation.token_hash) == _hash(token),
            col(Invitation.used_at).is_(None),
            col(Invitation.withdrawn_at).is_(None),
            col(Invitation.expires_at) > now,
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    one, agency, invited_by = row
    return Offered(
        one.id,
        one.agency_id,
        agency,
        one.role,
        one.for_whom,
        one.rebinds_id is not None,
        one.expires_at,
        invited_by,
        frozenset(filter(None, (one.made_person_id, one.confirmed_person_id))),
    )


async def accept(  # noqa: PLR0913 - how somebody comes has this many sides
    db: AsyncSession,
    token: str | bytes,
    *,
    name: str,
    now: datetime,
    provider_id: UUID | None = None,
    subject: str | None = None,
    person_id: UUID | None = None,
    today: date | None = None,
    request_id: UUID | None = None,
) -> tuple[UUID, UUID]:
    """Use an invitation: (person, membership). InvitationOver when there is nothing to use.

    `provider_id` is the identity provider that vouches for who comes, None for a local account: the
    agency must be one it speaks for. `person_id` is who is signed in already, and gets one more
    membership. `today` is the portal's day, where a demonstration has fixed it. The caller commits
    a refusal, too: it leaves its line.
    """
    hashed, called = _hash(token), " ".join(name.split())
    offered = await look(db, hashed, now)
    if offered is not None and not offered.again and person_id is None:
        _check_name(called)
    day = today or now.astimezone(LONDON).date()
    taken = await db.execute(
        text("SELECT person, member FROM accept_invitation(:hash, :name, :provider, :known, :day)"),
        {"hash": hashed, "name": called, "provider": provider_id, "known": person_id, "day": day},
    )
    row = taken.one_or_none()
    agency = offered.agency_id if offered else None
    kind, request_id = "accept_invitation", request_id or uuid4()
    how = f"by the provider's {subject[:80]}" if subject else ""
    if row is None:
        note(db, kind, EventOutcome.REFUSED, "over", request_id, agency_id=agency)
        await db.flush()
        raise InvitationOver
    note(
        db,
        kind,
        EventOutcome.DONE,
        how,
        request_id,
        agency_id=agency,
        person_id=row.person,
        membership_id=row.member,
    )
    await db.flush()
    return row.person, row.member


def _hash(token: str | bytes) -> bytes:
    return token if isinstance(token, bytes) else hash_of(token)


def _check_name(name: str) -> None:
    if not name:
        raise Invalid(Finding(("name",), "Enter your name.", "REQUIRED"))
    if len(name) > NAME_LIMIT:
        message = f"Shorten this to {NAME_LIMIT} characters; it has {len(name)}."
        raise Invalid(Finding(("name",), message, "LONG"))
    if not name.isprintable():
        message = "Remove the control characters from your name."
        raise Invalid(Finding(("name",), message, "UNPRINTABLE"))
