"""A code for tokens, as Authlib's client asks; the portal proves itself as agreed."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import httpx2
from authlib.common.urls import add_params_to_qs
from authlib.oauth2.auth import ClientAuth

from auth.federation.directory import Described
from auth.federation.outbound import Outbound, json_object
from auth.federation.tables import IdentityProvider, ProofOfUs
from auth.keys.ring import KeyRing
from auth.oauth.assertions import ASSERTION_TYPE
from auth.oauth.jose import Malformed

ASSERTION_LIFE = timedelta(seconds=60)
LONGEST_ACCESS_TOKEN = 16 * 1024


@dataclass(frozen=True)
class Tokens:
    """What a code was good for. The access token is used once, for userinfo, and forgotten."""

    id_token: str
    access_token: str


class Assertion:
    """private_key_jwt (OpenID Connect Core, 9), for a provider alone: `aud` is its issuer."""

    name = ProofOfUs.PRIVATE_KEY_JWT.value

    def __init__(self, keyring: KeyRing, issuer: str, now: datetime) -> None:
        self.keyring, self.issuer, self.now = keyring, issuer, now

    def __call__(
        self,
        client: ClientAuth,
        _method: str,
        uri: str,
        headers: MutableMapping[str, str],
        body: bytes,
    ) -> tuple[str, MutableMapping[str, str], str]:
        """As Authlib asks its methods: add to the request what proves who sends it."""
        issued = int(self.now.timestamp())
        claims = {
            "iss": client.client_id,
            "sub": client.client_id,
            "aud": self.issuer,
            "jti": token_urlsafe(24),
            "iat": issued,
            "exp": issued + int(ASSERTION_LIFE.total_seconds()),
        }
        proof = [
            ("client_id", client.client_id),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", self.keyring.sign({"typ": "JWT"}, claims)),
        ]
        return uri, headers, add_params_to_qs(body.decode(), proof)


@dataclass(frozen=True)
class Asking:
    """One provider, and how the portal speaks to it."""

    provider: IdentityProvider
    about: Described
    outbound: Outbound
    keyring: KeyRing
    secret: str | None
    redirect_uri: str

    async def redeem(self, code: str, verifier: str, now: datetime) -> Tokens:
        """The tokens for a code; without an ID token there is nobody to let in."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        async with self._client(now) as client:
            proof = client.client_auth(self.provider.proof.value)
            headers = {"accept": "application/json"}
            answer = await client.post(
                self.about.token_endpoint, data=form, headers=headers, auth=proof
            )
        return _tokens(answer)

    async def userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """What it says of the person, if that is the person of the ID token."""
        if self.about.userinfo_endpoint is None:
            return {}
        token = {"access_token": access_token, "token_type": "Bearer"}
        async with self.outbound.client(token=token) as client:
            answer = await client.get(self.about.userinfo_endpoint)
        found = json_object(answer)
        if found.get("sub") != subject:
            raise Malformed("its userinfo is about somebody else")
        return found

    def _client(self, now: datetime) -> Any:  # noqa: ANN401 - Authlib's client is untyped
        client = self.outbound.client(client_id=self.provider.client_id, client_secret=self.secret)
        client.register_client_auth_method(Assertion(self.keyring, self.provider.issuer, now))
        return client


def _tokens(answer: httpx2.Response) -> Tokens:
    found = json_object(answer)
    id_token, access_token = found.get("id_token"), found.get("access_token")
    if not isinstance(id_token, str):
        raise Malformed("it gave no ID token")
    if not isinstance(access_token, str) or not 0 < len(access_token) <= LONGEST_ACCESS_TOKEN:
        raise Malformed("it gave no access token")
    if str(found.get("token_type")).lower() != "bearer" or not _plain(access_token):
        raise Malformed("it gave a token of another type")
    return Tokens(id_token, access_token)


def _plain(access_token: str) -> bool:
    """Whether it can stand in a header."""
    return access_token.isascii() and access_token.isprintable()
