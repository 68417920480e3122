"""Messages that wait to be sent, what each attempt came to, and how people wish to hear."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, text
from sqlmodel import Field, SQLModel

from portal.store.base import Instant, Row, choice


class MailMode(StrEnum):
    """How often a person hears by e-mail that there is something new in the portal."""

    AT_ONCE = "at_once"
    """As soon as there is something."""
    DAILY = "daily"
    """Once a day, in the morning."""
    NONE = "none"
    """Never: notices wait in the portal."""


class MessageState(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    """It is to be sent, perhaps again."""
    SENT = "sent"
    """A mail server has taken it over."""
    DEAD = "dead"
    """It was given up; a reply says why."""
    NOT_NEEDED = "not_needed"
    """Everything it was about had been read, or nobody wished to hear of it, before it was sent."""


class AttemptOutcome(StrEnum):
    """What came of one attempt to send a message."""

    UNDER_WAY = "under_way"
    """It has begun."""
    SENT = "sent"
    """A mail server has taken it over."""
    REFUSED = "refused"
    """A mail server refused the address or the message: it bounced."""
    DEFERRED = "deferred"
    """No mail server could take it now."""
    LOST = "lost"
    """Whoever sent it never said what came of it: it may have arrived, and is sent again."""


class MailPreference(Row, table=True):
    """Where and how often a person hears by e-mail; without an address, not at all."""

    __tablename__ = "mail_preference"
    __table_args__ = (
        CheckConstraint("address ~ '^[^[:space:]@<>]+@[^[:space:]@<>]+$'", name="address"),
        CheckConstraint("(address IS NULL) = (since IS NULL)", name="since"),
    )

    person_id: UUID = Field(foreign_key="person.id", unique=True)
    address: str | None = Field(default=None, max_length=254)
    mode: MailMode = Field(default=MailMode.AT_ONCE, sa_type=choice(MailMode, "mode"))
    since: datetime | None = Field(default=None, sa_type=Instant)
    """When the address was shown to be theirs."""
    asked_address: str | None = Field(default=None, max_length=254)
    """Where a code went that has not been entered yet."""


class OutboxMessage(Row, table=True):
    """One e-mail. It carries no words: those are the same for everybody, and name no case.

    The address is looked up when it is sent, so that a retry goes where the person is by then.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, team_id) = 1", name="recipient"),
        CheckConstraint("(lease IS NULL) = (leased_until IS NULL)", name="lease"),
        CheckConstraint("lease IS NULL OR state = 'waiting'", name="leased"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        Index(
            "outbox_message_waiting",
            "next_try_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("outbox_message_newest", "written_at", "id"),
    )

    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    team_id: UUID | None = Field(default=None, foreign_key="team.id", index=True)
    state: MessageState = Field(sa_type=choice(MessageState, "state"))
    written_at: datetime = Field(sa_type=Instant)
    next_try_at: datetime = Field(sa_type=Instant)
    attempts: int
    refusals: int
    reply: str | None = Field(default=None, max_length=20)
    """The codes of the last reply, such as `550 5.1.1`; its words could hold anything."""
    lease: UUID | None = None
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)


class MailCode(Row, table=True):
    """A code that was sent to an address: whoever enters it reads what arrives there."""

    __tablename__ = "mail_code"
    __table_args__ = (Index("mail_code_of_person", "person_id", "asked_at"),)

    person_id: UUID = Field(foreign_key="person.id")
    message_id: UUID = Field(foreign_key="outbox_message.id", ondelete="CASCADE", unique=True)
    address: str = Field(max_length=254)
    code: str = Field(max_length=10)
    asked_at: datetime = Field(sa_type=Instant)


class OutboxNotice(SQLModel, table=True):
    """A notice that a message tells of."""

    __tablename__ = "outbox_notice"

    notice_id: UUID = Field(foreign_key="notice.id", ondelete="CASCADE", primary_key=True)
    message_id: UUID = Field(foreign_key="outbox_message.id", ondelete="CASCADE", index=True)


class Reminder(SQLModel, table=True):
    """What was said once, and is not said again for the same day."""

    __table_args__ = (PrimaryKeyConstraint("about_id", "kind", "day"),)

    about_id: UUID
    kind: str = Field(max_length=40)
    day: date
    at: datetime = Field(sa_type=Instant)


class OutboxAttempt(Row, table=True):
    """One attempt to send a message."""

    __tablename__ = "outbox_attempt"
    __table_args__ = (Index("outbox_attempt_of_message", "message_id", "at", "id"),)

    message_id: UUID = Field(foreign_key="outbox_message.id", ondelete="CASCADE")
    at: datetime = Field(sa_type=Instant)
    outcome: AttemptOutcome = Field(sa_type=choice(AttemptOutcome, "outcome"))
    reply: str | None = Field(default=None, max_length=20)
