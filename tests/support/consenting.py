"""A person lets a program act for them: each step, as it should be or as a test wants it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx2
from joserfc.util import urlsafe_b64encode

from auth.oauth.authorize import Door, Pending, Refusal, approve, deny, next_step, pending, silently
from auth.sessions.tables import LONGEST, BrowserSession
from auth.sessions.verbs import Current
from auth.strength import Strength

BASE = "http://localhost:8000"
RETURN = "https://dashboard.example/back"
RETURN_QUERY = "https://dashboard.example/back?from=portal&page=1"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "a-verifier-that-nobody-guesses-0123456789-0123456789"


def challenge_of(verifier: str) -> str:
    """RFC 7636 with S256."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode()


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser session."""

    person_id: UUID
    membership_id: UUID
    acr: Strength = Strength.PHISHING_RESISTANT
    amr: tuple[str, ...] = ("hwk", "user")
    at: datetime | None = None
    provider_id: UUID | None = None

    @property
    def current(self) -> Current:
        """Signed in just now, unless `at` says when."""
        proved = self.at or datetime.now(UTC)
        return Current(
            uuid4(),
            self.person_id,
            self.membership_id,
            self.provider_id,
            self.acr,
            self.amr,
            proved,
        )


def answer_of(url: str) -> dict[str, str]:
    """The parameters that a client gets back."""
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


@dataclass
class Flow:
    """A program, a person, and the server between them."""

    desk: Any
    program: Any
    visitor: Visitor
    scope: str = "openid profile offline_access initiatives:read"

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """What a careful program pushes; None leaves a parameter out."""
        plain = {
            "response_type": "code",
            "client_id": str(self.program.id),
            "redirect_uri": RETURN,
            "scope": self.scope,
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        given = {**plain, **changes}
        return {name: value for name, value in given.items() if value is not None}

    def proves(self, **changes: str | None) -> dict[str, str]:
        """The same, with the client's signed statement."""
        signed = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.program.statement(),
        }
        return {**signed, **changes}  # type: ignore[dict-item]

    async def push(
        self, form: dict[str, Any] | None = None, *, headers: Any = None, **changes: str | None
    ) -> httpx2.Response:
        """To the endpoint for pushed requests."""
        sent = form if form is not None else self.parameters(**changes) | self.proves()
        answer: httpx2.Response = await self.desk.http.post(
            "/oauth/par", data=sent, headers=headers or {}
        )
        return answer

    async def pushed(self, **changes: str | None) -> str:
        """The name of a request that was taken in."""
        answer = await self.push(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    async def opened(self, name: str, client_id: UUID | None = None) -> Pending | Refusal:
        """A browser comes with it."""
        given = [("client_id", str(client_id or self.program.id)), ("request_uri", name)]
        async with self.desk.sessions.begin() as db:
            return await pending(Door(db, self.desk.provider, uuid4()), given)

    async def step(self, name: str, visitor: Visitor | None = None) -> str:
        """What the person must do next, or the error."""
        found = await self.opened(name)
        assert isinstance(found, Pending), found
        who = visitor.current if visitor else None
        return str(next_step(found, who, self.desk.provider.now()))

    async def decided(self, name: str, how: Any = None, **changes: Any) -> dict[str, str]:
        """The person decides; what the client gets back."""
        return answer_of(await self.address(name, how, **changes))

    async def address(self, name: str, how: Any = None, **changes: Any) -> str:
        """The same, as the address that the browser is sent to."""
        visitor = replace(self.visitor, **changes)
        async with self.desk.sessions.begin() as db:
            door = Door(db, self.desk.provider, uuid4())
            given = [("client_id", str(self.program.id)), ("request_uri", name)]
            found = await pending(door, given)
            assert isinstance(found, Pending), found
            if how is deny:
                return await deny(door, found)
            # Who asks for a membership that is not theirs is signed in as themselves all the same.
            other = set(changes) == {"membership_id"} and visitor.membership_id is not None
            who = await self.signed_in(self.visitor if other else visitor)
            if how is silently:
                return await silently(door, found, who)
            return await approve(door, found, who, visitor.membership_id)

    async def signed_in(self, visitor: Visitor) -> Current:
        """The visitor, with a session in the database."""
        who = visitor.current
        async with self.desk.sessions.begin() as db:
            db.add(
                BrowserSession(
                    id=who.session_id,
                    person_id=who.person_id,
                    membership_id=who.membership_id,
                    provider_id=who.provider_id,
                    device="A test's browser",
                    acr=who.acr,
                    amr=list(who.amr),
                    started_at=who.authenticated_at,
                    authenticated_at=who.authenticated_at,
                    seen_at=self.desk.provider.now(),
                    expires_at=who.authenticated_at + LONGEST,
                )
            )
        return who

    async def code(self, **changes: str | None) -> str:
        """A code, by way of a pushed request and the person's yes."""
        answer = await self.decided(await self.pushed(**changes))
        assert "code" in answer, answer
        return answer["code"]

    def exchange(self, code: str, /, **changes: str | None) -> dict[str, str]:
        """The form that redeems a code."""
        plain = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": RETURN,
            "code_verifier": VERIFIER,
        }
        given = {**self.proves(), **plain, **changes}
        return {name: value for name, value in given.items() if value is not None}  # type: ignore[misc]

    async def redeem(self, code: str, /, **changes: str | None) -> httpx2.Response:
        """At the token endpoint."""
        answer: httpx2.Response = await self.desk.token(
            self.program, self.exchange(code, **changes)
        )
        return answer

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        """All the way."""
        answer = await self.redeem(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        return given

    async def refresh(self, token: str, /, **changes: str | None) -> httpx2.Response:
        """A further access token."""
        given = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        form = {name: value for name, value in given.items() if value is not None}
        answer: httpx2.Response = await self.desk.token(self.program, form | self.proves())
        return answer

    async def revoke(self, token: str, /, **changes: str | None) -> httpx2.Response:
        """Give one back."""
        form = {"token": token, **self.proves(), **changes}
        answer: httpx2.Response = await self.desk.http.post("/oauth/revoke", data=form)
        return answer

    async def userinfo(self, token: str, method: str = "GET", **more: Any) -> httpx2.Response:
        """Who is it?"""
        claims = {"htm": method, "htu": BASE + "/oauth/userinfo"}
        proof = self.program.proof(token=token, claims=claims)
        headers = {"authorization": f"DPoP {token}", "dpop": proof, **more}
        answer: httpx2.Response = await self.desk.http.request(
            method, "/oauth/userinfo", headers=headers
        )
        return answer
