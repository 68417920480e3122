"""What one authorization server is: its address, its keys, its clock, and where it records what it
did.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from authlib.common.security import is_secure_transport
from sqlalchemy.orm import Session

from auth.events import EventOutcome, note
from auth.oauth.keysets import KeySets, key_sets

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
PUSH_PATH = "/oauth/par"
AUTHORIZE_PATH = "/oauth/authorize"
REVOKE_PATH = "/oauth/revoke"
USERINFO_PATH = "/oauth/userinfo"
JWKS_PATH = "/oauth/jwks"
ISSUED, REFUSED = "issued", "refused"
_AUDIT = logging.getLogger("portal.audit")


class Keys(Protocol):
    """What the server asks of a key ring."""

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str: ...

    def jwks(self) -> dict[str, list[dict[str, str]]]: ...


@dataclass(frozen=True)
class Outcome:
    """One line of the audit: what came of a request, and why. Never a secret, never the input."""

    outcome: str
    reason: str
    request_id: UUID
    client_id: UUID | None = None
    thumbprint: str | None = None
    scopes: tuple[str, ...] = ()
    kind: str = "token"
    agency_id: UUID | None = None
    person_id: UUID | None = None
    membership_id: UUID | None = None


class Record(Protocol):
    """Writes an outcome down; `db` is the transaction that will commit, also after a refusal."""

    def __call__(self, db: Session, outcome: Outcome, /) -> None: ...


def keep_outcome(db: Session, outcome: Outcome, /) -> None:
    """The default record: the audit logger, and a line that stays in the database."""
    _AUDIT.info("%s %s: %s", outcome.kind, outcome.outcome, outcome.reason, extra=asdict(outcome))
    note(
        db,
        outcome.kind,
        EventOutcome.REFUSED if outcome.outcome == REFUSED else EventOutcome.DONE,
        outcome.reason,
        outcome.request_id,
        agency_id=outcome.agency_id,
        person_id=outcome.person_id,
        membership_id=outcome.membership_id,
        client_id=outcome.client_id,
    )


def utc_now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Provider:
    """The address comes from the settings, never from a request's Host header."""

    base_url: str
    keys: Keys
    record: Record = keep_outcome
    now: Callable[[], datetime] = utc_now
    key_sets: KeySets = field(default_factory=partial(key_sets, local=False))

    def __post_init__(self) -> None:
        if not is_secure_transport(self.base_url):  # else Authlib would raise at every request
            raise ValueError(f"{self.base_url} must start with https://, or be this computer.")

    @property
    def issuer(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def for_development(self) -> bool:
        """Whether this is a portal on one's own computer, where people may go back to http."""
        return self.base_url.startswith("http://")

    def url(self, path: str) -> str:
        """Our own address of an endpoint."""
        return self.issuer + path

    @property
    def token_url(self) -> str:
        return self.url(TOKEN_PATH)
