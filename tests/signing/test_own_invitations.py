"""Whoever makes an invitation makes it for somebody else, and signing out first changes nothing."""

import httpx2
import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from support.asking import Portal, the_schema
from support.keyrings import throwaway_ring
from support.visiting import Pages, Visitor

from portal.sample.partnership import PEOPLE, fixed
from portal.web.been import COOKIE, MOST, been_here, write_down

INVITER = "savera.administrator"
SAYS = "Nobody accepts an invitation of their own"
WAYS = ("/join/passkey/question", "/join/passkey", "/join/password")
LAST = "SELECT outcome || ': ' || reason FROM auth_event WHERE person_id = :who ORDER BY at DESC"


@pytest.fixture
async def link(demo: Pages) -> str:
    """The path of an invitation that Savera's administrator has made."""
    portal = Portal(the_schema(), demo.engines.command)
    given = {"forWhom": "A new colleague", "role": "CONTRIBUTOR"}
    made = await portal.do(INVITER, "invite", given, "...on InvitationPayload { link }")
    address: str = made["link"]
    return address[address.index("/join") :]


async def was_here(demo: Pages, person: str) -> Visitor:
    """A browser in which somebody has signed in, and out again."""
    visitor = await demo.visitor()
    came = visitor.send("/demo", person=str(fixed("person", PEOPLE[person][1])))
    assert came.status_code == 303, came.text
    assert visitor.send("/sign-out", where="here").status_code == 303
    assert "__Host-session" not in visitor.cookies
    return visitor


def tried(visitor: Visitor, link: str, way: str) -> httpx2.Response:
    given = {"invitation": link.partition("=")[2], "name": "Wren Ashdown", "answer": "{}"}
    return visitor.post(way, visitor.fields("/sign-in") | given | {"password": "x", "code": "1"})


async def test_who_made_an_invitation_does_not_accept_it_by_signing_out_first(
    demo: Pages, link: str
) -> None:
    hers = await was_here(demo, INVITER)
    page = hers.get(link).text
    assert SAYS in page
    assert "/join/password" not in page
    for way in WAYS:
        answer = tried(hers, link, way)
        assert (answer.status_code, SAYS in answer.text) == (403, True), way
    async with demo.engines.owner.connect() as db:
        who = {"who": fixed("person", PEOPLE[INVITER][1])}
        assert await db.scalar(text(LAST), who) == "refused: one's own"


async def test_whom_it_is_for_accepts_it_with_another_browser(demo: Pages, link: str) -> None:
    for visitor in (await demo.visitor(), await was_here(demo, "savera.coordinator")):
        page = visitor.get(link)
        assert (page.status_code, SAYS in page.text) == (200, False)
        assert "/join/password" in page.text
        assert tried(visitor, link, "/join/password").status_code in (400, 422)  # nothing typed


async def test_what_a_browser_makes_up_of_who_was_there_says_nothing(
    demo: Pages, link: str
) -> None:
    hers = await was_here(demo, INVITER)
    assert str(fixed("person", PEOPLE[INVITER][1])) not in hers.cookies[COOKIE]
    for made_up in ("", "x", "AAAA", hers.cookies[COOKIE][:-6] + "AAAAAA"):
        hers.cookies[COOKIE] = made_up
        assert SAYS not in hers.get(link).text


def test_a_browser_remembers_the_last_ten() -> None:
    """Each once, the latest first; so the cookie stays within what a browser keeps."""
    ring, people = throwaway_ring(), [fixed("person", f"Somebody {n}") for n in range(MOST + 2)]
    headers: list[tuple[bytes, bytes]] = []
    for person in [*people, people[-2]]:
        request, response = Request({"type": "http", "headers": headers}), Response()
        write_down(request, response, ring, person)
        kept = response.headers["set-cookie"].partition(";")[0]
        headers = [(b"cookie", kept.encode())]
    assert kept.startswith(COOKIE)
    assert len(kept) < 4000
    assert been_here(Request({"type": "http", "headers": headers}), ring) == set(people[2:])
