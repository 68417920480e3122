"""What every page keeps to, whatever it shows."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from auth.keys.ring import KeyRing
from portal.app import create_app
from portal.settings import Settings
from portal.store.engines import Engines
from portal.web.going import own_path
from portal.web.rendering import environment


@pytest.fixture(scope="module")
async def browser(settings: Settings, keyring: KeyRing) -> AsyncIterator[httpx2.AsyncClient]:
    """A stranger's, who reads HTML."""
    here = replace(settings, base_url="https://portal.test")
    engines = Engines(here)
    inside = httpx2.ASGITransport(app=create_app(here, engines, keyring))
    headers = {"accept": "text/html"}
    async with httpx2.AsyncClient(
        transport=inside, base_url=here.base_url, headers=headers
    ) as client:
        yield client
    await engines.dispose()


async def test_a_page_says_how_it_wants_to_be_treated(browser: httpx2.AsyncClient):
    answer = await browser.get("/accessibility")
    assert answer.status_code == 200
    told = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in told["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == ("'self' 'sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw='")
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert told["cache-control"] == "no-store"
    assert told["x-content-type-options"] == "nosniff"
    assert told["cross-origin-opener-policy"] == "same-origin"
    assert told["cross-origin-resource-policy"] == "same-origin"
    assert told["strict-transport-security"]
    assert told["x-request-id"]


async def test_an_address_without_a_page_is_told_to_people_in_html(browser: httpx2.AsyncClient):
    answer = await browser.get("/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Page not found" in answer.text
    programs = await browser.get("/nowhere", headers={"accept": "application/json"})
    assert programs.json() == {"detail": "Not Found"}


async def test_the_beginning_leads_to_the_board(browser: httpx2.AsyncClient):
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/initiatives")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/initiatives?stage=LIVE", "/initiatives?stage=LIVE"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: b=c", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_the_way_on_never_leads_elsewhere(wanted: str | None, path: str):
    assert own_path(wanted) == path


def test_a_field_is_shown_even_if_mappings_have_a_method_of_its_name():
    page = environment().from_string("{{ row.items }} {{ row.get('pages', 'no pages') }}")
    assert page.render(row={"items": 3}) == "3 no pages"


def test_names_stand_beside_each_other_and_can_do_no_harm():
    rows = [{"agency": {"shortName": "<b>"}}, {"agency": {"shortName": "Sefton"}}]
    shown = "{% autoescape true %}{{ rows | names('agency', 'shortName') }}{% endautoescape %}"
    assert environment().from_string(shown).render(rows=rows) == "&lt;b&gt;, Sefton"
