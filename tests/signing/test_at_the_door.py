"""The door answers strangers alike, takes forms from its own pages only, and has no demo in use."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from support.keyrings import throwaway_ring
from support.visiting import HIDDEN, Pages, Visitor

import portal
from portal.app import create_app
from portal.sample.partnership import fixed
from portal.settings import Mode, Settings
from portal.store.engines import Engines
from portal.web.demo import demo_routers

CHANGING = re.compile(r'value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}')


@pytest.fixture
async def stranger(demo: Pages) -> Visitor:
    return await demo.visitor()


def plain(page: str) -> str:
    """The page without what differs every time."""
    return CHANGING.sub("", page)


def test_every_refusal_looks_the_same(stranger: Visitor) -> None:
    pages = []
    for name, password, code in (
        ("nobody.1111", "garden-lantern-oyster", "123456"),
        ("asha.penrose.2222", "x", ""),
        ("é'\"\\<b>", "é" * 300, "12345é"),
        ("", "", ""),
    ):
        answer = stranger.post(
            "/sign-in/password",
            stranger.fields("/sign-in") | {"name": name, "password": password, "code": code},
        )
        assert answer.status_code == 422
        assert "__Host-session" not in stranger.cookies
        pages.append(plain(answer.text))
    assert len(set(pages)) == 1


def test_the_fourth_try_has_to_wait(stranger: Visitor) -> None:
    given = {"name": "nobody.3333", "password": "x", "code": "1"}
    told = [
        stranger.post("/sign-in/password", stranger.fields("/sign-in") | given) for _ in range(4)
    ]
    assert [each.status_code for each in told] == [422, 422, 422, 429]
    assert 0 < int(told[-1].headers["retry-after"]) <= 10
    assert "Wait" in told[-1].text


@pytest.mark.parametrize(
    "answer", ["", "{", "[]", "7", "null", '{"id": 1}', "[" * 9000, "x" * 40000]
)
def test_a_passkeys_answer_that_is_none_is_refused(stranger: Visitor, answer: str) -> None:
    fields = stranger.fields("/sign-in")
    said = stranger.post("/sign-in/passkey", fields | {"answer": answer, "next": "/"})
    assert said.status_code == 422
    assert "That passkey did not sign you in" in said.text


@pytest.mark.parametrize(
    "path",
    ["/sign-in/passkey/question", "/sign-in/passkey", "/sign-in/password", "/sign-in/again/passkey",
     "/memberships", "/sign-out", "/recover", "/recover/enrol/passkey", "/join/passkey",
     "/security/remove", "/security/passkeys", "/security/recovery-codes", "/demo"],
)  # fmt: skip
async def test_no_other_site_sends_these_forms(demo: Pages, path: str) -> None:
    officer = await demo.visitor("rasa.coordinator")
    fields = officer.fields("/security")
    for given, site in (
        (fields, "cross-site"),
        (fields, "same-site"),
        (fields, None),
        ({**fields, "form_token": "0" * 64}, "same-origin"),
        ({"next": "/"}, "same-origin"),
    ):
        assert officer.post(path, given, site=site).status_code == 403
    assert officer.get("/security").status_code == 200


async def test_after_signing_in_nobody_is_led_elsewhere(demo: Pages) -> None:
    person = str(fixed("person", "Asha Penrose"))
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb"):
        visitor = await demo.visitor()
        fields = visitor.fields("/demo") | {"person": person, "next": wanted}
        assert visitor.post("/demo", fields).headers["location"] == "/"


async def test_a_session_gets_a_new_cookie_at_every_turn(demo: Pages) -> None:
    visitor = await demo.visitor()
    seen = []
    person = str(fixed("person", "Asha Penrose"))
    visitor.post("/demo", visitor.fields("/demo") | {"person": person, "next": "/"})
    seen.append(visitor.cookies["__Host-session"])
    visitor.send("/sign-in/again", next="/")  # the last form is the sample's own
    visitor.post("/demo/again", visitor.fields("/sign-in/again") | {"next": "/"})
    seen.append(visitor.cookies["__Host-session"])
    membership = str(fixed("membership", "rasa.coordinator"))
    visitor.post("/memberships", visitor.fields("/memberships") | {"membership": membership})
    seen.append(visitor.cookies["__Host-session"])
    assert len(set(seen)) == 3
    for old in seen[:2]:
        thief = Visitor(demo.url, old)
        assert thief.get("/security").headers["location"] == "/sign-in?next=%2Fsecurity"
    assert visitor.get("/security").status_code == 200
    answer = visitor.post("/sign-out", visitor.fields("/sign-out"))
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert Visitor(demo.url, seen[2]).get("/security").status_code == 303


async def test_the_cookie_is_seen_by_no_script_and_no_other_host(demo: Pages) -> None:
    visitor = await demo.visitor()
    person = str(fixed("person", "Asha Penrose"))
    answer = visitor.post("/demo", visitor.fields("/demo") | {"person": person})
    [line] = [c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-session")]
    attributes = {part.strip().lower() for part in line.split(";")[1:]}
    assert attributes >= {"secure", "httponly", "samesite=lax", "path=/"}
    assert not any(part.startswith("domain") for part in attributes)


async def test_nobody_chooses_somebody_elses_membership(demo: Pages) -> None:
    officer = await demo.visitor("rasa.coordinator")
    other = str(fixed("membership", "police.coordinator"))
    fields = officer.fields("/memberships")
    assert officer.post("/memberships", fields | {"membership": other}).status_code == 404
    assert "RASA Merseyside" in officer.get("/security").text


@pytest.mark.parametrize("chosen", [{}, {"membership": "x"}])
async def test_who_chooses_no_membership_is_told_and_still_led_on(
    demo: Pages, chosen: dict[str, str]
) -> None:
    officer = await demo.visitor("rasa.coordinator")
    fields = officer.fields("/memberships?next=/initiatives/VG-SFRTS2")
    page = officer.post("/memberships", fields | chosen)
    assert page.status_code == 422
    assert "Choose which membership you act as." in page.text
    assert dict(HIDDEN.findall(page.text))["next"] == "/initiatives/VG-SFRTS2"


async def test_the_samples_people_stand_there_once_with_their_roles_in_words(demo: Pages) -> None:
    page = (await demo.visitor()).get("/demo").text
    assert page.count(">Kit Ollerton<") == 1
    assert "CPS liaison" in page
    assert "cps liaison" not in page


async def test_whoever_has_nothing_to_act_as_is_told_and_not_sent_round(demo: Pages) -> None:
    officer = await demo.visitor("sefton.coordinator")
    ending = "UPDATE membership SET ended_at = now() WHERE id = :id"
    async with demo.engines.owner.begin() as owner:
        await owner.execute(text(ending), {"id": fixed("membership", "sefton.coordinator")})
    assert officer.get("/initiatives").headers["location"].startswith("/sign-in?next=")
    led = officer.get("/sign-in?next=/initiatives")
    assert led.headers["location"] == "/memberships?next=%2Finitiatives"
    assert "There is nothing you can act as" in officer.get("/memberships").text


@pytest.mark.parametrize("token", ["", "x", "é" * 50, "'" * 300, "A" * 43])
def test_an_invitation_that_is_none_says_so(stranger: Visitor, token: str) -> None:
    answer = httpx2.get(f"{stranger.url}/join", params={"invitation": token})
    assert answer.status_code == 410
    assert "This invitation cannot be used" in answer.text


def test_nobody_enrols_without_a_code_or_an_invitation(stranger: Visitor) -> None:
    assert stranger.get("/recover/enrol").status_code == 404
    fields = stranger.fields("/recover")
    for path in (
        "/recover/enrol/passkey/question",
        "/recover/enrol/passkey",
        "/recover/enrol/password",
    ):
        assert stranger.post(path, fields | {"answer": "{}", "password": "x"}).status_code == 404


# The demonstration


async def test_the_samples_door_opens_for_its_people_only(demo: Pages) -> None:
    visitor = await demo.visitor()
    assert "Asha Penrose" in visitor.get("/demo").text
    for person in ("", "x", str(UUID(int=7)), str(fixed("membership", "rasa.coordinator"))):
        fields = visitor.fields("/demo") | {"person": person}
        assert visitor.post("/demo", fields).status_code == 404


@pytest.mark.parametrize(
    ("mode", "sample"),
    [(Mode.PRODUCTION, False), (Mode.PRODUCTION, True), (Mode.DEMO, False)],
)
async def test_outside_the_demonstration_the_samples_door_does_not_exist(
    settings: Settings, mode: Mode, *, sample: bool
) -> None:
    """Its routes are not even made: nothing has to say no."""
    here = replace(settings, mode=mode, base_url="https://portal.test")
    app = create_app(here, Engines(here), throwaway_ring(), sample=sample)
    assert demo_routers(app.state.site) == []
    inside = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=inside, base_url=here.base_url) as client:
        for path in ("/demo", "/demo/again"):
            assert (await client.get(path)).status_code == 404
            assert (await client.post(path)).status_code == 404


def test_the_sample_is_said_to_be_served_by_the_demo_command_alone() -> None:
    folder = Path(portal.__file__).parent
    serving = re.compile(r"(serve|create_app)\(.*sample=(?!sample\b)")
    saying = {path for path in folder.rglob("*.py") if serving.search(path.read_text("utf-8"))}
    assert saying == {folder / "cli" / "demo.py"}
