"""Modules of the OpenID Foundation's list for the FAPI 2.0 Security Profile (final), ported by name
and purpose: the whole flow, and what a person and their browser meet. No certification is claimed.
"""

from support.conforming import RETURN, module, seconds

from portal.sample.partnership import fixed

NOOR = str(fixed("person", "Noor Pemberton"))


@module("FAPI2SPFinalHappyFlow")
async def test_the_whole_flow(suite):
    pushed = suite.first.push()
    assert pushed.status_code == 201
    assert pushed.headers["cache-control"] == "no-store"
    assert 5 <= pushed.json()["expires_in"] < 600
    assert len(pushed.json()["request_uri"]) > 32
    back = suite.decided(suite.first.front(pushed.json()["request_uri"]))
    assert back["state"] == "a state"
    answer = suite.first.redeem(back["code"])
    given = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert given["token_type"] == "DPoP"
    assert len(given["access_token"]) >= 22  # 128 bits
    claims = suite.id_token(given)
    assert (claims["iss"], claims["aud"]) == (suite.pages.url, str(suite.first.id))
    assert (claims["sub"], claims["nonce"]) == (NOOR, "a nonce")
    assert claims["exp"] > seconds()
    me = suite.first.query(given["access_token"]).json()
    assert me["data"]["me"]["name"] == "Noor Pemberton"
    assert suite.first.userinfo(given["access_token"]).json()["sub"] == NOOR


@module("FAPI2SPFinalDiscoveryEndpointVerification")
async def test_what_the_server_says_of_itself(suite):
    said = suite.first.http.get(suite.pages.url + "/.well-known/openid-configuration").json()
    other = suite.first.http.get(suite.pages.url + "/.well-known/oauth-authorization-server")
    assert other.json() == said
    assert said["issuer"] == suite.pages.url
    assert said["response_types_supported"] == ["code"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    good = {"PS256", "ES256", "EdDSA", "Ed25519"}  # the last two are one algorithm (RFC 9864)
    for name in ("token_endpoint_auth_signing_alg", "dpop_signing_alg", "id_token_signing_alg"):
        assert set(said[f"{name}_values_supported"]) <= good
    assert said["require_pushed_authorization_requests"] is True
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["claims_parameter_supported"] is True
    assert {"authorization_code", "refresh_token"} <= set(said["grant_types_supported"])
    for name in ("authorization", "token", "pushed_authorization_request", "userinfo"):
        assert said[f"{name}_endpoint"].startswith(suite.pages.url + "/")
    keys = suite.first.http.get(said["jwks_uri"]).json()["keys"]
    assert keys
    assert all(key["kid"] and "d" not in key for key in keys)


@module("FAPI2SPFinalUserRejectsAuthentication")
async def test_the_person_says_no(suite):
    back = suite.decided(suite.first.address(), "no")
    assert (back["error"], back["state"]) == ("access_denied", "a state")
    assert "code" not in back


@module("FAPI2SPFinalEnsureAuthorizationRequestWithoutStateSuccess")
async def test_without_state(suite):
    back = suite.decided(suite.first.address(state=None))
    assert set(back) == {"code", "iss"}
    assert suite.first.redeem(back["code"]).status_code == 200


@module("FAPI2SPFinalEnsureAuthorizationRequestWithoutNonceSuccess")
async def test_without_nonce(suite):
    assert "nonce" not in suite.id_token(suite.tokens(nonce=None))


@module("FAPI2SPFinalEnsureAuthorizationRequestWith64CharNonceSuccess")
async def test_a_nonce_of_64_characters(suite):
    assert suite.id_token(suite.tokens(nonce="n" * 64))["nonce"] == "n" * 64


@module("FAPI2SPFinalEnsureAuthorizationRequestWithLongNonce")
async def test_a_long_nonce(suite):
    assert suite.id_token(suite.tokens(nonce="n" * 384))["nonce"] == "n" * 384


@module("FAPI2SPFinalEnsureAuthorizationRequestWithLongState")
async def test_a_long_state(suite):
    assert suite.decided(suite.first.address(state="s" * 384))["state"] == "s" * 384


@module("FAPI2SPFinalEnsureOtherScopeOrderSucceeds")
async def test_scopes_the_other_way_round(suite):
    order = "initiatives:read offline_access profile openid"
    given = suite.tokens(scope=order)
    assert set(given["scope"].split()) == set(order.split())
    assert suite.first.query(given["access_token"]).status_code == 200


@module("FAPI2SPFinalEnsureDifferentNonceInsideAndOutsideRequestObject")
async def test_a_nonce_beside_the_name_is_not_used(suite):
    name = suite.first.push().json()["request_uri"]
    back = suite.decided(suite.first.front(name, nonce="another"))
    given = suite.first.redeem(back["code"]).json()
    assert suite.id_token(given)["nonce"] == "a nonce"


@module("FAPI2SPFinalEnsureDifferentStateInsideAndOutsideRequestObject")
async def test_a_state_beside_the_name_is_not_used(suite):
    name = suite.first.push().json()["request_uri"]
    assert suite.decided(suite.first.front(name, state="another"))["state"] == "a state"


@module("FAPI2SPFinalStateOnlyOutsideRequestObjectNotUsed")
async def test_a_state_that_stands_outside_only_is_not_used(suite):
    name = suite.first.push(state=None).json()["request_uri"]
    assert "state" not in suite.decided(suite.first.front(name, state="outside"))


@module("FAPI2SPFinalParWithoutDuplicateParameters")
async def test_the_browser_brings_the_name_and_the_client_only(suite):
    address = suite.first.address()
    assert sorted(part.partition("=")[0] for part in address.partition("?")[2].split("&")) == [
        "client_id",
        "request_uri",
    ]
    back = suite.decided(address)
    assert suite.first.redeem(back["code"]).status_code == 200


@module("FAPI2SPFinalEnsureUnsignedAuthorizationRequestWithoutUsingParFails")
async def test_what_was_not_pushed_is_not_answered(suite):
    plain = (
        f"/oauth/authorize?response_type=code&client_id={suite.first.id}&redirect_uri={RETURN}"
        "&scope=openid&state=s&code_challenge=c&code_challenge_method=S256"
    )
    suite.shown_an_error(plain)
