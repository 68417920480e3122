"""How sure we are that the person is who they say: the `acr` values the portal knows."""

from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(minutes=10)
"""How long a proof of oneself serves for what asks for a fresh one."""


class Strength(StrEnum):
    """How somebody proved who they are; `phr` as in OpenID's EAP ACR Values 1.0, section 2."""

    SINGLE_FACTOR = "sfa"
    MULTI_FACTOR = "mfa"
    PHISHING_RESISTANT = "phr"

    def reaches(self, wanted: "Strength") -> bool:
        """Whether this is at least as strong."""
        order = list(Strength)
        return order.index(self) >= order.index(wanted)


class StepUp(Exception):
    """The caller must prove anew who they are (RFC 9470); nothing has been changed."""

    def __init__(self, acr: Strength = Strength.MULTI_FACTOR, max_age: timedelta = FRESH) -> None:
        super().__init__("Sign in again to do this: it asks for a fresh proof that it is you.")
        self.acr, self.max_age = acr, max_age


def fresh(acr: Strength | None, authenticated_at: datetime | None, now: datetime) -> bool:
    """Whether a proof is strong and young enough for what grants access to others."""
    if acr is None or authenticated_at is None:
        return False
    return acr.reaches(Strength.MULTI_FACTOR) and now - authenticated_at <= FRESH
