"""oidc-provider, certified and written by others, plays a council's identity provider: its people
come in through it, in a real browser.
"""

import json
import re
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from joserfc.jwk import ECKey
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.chromium import CHROMIUM, FLAGS
from support.databases import empty_database
from support.keyrings import throwaway_ring
from support.npm import NODE, installed
from support.site import listening

from auth.events import AuthEvent
from auth.federation.directory import Directory
from auth.federation.outbound import Outbound
from auth.federation.providers import NewProvider, add
from auth.federation.tables import Identity
from auth.people.invitations import hash_of, new_token
from auth.people.tables import Invitation
from auth.roles import Role
from auth.sessions.tables import BrowserSession
from auth.strength import Strength
from auth.tables import MembershipRole
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, agency_id, fixed, membership_id
from portal.store.engines import Engines
from portal.store.migrations.migrate import migrate
from portal.store.server import Server

HERE = Path(__file__).parent
PROVIDER, CLIENT = uuid4(), "vawg-portal"
TWO_FACTORS = "urn:partner:two-factors"
MAEVE = "wirral.coordinator"

Opened = Callable[[], Awaitable[Page]]


@dataclass(frozen=True)
class Town:
    """The portal and the council's provider, each at its address, and the portal's database."""

    portal: str
    partner: str
    engines: Engines

    async def latest(self) -> BrowserSession:
        """The session that began last."""
        async with AsyncSession(self.engines.owner) as db:
            found = select(BrowserSession).order_by(col(BrowserSession.started_at).desc()).limit(1)
            return (await db.execute(found)).scalars().one()

    async def reasons(self, kind: str) -> list[str]:
        """What the audit says of such events, the latest first."""
        async with AsyncSession(self.engines.owner) as db:
            found = select(col(AuthEvent.reason)).where(col(AuthEvent.kind) == kind)
            return list((await db.execute(found.order_by(col(AuthEvent.at).desc()))).scalars())


@pytest.fixture(scope="module")
async def town(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """With an agreement between them."""
    async with empty_database(server, "partnered") as engines:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as owner:
            await load_sample(owner)
        with socket.create_server(("127.0.0.1", 0)) as door:
            portal = f"http://localhost:{door.getsockname()[1]}"
            settings = replace(engines.settings, base_url=portal, today=DAY)
            with (
                listening(settings, door),
                oidc_provider(portal, tmp_path_factory.mktemp("partner")) as partner,
            ):
                await agree(engines, partner)
                yield Town(portal, partner, engines)


@contextmanager
def oidc_provider(portal: str, folder: Path) -> Iterator[str]:
    """Run by the Node of the wheel; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    signing = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)
    client = {
        "client_id": CLIENT,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256",
        "jwks_uri": f"{portal}/oauth/jwks",
        "redirect_uris": [f"{portal}/sign-in/back/{PROVIDER}"],
        "backchannel_logout_uri": f"{portal}/sign-in/logout/{PROVIDER}",
        "backchannel_logout_session_required": True,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }
    config = folder / "partner.json"
    config.write_text(
        json.dumps({"port": port, "client": client, "jwks": {"keys": [{**signing, "use": "sig"}]}})
    )
    with (folder / "log").open("w+") as log:
        node = subprocess.Popen(  # noqa: S603 - the certified provider
            [NODE, HERE / "partner.mjs", config],
            cwd=installed(HERE),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert node.stdout
            said = node.stdout.readline()
            log.seek(0)
            assert said.startswith("listening"), log.read()
            yield f"http://localhost:{port}"
        finally:
            node.kill()
            node.communicate()


async def agree(engines: Engines, partner: str) -> None:
    """As `portal provider add` does it, and with a first person who is known there."""
    directory, now = Directory(Outbound(local=True)), datetime.now(UTC)
    async with AsyncSession(engines.owner) as db, db.begin():
        new = NewProvider(
            agency_id("wirral"),
            partner,
            CLIENT,
            algorithms=["ES256"],
            mfa_acr=[TWO_FACTORS],
            roles_claim="roles",
            roles=[("Portal View", Role.VIEWER)],
            id=PROVIDER,
        )
        await add(db, new, directory, throwaway_ring(), now=now)
        maeve = fixed("person", "Maeve Durrant")
        db.add(Identity(issuer=partner, subject="maeve", person_id=maeve, joined_at=now))


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def opened(chromium: Browser, town: Town) -> AsyncIterator[Opened]:
    """Opens a browser nobody has used before, without scripts: nothing here needs them."""
    contexts = []

    async def fresh() -> Page:
        context = await chromium.new_context(base_url=town.portal, java_script_enabled=False)
        contexts.append(context)
        return await context.new_page()

    yield fresh
    for context in contexts:
        await context.close()


async def sign_in_there(page: Page, who: str, *, code: bool = False, asks: bool = True) -> None:
    """At the provider: sign in, and consent when it asks for the first time."""
    await expect(page.get_by_role("heading")).to_have_text("Partner sign-in")
    await page.get_by_label("Name").fill(who)
    if code:
        await page.get_by_label("I have typed the code from my app").check()
    await page.get_by_role("button", name="Sign in").click()
    if asks:
        await expect(page.get_by_role("heading")).to_have_text("Partner consent")
        await page.get_by_role("button", name="Continue to the portal").click()


async def sign_in(page: Page, name: str = "maeve") -> None:
    await page.goto("/sign-in?next=/security")
    await page.get_by_role("link", name="Wirral Council").click()
    await sign_in_there(page, name)


async def test_somebody_of_the_council_comes_in_through_its_provider(town: Town, opened: Opened):
    page = await opened()
    await sign_in(page)
    await expect(page).to_have_url("/security")
    await expect(page.get_by_label("Who you are signed in as")).to_contain_text("Wirral Council")
    session = await town.latest()
    assert session.person_id == fixed("person", "Maeve Durrant")
    assert session.membership_id == membership_id(MAEVE)
    assert (session.provider_id, session.acr) == (PROVIDER, Strength.SINGLE_FACTOR)
    assert session.provider_session
    async with AsyncSession(town.engines.owner) as db:
        mapped = await db.get(MembershipRole, (membership_id(MAEVE), Role.VIEWER))
    assert mapped is not None


async def test_they_prove_it_again_there_with_a_second_factor(town: Town, opened: Opened):
    page = await opened()
    await sign_in(page)
    await page.goto("/sign-in/again?next=/notices")
    await page.get_by_role("link", name="Sign in again at your organisation").click()
    await sign_in_there(page, "maeve", code=True, asks=False)
    await expect(page).to_have_url("/notices")
    assert (await town.latest()).acr is Strength.MULTI_FACTOR
    assert (await town.reasons("partner_step_up"))[0] == "proved again, mfa"


async def test_without_the_second_factor_nothing_is_proved(town: Town, opened: Opened):
    page = await opened()
    await sign_in(page)
    await page.goto("/sign-in/again?next=/notices")
    await page.get_by_role("link", name="Sign in again at your organisation").click()
    await sign_in_there(page, "maeve", asks=False)
    await expect(page.get_by_role("heading", level=1)).to_contain_text(
        "sign-in service did not ask for a second factor"
    )
    assert (await town.latest()).acr is Strength.SINGLE_FACTOR


async def test_signing_out_there_signs_out_here(town: Town, opened: Opened):
    page = await opened()
    await sign_in(page)
    session = await town.latest()
    await page.goto(f"{town.partner}/session/end")
    await page.get_by_role("button", name=re.compile("sign me out", re.IGNORECASE)).click()
    await expect(page).to_have_url(re.compile("/session/end/success"))
    await page.goto("/security")
    await expect(page).to_have_url("/sign-in?next=%2Fsecurity")
    async with AsyncSession(town.engines.owner) as db:
        ended = await db.get(BrowserSession, session.id)
        assert ended is not None
        assert ended.ended_at is not None
    assert (await town.reasons("partner_logout"))[0].endswith("1 sessions ended")


async def test_a_stranger_there_is_a_stranger_here(town: Town, opened: Opened):
    page = await opened()
    await sign_in(page, "stranger")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "You cannot use the portal with this account"
    )
    assert "__Host-session" not in {each["name"] for each in await page.context.cookies()}


async def without_faults(chromium: Browser, page: Page) -> None:
    """Axe needs scripts: it looks at the same page, of the same person, on a narrow screen."""
    context = await chromium.new_context(
        viewport={"width": 320, "height": 700}, storage_state=await page.context.storage_state()
    )
    same = await context.new_page()
    await same.goto(page.url)
    assert (await Axe().run(same)).response["violations"] == []
    assert await same.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await context.close()


async def test_whoever_is_invited_joins_through_it(town: Town, opened: Opened, chromium: Browser):
    token, now = new_token(), datetime.now(UTC)
    async with AsyncSession(town.engines.owner) as db, db.begin():
        db.add(
            Invitation(
                agency_id=agency_id("wirral"),
                role=Role.VIEWER,
                for_whom="A newcomer",
                token_hash=hash_of(token),
                made_at=now,
                expires_at=now + timedelta(days=7),
            )
        )
    page = await opened()
    await page.goto(f"/join?invitation={token}")
    await page.get_by_role("button", name="Sign in at Wirral Council").click()
    await sign_in_there(page, "newcomer")
    await expect(page).to_have_url("/join/arrived")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Accept the invitation")
    await without_faults(chromium, page)
    await page.get_by_role("button", name="Accept and join Wirral Council").press("Enter")
    await expect(page).not_to_have_url("/join/arrived")
    await page.goto("/security")
    await expect(page.get_by_label("Who you are signed in as")).to_contain_text("Wirral Council")
    async with AsyncSession(town.engines.owner) as db:
        found = select(Identity).where(col(Identity.subject) == "newcomer")
        [joined] = (await db.execute(found)).scalars()
    assert isinstance(joined.person_id, UUID)
    again = await opened()
    await sign_in(again, "newcomer")
    await expect(again).to_have_url("/security")


@pytest.mark.parametrize(
    "path", [f"/sign-in/back/{PROVIDER}?state=x", f"/sign-in/with/{uuid4()}"], ids=["back", "with"]
)
async def test_who_is_not_let_in_gets_a_page_without_faults(
    chromium: Browser, town: Town, path: str
):
    context = await chromium.new_context(
        base_url=town.portal, viewport={"width": 320, "height": 700}
    )
    page = await context.new_page()
    await page.goto(path)
    assert (await Axe().run(page)).response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Go to the sign-in page").focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url("/sign-in")
    await context.close()


async def test_who_turns_back_there_can_begin_again(town: Town, opened: Opened):
    """The provider's answer is an error: a page says so, and nobody is signed in."""
    page = await opened()
    state = "x" * 43
    await page.goto(f"/sign-in/back/{PROVIDER}?error=access_denied&state={state}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Start signing in again")
    await page.get_by_role("link", name="Go to the sign-in page").click()
    await expect(page.get_by_role("link", name="Wirral Council")).to_be_visible()
