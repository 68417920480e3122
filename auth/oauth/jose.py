"""Signed JSON read strictly: one parser, so proofs and assertions have no lenient twin."""

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64encode, urlsafe_b64encode

ALGORITHMS = ("ES256", "Ed25519", "EdDSA", "PS256")
"""What we sign with and accept from clients; a partner's provider may also use RS256. Ed25519 has
two names: EdDSA is the older, which many libraries still write (RFC 9864).
"""
SKEW = timedelta(seconds=15)  # FAPI 2.0: ten seconds off must pass, sixty must not

_KEY_TYPE = {"ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP", "PS256": "RSA", "RS256": "RSA"}
_CURVE = {"EC": "P-256", "OKP": "Ed25519"}
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
_MODULUS = re.compile(r"[A-Za-z0-9_-]{342,683}")  # 2048 to 4096 bits
_SHAPES = {
    "EC": {"x": _COORDINATE, "y": _COORDINATE},
    "OKP": {"x": _COORDINATE},
    "RSA": {"n": _MODULUS, "e": re.compile("AQAB")},
}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_LONGEST = 8192
_FAR = 2**40


class Malformed(ValueError):
    """Not a signed object we accept; the message is ASCII and repeats nothing of the input."""


@dataclass(frozen=True)
class Signed:
    """A parsed object whose signature nobody has checked yet."""

    header: dict[str, object]
    claims: dict[str, object]
    signed_part: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        return str(self.header["alg"])

    @property
    def older_name(self) -> str:
        """Of the algorithm: what keys are labelled with, and what Authlib knows."""
        return older_name(self.algorithm)

    def by(self, key: Key) -> bool:
        """Whether this key made the signature.

        The algorithm is used directly: joserfc's registry warns about the name EdDSA, because it
        may mean Ed448 too (RFC 9864); here `public_key` lets in Ed25519 only.
        """
        model = JWSRegistry.algorithms[self.algorithm]
        try:
            model.check_key(key)
            return bool(model.verify(self.signed_part, self.signature, key))
        except (JoseError, ValueError):
            return False

    def text(self, claim: str, longest: int = 512) -> str:
        value = self.claims.get(claim)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise Malformed(f"{claim} must be a text of at most {longest} characters")
        return value

    def instant(self, claim: str) -> float | None:
        """Seconds since 1970, or None when the claim is absent."""
        if claim not in self.claims:
            return None
        value = self.claims[claim]
        # JSON's 1e999 arrives as infinity, and an integer may be too long for a float.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _FAR:
            raise Malformed(f"{claim} must be a number of seconds")
        return float(value)

    def check_dates(self, now: datetime) -> None:
        """exp, nbf and iat, each only when present."""
        skew, moment = SKEW.total_seconds(), now.timestamp()
        expires, starts, issued = self.instant("exp"), self.instant("nbf"), self.instant("iat")
        if expires is not None and expires <= moment - skew:
            raise Malformed("exp has passed")
        if any(at is not None and at > moment + skew for at in (starts, issued)):
            raise Malformed("iat or nbf lies in the future")


def older_name(algorithm: object) -> str:
    """One name for what has two."""
    return "EdDSA" if algorithm == "Ed25519" else str(algorithm)


def read(compact: str, algorithms: Collection[str] = ALGORITHMS, longest: int = _LONGEST) -> Signed:
    """Take a compact JWS apart; only a plain signature by an algorithm we accept will do."""
    parts = _COMPACT.fullmatch(compact) if len(compact) <= longest else None
    if parts is None:
        raise Malformed("not a signed JSON object")
    header = json_object(_decode(parts[1]))
    if "crit" in header or "b64" in header:
        raise Malformed("critical extensions are not supported")
    if header.get("alg") not in algorithms:
        raise Malformed("alg must be one of " + ", ".join(algorithms))
    signed_part = f"{parts[1]}.{parts[2]}".encode()
    return Signed(header, json_object(_decode(parts[2])), signed_part, _decode(parts[3]))


def sign(header: dict[str, object], claims: dict[str, object], key: Key) -> str:
    """What `read` reads: the claims, signed by a private key of an accepted kind."""
    algorithm = next((name for name, kind in _KEY_TYPE.items() if kind == key.key_type), "")
    public_key(key.as_dict(private=False), algorithm)
    part = json_b64encode({"alg": algorithm, **header}) + b"." + json_b64encode(claims)
    signature = JWSRegistry.algorithms[algorithm].sign(part, key)
    return (part + b"." + urlsafe_b64encode(signature)).decode()


def public_key(jwk: object, algorithm: str | None = None) -> Key:
    """A public key of an accepted kind; private parts are refused: nobody shall send them."""
    if not isinstance(jwk, dict):
        raise Malformed("jwk must be an object")
    if _PRIVATE & jwk.keys():
        raise Malformed("jwk must not hold a private key")
    kind = str(jwk.get("kty"))
    if kind not in _KEY_TYPE.values() or (algorithm and _KEY_TYPE[algorithm] != kind):
        raise Malformed("jwk does not fit the algorithm")
    if jwk.get("crv") != _CURVE.get(kind):
        raise Malformed("jwk has a curve that is not accepted")
    parts = {name: str(jwk.get(name)) for name in _SHAPES[kind]}
    if not all(shape.fullmatch(parts[name]) for name, shape in _SHAPES[kind].items()):
        raise Malformed("jwk is not complete, or its size is not accepted")
    bare: dict[str, str | list[str]] = {"kty": kind, **parts}
    if kind in _CURVE:
        bare["crv"] = _CURVE[kind]
    try:
        return JWKRegistry.import_key(bare)
    except (JoseError, ValueError) as error:
        raise Malformed("jwk is not a key") from error


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise Malformed("not base64url") from error


def json_object(text: bytes) -> dict[str, object]:
    """A JSON object in which no member is repeated."""
    try:
        value = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("not a JSON object") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers may choose different ones of a repeated member; so it may not be repeated."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a member is repeated")
    return found


def _no_constant(name: str) -> object:
    raise Malformed(f"{name} is not JSON")
