"""People of the sample sign in with a real browser: with a passkey, with a password, and out."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from sqlalchemy import text
from support.asking import Portal, the_schema
from support.chromium import give_key
from support.visiting import Pages

from portal.sample.partnership import fixed

Opened = Callable[..., Awaitable[Page]]
PASSWORD = "garden-lantern-oyster"
ADMINISTRATOR = "savera.administrator"


async def as_somebody(page: Page, name: str) -> None:
    """By the demonstration's own door."""
    await page.goto("/demo")
    await page.get_by_role("button", name=name, exact=True).first.click()


async def title(page: Page, says: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(says)


async def acting_for(page: Page, agency: str) -> None:
    await page.goto("/security")
    await expect(page.get_by_label("Who you are signed in as")).to_contain_text(agency)


async def sign_out(page: Page, where: str = "here") -> None:
    await page.goto("/sign-out")
    await page.get_by_role("button", name=f"Sign out {where}").click()
    await title(page, "You are signed out")


@pytest.fixture
async def invited(demo: Pages) -> Callable[[str], Awaitable[str]]:
    """The path of an invitation to Savera."""
    portal = Portal(the_schema(), demo.engines.command)

    async def invite(whom: str) -> str:
        given = {"forWhom": whom, "role": "CONTRIBUTOR"}
        made = await portal.do(ADMINISTRATOR, "invite", given, "...on InvitationPayload { link }")
        link: str = made["link"]
        return link[link.index("/join") :]

    return invite


async def test_a_person_signs_in_switches_membership_and_signs_out_everywhere(
    opened: Opened,
) -> None:
    page, other = await opened(), await opened()
    await as_somebody(other, "Noor Pemberton")
    await page.goto("/initiatives?stage=LIVE")
    await expect(page).to_have_url("/sign-in?next=%2Finitiatives%3Fstage%3DLIVE")
    await as_somebody(page, "Noor Pemberton")
    await title(page, "Which membership do you act as?")
    await page.get_by_label("Wirral Council").check()
    await page.get_by_role("button", name="Continue").click()
    await acting_for(page, "Wirral Council")
    await page.get_by_role("link", name="Switch membership").click()
    await page.get_by_label("Wirral MARAC").check()
    await page.get_by_role("button", name="Continue").click()
    await acting_for(page, "Wirral MARAC")
    await expect(page.get_by_role("row", name="Chrome")).to_have_count(2)
    await sign_out(page, "everywhere")
    for each in (page, other):
        await each.goto("/security")
        await expect(each).to_have_url("/sign-in?next=%2Fsecurity")


async def test_somebody_invited_by_a_charity_signs_in_with_a_passkey(
    opened: Opened, invited: Callable[[str], Awaitable[str]]
) -> None:
    page, link = await opened(), await invited("A new colleague")
    key = await give_key(page)
    await page.goto(link)
    await expect(page.get_by_role("main")).to_contain_text("invited to Savera UK as Contributor")
    await page.get_by_label("Your name").first.fill("Wren Ashdown")
    await page.get_by_role("button", name="Set up a passkey").click()
    await title(page, "You are signed in: now keep your recovery codes")
    assert len(await key.credentials()) == 1
    await acting_for(page, "Savera UK")
    await sign_out(page)

    await page.goto("/notices")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page).to_have_url("/notices")
    await acting_for(page, "Savera UK")
    await expect(page.get_by_role("row", name="Sign in Done")).to_have_count(1)

    await page.goto(link)
    await title(page, "This invitation cannot be used")


async def test_a_passkey_that_does_not_know_its_user_signs_nobody_in(
    opened: Opened, invited: Callable[[str], Awaitable[str]]
) -> None:
    page = await opened()
    key = await give_key(page)
    await page.goto(await invited("Somebody else"))
    await page.get_by_label("Your name").first.fill("Robin Kestle")
    await page.get_by_role("button", name="Set up a passkey").click()
    await title(page, "You are signed in: now keep your recovery codes")
    await sign_out(page)
    await key.verifies(user=False)
    await page.goto("/sign-in")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    await page.goto("/security")
    await expect(page).to_have_url("/sign-in?next=%2Fsecurity")


async def test_without_scripts_a_password_and_an_app_do_and_a_code_recovers(
    opened: Opened, invited: Callable[[str], Awaitable[str]]
) -> None:
    page = await opened(scripts=False, width=320)
    await page.goto(await invited("Somebody with an old browser"))
    await expect(page.get_by_role("button", name="Set up a passkey")).to_be_hidden()
    app = await enrol(page, "Perry Nance")
    await title(page, "You are signed in: now keep your recovery codes")
    name = await page.locator("dd.app-key").inner_text()
    codes = await page.locator(".app-codes li").all_inner_texts()
    assert name.startswith("perry.nance.")
    assert len(codes) == 10
    await sign_out(page)

    await page.goto("/recover")
    await page.get_by_label("Sign-in name").fill(name)
    await page.get_by_label("Recovery code").fill(codes[3])
    await page.get_by_role("button", name="Continue").click()
    app = await enrol(page)
    await title(page, "You are signed in: now keep your recovery codes")
    await sign_out(page)

    await page.goto("/sign-in?next=/notices")
    await page.get_by_text("Sign in with a password and a code").click()
    await page.get_by_label("Sign-in name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Code from your authenticator app").fill(app.at(_soon()))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await title(page, "Notices")
    await expect(page.get_by_role("main")).to_contain_text("A recovery code was used")


def _soon() -> float:
    """The next step's code: the present one was used to enrol."""
    return datetime.now(UTC).timestamp() + 30


async def enrol(page: Page, name: str | None = None) -> pyotp.TOTP:
    """A password and an app."""
    if not await page.locator("strong.app-key").is_visible():
        await page.get_by_text("Where a passkey cannot be had").click()
    key = await page.locator("strong.app-key").inner_text()
    app = pyotp.TOTP(re.sub(r"\s", "", key))
    form = page.locator("form[action$='/password']")
    if name:
        await form.get_by_label("Your name").fill(name)
    await form.get_by_label("Password", exact=True).fill(PASSWORD)
    await form.get_by_label("Code from your authenticator app").fill(app.now())
    await form.get_by_role("button", name="Continue").click()
    return app


async def age(demo: Pages, name: str) -> None:
    """Let eleven minutes pass for the person's sessions."""
    earlier = text(
        "UPDATE browser_session SET started_at = started_at - interval '11 minutes',"
        " authenticated_at = authenticated_at - interval '11 minutes',"
        " expires_at = expires_at - interval '11 minutes' WHERE person_id = :id"
    )
    async with demo.engines.owner.begin() as owner:
        await owner.execute(earlier, {"id": fixed("person", name)})


async def test_a_stale_proof_is_asked_for_again_and_another_passkey_is_added(
    opened: Opened, demo: Pages
) -> None:
    page = await opened()
    await give_key(page)
    await as_somebody(page, "Carys Nolan")
    await age(demo, "Carys Nolan")
    await page.goto("/security")
    await expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    await page.get_by_role("link", name="show that it is still you").click()
    await page.get_by_role("button", name="Pretend to have shown a passkey").click()
    await page.get_by_label("What you call it").fill("Work phone")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_role("row", name="Work phone")).to_have_count(1)
    await age(demo, "Carys Nolan")
    await page.goto("/sign-in/again?next=/security")
    await page.get_by_role("button", name="Use your passkey").click()
    await page.get_by_role("button", name="Remove Work phone").click()
    await expect(page.get_by_role("alert").first).to_contain_text("It was kept")


async def test_a_sample_charitys_coordinator_gets_a_passkey_and_signs_in_with_it(
    opened: Opened,
) -> None:
    page = await opened()
    await give_key(page)
    await as_somebody(page, "Asha Penrose")
    await page.goto("/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_role("alert").first).to_contain_text("The passkey was added")
    await sign_out(page)
    await page.goto("/sign-in?next=/notices")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page).to_have_url("/notices")
    await acting_for(page, "RASA Merseyside")


async def test_a_program_finds_no_fault_with_the_pages_that_need_a_link_or_a_code(
    opened: Opened, invited: Callable[[str], Awaitable[str]]
) -> None:
    page = await opened(width=320)
    await page.goto("/demo")
    await faultless(page)
    await page.goto(await invited("Somebody careful"))
    await faultless(page)
    await page.get_by_text("Where a passkey cannot be had").click()
    await page.locator("form[action$='/password']").get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("alert").first).to_contain_text("Use at least 12 characters")
    await faultless(page)
    await enrol(page, "Ellis Farrow")
    await title(page, "You are signed in: now keep your recovery codes")
    await faultless(page)
    await page.goto(await invited("The same person"))
    await faultless(page)
    await page.goto("/join?invitation=none")
    await faultless(page)


async def faultless(page: Page) -> None:
    """Axe finds nothing, and nothing reaches beyond the edge of a narrow screen."""
    found = (await Axe().run(page)).response["violations"]
    assert [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]] == []
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not await page.evaluate(wide)
