"""Client assertions (RFC 7523, FAPI 2.0): a client proves itself by a signed statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from joserfc.jwk import ECKey, Key

from auth.oauth.jose import SKEW, Malformed, Signed, public_key, read

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = timedelta(
    hours=1
)  # Authlib's own client signs for an hour; the replay store makes that harmless
_TYPES = {"", "jwt", "client-authentication+jwt"}

# An unknown client's signature is checked too, so that the time taken tells nothing.
_NOBODY = ECKey.generate_key("P-256", private=False)


class BadAssertion(ValueError):
    """The assertion is not good; the message is for our audit, the client hears one sentence."""


@dataclass(frozen=True)
class Assertion:
    """What an assertion says, before anybody checked who signed it."""

    client_id: UUID
    number: bytes
    signed: Signed


def read_assertion(presented: str, *, issuer: str, now: datetime) -> Assertion:
    """Everything that can be checked without knowing the client's keys."""
    try:
        signed = read(presented)
        client_id = _client(signed)
        _check(signed, issuer, now)
        number = f"{client_id}|{signed.text('jti')}".encode("utf-8", "surrogatepass")
    except Malformed as error:
        raise BadAssertion(str(error)) from error
    return Assertion(client_id, sha256(number).digest(), signed)


def signer_among(assertion: Assertion, jwks: Iterable[dict[str, str]]) -> Key | None:
    """The one of the client's keys that made the signature; all are tried, for even timing."""
    keys: list[Key] = [public_key(jwk) for jwk in jwks] or [_NOBODY]
    signers = [key for key in keys if assertion.signed.by(key)]
    return signers[0] if signers else None


def _check(signed: Signed, issuer: str, now: datetime) -> None:
    if str(signed.header.get("typ", "")).lower() not in _TYPES:
        raise Malformed("typ is that of another kind of token")
    if signed.claims.get("aud") != issuer:
        raise Malformed("aud must be the issuer, as one string")
    expires = signed.instant("exp")
    if expires is None or expires > (now + LONGEST_LIFE + SKEW).timestamp():
        raise Malformed("exp is missing or more than an hour away")
    signed.check_dates(now)


def _client(signed: Signed) -> UUID:
    name = signed.text("sub", 36)
    if signed.claims.get("iss") != name:
        raise Malformed("iss and sub must be the client's id")
    try:
        client_id = UUID(name)
    except ValueError as error:
        raise Malformed("sub is not a client's id") from error
    if str(client_id) != name:
        raise Malformed("sub is not written as the client's id is")
    return client_id
