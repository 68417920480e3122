"""Whatever a stranger's request leaves behind counts for their network, and a flood of it ends."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import text
from support.keyrings import throwaway_ring
from support.visiting import HIDDEN, Pages

from auth.oauth.endpoints import oauth_router
from auth.oauth.provider import Provider
from portal.app import create_app
from portal.database import RULES
from portal.edge.strangers import Strangers
from portal.store.engines import Engines
from portal.web.doors import DOORS
from portal.web.routes import ROUTERS

HERE, ELSEWHERE, LIMIT = "8.8.8.8", "9.9.9.9", 5
NOWHERE = UUID(int=1)
LAST = re.compile(r"\{[^}]+\}")


class Streets:
    """The portal as people reach it from public addresses."""

    def __init__(self, app, base: str) -> None:
        self.app, self.base = app, base

    async def ask(self, method: str, path: str, address: str = HERE, **more) -> Response:
        inside = ASGITransport(app=self.app, client=(address, 1))
        async with AsyncClient(transport=inside, base_url=self.base) as http:
            return await http.request(method, path, **more)

    async def send(self, path: str, address: str = HERE, **fields: str) -> Response:
        """A form, as a browser that was shown one."""
        page = await self.ask("GET", "/sign-in", address)
        cookies = page.headers["set-cookie"].partition(";")[0]
        told = {"cookie": cookies, "sec-fetch-site": "same-origin", "accept": "text/html"}
        data = dict(HIDDEN.findall(page.text)) | fields
        return await self.ask("POST", path, address, data=data, headers=told)


@pytest.fixture
async def streets(demo: Pages) -> AsyncIterator[Streets]:
    """Each network may be refused five times a minute."""
    settings = replace(demo.engines.settings, refusals_per_minute=LIMIT)
    engines = Engines(settings)
    yield Streets(create_app(settings, engines, throwaway_ring()), settings.base_url)
    await engines.dispose()


async def rows(engines: Engines) -> dict[str, int]:
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in RULES)  # noqa: S608 - ours
    async with engines.owner.connect() as db:
        return {row[0]: row[1] for row in await db.execute(text(counts))}


def routes() -> Iterator[APIRoute]:
    """Of programs and of people."""
    oauth = oauth_router(Provider("http://localhost:8000", throwaway_ring()), None)  # type: ignore[arg-type]  # nobody asks it
    for router in (oauth, *ROUTERS):
        yield from (route for route in router.routes if isinstance(route, APIRoute))


async def test_every_address_where_a_stranger_leaves_a_row_behind_is_watched(
    demo: Pages,
) -> None:
    settings = replace(demo.engines.settings, refusals_per_minute=10_000)
    engines = Engines(settings)
    app = create_app(settings, engines, throwaway_ring())
    door = Strangers(app, None, DOORS)  # type: ignore[arg-type]  # asked for its doors alone
    streets, left = Streets(app, settings.base_url), set()
    before = await rows(demo.engines)
    for route in routes():
        path = LAST.sub(str(NOWHERE), route.path)
        for method in sorted(getattr(route, "methods", None) or ()):
            if method == "GET":
                answer = await streets.ask("GET", path)
            elif method == "POST":
                answer = await streets.send(path, name="nobody.1", password="x", code="1")
            else:
                continue
            after = await rows(demo.engines)
            if after != before:
                left.add(route.path)
                watched = door._watched(path)
                assert watched, path
                assert answer.status_code in watched.takes, (path, answer.status_code)
            before = after
    await engines.dispose()
    assert {"/oauth/authorize", "/oauth/token", "/sign-in/with/{provider_id}"} <= left
    assert {"/sign-in/passkey/question", "/sign-in/password", "/recover"} <= left


FLOODS = {
    "/oauth/authorize": ("GET", 400),
    f"/sign-in/with/{NOWHERE}": ("GET", 404),
    f"/sign-in/back/{NOWHERE}": ("GET", 404),
    f"/sign-in/logout/{NOWHERE}": ("POST", 400),
    "/sign-in/passkey/question": ("FORM", 200),
    "/sign-in/passkey": ("FORM", 422),
}


@pytest.mark.parametrize(("path", "how"), FLOODS.items(), ids=FLOODS)
async def test_a_flood_from_one_network_ends_and_nobody_elsewhere_notices(
    streets: Streets, path: str, how: tuple[str, int]
) -> None:
    method, status = how

    async def come(address: str = HERE) -> Response:
        if method == "FORM":
            return await streets.send(path, address)
        return await streets.ask(method, path, address)

    assert [(await come()).status_code for _ in range(LIMIT)] == [status] * LIMIT
    answer = await come()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert (await come(ELSEWHERE)).status_code == status
    if method == "GET":
        assert "Wait a minute" in answer.text


async def test_who_must_wait_still_sees_the_sign_in_page(streets: Streets) -> None:
    for _ in range(LIMIT + 1):
        await streets.ask("GET", "/oauth/authorize")
    assert (await streets.ask("GET", "/sign-in")).status_code == 200
