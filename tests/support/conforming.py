"""A program at the standard's own level: each request as it should be, or as a test wants it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet
from joserfc.util import urlsafe_b64encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from support import accepting
from support.consenting import ASSERTION_TYPE, VERIFIER, challenge_of
from support.visiting import Pages, Visitor

from auth.oauth.clients import NewClient
from auth.oauth.tables import Grant
from auth.roles import Scope
from portal.sample.partnership import agency_id, membership_id

RETURN = "https://dashboard.example/back"
SCOPE = "openid profile offline_access initiatives:read"
ME = "{ me { membership { id } name } }"
NOTHING: Mapping[str, Any] = MappingProxyType({})


def module(name: str) -> pytest.MarkDecorator:
    """The test does what the module of that name does."""
    return pytest.mark.parametrize("suite", [name], indirect=True)


def seconds(shift: float = 0) -> int:
    """From now."""
    return int(datetime.now(UTC).timestamp() + shift)


def without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    """None leaves a parameter or a claim out."""
    return {name: value for name, value in given.items() if value is not None}


def refused(answer: httpx2.Response, *errors: str) -> None:
    """One of these errors, told to the client itself as the standards want it."""
    assert answer.status_code in {400, 401}, (answer.status_code, answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"] in errors, answer.json()


@dataclass(frozen=True)
class Peer:
    """A client with its keys."""

    issuer: str
    id: UUID
    key: Key
    http: httpx2.Client
    proof_key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def other_key(self) -> "Peer":
        """The same program, with another key for its proofs."""
        return replace(self, proof_key=ECKey.generate_key("P-256"))

    def statement(self, *, alg: str = "", **claims: Any) -> str:
        """Who it is, signed."""
        plain = {"iss": str(self.id), "sub": str(self.id), "aud": self.issuer, "jti": uuid4().hex}
        said = without_none({**plain, "iat": seconds(), "exp": seconds(60), **claims})
        alg = alg or ("PS256" if self.key.key_type == "RSA" else "ES256")
        return jwt.encode({"alg": alg, "typ": "JWT"}, said, self.key, algorithms=[alg])

    def proof(
        self,
        path: str,
        method: str = "POST",
        token: str = "",
        header: Mapping[str, Any] = NOTHING,
        **claims: Any,
    ) -> str:
        """Of the key, for one request."""
        plain: dict[str, Any] = {"jti": uuid4().hex, "htm": method, "htu": self.issuer + path}
        if token:
            plain["ath"] = urlsafe_b64encode(sha256(token.encode()).digest()).decode()
        said = without_none({**plain, "iat": seconds(), **claims})
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.proof_key.as_dict(private=False)}
        return jwt.encode(without_none({**head, **header}), said, self.proof_key)

    def proves(self) -> dict[str, str]:
        """The parameters with its statement."""
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.statement()}

    def push(self, *, headers: Mapping[str, str] = NOTHING, **changes: Any) -> httpx2.Response:
        """A request as it should be, but for the changes."""
        form = {
            "response_type": "code",
            "client_id": str(self.id),
            "redirect_uri": RETURN,
            "scope": SCOPE,
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **self.proves(),
            **changes,
        }
        return self.post("/oauth/par", form, headers)

    def address(self, *, headers: Mapping[str, str] = NOTHING, **changes: Any) -> str:
        """Where to send the browser with a request that was taken in."""
        answer = self.push(headers=headers, **changes)
        assert answer.status_code == 201, answer.text
        return self.front(answer.json()["request_uri"])

    def front(self, request_uri: str, **beside: str) -> str:
        """The authorization endpoint with the name of a request."""
        given = {"client_id": str(self.id), "request_uri": request_uri, **beside}
        return "/oauth/authorize?" + urlencode(given)

    def redeem(self, code: str, proof: str | None = None, **changes: Any) -> httpx2.Response:
        """At the token endpoint; an empty proof is none."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": RETURN,
            "code_verifier": VERIFIER,
            **self.proves(),
            **changes,
        }
        return self.token(form, proof)

    def refresh(self, token: str, **changes: Any) -> httpx2.Response:
        """A further access token."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **self.proves(), **changes}
        return self.token(form)

    def token(self, form: Mapping[str, Any], proof: str | None = None) -> httpx2.Response:
        """The token endpoint."""
        proof = self.proof("/oauth/token") if proof is None else proof
        return self.post("/oauth/token", form, {"dpop": proof} if proof else {})

    def post(self, path: str, form: Mapping[str, Any], headers: Any) -> httpx2.Response:
        """A form."""
        return self.http.post(
            self.issuer + path, data=without_none(form), headers=dict(headers or {})
        )

    def query(self, token: str, proof: str | None = None, kind: str = "DPoP") -> httpx2.Response:
        """The API."""
        proof = self.proof("/graphql", token=token) if proof is None else proof
        headers = {"authorization": f"{kind} {token}"} | ({"dpop": proof} if proof else {})
        return self.http.post(self.issuer + "/graphql", json={"query": ME}, headers=headers)

    def userinfo(self, token: str) -> httpx2.Response:
        """Who it is."""
        proof = self.proof("/oauth/userinfo", "GET", token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        return self.http.get(self.issuer + "/oauth/userinfo", headers=headers)


@dataclass(frozen=True)
class Suite:
    """Two programs of Wirral Council, somebody there who is signed in, and the portal."""

    pages: Pages
    first: Peer
    second: Peer
    person: Visitor

    def decided(self, address: str, decision: str = "yes") -> dict[str, str]:
        """What the browser brings back after the person said yes or no on the portal's page."""
        answer = self.person.send(address, decision=decision)
        assert answer.status_code == 303, answer.text
        return self.brought(answer)

    def brought(self, answer: httpx2.Response) -> dict[str, str]:
        """Every answer by way of the browser names the issuer."""
        place = answer.headers["location"]
        assert place.startswith(RETURN + "?"), place
        back = {name: value for name, [value] in parse_qs(urlsplit(place).query).items()}
        assert back["iss"] == self.pages.url
        return back

    def code(self, *, headers: Mapping[str, str] = NOTHING, **changes: Any) -> str:
        """For a request of the first program."""
        return self.decided(self.first.address(headers=headers, **changes))["code"]

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """All the way."""
        answer = self.first.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        return given

    def id_token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Checked with the published keys."""
        keys = KeySet.import_key_set(self.first.http.get(self.pages.url + "/oauth/jwks").json())
        return dict(jwt.decode(given["id_token"], keys, algorithms=["ES256"]).claims)

    def shown_an_error(self, address: str) -> None:
        """A page for the person; the browser is sent nowhere."""
        answer = self.person.get(address)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/html")
        assert "location" not in answer.headers

    async def later(self, by: timedelta) -> None:
        """What waits for its browser or its program becomes older."""
        moved = {
            "authorization_code": ("issued_at", "used_at", "expires_at"),
            "pushed_request": ("pushed_at", "opened_at", "used_at", "expires_at"),
        }
        async with self.pages.engines.owner.begin() as owner:
            for table, columns in moved.items():
                sets = ", ".join(
                    f"{column} = {column} - CAST(:by AS interval)" for column in columns
                )
                await owner.execute(
                    text(f"UPDATE auth_secret.{table} SET {sets}"),  # noqa: S608 - our own names
                    {"by": by},
                )


async def let_in(
    pages: Pages, name: str, http: httpx2.Client, key: Key | None = None, **more: Any
) -> Peer:
    """A program of Wirral Council, with a key of its own."""
    key = key or ECKey.generate_key("P-256")
    now = datetime.now(UTC)
    jwk = {part: str(value) for part, value in key.as_dict(private=False).items()}
    new = NewClient(
        agency_id("wirral"),
        name,
        membership_id("wirral.coordinator"),
        (Scope.INITIATIVES_READ, Scope.INITIATIVES_CONTRIBUTE),
        now + timedelta(days=30),
        jwk,
        grants=[Grant.AUTHORIZATION_CODE],
        redirect_uris=[RETURN],
        **more,
    )
    async with AsyncSession(pages.engines.owner) as db, db.begin():
        return Peer(pages.url, await accepting.let_in(db, new, now=now), key, http)
