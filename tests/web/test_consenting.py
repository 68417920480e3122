"""A program sends a person to the portal, who decides; then it acts for them, or does not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from joserfc.jwk import ECKey
from playwright.async_api import async_playwright
from sqlalchemy import text
from support.chromium import CHROMIUM, FLAGS
from support.dashboard import RETURN, Dashboard, add_dashboard, brought
from support.visiting import COOKIE, Pages

from auth.oauth.scopes import SUPPORTED
from auth.strength import Strength
from portal.web.consent import WORDS

WHO = "wirral.contributor"
ME = "{ me { membership { id } name agency { shortName } } }"


@pytest.fixture(scope="session")
async def planner(shown: Pages) -> AsyncIterator[Dashboard]:
    key = ECKey.generate_key("P-256")
    with httpx2.Client() as http:
        yield Dashboard(shown.url, await add_dashboard(shown.engines, key), key, http)


PAGES = [
    ({"acr_values": "phr"}, WHO, "asks for a stronger sign-in"),
    ({"scope": "initiatives:contribute"}, "wirral.viewer", "cannot act for you"),
    ({}, WHO, "act for you?"),
]


def test_every_scope_is_said_in_words():
    assert set(WORDS) == set(SUPPORTED)
    assert all(len(words) > 20 for words in WORDS.values())


async def test_somebody_signs_in_decides_and_the_program_acts_for_them(shown, planner):
    address = planner.push()
    nobody = await shown.visitor()
    answer = nobody.get(address)
    assert answer.status_code == 303
    place = urlsplit(answer.headers["location"])
    assert place.path == "/sign-in"
    assert parse_qs(place.query)["next"] == [address]

    visitor = await shown.visitor(WHO)
    page = visitor.get(address)
    assert page.status_code == 200
    assert "Action planner" in page.text
    assert "Wirral Council" in page.text
    assert "Add actions, observations and comments in your name" in page.text
    assert (
        "form-action 'self' https://dashboard.example;" in page.headers["content-security-policy"]
    )
    back = visitor.send(address, decision="yes")
    assert back.status_code == 303
    assert back.headers["cache-control"] == "no-store"
    answer = brought(back.headers["location"])
    assert set(answer) == {"code", "state", "iss"}
    assert answer["iss"] == shown.url
    given = planner.redeem(back.headers["location"])
    me = planner.ask(given["access_token"], ME).json()["data"]["me"]
    assert me["name"] == "Noor Pemberton"
    assert me["agency"]["shortName"] == "Wirral"


async def test_somebody_says_no(shown, planner):
    visitor = await shown.visitor(WHO)
    back = visitor.send(planner.push(), decision="no")
    answer = brought(back.headers["location"])
    assert (answer["error"], answer["state"], answer["iss"]) == (
        "access_denied",
        "a state",
        shown.url,
    )


async def test_one_decision_is_all_there_is(shown, planner):
    address = planner.push()
    visitor = await shown.visitor(WHO)
    form = visitor.fields(address) | {"decision": "yes"}
    assert visitor.post("/oauth/authorize", form).status_code == 303
    for again in (visitor.post("/oauth/authorize", form), visitor.get(address)):
        assert again.status_code == 400
        assert "answered" in again.text


async def test_a_form_from_elsewhere_decides_nothing(shown, planner):
    address = planner.push()
    visitor = await shown.visitor(WHO)
    form = visitor.fields(address) | {"decision": "yes"}
    assert visitor.post("/oauth/authorize", form, site="cross-site").status_code == 403
    assert visitor.post("/oauth/authorize", form | {"form_token": "x"}).status_code == 403
    other = await shown.visitor("wirral.coordinator")
    assert other.post("/oauth/authorize", form).status_code == 403
    assert visitor.get(address).status_code == 200


async def test_nobody_decides_for_somebody_else(shown, planner):
    address = planner.push()
    visitor = await shown.visitor(WHO)
    form = visitor.fields(address) | {"decision": "yes"}
    for membership in (str(uuid4()), "", "'"):
        assert (
            visitor.post("/oauth/authorize", form | {"membership": membership}).status_code == 404
        )
    assert visitor.post("/oauth/authorize", form).status_code == 303


async def test_people_of_other_agencies_cannot_lend_it_theirs(shown, planner):
    visitor = await shown.visitor("police.coordinator")
    address = planner.push()
    page = visitor.get(address)
    assert page.status_code == 200
    assert "cannot act for you" in page.text
    back = visitor.send(address, decision="no")
    assert brought(back.headers["location"])["error"] == "access_denied"


@pytest.mark.parametrize(
    "query", ["", "?client_id=x", "?request_uri=x&client_id=x", "?response_type=code&scope=openid"]
)
async def test_a_request_that_was_not_pushed_is_refused_on_a_page(shown, planner, query):
    visitor = await shown.visitor(WHO)
    answer = visitor.get("/oauth/authorize" + query)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")


async def test_who_must_prove_it_again_comes_back_and_is_not_sent_in_circles(shown, planner):
    address = planner.push(acr_values="phr")
    cookie = await shown.cookie(WHO)
    visitor = await shown.visitor()
    visitor.cookies[COOKIE] = cookie
    async with shown.engines.owner.begin() as owner:
        long_ago = {"ago": datetime.now(UTC) - timedelta(minutes=5)}
        await owner.execute(
            text("UPDATE browser_session SET started_at = :ago, authenticated_at = :ago,"
                 " expires_at = expires_at - interval '5 minutes'"), long_ago
        )  # fmt: skip
    answer = visitor.get(address)
    assert answer.headers["location"].startswith("/sign-in/again?next=%2Foauth%2Fauthorize")
    visitor.cookies[COOKIE] = await shown.cookie(WHO)  # with a password and a code, just now
    page = visitor.get(address)
    assert "asks for a stronger sign-in" in page.text
    back = visitor.send(address, decision="too_weak")
    assert brought(back.headers["location"])["error"] == "unmet_authentication_requirements"

    address = planner.push(acr_values="phr")
    visitor.cookies[COOKIE] = await shown.cookie(WHO, Strength.PHISHING_RESISTANT)
    assert "code" in brought(visitor.send(address, decision="yes").headers["location"])


async def test_prompt_none_shows_nothing(shown, planner):
    nobody = await shown.visitor()
    answer = nobody.get(planner.push(prompt="none"))
    assert brought(answer.headers["location"])["error"] == "login_required"
    visitor = await shown.visitor("wirral.lead")
    answer = visitor.get(planner.push(prompt="none"))
    assert brought(answer.headers["location"])["error"] == "consent_required"
    visitor.send(planner.push(), decision="yes")
    answer = visitor.get(planner.push(prompt="none"))
    assert "code" in brought(answer.headers["location"])


async def test_a_session_that_ends_while_deciding_leads_to_signing_in(shown, planner):
    address = planner.push()
    visitor = await shown.visitor(WHO)
    form = visitor.fields(address) | {"decision": "yes"}
    async with shown.engines.owner.begin() as owner:
        await owner.execute(text("UPDATE browser_session SET ended_at = now()"))
    answer = visitor.post("/oauth/authorize", form)
    assert answer.headers["location"] == address
    assert visitor.get(address).headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_in_a_real_browser(shown, planner, scripts):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = await browser.new_context(
                base_url=shown.url,
                java_script_enabled=scripts,
                viewport={"width": 320, "height": 700},
            )
            page = await context.new_page()
            await page.route(f"{RETURN}**", lambda route: route.fulfill(body="back"))
            for asked, person, says in PAGES:
                address = planner.push(**asked)
                kept = {"name": COOKIE, "value": await shown.cookie(person), "domain": "localhost"}
                await context.add_cookies([kept | {"path": "/", "secure": True, "httpOnly": True}])
                await page.goto(address)
                assert says in await page.inner_text("h1")
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                if scripts:  # the pages are the same without, and axe is a script
                    assert (await Axe().run(page)).response["violations"] == []
            await page.goto(planner.push(scope="openid initiatives:read"))
            await page.get_by_role("button", name="Let it", exact=True).press("Enter")
            await page.wait_for_url(f"{RETURN}**")
            given = planner.redeem(page.url)
            assert planner.ask(given["access_token"], ME).status_code == 200
        finally:
            await browser.close()
