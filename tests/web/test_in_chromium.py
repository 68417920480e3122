"""Every page in a real browser: by program, on a narrow screen, without JavaScript, by keyboard."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect
from support.chromium import CHROMIUM, FLAGS
from support.visiting import COOKIE, Pages
from support.walk import ELSEWHERE, MEASURE, SAFE_ROUTES, STOPS, Stop, addresses

ADD_ACTION = f"{SAFE_ROUTES}/actions/add"
ADD_FIGURE = f"{SAFE_ROUTES}/measures/{MEASURE}/add-figure"
SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  return {
    tag: at.tagName, id: at.id, name: at.name || "", says: (at.innerText || "").trim(),
    shows: style.outlineStyle !== "none" || style.boxShadow !== "none",
  };
}"""
Opened = Callable[..., Awaitable[Page]]


@dataclass(frozen=True)
class Form:
    """A form, and the fields that are wrong with it when it is sent empty."""

    path: str
    button: str
    faulty: tuple[str, ...]


FORMS = (
    Form(ADD_ACTION, "Add the action", ("title", "owner_team", "due_on")),
    Form(ADD_FIGURE, "Record the figure", ("period_from", "period_to", "value")),
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def opened(browser: Browser, shown: Pages) -> AsyncIterator[Opened]:
    """`await opened("wirral.coordinator", scripts=False)`: a page of a browser of their own."""
    contexts: list[BrowserContext] = []

    async def fresh(person: str | None, *, scripts: bool = True, width: int = 1280) -> Page:
        context = await browser.new_context(
            base_url=shown.url,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
        )
        contexts.append(context)
        if person:
            cookie = await shown.cookie(person)
            kept = {"name": COOKIE, "value": cookie, "domain": "localhost", "path": "/"}
            await context.add_cookies([kept | {"secure": True, "httpOnly": True}])  # type: ignore[list-item]
        return await context.new_page()

    yield fresh
    for context in contexts:
        await context.close()


async def faults(page: Page) -> list[str]:
    """What axe finds, all of its rules."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


async def faults_without_scripts(page: Page, browser: Browser) -> list[str]:
    """The same where nothing can be run, axe neither: it looks at a copy of what is there."""
    still = SCRIPT.sub("", await page.content())
    context = await browser.new_context(viewport=page.viewport_size)
    copy = await context.new_page()

    async def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            await route.fulfill(body=still, content_type="text/html; charset=utf-8")
        else:
            await route.continue_()

    await copy.route("**/*", answer)
    await copy.goto(page.url)
    found = await faults(copy)
    await context.close()
    return found


async def too_wide(page: Page) -> list[str]:
    """What reaches beyond the edge of the screen."""
    return await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter((e) =>
          e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 120))"""
    )


def test_every_page_is_walked():
    walked = {stop.route for stop in STOPS}
    assert addresses() - walked == set(ELSEWHERE)


@pytest.mark.parametrize("stop", STOPS, ids=str)
async def test_a_program_finds_no_fault_with_a_page(opened: Opened, shown: Pages, stop: Stop):
    page = await opened(stop.person)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = await page.goto(stop.path)
    assert answer is not None
    assert answer.status == stop.status
    assert await faults(page) == []
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await too_wide(page) == []
    assert await faults(page) == []
    assert [line for line in said if "status of 404" not in line] == []
    assert [url for url in asked if not url.startswith(shown.url)] == []


@pytest.mark.parametrize("stop", STOPS, ids=str)
async def test_nor_without_javascript(opened: Opened, browser: Browser, stop: Stop):
    page = await opened(stop.person, scripts=False, width=320)
    await page.goto(stop.path)
    assert await too_wide(page) == []
    for details in reversed(await page.locator("details:not([open]) > summary").all()):
        await details.click()  # from the last on: an open one is not counted any more
    assert await too_wide(page) == []
    assert await faults_without_scripts(page, browser) == []


@pytest.mark.parametrize("stop", STOPS, ids=str)
async def test_everything_on_a_page_is_reached_by_keyboard(opened: Opened, stop: Stop):
    page = await opened(stop.person)
    await page.goto(stop.path)
    wanted = await page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter((e) => e.type !== "hidden" && e.checkVisibility() && !e.disabled)
        .filter((e) => e.type !== "radio").length"""
    )
    reached: list[dict[str, object]] = []
    for _ in range(wanted):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate(FOCUSED))
    assert reached[0]["says"] == "Skip to main content"
    assert [at for at in reached if at["tag"] == "BODY"] == []
    assert [at for at in reached if not at["shows"]] == []


@pytest.mark.parametrize(
    ("scripts", "name", "unit"),
    [(True, "Women who feel safe on the route", "percent"), (False, "Lamps fitted", "lamps")],
)
async def test_an_officer_finds_an_initiative_and_sees_its_chart_move(
    opened: Opened, name: str, unit: str, *, scripts: bool
):
    page = await opened("wirral.contributor", scripts=scripts)
    await page.goto("/")
    await page.get_by_label("Words in title, summary or reference").fill("routes home")
    await page.get_by_role("button", name="Show initiatives").click()
    await expect(page.get_by_role("heading", level=2).first).to_have_text("1 initiative")
    await page.get_by_role("link", name="Safe routes home").click()
    measure = page.locator(".app-measure").filter(has_text=name)
    points = await measure.locator("circle").count()
    line = await measure.locator("polyline").get_attribute("points")
    await measure.get_by_role("link", name="Add a figure").click()
    await fill_day(page, "First day of the period", "1", "10", "2026")
    await fill_day(page, "Last day of the period", "14", "nov", "2026")
    await page.get_by_label(f"Figure, in {unit}").fill("19.5")
    await page.get_by_label("This figure may still change").check()
    await page.get_by_role("button", name="Record the figure").click()
    await expect(page.get_by_role("alert")).to_contain_text("Recorded the figure.")
    await expect(measure.locator("circle")).to_have_count(points + 1)
    assert await measure.locator("polyline").get_attribute("points") != line
    await expect(measure).to_contain_text(f"19.5 {unit} in the period to 14 November 2026")
    await page.reload()
    await expect(page.get_by_text("Recorded the figure.")).to_have_count(0)


async def fill_day(page: Page, legend: str, *parts: str) -> None:
    group = page.get_by_role("group", name=legend)
    for label, value in zip(("Day", "Month", "Year"), parts, strict=True):
        await group.get_by_label(label).fill(value)


async def test_an_action_is_added_by_keyboard_alone(opened: Opened):
    page = await opened("wirral.coordinator")
    await page.goto(SAFE_ROUTES)
    await tab_to(page, says="Add an action")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/actions/add")
    await tab_to(page, name="title")
    await page.keyboard.type("Ask the cafés to stay open")
    await tab_to(page, name="owner_team")
    await page.keyboard.type("Comm")
    for name, typed in (("day", "11"), ("month", "12"), ("year", "2026")):
        await tab_to(page, name=f"due_on-{name}")
        await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/VG-SFRTS2#actions")
    said = page.get_by_role("alert")
    await expect(said).to_contain_text("Added the action “Ask the cafés to stay open”.")
    assert await faults(page) == []


async def tab_to(page: Page, **wanted: str) -> None:
    for _ in range(80):
        await page.keyboard.press("Tab")
        at = await page.evaluate(FOCUSED)
        if all(at[name] == value for name, value in wanted.items()):
            return
    pytest.fail(f"the keyboard does not lead to {wanted}")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("asked", FORMS, ids=lambda asked: asked.button)
async def test_a_form_says_what_is_wrong_and_leads_there(
    opened: Opened, browser: Browser, asked: Form, *, scripts: bool
):
    page = await opened("wirral.coordinator", scripts=scripts, width=320)
    await page.goto(asked.path)
    await page.locator("textarea").fill("Kept all the same")
    async with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        await page.get_by_role("button", name=asked.button).click()
    assert (await sent.value).status == 422
    assert (await page.title()).startswith("Error: ")
    await expect(page.locator("textarea")).to_have_value("Kept all the same")
    assert await (faults(page) if scripts else faults_without_scripts(page, browser)) == []
    assert await too_wide(page) == []
    links = page.locator(".govuk-error-summary").get_by_role("link")
    led = [await link.get_attribute("href") for link in await links.all()]
    assert led == [f"#{name}" for name in asked.faulty]
    for name in asked.faulty:
        await expect(page.locator(f"#{name}")).to_be_visible()
    if scripts:
        await expect(page.locator(".govuk-error-summary")).to_be_focused()
        await links.last.click()
        await expect(page.locator(f"#{asked.faulty[-1]}")).to_be_focused()
