"""A person lets a program act for them, from the pushed request to the API."""

import logging

import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from support.consenting import RETURN, RETURN_QUERY, VERIFIER, answer_of, challenge_of

from auth.oauth.authorize import deny

BASE = "http://localhost:8000"


async def test_the_whole_way(flow, person):
    answer = await flow.push()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    pushed = answer.json()
    assert pushed["expires_in"] == 90
    assert pushed["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    back = await flow.decided(pushed["request_uri"])
    assert back["state"] == "a state"
    assert back["iss"] == BASE
    given = (await flow.redeem(back["code"])).json()
    assert given["token_type"] == "DPoP"
    assert given["expires_in"] == 300
    assert given["scope"] == "initiatives:read offline_access openid profile"
    used = await flow.desk.use(flow.program, given["access_token"])
    assert used.json() == {"data": {"caller": str(person.membership_id)}}


async def test_the_id_token_says_who_and_how_surely(flow, person, keyring):
    given = await flow.tokens()
    keys = KeySet.import_key_set((await flow.desk.http.get("/oauth/jwks")).json())
    token = jwt.decode(given["id_token"], keys, algorithms=["ES256"])
    assert token.header == {"alg": "ES256", "typ": "JWT", "kid": keyring.signing.kid}
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={"iss": {"value": BASE}, "aud": {"value": str(flow.program.id)}},
        params={"nonce": "a nonce", "access_token": given["access_token"]},
    )
    claims.validate()
    assert set(claims) == {
        "iss", "aud", "azp", "sub", "iat", "exp", "auth_time", "nonce", "acr", "amr", "at_hash",
    }  # fmt: skip
    assert claims["sub"] == str(person.person_id)
    assert claims["aud"] == str(flow.program.id)
    assert (claims["acr"], claims["amr"]) == ("phr", ["hwk", "user"])
    assert claims["exp"] - claims["iat"] == 300


async def test_without_openid_there_is_no_id_token(flow):
    given = await flow.tokens(scope="initiatives:read")
    assert set(given) == {"access_token", "token_type", "expires_in", "scope"}


async def test_without_a_scope_the_program_asks_for_all_it_has(flow):
    given = await flow.tokens(scope=None)
    assert given["scope"] == "initiatives:contribute initiatives:read"


async def test_a_refresh_token_is_given_only_when_the_person_was_asked(flow):
    assert "refresh_token" in await flow.tokens(scope="openid offline_access")
    assert "refresh_token" not in await flow.tokens(scope="openid initiatives:read")


async def test_a_request_without_state_and_nonce_gets_an_answer_without_them(flow):
    back = await flow.decided(await flow.pushed(state=None, nonce=None))
    assert set(back) == {"code", "iss"}
    given = (await flow.redeem(back["code"])).json()
    assert "nonce" not in jwt.decode(given["id_token"], _keys(flow)).claims


@pytest.mark.parametrize("name", ["state", "nonce"])
@pytest.mark.parametrize("value", ["n" * 64, "n" * 2048, 'q"uo\\te & = # % + '])
async def test_a_long_or_odd_state_or_nonce_comes_back_unchanged(flow, name, value):
    back = await flow.decided(await flow.pushed(**{name: value}))
    given = (await flow.redeem(back["code"])).json()
    claims = jwt.decode(given["id_token"], _keys(flow)).claims
    assert (back["state"] if name == "state" else claims["nonce"]) == value


async def test_the_order_of_scopes_does_not_matter(flow):
    given = await flow.tokens(scope="initiatives:read offline_access profile openid")
    assert given["scope"] == "initiatives:read offline_access openid profile"


async def test_an_address_with_a_query_keeps_it(flow):
    url = await flow.address(await flow.pushed(redirect_uri=RETURN_QUERY))
    assert url.startswith(RETURN_QUERY + "&")
    back = answer_of(url)
    answer = await flow.redeem(back["code"], redirect_uri=RETURN_QUERY)
    assert answer.status_code == 200


async def test_a_person_says_no_and_the_program_hears_it(flow):
    url = await flow.address(await flow.pushed(), deny)
    assert url.startswith(RETURN + "?")
    back = answer_of(url)
    assert back.pop("error_description")
    assert back == {"error": "access_denied", "state": "a state", "iss": BASE}
    line = flow.desk.audit[-1]
    assert (line.kind, line.outcome, line.client_id) == (
        "authorization", "refused", flow.program.id,
    )  # fmt: skip


async def test_what_was_let_in_is_in_the_audit_without_any_secret(flow, person):
    given = await flow.tokens()
    kinds = [(line.kind, line.outcome) for line in flow.desk.audit[-3:]]
    assert kinds == [
        ("pushed_request", "issued"), ("authorization", "issued"), ("token", "issued"),
    ]  # fmt: skip
    for line in flow.desk.audit[-2:]:
        assert line.person_id == person.person_id
        assert line.membership_id == person.membership_id
    everything = repr(flow.desk.audit)
    for secret in (given["access_token"], given["refresh_token"], VERIFIER, "a nonce", "a state"):
        assert secret not in everything


async def test_secrets_are_stored_as_hashes_only(flow):
    name = await flow.pushed()
    code = (await flow.decided(name))["code"]
    given = (await flow.redeem(code)).json()
    secrets = [name.rpartition(":")[2], code, given["access_token"], given["refresh_token"]]
    tables = await flow.desk.sql(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
        " WHERE schemaname IN ('public', 'auth_secret')"
    )
    for table in tables:
        rows = await flow.desk.sql(f"SELECT t::text AS row FROM {table['name']} t")  # noqa: S608
        everything = "\n".join(row["row"] for row in rows)
        assert not any(secret in everything for secret in secrets), table["name"]


async def test_nothing_secret_is_logged_at_any_level(flow, caplog):
    with caplog.at_level(logging.DEBUG):
        for name in ("authlib", "sqlalchemy.engine", "portal"):
            caplog.set_level(logging.DEBUG, name)
        name = await flow.pushed()
        code = (await flow.decided(name))["code"]
        given = (await flow.redeem(code)).json()
        again = (await flow.refresh(given["refresh_token"])).json()
        await flow.userinfo(again["access_token"])
        await flow.revoke(given["refresh_token"])
    assert caplog.records
    secrets = (given["access_token"], given["refresh_token"], again["access_token"])
    for secret in (*secrets, given["id_token"], code, VERIFIER, name.rpartition(":")[2]):
        assert secret not in caplog.text


async def test_a_challenge_is_bound_to_its_own_verifier(flow):
    other = "another-verifier-that-nobody-guesses-0123456789"
    code = await flow.code(code_challenge=challenge_of(other))
    assert (await flow.redeem(code, code_verifier=other)).status_code == 200


def _keys(flow):
    return KeySet.import_key_set(flow.desk.provider.keys.jwks())
