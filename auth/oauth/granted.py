"""What was given: how surely somebody was known, for whom a consent speaks, codes, refreshings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth.oauth.wishes import read_wishes
from auth.strength import Strength


@dataclass(frozen=True)
class Known:
    """How surely somebody was known when they gave their consent."""

    acr: Strength
    amr: tuple[str, ...]
    authenticated_at: datetime


@dataclass(frozen=True)
class Holder:
    """For whom a consent speaks, while it does."""

    consent_id: UUID
    client_id: UUID
    person_id: UUID
    membership_id: UUID
    agency_id: UUID
    scopes: frozenset[str]
    name: str | None
    """Only where the person's agency shows names."""


@dataclass(frozen=True)
class Redeemed:
    """A code that has just been taken, as Authlib asks about it."""

    consent_id: UUID
    known: Known
    parameters: Mapping[str, str]
    thumbprint: str | None
    expires_at: datetime
    scopes: frozenset[str]

    @property
    def code_challenge(self) -> str:
        return self.parameters["code_challenge"]

    @property
    def code_challenge_method(self) -> str:
        return self.parameters["code_challenge_method"]

    def get_redirect_uri(self) -> str:
        return self.parameters["redirect_uri"]

    def get_scope(self) -> str:
        return " ".join(sorted(self.scopes))

    def get_nonce(self) -> str | None:
        return self.parameters.get("nonce")

    def get_auth_time(self) -> int:
        return int(self.known.authenticated_at.timestamp())

    def get_acr(self) -> str:
        return read_wishes(self.parameters).said(self.known.acr).value

    def get_amr(self) -> list[str]:
        return list(self.known.amr)


@dataclass(frozen=True)
class Refreshing:
    """A refresh token of a consent, as Authlib asks about it."""

    consent_id: UUID
    client_id: UUID
    known: Known
    scopes: frozenset[str]

    def check_client(self, client: object) -> bool:
        return getattr(client, "id", None) == self.client_id

    def get_scope(self) -> str:
        return " ".join(sorted(self.scopes))
