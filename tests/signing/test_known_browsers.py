"""Others' guesses at an account keep nobody out of it in a browser where they signed in before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker
from support.keyrings import throwaway_ring
from support.knocking import ASHA, PASSWORD, Door
from support.visiting import HIDDEN, Pages

from auth.accounts.passkeys import Place
from auth.accounts.passwords import Hasher
from auth.accounts.proofs import Doorkeeper
from portal.app import create_app
from portal.store.engines import Engines

KNOWN, SESSION = "__Host-known", "__Host-session"


@dataclass
class Browser:
    """Keeps its cookies, and comes from one address."""

    app: object
    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **more) -> Response:
        inside = ASGITransport(app=self.app, client=(self.address, 1))
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"cookie": kept, "sec-fetch-site": "same-origin", "accept": "text/html"}
        async with AsyncClient(transport=inside, base_url="http://localhost:8000") as http:
            answer = await http.request(method, path, headers=headers, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    async def sign_in(self, name: str, password: str, code: str) -> int:
        fields = dict(HIDDEN.findall((await self.ask("GET", "/sign-in")).text))
        given = fields | {"name": name, "password": password, "code": code}
        return (await self.ask("POST", "/sign-in/password", data=given)).status_code

    def forget(self, name: str) -> None:
        self.cookies.pop(name, None)


@dataclass
class House:
    """The portal, and what somebody signs in with: a name and an app's secret."""

    app: object
    name: str
    secret: str

    def code(self, steps: int = 0) -> str:
        """Each step's code works once."""
        return pyotp.TOTP(self.secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


@pytest.fixture
async def house(demo: Pages) -> AsyncIterator[House]:
    engines, ring = Engines(demo.engines.settings), throwaway_ring()
    keeper = Doorkeeper(async_sessionmaker(engines.auth), Place(demo.url), ring, Hasher())
    async with demo.engines.owner.begin() as db:
        await db.execute(text("DELETE FROM auth_secret.guess"))
    name, secret = await Door(keeper, demo.engines).give_password(ASHA)
    yield House(create_app(engines.settings, engines, ring), name, secret)
    await engines.dispose()


async def test_a_browser_where_she_signed_in_is_not_kept_out_and_others_are(house: House) -> None:
    hers = Browser(house.app, "192.0.2.20")
    assert await hers.sign_in(house.name.upper(), PASSWORD, house.code(-1)) == 303
    assert hers.cookies[SESSION]
    assert house.name not in hers.cookies[KNOWN]
    hers.forget(SESSION)
    thief = Browser(house.app, "198.51.100.30")
    guesses = [await thief.sign_in(house.name, "x", "1") for _ in range(5)]
    assert guesses[-1] == 429
    assert await Browser(house.app, "192.0.2.21").sign_in(house.name, PASSWORD, house.code()) == 429
    assert await hers.sign_in(house.name, PASSWORD, house.code()) == 303


async def test_what_a_browser_makes_up_or_has_of_another_account_is_worth_nothing(
    house: House,
) -> None:
    hers = Browser(house.app, "192.0.2.22")
    assert await hers.sign_in(house.name, PASSWORD, house.code(-1)) == 303
    known = hers.cookies[KNOWN]
    made_up = ["", "x", "AAAA", "*" * 40, known[:-6] + "AAAAAA", known]
    for number, given in enumerate(made_up):
        other = Browser(house.app, f"198.51.100.{40 + number}", {KNOWN: given})
        tries = [await other.sign_in(f"nobody.{number}", "x", "1") for _ in range(4)]
        assert tries == [422, 422, 422, 429], given
