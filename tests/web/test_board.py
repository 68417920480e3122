"""Officers find initiatives by what is in the address."""

import re
from html import unescape

import pytest
from support.asking import Portal, the_schema
from support.visiting import Pages

TITLE = re.compile(r'govuk-!-font-weight-bold" href="/initiatives/[^"]*">([^<]*)</a>')
NEXT = re.compile(r'href="([^"]*)" rel="next"')


async def test_a_stranger_is_led_to_the_door_and_back(shown: Pages):
    stranger = await shown.visitor()
    answer = stranger.get("/initiatives?stage=LIVE")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Finitiatives%3Fstage%3DLIVE"


async def test_an_officer_sees_the_board(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get("/initiatives")
    assert page.status_code == 200, page.text
    assert "Wirral Council" in page.text
    assert "Safe routes home" in page.text


async def test_an_officer_reads_an_initiative(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get("/initiatives/VG-SFRTS2")
    assert page.status_code == 200, page.text
    assert "<svg" in page.text


async def test_every_initiative_is_on_one_page_of_the_board(shown: Pages):
    portal = Portal(the_schema(), shown.engines.command)
    for number in range(25):
        given = {"title": f"Paged {number:02}", "summary": "paged"}
        await portal.do("knowsley.coordinator", "logInitiative", given)
    officer = await shown.visitor("knowsley.coordinator")
    seen: list[str] = []
    path: str | None = "/initiatives?text=paged&sort=TITLE"
    while path:
        page = officer.get(path).text
        assert "25 initiatives" in page
        seen += TITLE.findall(page)
        following = NEXT.search(page)
        path = unescape(following[1]) if following else None
    assert seen == [f"Paged {number:02}" for number in range(25)]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("stage=LIVE&stage=PAUSED", ["Stage: Live", "Stage: Paused"]),
        ("area=E08000015", ["Area: Wirral"]),
        ("mine=yes&overdue=yes", ["Yours: you lead it or take part", "Past its last day"]),
        ("text=safe%20routes", ["Words: safe routes"]),
    ],
)
async def test_what_the_filters_mean_is_said_and_can_be_taken_away(
    shown: Pages, query: str, says: list[str]
):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get(f"/initiatives?{query}").text
    removes = re.findall(r'<a href="([^"]*)"><span[^>]*>Remove filter </span>([^<]*)</a>', page)
    assert [said for _, said in removes] == says
    for address, said in removes:
        left = officer.get(unescape(address)).text
        assert f"</span>{said}</a>" not in left


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("text=VG-SFRTS2", {"Safe routes home (sample)"}),
        ("rating=AMBER&mine=yes&text=routes", {"Safe routes home (sample)"}),
        ("text=routes+home&overdue=yes", set()),
        ("text=routes+home&stage=PAUSED", set()),
        ("text=routes+home&area=E08000011", set()),
    ],
)
async def test_filters_leave_what_fits_all_of_them(shown: Pages, query: str, titles: set[str]):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get(f"/initiatives?{query}").text
    assert set(TITLE.findall(page)) == titles
    assert ("fits all of these filters" in page) is not bool(titles)


async def test_an_agency_sees_its_own_board(shown: Pages):
    outside = await shown.visitor("cheshire.viewer")
    page = outside.get("/initiatives").text
    assert "Safe routes home" not in page
    assert outside.get("/initiatives/VG-SFRTS2").status_code == 404
