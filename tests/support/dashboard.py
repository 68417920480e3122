"""A program of Wirral Council that acts for people there, with nothing but the standards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import httpx2
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession
from support.accepting import let_in
from support.consenting import VERIFIER, challenge_of

from auth.oauth.clients import NewClient
from auth.oauth.tables import Grant
from auth.roles import Scope
from portal.client import Client
from portal.sample.partnership import agency_id, membership_id
from portal.store.engines import Engines

RETURN = "https://dashboard.example/back"
SCOPES = "openid offline_access initiatives:read initiatives:contribute"


@dataclass
class Dashboard(Client):
    """It pushes a request, sends a browser, and redeems what the browser brings back."""

    def signed(self) -> dict[str, str]:
        """Its statement, without the grant."""
        return {name: value for name, value in self._form().items() if name != "grant_type"}

    def push(self, **changes: str) -> str:
        """The address to send a browser to."""
        form = {
            "response_type": "code",
            "client_id": str(self.client_id),
            "redirect_uri": RETURN,
            "scope": SCOPES,
            "state": "a state",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        answer = self.http.post(f"{self.url}/oauth/par", data=form | self.signed() | changes)
        assert answer.status_code == 201, answer.text
        given = {"client_id": str(self.client_id), "request_uri": answer.json()["request_uri"]}
        return "/oauth/authorize?" + urlencode(given)

    def redeem(self, url: str) -> dict[str, Any]:
        """The tokens for the address that the browser came back to."""
        form = {
            "grant_type": "authorization_code",
            "code": brought(url)["code"],
            "redirect_uri": RETURN,
            "code_verifier": VERIFIER,
        }
        at = f"{self.url}/oauth/token"
        headers = {"dpop": self._proof(at)}
        answer = self.http.post(at, data=form | self.signed(), headers=headers)
        given: dict[str, Any] = answer.json()
        return given

    def ask(self, token: str, query: str, **variables: Any) -> httpx2.Response:
        """The API, with that token."""
        at = f"{self.url}/graphql"
        headers = {"authorization": f"DPoP {token}", "dpop": self._proof(at, token)}
        body = {"query": query, "variables": variables}
        return self.http.post(at, json=body, headers=headers)


def brought(url: str) -> dict[str, str]:
    """What a browser brings back."""
    assert url.startswith(RETURN + "?")
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


async def add_dashboard(
    engines: Engines,
    key: ECKey,
    owner: str = "wirral.coordinator",
    scopes: tuple[Scope, ...] = (Scope.INITIATIVES_READ, Scope.INITIATIVES_CONTRIBUTE),
) -> UUID:
    """Let it in, as the owner of the tables."""
    now = datetime.now(UTC)
    jwk = {name: str(part) for name, part in key.as_dict(private=False).items()}
    new = NewClient(
        agency_id(owner.partition(".")[0]),
        "Action planner",
        membership_id(owner),
        scopes,
        now + timedelta(days=30),
        jwk,
        grants=[Grant.AUTHORIZATION_CODE],
        redirect_uris=[RETURN],
    )
    async with AsyncSession(engines.owner) as db, db.begin():
        return await let_in(db, new, now=now)
