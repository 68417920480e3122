"""A request to the API: from its headers to what `open_caller` asks for, or the challenge."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from starlette.datastructures import Headers

from auth.oauth.jose import ALGORITHMS
from auth.oauth.proofs import BadProof, hash_token, verify_proof
from auth.strength import StepUp
from portal.store.states import NO_ACCESS, sqlstate

_CREDENTIALS = re.compile(r"([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*)")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TOO_MANY_KEYS = "holds too many keys: leave a team"
"""As the database says it of a member of more teams than the row rules can follow."""


class Unauthorised(Exception):
    """Nobody is calling; without an `error`, nobody tried to say who (RFC 6750 3.1)."""

    def __init__(
        self,
        error: str | None,
        description: str,
        status: int = 401,
        wanted: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status
        self.wanted = wanted

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": self.challenge, "Cache-Control": "no-store"}

    @property
    def challenge(self) -> str:
        """As in RFC 9449 7.1."""
        parts = [f'algs="{" ".join(ALGORITHMS)}"']
        if self.error:
            parts += [f'error="{self.error}"', f'error_description="{self.description}"']
        parts += [f'{name}="{value}"' for name, value in self.wanted.items()]
        return "DPoP " + ", ".join(parts)


@dataclass(frozen=True)
class Presented:
    """The arguments of the SQL function `open_caller`, by its names."""

    token_hash: bytes
    thumbprint: str
    proof: bytes
    proof_issued: datetime
    request: UUID
    membership: UUID | None = None
    exchange: UUID = field(default_factory=uuid4)
    """This request, by a name that no client can give: its transactions share one proof."""


def presented(
    headers: Headers,
    *,
    method: str,
    url: str,
    now: datetime,
    request: UUID,
) -> Presented:
    """Read token and proof of a request to our own address `url`; the database says who that is."""
    access_token = _token(headers.getlist("authorization"))
    try:
        proof = verify_proof(
            headers.getlist("dpop"), method=method, url=url, now=now, access_token=access_token
        )
    except BadProof as error:
        raise Unauthorised("invalid_dpop_proof", str(error)) from error
    return Presented(hash_token(access_token), proof.thumbprint, proof.proof, proof.issued, request)


def invalid_token(error: Exception) -> Unauthorised | None:
    """The challenge for an error of `open_caller`, SQLAlchemy's or asyncpg's; None for a fault."""
    if sqlstate(error) != NO_ACCESS:
        return None
    if TOO_MANY_KEYS in str(getattr(error, "orig", error)):
        return Unauthorised("invalid_token", f"Whoever it speaks for {TOO_MANY_KEYS}.")
    return Unauthorised(
        "invalid_token", "The access token is not valid, or its proof has been used before."
    )


def insufficient(step_up: StepUp) -> Unauthorised:
    """The challenge of RFC 9470: ask for a token of somebody who has just proved who they are."""
    wanted = {"acr_values": step_up.acr, "max_age": str(int(step_up.max_age.total_seconds()))}
    return Unauthorised("insufficient_user_authentication", str(step_up), wanted=wanted)


def _token(presented: list[str]) -> str:
    if not presented:
        raise Unauthorised(None, "Send an access token.")
    credentials = _CREDENTIALS.fullmatch(presented[0]) if len(presented) == 1 else None
    if credentials is None:
        raise Unauthorised(
            "invalid_request", "Send one Authorization header: DPoP and the access token.", 400
        )
    if credentials[1].lower() != "dpop":
        raise Unauthorised(
            "invalid_token", "The access token is bound to a key: send it as DPoP, with a proof."
        )
    if not _TOKEN.fullmatch(credentials[2]):
        raise Unauthorised("invalid_token", "The access token is not valid.")
    return credentials[2]
