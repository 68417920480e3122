"""What providers say of themselves: their addresses and keys, remembered for a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import Key

from auth.federation.outbound import Outbound, Unanswered, good_address
from auth.oauth.jose import Malformed, Signed, older_name, public_key

WELL_KNOWN = "/.well-known/openid-configuration"
DESCRIBED_FOR = 3600.0
KEYS_FOR = 900.0
ASK_AGAIN = 60.0
"""Seconds between two looks for a key that was not there: a forged `kid` costs nobody more."""
PAUSE = 10.0
"""Seconds for which a provider that did not answer is not asked again."""
MOST_KEYS = 50


@dataclass(frozen=True)
class Described:
    """The addresses of a provider, from its discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    names_itself: bool
    """Whether it promises `iss` in its answers (RFC 9207): one without it is somebody else's."""
    methods: frozenset[str] | None
    """How it lets clients prove themselves; None when it does not say."""
    algorithms: frozenset[str]
    acr_values: frozenset[str]


def described(issuer: str, document: dict[str, Any], *, local: bool) -> Described:
    """Read a discovery document; what it says of other than the pinned issuer is refused."""
    if document.get("issuer") != issuer:
        raise Unanswered("its discovery document names another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not good_address(document.get(name), local=local):
            raise Unanswered(f"its {name} is missing or no https address")
    userinfo = document.get("userinfo_endpoint")
    if userinfo is not None and not good_address(userinfo, local=local):
        raise Unanswered("its userinfo_endpoint is no https address")
    if "code" not in _names(document, "response_types_supported", {"code"}):
        raise Unanswered("it does not support the response type code")
    if "S256" not in _names(document, "code_challenge_methods_supported", {"S256"}):
        raise Unanswered("it does not support PKCE with S256")
    said = "token_endpoint_auth_methods_supported"
    return Described(
        issuer,
        document["authorization_endpoint"],
        document["token_endpoint"],
        document["jwks_uri"],
        userinfo,
        document.get("authorization_response_iss_parameter_supported") is True,
        _names(document, said, set()) if said in document else None,
        _names(document, "id_token_signing_alg_values_supported", set()),
        _names(document, "acr_values_supported", set()),
    )


def _names(document: dict[str, Any], member: str, otherwise: set[str]) -> frozenset[str]:
    found = document.get(member, otherwise)
    if not isinstance(found, (list, set)):
        raise Unanswered(f"its {member} is no list")
    return frozenset(name for name in found if isinstance(name, str))


@dataclass
class _Remembered:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    about: Described | None = None
    about_at: float = 0.0
    keys: tuple[dict[str, Any], ...] = ()
    keys_at: float | None = None
    failure: str = ""
    failed_at: float = 0.0


class Directory:
    """One for each process. Only issuers that an operator has entered are ever asked."""

    def __init__(self, outbound: Outbound, tick: Callable[[], float] = time.monotonic) -> None:
        self.outbound, self._tick = outbound, tick
        self._known: dict[str, _Remembered] = {}

    async def describe(self, issuer: str) -> Described:
        """Its addresses, asked for once an hour."""
        known = self._known.setdefault(issuer, _Remembered())
        async with self._asking(known):
            return await self._described(known, issuer)

    async def signer(self, issuer: str, signed: Signed) -> Key:
        """The key that a signed object names. One that is not known is looked for again, at most
        once a minute; Malformed when the provider has no such key.
        """
        known = self._known.setdefault(issuer, _Remembered())
        async with self._asking(known):
            about = await self._described(known, issuer)
            await self._load_keys(known, about, KEYS_FOR)
            try:
                return _chosen(known.keys, signed)
            except Malformed:
                if not await self._load_keys(known, about, ASK_AGAIN):
                    raise
            return _chosen(known.keys, signed)

    @asynccontextmanager
    async def _asking(self, known: _Remembered) -> AsyncIterator[None]:
        """One after another, and not at once again after a failure: many may wait for this."""
        async with known.turn:
            if known.failure and self._tick() - known.failed_at < PAUSE:
                raise Unanswered(known.failure)
            try:
                yield
            except Unanswered as error:
                known.failure, known.failed_at = str(error), self._tick()
                raise
            known.failure = ""

    async def _described(self, known: _Remembered, issuer: str) -> Described:
        if known.about is None or self._tick() - known.about_at >= DESCRIBED_FOR:
            document = await self.outbound.get_json(issuer.rstrip("/") + WELL_KNOWN)
            known.about = described(issuer, document, local=self.outbound.local)
            known.about_at = self._tick()
        return known.about

    async def _load_keys(self, known: _Remembered, about: Described, after: float) -> bool:
        """Ask for the keys if the last answer is older than `after`; whether it did."""
        if known.keys_at is not None and self._tick() - known.keys_at < after:
            return False
        found = (await self.outbound.get_json(about.jwks_uri)).get("keys")
        if not isinstance(found, list):
            raise Unanswered("its keys are no list")
        known.keys = tuple(jwk for jwk in found[:MOST_KEYS] if isinstance(jwk, dict))
        known.keys_at = self._tick()
        return True


def _chosen(keys: tuple[dict[str, Any], ...], signed: Signed) -> Key:
    """The one key that fits; without a `kid`, only if there is no choice."""
    kid = signed.header.get("kid")
    fitting = [jwk for jwk in keys if (kid is None or jwk.get("kid") == kid) and _fits(jwk, signed)]
    if not fitting:
        raise Malformed("the provider has no such key")
    if len(fitting) > 1:
        raise Malformed("it does not say which of several keys signed it")
    return public_key(fitting[0], signed.algorithm)


def _fits(jwk: dict[str, Any], signed: Signed) -> bool:
    named = older_name(jwk.get("alg", signed.algorithm))
    if jwk.get("use", "sig") != "sig" or named != signed.older_name:
        return False
    try:
        public_key(jwk, signed.algorithm)
    except Malformed:
        return False
    return True
