"""What people see when there is nothing for them to see, or when the portal cannot show it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from support.visiting import COOKIE, Pages
from support.walk import MEASURE, SAFE_ROUTES

from auth.keys.ring import KeyRing
from auth.sessions.verbs import begin, end
from auth.strength import StepUp, Strength
from portal.app import create_app
from portal.errors import NotAllowed
from portal.sample.partnership import fixed
from portal.store.engines import Engines
from portal.web.refusals import BadRequestPage, NotPermittedPage
from portal.web.route import pages

ADD = f"{SAFE_ROUTES}/actions/add"
FIGURE = f"{SAFE_ROUTES}/measures/{MEASURE}/add-figure"
FAULTS = {
    "/breaks": KeyError("the name of a survivor"),
    "/busy": OSError("no route to the database"),
    "/late": TimeoutError(),
    "/strict": StepUp(),
    "/forbidden": NotAllowed("Only its lead can.", rule="a.rule", granted_by="the lead"),
    "/not-permitted": NotPermittedPage("Only its lead can.", "the lead"),
    "/unreadable": BadRequestPage("Choose one of the list."),
}


def failing(cause: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise cause

    return fail


@pytest.fixture(scope="module")
async def faulty(shown: Pages, keyring: KeyRing) -> AsyncIterator[httpx2.AsyncClient]:
    """The portal with pages that fail."""
    settings = replace(shown.engines.settings, base_url=shown.url)
    engines = Engines(settings)
    app = create_app(settings, engines, keyring)
    router = pages()
    for path, cause in FAULTS.items():
        router.add_api_route(path, failing(cause), methods=["GET", "POST"])
    app.include_router(router)
    inside = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=inside, base_url=shown.url) as client:
        yield client
    await engines.dispose()


async def test_a_fault_of_ours_is_a_page_with_the_number_of_the_request(
    faulty: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
):
    answer = await faulty.get("/breaks")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"]
    assert "survivor" not in answer.text
    [line] = [r for r in caplog.records if r.getMessage() == "A request failed."]
    assert line.request_id == answer.headers["x-request-id"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/busy", "/late"])
async def test_a_busy_portal_asks_to_come_back(faulty: httpx2.AsyncClient, path: str):
    answer = await faulty.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Load this page again" in answer.text


async def test_who_must_prove_it_again_comes_back_here(faulty: httpx2.AsyncClient):
    answer = await faulty.get("/strict?a=1")
    assert answer.headers["location"] == "/sign-in/again?next=%2Fstrict%3Fa%3D1"
    sent = await faulty.post("/strict?a=1")
    assert sent.headers["location"] == "/sign-in/again?next=%2Fstrict"


@pytest.mark.parametrize("path", ["/forbidden", "/not-permitted"])
async def test_who_may_not_is_told_who_may(faulty: httpx2.AsyncClient, path: str):
    answer = await faulty.get(path)
    assert answer.status_code == 403
    assert "Only its lead can." in answer.text
    assert "the lead" in answer.text


async def test_an_address_that_cannot_be_read_is_told_why(faulty: httpx2.AsyncClient):
    answer = await faulty.get("/unreadable")
    assert (answer.status_code, "Choose one of the list." in answer.text) == (400, True)


async def test_a_session_that_is_over_leads_to_the_door(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    assert officer.get("/initiatives").status_code == 200
    async with async_sessionmaker(shown.engines.auth).begin() as db:
        await end(db, officer.cookies[COOKIE], datetime.now(UTC))
    answer = officer.get(SAFE_ROUTES)
    assert answer.headers["location"] == "/sign-in?next=%2Finitiatives%2FVG-SFRTS2"


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 4_000, "';--"])
async def test_a_cookie_that_is_none_leads_there_too(shown: Pages, cookie: str):
    stranger = await shown.visitor()
    answer = stranger.raw_get("/initiatives", f"{COOKIE}={cookie}".encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Finitiatives")


async def test_who_has_two_memberships_chooses_first(shown: Pages):
    async with async_sessionmaker(shown.engines.auth).begin() as db:
        cookie = await begin(
            db,
            person_id=fixed("person", "Noor Pemberton"),
            acr=Strength.MULTI_FACTOR,
            amr=["pwd", "otp"],
            device="Firefox",
            now=datetime.now(UTC),
        )
    somebody = await shown.visitor()
    somebody.cookies[COOKIE] = cookie
    answer = somebody.get("/initiatives?stage=LIVE")
    assert answer.headers["location"] == "/memberships?next=%2Finitiatives%3Fstage%3DLIVE"


@pytest.mark.parametrize("path", [ADD, FIGURE])
async def test_a_viewer_is_shown_no_form(shown: Pages, path: str):
    viewer = await shown.visitor("wirral.viewer")
    page = viewer.get(path)
    assert page.status_code == 403
    assert "an administrator of your agency" in page.text
    initiative = viewer.get(SAFE_ROUTES).text
    assert "Add an action" not in initiative
    assert "Add a figure" not in initiative
    token = re.search('name="form_token" value="(.*?)"', initiative)
    assert token
    given = {"form_token": token[1], "title": "x", "owner_team": "Team:x", "idempotency_key": "k"}
    assert viewer.post(path, given).status_code == 403


async def test_a_partner_is_told_what_only_the_lead_may(shown: Pages):
    """RASA's contributors add actions for their own teams only."""
    partner = await shown.visitor("rasa.contributor")
    page = partner.get(ADD).text
    lead = page.partition('<optgroup label="Wirral Council">')[2]
    team = re.search('value="(Team:[^"]*)"', lead)
    assert team
    given = {"title": "For others", "owner_team": team[1], "due_on-day": "1"}
    sent = partner.send(ADD, **given, **{"due_on-month": "12", "due_on-year": "2026"})
    assert sent.status_code == 403
    assert "Who can" in sent.text


async def test_figures_are_kept_as_a_table(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    answer = officer.get(f"{SAFE_ROUTES}/measures/{MEASURE}/figures.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    head, first, *_ = answer.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("period_from,period_to,value,numerator")
    assert first.startswith("2026-01-01,2026-03-31,41")


async def test_an_id_leads_to_the_address_with_the_reference(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    answer = officer.get("/initiatives/Initiative:52e61683-1d68-5361-9882-f0944e950ae0")
    assert (answer.status_code, answer.headers["location"]) == (303, SAFE_ROUTES)
