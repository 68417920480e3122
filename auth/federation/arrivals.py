"""Somebody whom a provider has just vouched for; and, sealed in their browser, somebody who has
still to say yes to an invitation.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from auth.keys.ring import KeyRing
from auth.keys.vault import CannotOpen
from auth.strength import Strength

WAITS_FOR = timedelta(minutes=10)
LONGEST = 3500
"""Characters: a browser keeps no cookie above 4 kB."""


@dataclass(frozen=True)
class Arrived:
    """What the portal needs of an answer that it has believed."""

    provider_id: UUID
    subject: str
    name: str
    """What the agency calls them; empty when it does not say, or strangely."""
    roles: Sequence[str] | None
    """The directory's roles; None when they are not mapped."""
    acr: Strength
    amr: Sequence[str]
    provider_session: str | None
    at: datetime
    invitation_hash: bytes | None = None

    def sealed(self, ring: KeyRing, browser: str) -> str:
        """For a cookie of this browser; it opens in no other. Roles that leave no room there are
        given at the next sign-in.
        """
        plain = {
            **vars(self),
            "provider_id": str(self.provider_id),
            "at": self.at.timestamp(),
            "invitation_hash": (self.invitation_hash or b"").hex(),
        }
        sealed = ring.seal(json.dumps(plain).encode(), _about(browser))
        written = urlsafe_b64encode(sealed).decode()
        if len(written) > LONGEST and self.roles is not None:
            return replace(self, roles=None).sealed(ring, browser)
        return written


def opened(ring: KeyRing, browser: str, written: str, now: datetime) -> Arrived | None:
    """Who waits in this browser; None when nobody does, or for too long."""
    try:
        found = json.loads(ring.open(urlsafe_b64decode(written.encode()), _about(browser)))
    except (CannotOpen, ValueError):
        return None
    at = datetime.fromtimestamp(found.pop("at"), UTC)
    if not at <= now < at + WAITS_FOR:
        return None
    return Arrived(
        **{
            **found,
            "provider_id": UUID(found["provider_id"]),
            "acr": Strength(found["acr"]),
            "invitation_hash": bytes.fromhex(found["invitation_hash"]),
            "at": at,
        }
    )


def _about(browser: str) -> str:
    return f"arrival/{sha256(browser.encode()).hexdigest()}/sealed"
