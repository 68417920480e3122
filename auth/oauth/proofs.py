"""DPoP proofs (RFC 9449): a request is signed by the key of its token, once, for one address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from joserfc.util import urlsafe_b64encode

from auth.oauth.jose import Malformed, public_key, read

OLDEST = timedelta(seconds=60)
_DEFAULT_PORT = {"https": 443, "http": 80}
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED = "-._~"


class BadProof(ValueError):
    """The proof is not good for this request; the message is ASCII, without any of the input."""


@dataclass(frozen=True)
class Proof:
    """A verified proof. Whoever accepts it also takes `proof` as seen, in the same transaction."""

    thumbprint: str
    proof: bytes
    issued: datetime


def verify_proof(
    presented: Sequence[str],
    *,
    method: str,
    url: str,
    now: datetime,
    access_token: str | None = None,
) -> Proof:
    """Check the DPoP headers of a request (there must be one) to our own address `url`."""
    if len(presented) != 1:
        raise BadProof("Send exactly one DPoP header.")
    try:
        return _verify(presented[0], method, url, now, access_token)
    except Malformed as error:
        raise BadProof(f"The DPoP proof is not valid: {error}.") from error


def hash_token(access_token: str) -> bytes:
    """What is stored, and what `ath` carries."""
    return sha256(access_token.encode()).digest()


def _verify(
    presented: str, method: str, url: str, now: datetime, access_token: str | None
) -> Proof:
    signed = read(presented)
    if signed.header.get("typ") != "dpop+jwt":
        raise Malformed("typ must be dpop+jwt")
    key = public_key(signed.header.get("jwk"), signed.algorithm)
    if not signed.by(key):
        raise Malformed("the signature does not fit the key in it")
    if signed.text("htm") != method:
        raise Malformed("htm is another method")
    if _normal(signed.text("htu", 2048)) != _normal(url):
        raise Malformed("htu is another address")
    if access_token is not None:
        _check_token(signed.text("ath"), access_token)
    signed.check_dates(now)
    issued = signed.instant("iat")
    if issued is None or issued < (now - OLDEST).timestamp():
        raise Malformed("iat is missing or too old")
    thumbprint = key.thumbprint()
    number = sha256(f"{thumbprint}|{signed.text('jti')}".encode("utf-8", "surrogatepass")).digest()
    return Proof(thumbprint, number, datetime.fromtimestamp(issued, UTC))


def _check_token(named: str, access_token: str) -> None:
    expected = urlsafe_b64encode(hash_token(access_token))
    if not compare_digest(named.encode("utf-8", "surrogatepass"), expected):
        raise Malformed("ath is not this access token")


def _normal(url: str) -> str:
    """The address as RFC 9449 4.3 compares it: RFC 3986 normalised, without query and fragment."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, _place(parts), _path(parts.path), "", ""))
    except ValueError as error:
        raise Malformed("htu is not an address") from error


def _place(parts: SplitResult) -> str:
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname or parts.username is not None:
        raise Malformed("htu is not an address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    plain = parts.port in {None, _DEFAULT_PORT[parts.scheme]}
    return host if plain else f"{host}:{parts.port}"


def _path(path: str) -> str:
    return _ESCAPE.sub(_plain, path) or "/"


def _plain(escape: re.Match[str]) -> str:
    char = unquote(escape[0], errors="replace")
    plain = char.isascii() and (char.isalnum() or char in _UNRESERVED)
    return char if plain else escape[0].upper()
