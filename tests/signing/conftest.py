"""The demonstration, for every test of signing in; and browsers, with a passkey in them."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, async_playwright
from support.chromium import CHROMIUM, FLAGS
from support.databases import empty_database
from support.site import listening
from support.visiting import Pages

from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY
from portal.store.migrations.migrate import migrate
from portal.store.server import Server


@pytest.fixture(scope="session")
async def demo(server: Server) -> AsyncIterator[Pages]:
    """As `portal demo` serves it."""
    async with empty_database(server, "signing") as engines:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            await load_sample(owner)
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://localhost:{door.getsockname()[1]}"
            settings = replace(engines.settings, base_url=url, today=DAY)
            with listening(settings, door, sample=True):
                yield Pages(url, engines)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def opened(chromium: Browser, demo: Pages) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Opens a browser nobody has used before: `await opened(scripts=False)`."""
    contexts = []

    async def fresh(*, scripts: bool = True, width: int = 1280) -> Page:
        context = await chromium.new_context(
            base_url=demo.url,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
        )
        contexts.append(context)
        return await context.new_page()

    yield fresh
    for context in contexts:
        await context.close()
