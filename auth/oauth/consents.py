"""What a person lets a client do in their name, from the pushed request to the refresh token.

Of every secret only a hash is kept; the consent alone is a row that its person reads and ends.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.strength import Strength
from portal.store.base import Instant, Row, choice

PUSHED_LIFE = timedelta(seconds=90)
"""Until the person's browser must have come with a pushed request."""
SIGNING_IN = timedelta(minutes=10)
"""From then on, to sign in and to decide."""
CODE_LIFE = timedelta(seconds=60)
CONSENT_LIFE = timedelta(days=30)
"""Then the person is asked again; a refresh token lives no longer."""


class Consent(Row, table=True):
    """A person lets a program act as one of their memberships, as far as these scopes."""

    __table_args__ = (
        CheckConstraint("cardinality(scopes) > 0", name="scopes"),
        CheckConstraint("expires_at > given_at", name="expiry"),
    )

    client_id: UUID = Field(foreign_key="client.id", index=True)
    membership_id: UUID = Field(foreign_key="membership.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    provider_id: UUID | None = Field(default=None, index=True)
    """Who vouched for the person; none: their account here."""
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    given_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class PushedRequest(SQLModel, table=True):
    """An authorization request (RFC 9126) as its client sent it, found by the hash of its name."""

    __tablename__ = "pushed_request"
    __table_args__ = (
        CheckConstraint("octet_length(name_hash) = 32", name="hash"),
        CheckConstraint("length(thumbprint) = 43", name="thumbprint"),
        CheckConstraint(
            "expires_at <= coalesce(opened_at + interval '10 minutes',"
            " pushed_at + interval '90 seconds')",
            name="short",
        ),
        CheckConstraint(
            "opened_at <= pushed_at + interval '90 seconds' AND used_at >= opened_at", name="order"
        ),
        {"schema": "auth_secret"},
    )

    name_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    client_id: UUID = Field(foreign_key="client.id", index=True)
    parameters: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    thumbprint: str | None = None
    """The key that the code must be redeemed with, where the client named one."""
    pushed_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    opened_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class AuthorizationCode(SQLModel, table=True):
    """A code, for one request and one consent, with how surely the person was known."""

    __tablename__ = "authorization_code"
    __table_args__ = (
        CheckConstraint("octet_length(code_hash) = 32", name="hash"),
        CheckConstraint("expires_at <= issued_at + interval '60 seconds'", name="short"),
        {"schema": "auth_secret"},
    )

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    request_hash: bytes = Field(
        sa_type=LargeBinary, foreign_key="auth_secret.pushed_request.name_hash", unique=True
    )
    consent_id: UUID = Field(foreign_key="consent.id", index=True)
    acr: Strength = Field(sa_type=choice(Strength, "acr"))
    amr: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    authenticated_at: datetime = Field(sa_type=Instant)
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class RefreshToken(SQLModel, table=True):
    """Good for its consent's client, as long as its consent; never rotated (FAPI 2.0, 5.3.2.1)."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    consent_id: UUID = Field(foreign_key="consent.id", index=True)
    acr: Strength = Field(sa_type=choice(Strength, "acr"))
    authenticated_at: datetime = Field(sa_type=Instant)
    issued_at: datetime = Field(sa_type=Instant)
