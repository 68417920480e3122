"""People of the sample sign in with a real browser: with a passkey, with a password, and out."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

Opened = Callable[..., Awaitable[Page]]


async def as_somebody(page: Page, name: str) -> None:
    """By the demonstration's own door."""
    await page.goto("/demo")
    await page.get_by_role("button", name=name, exact=True).first.click()


async def test_a_person_signs_in_switches_membership_and_signs_out_everywhere(
    opened: Opened,
) -> None:
    page, other = await opened(), await opened()
    await as_somebody(other, "Noor Pemberton")
    await page.goto("/initiatives?stage=LIVE")
    await expect(page).to_have_url("/sign-in?next=%2Finitiatives%3Fstage%3DLIVE")
    await as_somebody(page, "Noor Pemberton")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Which membership do you act as?"
    )
    await page.get_by_label("Wirral Council").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_label("Who you are signed in as")).to_contain_text("Wirral Council")
    await page.goto("/security")
    await page.get_by_role("link", name="Switch membership").click()
    await page.get_by_label("Wirral MARAC").check()
    await page.get_by_role("button", name="Continue").click()
    await page.goto("/security")
    await expect(page.get_by_label("Who you are signed in as")).to_contain_text("Wirral MARAC")
    await expect(page.get_by_role("row", name="Chrome")).to_have_count(2)
    await page.get_by_role("link", name="Sign out here or everywhere").click()
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    for each in (page, other):
        await each.goto("/security")
        await expect(each).to_have_url("/sign-in?next=%2Fsecurity")
