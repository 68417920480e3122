"""A program's side of the API: sign, get a token, ask; and once again where that can help."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key
from joserfc.util import urlsafe_b64encode

from auth.oauth.assertions import ASSERTION_TYPE
from auth.oauth.jose import Malformed, sign
from auth.oauth.proofs import hash_token

PATIENCE = 30.0
_MARGIN = 10.0  # a token about to end is not worth a round trip


class ClientProblem(Exception):
    """Why there is no answer, in one line; `code` is the command's exit code."""

    code = 5


class BadKey(ClientProblem):
    """The key file holds nothing to sign with."""

    code = 2


class Refused(ClientProblem):
    """The server does not accept this program, its key or its token."""

    code = 3


class Unreachable(ClientProblem):
    """Nobody answers at this address."""

    code = 4


@dataclass(frozen=True)
class Token:
    """An access token and, on this computer's own clock, its end."""

    access_token: str
    scope: str
    expires_in: int
    ends_at: float


@dataclass
class Client:
    """One program of one agency; its token is bound to `proof_key`, made for this run alone."""

    url: str
    client_id: UUID
    key: Key
    http: httpx2.Client
    proof_key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    _token: Token | None = None
    _nonce: str | None = None

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")

    def token(self) -> Token:
        """The token in use, or a new one when that is about to end."""
        if self._token is None or time.monotonic() > self._token.ends_at - _MARGIN:
            self._token = self._new_token()
        return self._token

    def query(self, document: str, variables: dict[str, object]) -> dict[str, object]:
        """Ask; after a lost connection once more, which is safe: every change has its own key."""
        asked: dict[str, object] = {"query": document, "variables": variables}
        answer = self._ask(asked)
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            self._token = None
            answer = self._ask(asked)
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            raise Refused(f"The server does not accept the token: {_said(answer)}")
        said = _object(answer)
        if not {"data", "errors"} & said.keys():
            raise ClientProblem(f"{self.url} did not answer the query: {_said(answer)}")
        return said

    def _ask(self, asked: dict[str, object]) -> httpx2.Response:
        token, url = self.token().access_token, f"{self.url}/graphql"

        def send() -> httpx2.Response:
            headers = {"Authorization": f"DPoP {token}", "DPoP": self._proof(url, token)}
            return self.http.post(url, json=asked, headers=headers)

        return self._twice(send)

    def _new_token(self) -> Token:
        url, asked = f"{self.url}/oauth/token", time.monotonic()
        answer = self._twice(
            lambda: self.http.post(url, data=self._form(), headers={"DPoP": self._proof(url)})
        )
        if answer.status_code != httpx2.codes.OK:
            raise Refused(f"No token for {self.client_id}: {_said(answer)} {self._hint()}")
        said = _object(answer)
        try:
            life = int(str(said["expires_in"]))
            return Token(str(said["access_token"]), str(said["scope"]), life, asked + life)
        except (KeyError, ValueError) as error:
            raise ClientProblem(f"{url} answered, but not with a token.") from error

    def _twice(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Send; again when the line broke, or when the server names a nonce to sign."""
        try:
            answer = send()
        except httpx2.TransportError:
            answer = self._last(send)
        nonce = answer.headers.get("dpop-nonce")
        if answer.is_client_error and nonce and nonce != self._nonce:
            self._nonce = nonce
            answer = self._last(send)
        return answer

    def _last(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        try:
            return send()
        except httpx2.TransportError as error:
            raise Unreachable(
                f"{self.url} does not answer: {error or type(error).__name__}"
            ) from error

    def _form(self) -> dict[str, str]:
        me, now = str(self.client_id), int(time.time())
        claims: dict[str, object] = {"iss": me, "sub": me, "aud": self.url, "jti": uuid4().hex}
        statement = sign({"typ": "JWT"}, claims | {"iat": now, "exp": now + 60}, self.key)
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": statement,
        }

    def _proof(self, url: str, token: str = "") -> str:
        claims: dict[str, object] = {"jti": uuid4().hex, "htm": "POST", "htu": url}
        claims["iat"] = int(time.time())
        if token:
            claims["ath"] = urlsafe_b64encode(hash_token(token)).decode()
        if self._nonce:
            claims["nonce"] = self._nonce
        public = self.proof_key.as_dict(private=False)
        return sign({"typ": "dpop+jwt", "jwk": public}, claims, self.proof_key)

    def _hint(self) -> str:
        """The usual mistakes: the server goes by another name than the one it was called, or client
        and key do not belong together. The server itself tells nobody which it is.
        """
        try:
            answer = self.http.get(f"{self.url}/.well-known/oauth-authorization-server")
            issuer = _object(answer).get("issuer")
        except (httpx2.TransportError, ClientProblem):
            issuer = None
        if issuer not in {None, self.url}:
            return f"The server calls itself {issuer}: use that address."
        return "Look at the client's id, its key file and this computer's clock."


def read_key(path: Path) -> Key:
    """The private key of a JSON Web Key file."""
    try:
        key = JWKRegistry.import_key(json.loads(path.read_text()))
        sign({}, {}, key)
    except OSError as error:
        raise BadKey(f"{path}: {error.strerror}") from error
    except (JoseError, Malformed, ValueError, TypeError, AttributeError) as error:
        raise BadKey(f"{path} holds no private key (P-256, Ed25519 or RSA) as JSON.") from error
    return key


def _said(answer: httpx2.Response) -> str:
    """What the server says is wrong, shortened: it may be anybody's page."""
    try:
        said = _object(answer)
    except ClientProblem:
        return f"HTTP {answer.status_code}."
    reason = said.get("error_description") or said.get("error") or f"HTTP {answer.status_code}"
    return f"{str(reason)[:300].rstrip('.')}."


def _object(answer: httpx2.Response) -> dict[str, object]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ClientProblem(f"{answer.url} answered HTTP {answer.status_code}, and not in JSON.")
    return said
