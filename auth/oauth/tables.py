"""API clients and their public keys; tokens and replay marks, of which only hashes are kept.

What a person lets a client do is in consents.py.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.strength import Strength
from portal.store.base import Instant, Row, choice


class PrincipalKind(StrEnum):
    """For whom a token speaks."""

    CLIENT = "client"
    MEMBERSHIP = "membership"


def no_addresses() -> list[str]:
    """What a client has that never sends a person here."""
    return []


class Grant(StrEnum):
    """How a client gets its tokens."""

    CLIENT_CREDENTIALS = "client_credentials"
    """It acts for itself, with its own key."""
    AUTHORIZATION_CODE = "authorization_code"
    """It acts for a person who has consented."""


def for_itself() -> list[str]:
    """What a client may do unless something else is said."""
    return [Grant.CLIENT_CREDENTIALS.value]


class Client(Row, table=True):
    """A program of one agency. It has somebody who answers for it, and an end."""

    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expiry"),
        CheckConstraint("cardinality(scopes) > 0", name="scopes"),
        CheckConstraint(
            "cardinality(grants) > 0 AND grants <@ ARRAY['client_credentials',"
            " 'authorization_code']",
            name="grants",
        ),
        CheckConstraint(
            "('authorization_code' = ANY (grants)) = (cardinality(redirect_uris) > 0)",
            name="redirects",
        ),
    )

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    name: str = Field(max_length=120)
    owner_membership_id: UUID = Field(foreign_key="membership.id", index=True)
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    redirect_uris: list[str] = Field(
        default_factory=no_addresses, sa_column=Column(ARRAY(Text), nullable=False)
    )
    """Where people are sent back to, letter by letter; none: it acts as itself only."""
    grants: list[str] = Field(
        default_factory=for_itself, sa_column=Column(ARRAY(Text), nullable=False)
    )
    jwks_uri: str | None = Field(default=None, max_length=2000)
    """Where its keys are, besides those in `client_key`."""
    version: int = 1
    updated_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    refused_at: datetime | None = Field(default=None, sa_type=Instant)
    """When whoever it names said no to it as it is; see ClientAcceptance."""
    refusal: str | None = Field(default=None, max_length=400)


class ClientAcceptance(SQLModel, table=True):
    """What somebody agreed to answer for: the client may do what both its agency's administrators
    and this row say. Only accept_client writes it.
    """

    __tablename__ = "client_acceptance"
    __table_args__ = (
        CheckConstraint(
            "cardinality(grants) > 0 AND grants <@ ARRAY['client_credentials',"
            " 'authorization_code']",
            name="grants",
        ),
    )

    id: UUID = Field(foreign_key="client.id", primary_key=True, ondelete="CASCADE")
    """The client's own."""
    owner_membership_id: UUID = Field(foreign_key="membership.id", index=True)
    accepted_at: datetime = Field(sa_type=Instant)
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    grants: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    redirect_uris: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    jwks_uri: str | None = Field(default=None, max_length=2000)
    thumbprints: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """Of its registered keys."""


class ClientPart(StrEnum):
    """What of a program waits until its owner accepts it."""

    EVERYTHING = "everything"
    """It is new, or nobody answers for it any more: it gets no token."""
    OWNER = "owner"
    """Who answers for it: until then, who did so before."""
    SCOPES = "scopes"
    """Something that it may do."""
    GRANTS = "grants"
    """A way to get tokens."""
    REDIRECT_URIS = "redirect_uris"
    """An address where it sends people back to."""
    JWKS_URI = "jwks_uri"
    """The address of its keys: until then, the one that it had."""
    KEYS = "keys"
    """A key."""


class ClientKey(Row, table=True):
    """The public half of a key a client signs with; the private half never comes here."""

    __tablename__ = "client_key"
    __table_args__ = (
        UniqueConstraint("client_id", "thumbprint"),
        CheckConstraint("(jwk -> 'd') IS NULL AND (jwk -> 'k') IS NULL", name="public"),
        CheckConstraint("length(thumbprint) = 43", name="thumbprint"),
        CheckConstraint("retired_at >= added_at", name="retirement"),
    )

    client_id: UUID = Field(foreign_key="client.id")
    jwk: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    thumbprint: str
    added_at: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


class ClientUse(SQLModel, table=True):
    """When a client last proved who it is with a key, give or take an hour."""

    __tablename__ = "client_use"
    __table_args__ = (CheckConstraint("length(thumbprint) = 43", name="thumbprint"),)

    client_id: UUID = Field(foreign_key="client.id", primary_key=True, ondelete="CASCADE")
    thumbprint: str = Field(primary_key=True)
    used_at: datetime = Field(sa_type=Instant)


class AccessToken(SQLModel, table=True):
    """A token by its SHA-256, bound to the key that must sign every request made with it."""

    __tablename__ = "access_token"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash"),
        CheckConstraint("length(thumbprint) = 43", name="thumbprint"),
        CheckConstraint("expires_at > issued_at", name="expiry"),
        CheckConstraint("expires_at <= issued_at + interval '5 minutes'", name="short"),
        CheckConstraint("kind <> 'client' OR principal_id = client_id", name="principal"),
        CheckConstraint("(kind = 'membership') = (consent_id IS NOT NULL)", name="consent"),
        CheckConstraint(
            "kind <> 'membership' OR authenticated_at IS NOT NULL AND acr IS NOT NULL",
            name="authenticated",
        ),
        {"schema": "auth_secret"},
    )

    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    principal_id: UUID
    kind: PrincipalKind = Field(sa_type=choice(PrincipalKind, "kind"))
    client_id: UUID = Field(foreign_key="client.id", index=True)
    consent_id: UUID | None = Field(default=None, foreign_key="consent.id", index=True)
    thumbprint: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    authenticated_at: datetime | None = Field(default=None, sa_type=Instant)
    acr: Strength | None = Field(default=None, sa_type=choice(Strength, "acr"))


class SeenProof(SQLModel, table=True):
    """A DPoP proof that was used: its key and number as one hash."""

    __tablename__ = "seen_proof"
    __table_args__ = (
        CheckConstraint("octet_length(proof) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    proof: bytes = Field(sa_type=LargeBinary, primary_key=True)
    seen_at: datetime = Field(sa_type=Instant)
    exchange: UUID | None = None


class SeenAssertion(SQLModel, table=True):
    """A client assertion that was used: its client and number as one hash."""

    __tablename__ = "seen_assertion"
    __table_args__ = (
        CheckConstraint("octet_length(assertion) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    assertion: bytes = Field(sa_type=LargeBinary, primary_key=True)
    client_id: UUID = Field(foreign_key="client.id")
    seen_at: datetime = Field(sa_type=Instant)
