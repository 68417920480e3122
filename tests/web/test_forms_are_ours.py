"""A form counts only if a page of the portal showed it to the very browser that sends it."""

from uuid import uuid4

import pytest
from support.visiting import COOKIE, Pages, Visitor

ADD = "/initiatives/VG-SFRTS2/actions/add"


@pytest.fixture
async def officer(shown: Pages) -> Visitor:
    return await shown.visitor("wirral.coordinator")


def refused(visitor: Visitor, given: dict[str, str], **more: str | None) -> bool:
    """Whether the form is turned away as not ours; an empty one would be told its faults (422)."""
    status = visitor.post(ADD, given, **more).status_code  # type: ignore[arg-type]
    assert status in {403, 422}
    return status == 403


def test_the_portals_own_form_is_read(officer: Visitor):
    assert not refused(officer, officer.fields(ADD))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "SAME-ORIGIN", "same-origin, none"])
def test_a_form_from_elsewhere_is_not(officer: Visitor, site: str):
    assert refused(officer, officer.fields(ADD), site=site)


def test_a_browser_that_says_nothing_of_it_must_name_its_origin(officer: Visitor):
    fields = officer.fields(ADD)
    assert not refused(officer, fields, site=None, origin=officer.url)
    assert refused(officer, fields, site=None)
    for origin in (
        "null",
        "https://evil.example",
        officer.url + ".evil.example",
        officer.url + "/",
    ):
        assert refused(officer, fields, site=None, origin=origin)


def test_a_form_without_its_token_or_with_anothers_is_not(officer: Visitor):
    fields = officer.fields(ADD)
    assert refused(officer, {n: v for n, v in fields.items() if n != "form_token"})
    for token in ("", "é", fields["form_token"][:-1] + "x", "0" * 64):
        assert refused(officer, fields | {"form_token": token})


async def test_somebody_elses_token_does_not_help(shown: Pages, officer: Visitor):
    other = await shown.visitor("rasa.contributor")
    assert refused(officer, officer.fields(ADD) | {"form_token": other.fields(ADD)["form_token"]})


async def test_a_stranger_has_a_token_of_their_own(shown: Pages):
    one, other = await shown.visitor(), await shown.visitor()
    one.get("/accessibility")
    assert COOKIE not in one.cookies
    assert other.post(ADD, {"form_token": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"form_token=1", 415),
        ("application/x-www-form-urlencoded", b"title=\xff", 400),
        ("application/x-www-form-urlencoded", b"title=%ff", 400),
        ("application/x-www-form-urlencoded", b"title=a%00b", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 600, 400),
        ("application/x-www-form-urlencoded", b"title=" + b"a" * 300_000, 413),
    ],
)
def test_what_is_no_form_is_said_to_be_none(officer: Visitor, kind: str, body: bytes, status: int):
    answer = officer.raw(ADD, body, **{"content-type": kind, "sec-fetch-site": "same-origin"})
    assert answer.status_code == status
    assert "<h1" in answer.text


def test_the_same_form_sent_twice_is_done_once(officer: Visitor):
    title = f"Sent twice {uuid4().hex[:6]}"
    given = officer.fields(ADD) | {
        "title": title,
        "owner_team": team_of(officer),
        "due_on-day": "1",
        "due_on-month": "12",
        "due_on-year": "2026",
    }
    for _ in range(2):
        assert officer.post(ADD, given).status_code == 303
    assert officer.get("/initiatives/VG-SFRTS2").text.count(f">{title}") == 1


def team_of(officer: Visitor) -> str:
    """The first team on offer."""
    page = officer.get(ADD).text
    return page.partition('<option value="Team:')[2].partition('"')[0].join(["Team:", ""])
