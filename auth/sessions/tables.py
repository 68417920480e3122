"""Browser sessions, of whose secret only a hash is kept, apart from what their owner may read."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.strength import Strength
from portal.store.base import Instant, Row, choice

IDLE = timedelta(minutes=30)
"""Without a request for so long, a session is over; `open_session_caller` says the same."""
LONGEST = timedelta(hours=10)
"""A working day: then everybody signs in again."""


class BrowserSession(Row, table=True):
    """A person signed in with one browser, acting as one membership at a time."""

    __tablename__ = "browser_session"
    __table_args__ = (
        CheckConstraint("expires_at <= started_at + interval '10 hours'", name="absolute"),
        CheckConstraint("authenticated_at >= started_at", name="authenticated"),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    membership_id: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    provider_id: UUID | None = Field(default=None, index=True)
    """The partner's identity provider that vouched for the person; None for a local account."""
    provider_session: str | None = Field(default=None, max_length=255)
    """The provider's own name (`sid`) for its session, which a back-channel logout ends."""
    device: str = Field(max_length=80)
    acr: Strength = Field(sa_type=choice(Strength, "acr"))
    amr: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    started_at: datetime = Field(sa_type=Instant)
    authenticated_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class SessionSecret(SQLModel, table=True):
    """What the cookie must hash to; replaced at every sign-in and step-up."""

    __tablename__ = "session_secret"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    session_id: UUID = Field(foreign_key="browser_session.id", primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
