"""E-mail in GraphQL: where you hear, and what became of messages."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from auth import tables as who
from portal.acting.exposed import mutation
from portal.agencies.api import Membership, Team
from portal.outbox import tables, verbs
from portal.outbox.tables import AttemptOutcome, MailMode, MessageState
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
    where,
)


class OutboxMessageOrder(Enum):
    """How messages are sorted."""

    NEWEST = "newest"
    """The newest first."""


class OutboxAttemptOrder(Enum):
    """How attempts are sorted."""

    OLDEST = "oldest"
    """The oldest first."""


@reads(tables.MailPreference)
class MailPreference(Node):
    """Where and how often you hear by e-mail that there is something new in the portal."""

    mode: MailMode = column("How often.")
    address: str | None = column("Where; null until an address is confirmed.")
    since: datetime | None = column("When the address was confirmed.")
    asked_address: str | None = column("Where a code went that has not been entered yet.")


ATTEMPTS = Listing(
    None,
    OutboxAttemptOrder,
    {OutboxAttemptOrder.OLDEST: Order(lambda attempt: [attempt.at])},
    OutboxAttemptOrder.OLDEST,
)


@reads(tables.OutboxAttempt)
class OutboxAttempt(Node):
    """One attempt to send a message."""

    at: datetime = column("When it began.")
    outcome: AttemptOutcome = column("What came of it.")
    reply: str | None = column("The codes of the mail server's reply, such as `550 5.1.1`.")


def _member_of(message: Columns, ask: Ask) -> ColumnElement[UUID]:
    """The person's first membership of the caller's agency: one is enough to know them by."""
    member = who.Membership
    found = (
        select(col(member.id))
        .where(col(member.person_id) == message.person_id, col(member.agency_id) == ask.agency)
        .order_by(col(member.starts_on), col(member.id))
        .limit(1)
    )
    return found.correlate(message.id.table).scalar_subquery()


@reads(tables.OutboxMessage)
class OutboxMessage(Node):
    """One e-mail, without its words: they only say that there is something new in the portal."""

    member: Membership | None = one(
        "Whom it is for, as a member of your agency; null when it is for a team, or for you as a"
        " member of another agency.",
        _member_of,
    )
    team: Team | None = one("The team whose inbox it is for.", "team_id")
    state: MessageState = column("How far it has come.")
    written_at: datetime = column("When there was something to tell.")
    next_try_at: datetime = column("When it is tried next; of no meaning once it waits no more.")
    tries: int = column("How often it was tried.", "attempts")
    reply: str | None = column("The codes of the last reply.")
    sent_at: datetime | None = column("When a mail server took it over.")
    attempts: Connection[OutboxAttempt] = many(
        "Each attempt.", ATTEMPTS, lambda message, attempt, _: attempt.message_id == message.id
    )


@filter_input
class OutboxMessageFilter:
    """Which messages."""

    state: MessageState | None = where(
        "In this state.", lambda message, state, _: message.state == state
    )


MESSAGES = Listing(
    OutboxMessageFilter,
    OutboxMessageOrder,
    {OutboxMessageOrder.NEWEST: Order(lambda message: [message.written_at], descending=True)},
    OutboxMessageOrder.NEWEST,
)


@strawberry.type
class OutboxQueries:
    """What became of e-mails."""

    outbox_messages: Connection[OutboxMessage] = many(
        "E-mails to you and, for administrators, to their agency's people and teams: those that"
        " bounced and were given up are `DEAD`.",
        MESSAGES,
    )


@strawberry.type
class OutboxMutations:
    """What people do about e-mail."""

    set_mail = mutation(verbs.set_mail, MailPreference, needs="")
    confirm_mail = mutation(verbs.confirm_mail, MailPreference, needs="")
