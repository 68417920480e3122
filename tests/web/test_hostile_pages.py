"""Whatever somebody typed is shown as text, whatever is asked is answered with a page."""

from typing import Any
from uuid import UUID

import pytest
from support.asking import Portal, the_schema
from support.hostile import TEXTS
from support.markup import seen
from support.visiting import Pages, Visitor
from support.walk import MEASURE, SAFE_ROUTES

ADD = f"{SAFE_ROUTES}/actions/add"
FIGURE = f"{SAFE_ROUTES}/measures/{MEASURE}/add-figure"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE initiative; --",
    "=HYPERLINK(1)",
    "javascript:alert(1)",
    "&lt;b&gt; &amp;",
    "Zoë 女性 \u202e\U0001f6a8",
    "W" * 110,
)
SHOWS = "...on InitiativePayload { initiative { id reference } }"


@pytest.fixture(scope="module")
def portal(shown: Pages) -> Portal:
    return Portal(the_schema(), shown.engines.command)


@pytest.fixture
async def officer(shown: Pages) -> Visitor:
    return await shown.visitor("wirral.coordinator")


def says(html: str) -> list[str]:
    return [" ".join(text.split()) for text in seen(html)]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_was_typed_is_shown_as_it_is(portal: Portal, officer: Visitor, hostile: str):
    given = dict.fromkeys(("title", "summary", "audience", "place"), hostile)
    logged = await portal.do("wirral.coordinator", "logInitiative", given, SHOWS)
    there = f"/initiatives/{logged['initiative']['reference']}"
    wanted = " ".join(hostile.split())
    page = officer.get(there)
    assert says(page.text).count(wanted) >= 4
    board = officer.get("/initiatives?sort=NEWEST")
    assert wanted in says(board.text)
    assert "<script>alert" not in page.text + board.text
    assert "<img" not in page.text + board.text


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_form_that_is_shown_again_holds_what_was_typed(officer: Visitor, hostile: str):
    page = officer.send(ADD, title=hostile, detail=hostile, evidence_url=hostile)
    assert page.status_code == 422
    assert says(page.text).count(" ".join(hostile.split())) == 3
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("hostile", HOSTILE[:4])
async def test_what_was_added_is_said_as_text(officer: Visitor, hostile: str):
    team = officer.get(ADD).text.partition('<option value="Team:')[2].partition('"')[0]
    given = {"title": hostile, "owner_team": f"Team:{team}", "due_on-day": "1"}
    sent = officer.send(ADD, **given, **{"due_on-month": "dec", "due_on-year": "2026"})
    assert sent.status_code == 303
    page = officer.get(SAFE_ROUTES)
    assert f"Added the action “{hostile}”." in says(page.text)
    assert "Added the action" not in officer.get(SAFE_ROUTES).text


@pytest.mark.parametrize(
    "text", [text for text in TEXTS if "\ud800" not in text and len(text) < 4_000]
)
async def test_every_field_takes_anything(officer: Visitor, text: str):
    for path, names in ((ADD, "title owner_team due_on-day due_on-month due_on-year detail"), (
        FIGURE, "period_from-day period_from-year value numerator denominator note provisional"
    )):  # fmt: skip
        fields = officer.fields(path)
        for name in names.split():
            answer = officer.post(path, fields | {name: text})
            assert answer.status_code in {400, 422}, (path, name)
            assert "<h1" in answer.text
        assert officer.post(path, fields | {"idempotency_key": text}).status_code in {400, 422}


@pytest.mark.parametrize(
    "path",
    [
        "/initiatives/%00",
        "/initiatives/Initiative:1",
        "/initiatives/Agency:5d1dcfac-03e1-5545-87d6-5822aaf7f1ec",
        f"/initiatives/Initiative:{UUID(int=1)}",
        "/initiatives/../etc/passwd",
        "/initiatives/VG-SFRTS2%0d%0aX-Evil:1",
        f"/initiatives/VG-CNDCT5/measures/{MEASURE}/add-figure",
        f"/initiatives/VG-CNDCT5/measures/{MEASURE}/figures.csv",
        f"{SAFE_ROUTES}/measures/x/add-figure",
        f"{SAFE_ROUTES}/measures/x/figures.csv",
        "/initiatives/" + "a" * 5_000,
        "/initiatives?lead=x",
        "/initiatives?text=%00",
        "/initiatives?text=%ff",
        "/initiatives?area=%27",
    ],
)
async def test_an_address_that_leads_nowhere_is_answered_with_a_page(officer: Visitor, path: str):
    answer = officer.get(path)
    assert answer.status_code in {200, 400, 404}
    assert "<h1" in answer.text
    assert "x-evil" not in answer.headers


async def test_filters_that_are_none_are_left_out(officer: Visitor):
    strange: Any = officer.get("/initiatives?stage=BOGUS&rating=1&sort=x&mine=no&evil=1")
    assert strange.status_code == 200
    assert "BOGUS" not in strange.text


@pytest.mark.parametrize("after", ["x", "e30=", "%00", "é"])
async def test_a_list_begins_anew_when_its_place_is_lost(officer: Visitor, after: str):
    answer = officer.get(f"/initiatives?stage=LIVE&after={after}")
    assert answer.status_code in {303, 400}
    if answer.status_code == 303:
        assert answer.headers["location"] == "/initiatives?stage=LIVE"
