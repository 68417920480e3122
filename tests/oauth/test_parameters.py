"""Whatever is posted, the token endpoint answers as the standard says."""

import asyncio

import pytest

PARAMETERS = ["grant_type", "scope", "client_id", "client_assertion_type", "client_assertion"]
VALUES = {
    "quotes": 'a"b',
    "a backslash": "a\\b",
    "an accent": "codé",
    "a smile": "🙂",
    "a line break": "a\r\nb",
    "a zero": "a\x00b",
    "a delete": "a\x7fb",
    "nothing but quotes": '""',
    "SQL": "'; DROP TABLE client; --",
    "a list": "[]",
    "an object": '{"a": 1}',
    "percent signs": "%25%s%(x)s{0}",
    "a space": " ",
}
ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_scope",
    "unsupported_grant_type",
    "unauthorized_client",
    "invalid_dpop_proof",
}


def in_order(answer):
    """An error of the standard, in its shape and letters."""
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert set(said) <= {"error", "error_description"}
    assert said["error"] in ERRORS
    description = said.get("error_description", "")
    assert description.isascii()
    assert not set('"\\') & set(description)
    return said["error"]


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_a_strange_value_gets_the_standards_error(desk, partner, name, value):
    answer = await desk.token(partner, partner.form(**{name: value}))
    if (name, value) == ("scope", " "):
        assert answer.status_code == 200  # no scope asked for: all the program has
    else:
        in_order(answer)


@pytest.mark.parametrize("name", [*PARAMETERS, "unknown"])
async def test_a_value_of_100_kilobytes_is_refused(desk, partner, name):
    answer = await desk.token(partner, partner.form(**{name: "a" * 100_000}))
    assert in_order(answer) == "invalid_request"


@pytest.mark.parametrize("name", [*PARAMETERS, "unknown"])
async def test_a_parameter_sent_twice_is_refused(desk, partner, name):
    form = partner.form(scope="initiatives:read", client_id=str(partner.id), unknown="1")
    answer = await desk.token(partner, {**form, name: [form[name], form[name]]})
    assert in_order(answer) == "invalid_request"


@pytest.mark.parametrize(
    "name", ["grant_type", "client_assertion_type", "client_assertion", "scope", "client_id"]
)
async def test_an_empty_parameter_counts_as_not_sent(desk, partner, name):
    empty = await desk.token(partner, partner.form(**{name: ""}))
    absent = await desk.token(partner, partner.form(**{name: None}))
    assert empty.status_code == absent.status_code
    assert empty.json().get("error") == absent.json().get("error")


async def test_an_unknown_parameter_is_ignored(desk, partner):
    assert (await desk.token(partner, partner.form(resource="graphql"))).status_code == 200


async def test_parameters_in_the_address_count_for_nothing(desk, partner):
    headers = {"dpop": partner.proof()}
    answer = await desk.http.post("/oauth/token", params=partner.form(), headers=headers)
    assert in_order(answer) == "invalid_request"
    half = await desk.http.post(
        "/oauth/token",
        params={"scope": "initiatives:read"},
        data=partner.form(),
        headers={"dpop": partner.proof()},
    )
    assert half.json()["scope"] == "initiatives:contribute initiatives:read"


@pytest.mark.parametrize(
    "body",
    [b"", b"&", b"=", b"%", b"grant_type", b"\xff\xfe", b"grant_type=%ff", b"a=1&" * 100, b"{}"],
)
async def test_a_body_that_is_no_list_of_parameters_is_refused(desk, partner, body):
    assert in_order(await desk.token(partner, body)) == "invalid_request"


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
async def test_another_kind_of_body_is_refused(desk, partner, kind):
    answer = await desk.token(
        partner, b"grant_type=client_credentials", headers={"content-type": kind}
    )
    assert in_order(answer) == "invalid_request"


@pytest.mark.parametrize(
    "grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "code"]
)
async def test_a_grant_that_does_not_exist_is_unsupported(desk, partner, grant):
    answer = await desk.token(partner, partner.form(grant_type=grant))
    assert in_order(answer) == "unsupported_grant_type"


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
async def test_a_program_without_an_address_for_people_acts_as_itself_only(desk, partner, grant):
    answer = await desk.token(partner, partner.form(grant_type=grant, code="c", refresh_token="r"))
    assert in_order(answer) == "unauthorized_client"


@pytest.mark.parametrize(
    "scope",
    [
        "audit:read",
        "initiatives:read audit:read",
        "initiatives:read  initiatives:edit",
        "INITIATIVES:READ",
        "*",
        "openid",
    ],
)
async def test_a_scope_the_program_does_not_have_is_refused(desk, partner, scope):
    assert in_order(await desk.token(partner, partner.form(scope=scope))) == "invalid_scope"


@pytest.mark.parametrize(
    "scope",
    ["initiatives:read", "initiatives:contribute initiatives:read", "initiatives:read " * 2],
)
async def test_a_narrower_scope_is_given_as_asked(desk, partner, scope):
    given = (await desk.token(partner, partner.form(scope=scope))).json()
    assert given["scope"] == " ".join(sorted(set(scope.split())))


async def test_another_program_cannot_be_named_beside_the_statement(desk, partner, admit):
    other = await admit()
    answer = await desk.token(partner, partner.form(client_id=str(other.id)))
    assert in_order(answer) == "invalid_client"
    assert (await desk.token(partner, partner.form(client_id=str(partner.id)))).status_code == 200


async def test_a_password_is_no_way_in_and_says_so_in_its_own_words(desk, partner):
    form = {"grant_type": "client_credentials", "client_id": str(partner.id)}
    answer = await desk.token(partner, {**form, "client_secret": "secret"})
    assert in_order(answer) == "invalid_client"
    basic = {"authorization": "Basic YTpi"}
    answer = await desk.token(partner, form, headers=basic)
    assert in_order(answer) == "invalid_client"
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_only_post_gets_a_token(desk):
    for method in ["GET", "PUT", "DELETE", "PATCH"]:
        assert (await desk.http.request(method, "/oauth/token")).status_code == 405


async def test_a_body_that_never_ends_is_not_read_to_its_end(desk, partner):
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"a" * 10_000
            await asyncio.sleep(0)

    headers = {"dpop": partner.proof(), "content-type": "application/x-www-form-urlencoded"}
    answer = await desk.http.post("/oauth/token", content=endless(), headers=headers)
    assert in_order(answer) == "invalid_request"
