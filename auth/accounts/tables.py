"""What a person can sign in with: rows they may read, and secrets nobody reads through the API."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from portal.store.base import Instant, Row, choice


class CredentialKind(StrEnum):
    """What a credential is."""

    PASSKEY = "passkey"
    """A passkey."""
    PASSWORD = "password"  # noqa: S105 - a kind
    """A password."""
    AUTHENTICATOR_APP = "authenticator_app"
    """An app that shows codes for a time."""
    RECOVERY_CODES = "recovery_codes"
    """Codes on paper, each for one use."""


class Credential(Row, table=True):
    """One thing that a person signs in with, by the name they gave it."""

    __table_args__ = (
        Index(
            "credential_only_one",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("kind <> 'passkey'"),
        ),
        CheckConstraint('"left" >= 0', name="left"),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: CredentialKind = Field(sa_type=choice(CredentialKind, "kind"))
    name: str = Field(max_length=80)
    added_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    left: int | None = None
    """Of recovery codes, how many are unused."""


class Account(SQLModel, table=True):
    """A person's local account: the name typed at sign-in, the handle that a passkey returns."""

    __table_args__ = (
        CheckConstraint("octet_length(handle) = 32", name="handle"),
        CheckConstraint("sign_in_name = lower(sign_in_name)", name="lower"),
        {"schema": "auth_secret"},
    )

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    sign_in_name: str = Field(max_length=60, unique=True)
    handle: bytes = Field(sa_type=LargeBinary, unique=True)


class Passkey(SQLModel, table=True):
    """The public half of a key pair whose private half never leaves the authenticator."""

    __table_args__ = (
        CheckConstraint("octet_length(key_id) BETWEEN 1 AND 1023", name="key_id"),
        CheckConstraint("uses BETWEEN 0 AND 4294967295", name="uses"),
        {"schema": "auth_secret"},
    )

    credential_id: UUID = Field(foreign_key="credential.id", primary_key=True, ondelete="CASCADE")
    key_id: bytes = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    uses: int
    """The authenticator's own counter; one that goes back has been copied."""
    synced: bool


class Password(SQLModel, table=True):
    """An Argon2id hash, with its salt and costs (PHC string)."""

    __table_args__ = ({"schema": "auth_secret"},)

    credential_id: UUID = Field(foreign_key="credential.id", primary_key=True, ondelete="CASCADE")
    hash: str = Field(max_length=200)


class Authenticator(SQLModel, table=True):
    """The sealed secret of an authenticator app, and the last time step it was used in."""

    __table_args__ = ({"schema": "auth_secret"},)

    credential_id: UUID = Field(foreign_key="credential.id", primary_key=True, ondelete="CASCADE")
    sealed: bytes = Field(sa_type=LargeBinary)
    last_step: int


class RecoveryCode(SQLModel, table=True):
    """A code on the person's sheet, by its hash; it opens nothing but the way to a new passkey."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        CheckConstraint("octet_length(code_hash) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    code_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    credential_id: UUID = Field(foreign_key="credential.id", index=True, ondelete="CASCADE")
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class Purpose(StrEnum):
    """What a passkey is asked for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    PROVE_AGAIN = "prove_again"


class Challenge(SQLModel, table=True):
    """A question put to one browser, to be answered once and soon."""

    __table_args__ = (
        CheckConstraint("octet_length(challenge_hash) = 32", name="hash"),
        CheckConstraint("expires_at <= made_at + interval '5 minutes'", name="short"),
        {"schema": "auth_secret"},
    )

    challenge_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    purpose: Purpose = Field(sa_type=choice(Purpose, "purpose"))
    browser: bytes = Field(sa_type=LargeBinary)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", ondelete="CASCADE")
    handle: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The handle that a new account is to get."""
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class Recovery(SQLModel, table=True):
    """A browser that has shown a recovery code, and may enrol a passkey for that person."""

    __table_args__ = (
        CheckConstraint("expires_at <= made_at + interval '15 minutes'", name="short"),
        {"schema": "auth_secret"},
    )

    browser: bytes = Field(sa_type=LargeBinary, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


class Guess(SQLModel, table=True):
    """How often an account, an address or anybody has been tried of late; by a keyed hash."""

    __table_args__ = (
        CheckConstraint("octet_length(mark) = 32", name="hash"),
        {"schema": "auth_secret"},
    )

    mark: bytes = Field(sa_type=LargeBinary, primary_key=True)
    level: float
    at: datetime = Field(sa_type=Instant, index=True)
    next_at: datetime = Field(sa_type=Instant)
