"""What one authorization server is: its address, its clock, and where it records what it did."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from authlib.common.security import is_secure_transport
from sqlalchemy.orm import Session

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_AUDIT = logging.getLogger("portal.audit")


@dataclass(frozen=True)
class Outcome:
    """One line of the audit: what came of a request for a token, and why. Never a secret."""

    outcome: str
    reason: str
    request_id: UUID
    client_id: UUID | None = None
    thumbprint: str | None = None
    scopes: tuple[str, ...] = ()


class Record(Protocol):
    """Writes an outcome down; `db` is the transaction that will commit, also after a refusal."""

    def __call__(self, db: Session, outcome: Outcome, /) -> None: ...


def log_outcome(_: Session, outcome: Outcome, /) -> None:
    """The default record: the audit logger."""
    _AUDIT.info("token %s: %s", outcome.outcome, outcome.reason, extra=asdict(outcome))


def utc_now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Provider:
    """The address comes from the settings, never from a request's Host header."""

    base_url: str
    record: Record = log_outcome
    now: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        if not is_secure_transport(self.base_url):  # else Authlib would raise at every request
            raise ValueError(f"{self.base_url} must start with https://, or be this computer.")

    @property
    def issuer(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def token_url(self) -> str:
        return self.issuer + TOKEN_PATH
