"""A partner's identity provider that answers as it is told: rightly, or wrongly in one way."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64encode, urlsafe_b64encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "vawg-portal"

Json = dict[str, Any]
Pairs = list[tuple[str, str]]


def same(value: Any) -> Any:
    """Nothing is done to it."""
    return value


@dataclass
class Answers:
    """One provider, as its issuer's path names it. Each part takes what would be right, and gives
    what is sent: the rest of the provider is as it should be.
    """

    key: Key
    algorithm: str = "ES256"
    document: Callable[[Json], Json | Response] = same
    jwks: Callable[[list[Json]], list[Json]] = same
    back: Callable[[Pairs], Pairs] = same
    token: Callable[[Json], Json | Response] = same
    claims: Callable[[Json], Json] = same
    header: Callable[[Json], Json] = same
    compact: Callable[[str], str] = same
    userinfo: Callable[[Json], Json] = same
    person: Json = field(default_factory=dict)
    """Claims of who signs in."""
    asked: Json = field(default_factory=dict)
    """The last authorization request."""
    posted: dict[str, str] = field(default_factory=dict)
    """The last token request."""
    calls: list[str] = field(default_factory=list)


def signed(header: Json, claims: Json, key: Key, algorithm: str) -> str:
    """A compact JWS, without any of the checks that a library would make."""
    part = json_b64encode(header) + b"." + json_b64encode(claims)
    signature = b"" if algorithm == "none" else JWSRegistry.algorithms[algorithm].sign(part, key)
    return (part + b"." + urlsafe_b64encode(signature)).decode()


def half_hash(text: str, algorithm: str) -> str:
    """As `at_hash`."""
    from hashlib import sha512  # noqa: PLC0415 - for one algorithm alone

    digest = (sha512 if algorithm in {"EdDSA", "Ed25519"} else sha256)(text.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode()


class Partner:
    """Many providers at one address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.providers: dict[str, Answers] = {}
        self._codes: dict[str, tuple[str, Json]] = {}

    def issuer(self, name: str) -> str:
        return f"{self.url}/{name}"

    def add(self, name: str, **answers: Any) -> Answers:
        """A provider of this name; `key` is a new one unless it is given."""
        answers.setdefault("key", ECKey.generate_key("P-256", auto_kid=True))
        self.providers[name] = Answers(**answers)
        return self.providers[name]

    def app(self) -> Starlette:
        """To be served."""
        return Starlette(
            routes=[
                Route("/{name}/.well-known/openid-configuration", self._document),
                Route("/{name}/jwks", self._jwks),
                Route("/{name}/authorize", self._authorize),
                Route("/{name}/token", self._token, methods=["POST"]),
                Route("/{name}/userinfo", self._userinfo),
            ]
        )

    def id_token(self, name: str, asked: Json, access_token: str) -> str:
        """Of the person who signs in there, in answer to an authorization request."""
        answers, now = self.providers[name], int(time.time())
        claims = {
            "iss": self.issuer(name),
            "sub": "248289761001",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": asked.get("nonce"),
            "at_hash": half_hash(access_token, answers.algorithm),
            **answers.person,
        }
        header = answers.header({"alg": answers.algorithm, "kid": answers.key.kid})
        made = signed(header, answers.claims(claims), answers.key, str(header.get("alg")))
        return answers.compact(made)

    def _said(self, request: Request, what: str) -> tuple[str, Answers]:
        name = request.path_params["name"]
        self.providers[name].calls.append(what)
        return name, self.providers[name]

    async def _document(self, request: Request) -> Response:
        name, answers = self._said(request, "document")
        issuer = self.issuer(name)
        right = {
            "issuer": issuer,
            **{f"{end}_endpoint": f"{issuer}/{path}" for end, path in _ENDPOINTS.items()},
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"],
            "id_token_signing_alg_values_supported": [answers.algorithm],
            "acr_values_supported": ["urn:two", "urn:passkey"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _sent(answers.document(right))

    async def _jwks(self, request: Request) -> Response:
        _, answers = self._said(request, "jwks")
        public = answers.key.as_dict(private=False)
        return JSONResponse({"keys": answers.jwks([{**public, "use": "sig"}])})

    async def _authorize(self, request: Request) -> Response:
        name, answers = self._said(request, "authorize")
        answers.asked = dict(request.query_params)
        code = token_urlsafe(16)
        self._codes[code] = name, answers.asked
        right = [
            ("code", code),
            ("state", answers.asked["state"]),
            ("iss", self.issuer(name)),
        ]
        back = urlencode(answers.back(right))
        return RedirectResponse(f"{answers.asked['redirect_uri']}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        name, answers = self._said(request, "token")
        body = parse_qs((await request.body()).decode())
        answers.posted = {key: values[0] for key, values in body.items()}
        known, asked = self._codes.pop(answers.posted["code"], ("", {}))
        digest = sha256(answers.posted["code_verifier"].encode()).digest()
        if (
            known != name
            or urlsafe_b64encode(digest).decode() != asked["code_challenge"]
            or answers.posted["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = token_urlsafe(16)
        right = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(name, asked, access_token),
        }
        return _sent(answers.token(right))

    async def _userinfo(self, request: Request) -> Response:
        _, answers = self._said(request, "userinfo")
        right = {"sub": "248289761001", **answers.person}
        return JSONResponse(answers.userinfo(right))


_ENDPOINTS = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}


def _sent(answer: Json | Response) -> Response:
    if isinstance(answer, Response):
        return answer
    return Response(json.dumps(answer), media_type="application/json")


@contextmanager
def partner_listening() -> Iterator[Partner]:
    """Served from a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        partner = Partner(f"http://localhost:{door.getsockname()[1]}")
        config = uvicorn.Config(partner.app(), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=asyncio.run, args=(server.serve(sockets=[door]),))
        thread.start()
        try:
            yield partner
        finally:
            server.should_exit = True
            thread.join(10)
