"""Who you are, in GraphQL: your membership, your sessions, your notices, what happened at the
door about you.
"""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
)
from sqlmodel import col

from auth import events, notices, tables
from auth.accounts import tables as accounts
from auth.accounts.tables import CredentialKind
from auth.events import EventOutcome
from auth.notices import NoticeKind
from auth.roles import Role
from auth.sessions import tables as sessions
from portal.agencies.api import MEMBERSHIPS, Agency, Membership
from portal.agreements.api import Agreement
from portal.outbox import tables as outbox
from portal.outbox.api import MailPreference, OutboxMessage
from portal.people.consents import CONSENTS, Consent
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    value_type,
    where,
)
from portal.referrals.api import Referral
from portal.referrals.marking import MARKING, marking


class SessionOrder(Enum):
    """How browser sessions are sorted."""

    NEWEST = "newest"
    """The newest first."""


@filter_input
class SessionFilter:
    """Which sessions."""

    membership: strawberry.ID | None = where(
        "Acting as this membership.", lambda session, one, _: session.membership_id == one
    )


class NoticeOrder(Enum):
    """How notices are sorted."""

    NEWEST = "newest"
    """The newest first."""


class CredentialOrder(Enum):
    """How credentials are sorted."""

    OLDEST = "oldest"
    """The oldest first."""


class EventOrder(Enum):
    """How what happened at the door is sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(sessions.BrowserSession)
class BrowserSession(Node):
    """Somebody signed in with one browser: you; for administrators, also a colleague. It says
    nothing of where.
    """

    device: str = column("Which browser, as it says of itself.")
    membership: Membership | None = one(
        "What they act as there; null until they have chosen.", "membership_id"
    )
    acr: str = sql(
        "How they proved who they are: `sfa`, `mfa` or `phr` (by something nobody can phish).",
        lambda session, _: cast(session.acr, Text),
    )
    started_at: datetime = column("When they signed in.")
    authenticated_at: datetime = column("When they last proved who they are.")
    seen_at: datetime = column("Its last request, give or take a minute.")
    expires_at: datetime = column("When it ends at the latest.")
    ended_at: datetime | None = column("When it was ended, if it was.")
    current: bool = sql(
        "Whether you are asking with this one.",
        lambda session, _: func.coalesce(session.id == func.caller_session(type_=Uuid), False),
    )


def _email_of(notice: Columns, _: Ask) -> ColumnElement[UUID]:
    post = outbox.OutboxNotice
    found = select(col(post.message_id)).where(col(post.notice_id) == notice.id)
    return found.correlate(notice.id.table).scalar_subquery()


def _mail_of(me: Columns, _: Ask) -> ColumnElement[UUID]:
    wish = outbox.MailPreference
    found = select(col(wish.id)).where(col(wish.person_id) == me.person_id)
    return found.correlate(me.person_id.table).scalar_subquery()


def _handling(notice: Columns, _: Ask) -> ColumnElement[str]:
    other = literal_column("'OFFICIAL. For you; do not pass on.'::text", Text)
    return case((notice.referral_id.is_not(None), marking()), else_=other)


@reads(notices.Notice)
class Notice(Node):
    """One thing the portal tells you, and nobody else."""

    at: datetime = column("When.")
    kind: NoticeKind = column("What it is about.")
    says: str = column("What it says.")
    handling: str = sql(MARKING, _handling)
    referral: Referral | None = one(
        "The case it is about; null where it is about none, or one you may not see now.",
        "referral_id",
    )
    agreement: Agreement | None = one(
        "The agreement it is about; null where it is about none, or one you may not see now.",
        "agreement_id",
    )
    read_at: datetime | None = column("When you put it away, if you did.")
    email: OutboxMessage | None = one(
        "The e-mail that calls you to it, perhaps with others; null where you wish for none.",
        _email_of,
    )


@reads(accounts.Credential)
class Credential(Node):
    """One thing you sign in with at the portal itself."""

    kind: CredentialKind = column("What it is.")
    name: str = column("What you call it; of a password, the name you sign in with.")
    added_at: datetime = column("When you added it.")
    last_used_at: datetime | None = column("When you last used it, if you have.")
    left: int | None = column("Of recovery codes, how many are unused.")


@reads(events.AuthEvent)
class AuthEvent(Node):
    """What somebody tried at the door, and how it ended."""

    at: datetime = column("When.")
    kind: str = column("What, such as `sign_in`.")
    outcome: EventOutcome = column("How it ended.")
    reason: str = column("Why it ended so; empty when there is nothing to say.")
    agency: Agency | None = one("The agency it concerns, if it concerns one.", "agency_id")


@filter_input
class NoticeFilter:
    """Which notices."""

    unread: bool | None = where(
        "Those you have not put away, or those you have.",
        lambda notice, unread, _: notice.read_at.is_(None) == unread,
    )


SESSIONS = Listing(
    None,
    SessionOrder,
    {SessionOrder.NEWEST: Order(lambda s: [s.started_at], descending=True)},
    SessionOrder.NEWEST,
)
MEMBER_SESSIONS = Listing(
    SessionFilter,
    SessionOrder,
    {SessionOrder.NEWEST: Order(lambda s: [s.started_at], descending=True)},
    SessionOrder.NEWEST,
)
NOTICES = Listing(
    NoticeFilter,
    NoticeOrder,
    {NoticeOrder.NEWEST: Order(lambda n: [n.at], descending=True)},
    NoticeOrder.NEWEST,
)
CREDENTIALS = Listing(
    None,
    CredentialOrder,
    {CredentialOrder.OLDEST: Order(lambda c: [c.added_at], descending=False)},
    CredentialOrder.OLDEST,
)
EVENTS = Listing(
    None,
    EventOrder,
    {EventOrder.NEWEST: Order(lambda e: [e.at], descending=True)},
    EventOrder.NEWEST,
)


def caller_is(_: Columns, ask: Ask) -> Select[*tuple[Any, ...]]:
    """The one row about the caller."""
    name = tables.MembershipName
    shown = select(col(name.name)).where(col(name.membership_id) == ask.principal)
    roles = func.roles_today(ask.principal, ask.today, type_=ARRAY(Text))
    return select(
        ask.agency.label("agency_id"),
        ask.principal.label("principal_id"),
        shown.scalar_subquery().label("name"),
        func.coalesce(roles, []).label("roles"),
        func.coalesce(func.caller_scopes(type_=ARRAY(Text)), []).label("scopes"),
        select(func.caller_person(type_=Uuid)).scalar_subquery().label("person_id"),
    )


def _mine(me: Columns, membership: Columns, ask: Ask) -> ColumnElement[bool]:
    able = func.unnest(func.caller_memberships(ask.today, type_=ARRAY(Uuid)))
    mine: ColumnElement[bool] = membership.id.in_(select(able))
    return mine


def _alive(me: Columns, session: Columns, _: Ask) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = session.person_id == me.person_id
    return and_(mine, _lasts(session))


def _lasts(session: Columns) -> ColumnElement[bool]:
    """As open_session_caller has it, which keeps real time."""
    idle = func.now() - func.make_interval(0, 0, 0, 0, 0, 30)
    lasts: ColumnElement[bool] = (session.expires_at > func.now()) & (session.seen_at > idle)
    return and_(lasts, session.ended_at.is_(None))


def of_a_colleague(_: Any, session: Columns, ask: Ask) -> ColumnElement[bool]:  # noqa: ANN401 - the root
    """Where somebody acts for the caller's agency, as far as the row rules show it."""
    member = tables.Membership
    here = exists().where(
        col(member.id) == session.membership_id, col(member.agency_id) == ask.agency
    )
    return and_(here.correlate(session.id.table), _lasts(session))


@value_type
class Me:
    """Who you are for this API."""

    agency: Agency = one("The agency you act for.", "agency_id")
    membership: Membership | None = one(
        "The membership you act as; null for an API client.", "principal_id"
    )
    name: str | None = column("Your own name; null for an API client.")
    roles: list[Role] = column("What you are today; empty for an API client.")
    scopes: list[str] = column("What your roles, and your token, let you do together.")
    memberships: Connection[Membership] = many(
        "What you can act as, one at a time.", MEMBERSHIPS, _mine
    )
    sessions: Connection[BrowserSession] = many("Where you are signed in.", SESSIONS, _alive)
    credentials: Connection[Credential] = many(
        "What you sign in with at the portal itself; empty if your agency signs you in.",
        CREDENTIALS,
        lambda me, credential, _: credential.person_id == me.person_id,
    )
    consents: Connection[Consent] = many(
        "What you let programs do in your name.",
        CONSENTS,
        lambda me, consent, _: consent.person_id == me.person_id,
    )
    mail: MailPreference | None = one(
        "Where and how often you hear by e-mail; null where you never said, and for programs.",
        _mail_of,
    )
    notices: Connection[Notice] = many(
        "What the portal tells you.",
        NOTICES,
        lambda me, notice, _: notice.person_id == me.person_id,
    )
    events: Connection[AuthEvent] = many(
        "What happened at the door about you, such as signing in.",
        EVENTS,
        lambda me, event, _: event.person_id == me.person_id,
    )
