"""Identity providers of partners, who is known there, sign-ins under way, what was used once."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.roles import Role
from portal.store.base import Instant, Row, choice

LIVING = text("ended_at IS NULL")
ALGORITHMS = ("ES256", "Ed25519", "EdDSA", "PS256", "RS256")
"""What a provider may sign with: never `none`, and nothing that a shared secret could make."""
MAPPABLE = (
    Role.INITIATIVE_COORDINATOR,
    Role.CONTRIBUTOR,
    Role.VIEWER,
    Role.AGENCY_SPOC,
    Role.PROGRAMME_LEAD,
)
"""What a directory can give: no role that sees cases, reads the audit or grants access."""


class ProofOfUs(StrEnum):
    """How the portal proves to a provider that it is the portal."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a method's name
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105


class IdentityProvider(Row, table=True):
    """Where an agency's people sign in. It speaks for that agency, and the issuer never changes."""

    __tablename__ = "identity_provider"
    __table_args__ = (
        Index("identity_provider_of_agency", "agency_id", unique=True, postgresql_where=LIVING),
        Index("identity_provider_of_issuer", "issuer", unique=True, postgresql_where=LIVING),
        CheckConstraint("issuer ~ '^https?://[^?#[:space:]]+$'", name="issuer"),
        CheckConstraint(
            "cardinality(algorithms) > 0 AND algorithms <@ ARRAY["
            + ", ".join(f"'{name}'" for name in ALGORITHMS)
            + "]::text[]",
            name="algorithms",
        ),
        CheckConstraint("NOT mfa_acr && phr_acr", name="acr"),
        CheckConstraint("ended_at >= started_at", name="end"),
    )

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    issuer: str = Field(max_length=512)
    client_id: str = Field(max_length=255)
    proof: ProofOfUs = Field(sa_type=choice(ProofOfUs, "proof"))
    algorithms: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    mfa_acr: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """The `acr` values that, as agreed with the partner, mean two factors."""
    phr_acr: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """The `acr` values that, as agreed, mean a proof that cannot be phished."""
    roles_claim: str | None = Field(default=None, max_length=80)
    """Where the provider says its app roles; None when roles are not mapped."""
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class ProviderSecret(SQLModel, table=True):
    """The secret with which the portal signs in at a provider, sealed by the key ring."""

    __tablename__ = "provider_secret"
    __table_args__ = {"schema": "auth_secret"}

    provider_id: UUID = Field(foreign_key="identity_provider.id", primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)


class Identity(Row, table=True):
    """A person as an issuer names them. Never found by e-mail: those change hands."""

    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("subject <> ''", name="subject"),
    )

    issuer: str = Field(max_length=512)
    subject: str = Field(max_length=255)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    joined_at: datetime = Field(sa_type=Instant)


class RoleMapping(SQLModel, table=True):
    """A role in the provider's directory that gives one here, as long as it is held there."""

    __tablename__ = "role_mapping"
    __table_args__ = (
        CheckConstraint(
            "role IN (" + ", ".join(f"'{role}'" for role in MAPPABLE) + ")", name="mappable"
        ),
        CheckConstraint("app_role <> ''", name="app_role"),
    )

    provider_id: UUID = Field(foreign_key="identity_provider.id", primary_key=True)
    app_role: str = Field(max_length=120, primary_key=True)
    role: Role = Field(sa_type=choice(Role, "role"), primary_key=True)


class PartnerSignIn(SQLModel, table=True):
    """A sign-in that has gone to a provider and not come back: once, soon, in the same browser.

    `nonce` and PKCE's verifier are derived from the browser's cookie, so they are kept nowhere.
    """

    __tablename__ = "partner_sign_in"
    __table_args__ = (
        CheckConstraint("octet_length(state_hash) = 32", name="state"),
        CheckConstraint("octet_length(browser_hash) = 32", name="browser"),
        CheckConstraint("octet_length(invitation_hash) = 32", name="invitation"),
        CheckConstraint("expires_at <= started_at + interval '10 minutes'", name="short"),
        {"schema": "auth_secret"},
    )

    state_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    provider_id: UUID = Field(foreign_key="identity_provider.id", index=True)
    browser_hash: bytes = Field(sa_type=LargeBinary)
    next: str = Field(max_length=2000)
    invitation_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    session_id: UUID | None = None
    """The session whose person is to prove again who they are."""
    started_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class SeenLogout(SQLModel, table=True):
    """A logout token that was received: its provider and number as one hash."""

    __tablename__ = "seen_logout"
    __table_args__ = (
        CheckConstraint("octet_length(logout) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    logout: bytes = Field(sa_type=LargeBinary, primary_key=True)
    seen_at: datetime = Field(sa_type=Instant, index=True)
