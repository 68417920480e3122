"""Revocation and userinfo: a client gives a token back, and learns who the person is."""

from dataclasses import replace

import pytest
from support.consenting import RETURN


async def test_a_refresh_token_takes_everything_with_it(flow):
    given = await flow.tokens()
    answer = await flow.revoke(given["refresh_token"])
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
    assert (await flow.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"


async def test_an_access_token_goes_alone(flow):
    given = await flow.tokens()
    assert (await flow.revoke(given["access_token"])).status_code == 200
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
    assert (await flow.userinfo(given["access_token"])).status_code == 401
    assert (await flow.refresh(given["refresh_token"])).status_code == 200


async def test_a_program_revokes_its_own_token(flow):
    token = (await flow.desk.token(flow.program)).json()["access_token"]
    assert (await flow.revoke(token)).status_code == 200
    assert (await flow.desk.use(flow.program, token)).status_code == 401


@pytest.mark.parametrize("hint", ["refresh_token", "access_token", "something"])
async def test_a_wrong_hint_does_no_harm(flow, hint):
    given = await flow.tokens()
    assert (await flow.revoke(given["access_token"], token_type_hint=hint)).status_code == 200
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401


async def test_a_token_that_nobody_knows_is_as_good_as_revoked(flow):
    assert (await flow.revoke("unknown")).status_code == 200


async def test_another_programs_token_stays(flow, admit):
    given = await flow.tokens()
    other = replace(
        flow, program=await admit(grants=["authorization_code"], redirect_uris=[RETURN])
    )
    for token in (given["access_token"], given["refresh_token"]):
        answer = await other.revoke(token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"token": ""}, "invalid_request"),
        ({"token": 'a"b'}, "invalid_request"),
        ({"token": "é"}, "invalid_request"),
        ({"token": "a" * 100_000}, "invalid_request"),
        ({"token": ["a", "b"]}, "invalid_request"),
        ({"client_assertion": "e30.e30.e30"}, "invalid_client"),
        ({"client_assertion": ""}, "invalid_client"),
    ],
)
async def test_a_bad_request_gets_the_standards_error(flow, changes, error):
    answer = await flow.revoke("unknown", **changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert flow.desk.audit[-1].kind == "revocation"


async def test_the_person_is_a_stable_number_and_nothing_else(flow, person):
    given = await flow.tokens()
    for method in ("GET", "POST"):
        answer = await flow.userinfo(given["access_token"], method)
        assert answer.json() == {"sub": str(person.person_id)}
        assert answer.headers["cache-control"] == "no-store"


async def test_a_name_takes_the_scope_and_an_agency_that_shows_names(flow, agency, person):
    await flow.desk.sql("UPDATE agency SET shows_names = true WHERE id = $1", agency)
    try:
        with_name = await flow.tokens(scope="openid profile")
        without = await flow.tokens(scope="openid initiatives:read")
        named = (await flow.userinfo(with_name["access_token"])).json()
        assert named == {"sub": str(person.person_id), "name": "Bea Browne"}
        assert "name" not in (await flow.userinfo(without["access_token"])).json()
    finally:
        await flow.desk.sql("UPDATE agency SET shows_names = false WHERE id = $1", agency)


async def test_without_openid_nobody_is_told(flow):
    given = await flow.tokens(scope="initiatives:read")
    answer = await flow.userinfo(given["access_token"])
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    own = (await flow.desk.token(flow.program)).json()["access_token"]
    assert (await flow.userinfo(own)).status_code == 403


async def test_a_token_that_only_says_who_opens_no_data(flow):
    given = await flow.tokens(scope="openid profile")
    assert given["scope"] == "openid profile"
    assert (await flow.userinfo(given["access_token"])).status_code == 200
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401


async def test_the_proof_is_for_this_request_and_works_once(flow):
    token = (await flow.tokens())["access_token"]
    elsewhere = flow.program.proof(token=token)
    assert (await flow.userinfo(token, dpop=elsewhere)).status_code == 401
    good = flow.program.at("/oauth/userinfo").proof(token=token, claims={"htm": "GET"})
    assert (await flow.userinfo(token, dpop=good)).status_code == 200
    assert (await flow.userinfo(token, dpop=good)).status_code == 401
    assert (await flow.userinfo(token, authorization=f"Bearer {token}")).status_code == 401
    assert (await flow.userinfo(token, authorization=f"dPoP {token}")).status_code == 200
    nobody = await flow.desk.http.get("/oauth/userinfo")
    assert (nobody.status_code, nobody.json()) == (401, {})
