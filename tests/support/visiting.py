"""People of the sample who look at the pages: with a program that reads HTML, or with Chromium."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import async_sessionmaker

from auth.sessions.verbs import begin
from auth.strength import Strength
from portal.sample.partnership import PEOPLE, fixed, membership_id
from portal.store.engines import Engines

COOKIE = "__Host-session"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass(frozen=True)
class Pages:
    """A portal that listens, and its databases behind its back."""

    url: str
    engines: Engines

    async def cookie(self, person: str, acr: Strength = Strength.MULTI_FACTOR) -> str:
        """A session that has just begun, as that membership of the sample."""
        name = PEOPLE[person][1]
        async with async_sessionmaker(self.engines.auth).begin() as db:
            return await begin(
                db,
                person_id=fixed("person", name),
                acr=acr,
                amr=["pwd", "otp"],
                device="A test's browser",
                now=datetime.now(UTC),
                membership_id=membership_id(person),
            )

    async def visitor(self, person: str | None = None) -> "Visitor":
        """Somebody with a browser that runs no scripts."""
        return Visitor(self.url, await self.cookie(person) if person else None)


class Visitor:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, url: str, cookie: str | None) -> None:
        self.url = url
        self.cookies = {COOKIE: cookie} if cookie else {}

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """A page."""
        return self._kept(httpx2.get(self.url + path, headers={**self._told(), **headers}))

    def fields(self, path: str) -> dict[str, str]:
        """What the form on a page carries unseen: the last form is the page's own."""
        return dict(HIDDEN.findall(self.get(path).text))

    def post(
        self,
        path: str,
        given: Mapping[str, Any],
        *,
        site: str | None = "same-origin",
        **headers: str,
    ) -> httpx2.Response:
        """Send a form as it is; `site` is what the browser says of where it comes from."""
        told = {"sec-fetch-site": site} if site else {}
        told = {**self._told(), **told, **headers}
        return self._kept(httpx2.post(self.url + path, data=dict(given), headers=told, timeout=30))

    def raw_get(self, path: str, cookie: bytes) -> httpx2.Response:
        """With a cookie as somebody made it up."""
        return httpx2.get(self.url + path, headers=[(b"accept", b"text/html"), (b"cookie", cookie)])

    def raw(self, path: str, body: bytes, **headers: str) -> httpx2.Response:
        """What no browser would send."""
        told = {**self._told(), **headers}
        return self._kept(httpx2.post(self.url + path, content=body, headers=told, timeout=30))

    def send(self, path: str, **given: Any) -> httpx2.Response:
        """Fill in the form on its page, and send it."""
        return self.post(path, self.fields(path) | given)

    def _told(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"accept": "text/html"} | ({"cookie": cookies} if cookies else {})

    def _kept(self, answer: httpx2.Response) -> httpx2.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            gone = "max-age=0" in line.lower()
            self.cookies = {n: v for n, v in self.cookies.items() if n != name}
            if not gone:
                self.cookies[name] = value.strip('"')
        return answer
