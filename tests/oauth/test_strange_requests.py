"""Whatever is sent to push, redeem, refresh, revoke or authorize, the answer is the standard's."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from support.consenting import RETURN

from auth.oauth.authorize import Door, Refusal, pending

VALUES = {
    "quotes": 'a"b',
    "a backslash": "a\\b",
    "an accent": "codé",
    "a smile": "🙂",
    "a line break": "a\r\nb",
    "a zero": "a\x00b",
    "SQL": "'; DROP TABLE consent; --",
    "a list": "[]",
    "an object": '{"a": 1}',
    "percent signs": "%25%s%(x)s{0}",
    "a space": " ",
    "nothing": "",
    "100 kB": "a" * 100_000,
    "9 kB": "a" * 9_000,
}
PUSHED = (
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce",
    "code_challenge", "code_challenge_method", "prompt", "max_age", "acr_values", "claims",
    "dpop_jkt", "login_hint", "request", "request_uri", "client_assertion",
    "client_assertion_type", "id_token_hint", "ui_locales", "display", "unknown",
)  # fmt: skip
REDEEMED = ("grant_type", "code", "redirect_uri", "code_verifier", "client_id", "scope", "unknown")
REFRESHED = ("grant_type", "refresh_token", "scope", "client_id", "unknown")
REVOKED = ("token", "token_type_hint", "client_id", "unknown")
ERRORS = {
    "invalid_request", "invalid_client", "invalid_scope", "invalid_grant", "invalid_dpop_proof",
    "unsupported_grant_type", "unsupported_response_type", "unauthorized_client",
    "request_not_supported",
}  # fmt: skip


def in_order(answer):
    """A success, or an error of the standard in its shape and letters."""
    assert answer.headers["content-type"] == "application/json"
    if answer.status_code in {200, 201}:
        return
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert set(said) <= {"error", "error_description"}
    assert said["error"] in ERRORS
    description = said.get("error_description", "")
    assert description.isascii()
    assert not set('"\\') & set(description)
    assert "DROP" not in description


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_each_parameter_of_each_endpoint(flow, value):
    for name in PUSHED:
        in_order(await flow.push(flow.parameters() | flow.proves() | {name: value}))
    code = "unknown"
    for name in REDEEMED:
        form = flow.exchange(code) | {name: value}
        in_order(await flow.desk.token(flow.program, form))
    for name in REFRESHED:
        form = {"grant_type": "refresh_token", "refresh_token": code, **flow.proves(), name: value}
        in_order(await flow.desk.token(flow.program, form))
    for name in REVOKED:
        form = {"token": code, **flow.proves(), name: value}
        in_order(await flow.desk.http.post("/oauth/revoke", data=form))


@pytest.mark.parametrize("name", ["code", "redirect_uri", "code_verifier", "client_assertion"])
async def test_a_parameter_sent_twice_redeems_nothing_and_spoils_nothing(flow, name):
    code = await flow.code()
    form = flow.exchange(code)
    answer = await flow.desk.token(flow.program, {**form, name: [form[name], form[name]]})
    assert answer.json()["error"] == "invalid_request"
    assert (await flow.redeem(code)).status_code == 200


@pytest.mark.parametrize("path", ["/oauth/par", "/oauth/token", "/oauth/revoke"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"%ff=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 100, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", ""),
        (b"x" * 200_000, "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ],
)
async def test_a_body_that_is_no_list_of_parameters(flow, path, body, kind):
    headers = {"content-type": kind, "dpop": flow.program.proof()}
    answer = await flow.desk.http.post(path, content=body, headers=headers)
    assert answer.status_code == 400
    in_order(answer)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_an_address_that_a_browser_comes_with(flow, value):
    name = await flow.pushed()
    good = {"client_id": str(flow.program.id), "request_uri": name}
    for changed in good:
        given = list((good | {changed: value}).items())
        async with flow.desk.sessions.begin() as db:
            door = Door(db, flow.desk.provider, uuid4())
            assert isinstance(await pending(door, given), Refusal)


@pytest.mark.parametrize("header", ["DPoP x", "DPoP", "", "Bearer é", "DPoP " + "a" * 9000])
@pytest.mark.parametrize("proof", ["", "x", "é", "a.b.c", "e30.e30.e30"])
async def test_odd_headers_at_userinfo(flow, header, proof):
    headers = {"authorization": header.encode("latin-1"), "dpop": proof.encode("latin-1")}
    answer = await flow.desk.http.get("/oauth/userinfo", headers=headers)
    assert answer.status_code in {400, 401}
    assert answer.headers["www-authenticate"].startswith("DPoP ")


async def test_parameters_in_the_address_redeem_nothing(flow):
    code = await flow.code()
    path = "/oauth/token?" + urlencode(flow.exchange(code))
    answer = await flow.desk.http.post(path, headers={"dpop": flow.program.proof()})
    assert answer.json()["error"] == "invalid_request"
    for verb in ("GET", "PUT", "DELETE"):
        for path in ("/oauth/token", "/oauth/revoke", "/oauth/par"):
            assert (await flow.desk.http.request(verb, path)).status_code == 405
    assert (await flow.redeem(code, redirect_uri=RETURN)).status_code == 200


async def test_refusals_leave_a_line_in_the_database_and_commit(desk_at, flow, dashboard, person):
    desk = await desk_at(None, record=None)
    written = type(flow)(desk, dashboard, person)
    before = await desk.sql("SELECT count(*) AS lines FROM auth_event")
    code = await written.code()
    assert (await written.redeem(code, code_verifier="wrong" * 10)).status_code == 400
    assert (await written.redeem(code)).status_code == 400
    assert isinstance(await written.opened("urn:nothing"), Refusal)
    assert (await written.push(scope="everything")).status_code == 400
    assert (await written.userinfo("a" * 43)).status_code == 401
    lines = await desk.sql("SELECT * FROM auth_event ORDER BY at")
    new = lines[before[0]["lines"] :]
    told = [(line["kind"], line["outcome"]) for line in new]
    assert told == [
        ("pushed_request", "done"),
        ("authorization", "done"),
        ("token", "refused"),
        ("token", "refused"),
        ("authorization", "refused"),
        ("pushed_request", "refused"),
        ("userinfo", "refused"),
    ]
    assert {line["client_id"] for line in new[:4]} == {dashboard.id}
    assert new[1]["person_id"] == person.person_id
    assert {line["agency_id"] for line in new[:4]} != {None}
