"""Modules of the OpenID Foundation's list for the FAPI 2.0 Security Profile (final), ported by name
and purpose: pushed requests and the client's signed statement. No certification is claimed.
"""

from datetime import timedelta

from joserfc.jwk import RSAKey
from support.conforming import RETURN, let_in, module, refused, seconds
from support.consenting import VERIFIER


@module("FAPI2SPFinalEnsureResponseTypeTokenFails")
async def test_no_token_by_way_of_the_browser(suite):
    refused(
        suite.first.push(response_type="token"), "unsupported_response_type", "unauthorized_client"
    )


@module("FAPI2SPFinalEnsureResponseTypeCodeIdTokenFails")
async def test_no_id_token_by_way_of_the_browser(suite):
    refused(suite.first.push(response_type="code id_token"), "unsupported_response_type")


@module("FAPI2SPFinalEnsureRedirectUriInAuthorizationRequest")
async def test_a_request_names_its_address(suite):
    refused(suite.first.push(redirect_uri=None), "invalid_request")


@module("FAPI2SPFinalEnsureRequestObjectWithoutRedirectUriFails")
async def test_an_address_beside_what_was_pushed_does_not_make_up_for_it(suite):
    refused(suite.first.push(redirect_uri=None), "invalid_request")
    beside = suite.first.front("urn:ietf:params:oauth:request_uri:none", redirect_uri=RETURN)
    suite.shown_an_error(beside)
    refused(suite.first.push(redirect_uri=None, request="e30.e30."), "request_not_supported")


@module("FAPI2SPFinalEnsureRegisteredRedirectUri")
async def test_only_an_address_that_was_registered(suite):
    for wrong in ("https://elsewhere.example/back", RETURN + "/more", RETURN + "?a=b"):
        refused(suite.first.push(redirect_uri=wrong), "invalid_request", "invalid_redirect_uri")


@module("FAPI2SPFinalTolerateUnregisteredRedirectUri")
async def test_an_address_nobody_registered_is_refused_without_a_redirect(suite):
    """The profile lets a server take one from a client that has proved itself; this one does not,
    and says so to the client, not by way of the browser.
    """
    answer = suite.first.push(redirect_uri=f"{RETURN}/{seconds()}")
    refused(answer, "invalid_request", "invalid_redirect_uri")
    assert "location" not in answer.headers


@module("FAPI2SPFinalPAREnsurePKCERequired")
async def test_a_challenge_is_needed(suite):
    refused(suite.first.push(code_challenge=None, code_challenge_method=None), "invalid_request")


@module("FAPI2SPFinalPAREnsurePlainPKCERejected")
async def test_a_plain_challenge_is_refused(suite):
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    refused(suite.first.push(**plain), "invalid_request")
    refused(
        suite.first.push(code_challenge=VERIFIER, code_challenge_method=None), "invalid_request"
    )


@module("FAPI2SPFinalPARRejectRequestUriInParAuthorizationFormParams")
async def test_the_name_of_a_request_is_not_pushed_again(suite):
    name = suite.first.push().json()["request_uri"]
    refused(suite.first.push(request_uri=name), "invalid_request")


@module("FAPI2SPFinalPARRejectInvalidHttpVerb")
async def test_requests_are_posted(suite):
    for verb in ("GET", "PUT", "PATCH", "DELETE", "HEAD"):
        answer = suite.first.http.request(verb, suite.pages.url + "/oauth/par")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"


@module("FAPI2SPFinalPAREnsureRequestUriIsBoundToClient")
async def test_the_name_of_a_request_is_its_clients_own(suite):
    name = suite.first.push().json()["request_uri"]
    suite.shown_an_error(suite.second.front(name))
    assert "code" in suite.decided(suite.first.front(name))


@module("FAPI2SPFinalPARAttemptReuseRequestUri")
async def test_once_answered_the_name_is_used_up(suite):
    address = suite.first.address()
    suite.decided(address)
    suite.shown_an_error(address)


@module("FAPI2SPFinalPAREnsureServerAcceptsReusedRequestUriBeforeAuthenticationCompletion")
async def test_until_somebody_has_signed_in_it_may_be_opened_again(suite):
    address = suite.first.address()
    nobody = await suite.pages.visitor()
    for _ in range(2):
        answer = nobody.get(address)
        assert answer.status_code == 303
        assert "/sign-in?next=" in answer.headers["location"]
    assert "code" in suite.decided(address)


@module("FAPI2SPFinalPARAttemptToUseExpiredRequestUri")
async def test_after_its_time_the_name_is_worth_nothing(suite):
    early, late = (suite.first.push().json() for _ in range(2))
    await suite.later(timedelta(seconds=early["expires_in"] - 20))
    assert suite.person.get(suite.first.front(early["request_uri"])).status_code == 200
    await suite.later(timedelta(seconds=21))
    suite.shown_an_error(suite.first.front(late["request_uri"]))


@module("FAPI2SPFinalPAREndpointAsAudienceFails")
async def test_a_statement_for_the_endpoint_is_not_one_for_the_server(suite):
    wrong = suite.first.statement(aud=suite.pages.url + "/oauth/par")
    refused(suite.first.push(client_assertion=wrong), "invalid_client")


@module("FAPI2SPFinalPAREndpointAsArrayAudienceFails")
async def test_a_list_of_audiences_is_refused(suite):
    for audience in ([suite.pages.url + "/oauth/par"], [suite.pages.url]):
        wrong = suite.first.statement(aud=audience)
        refused(suite.first.push(client_assertion=wrong), "invalid_client")


@module("FAPI2SPFinalPARTokenEndpointAsAudienceFails")
async def test_nor_is_one_for_the_token_endpoint(suite):
    wrong = suite.first.statement(aud=suite.pages.url + "/oauth/token")
    refused(suite.first.push(client_assertion=wrong), "invalid_client")


@module("FAPI2SPFinalPAREnsureJWTClientAssertionWithIatNbf8SecondsInTheFutureIsAccepted")
async def test_a_clock_eight_seconds_ahead_is_forgiven(suite):
    ahead = suite.first.statement(iat=seconds(8), nbf=seconds(8), exp=seconds(68))
    assert suite.first.push(client_assertion=ahead).status_code == 201


@module("FAPI2SPFinalPAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails")
async def test_a_clock_a_minute_ahead_is_not(suite):
    for late in ({"iat": seconds(65), "nbf": seconds(65)}, {"nbf": seconds(65)}):
        ahead = suite.first.statement(exp=seconds(125), **late)
        refused(suite.first.push(client_assertion=ahead), "invalid_client")


@module("FAPI2SPFinalEnsureClientAssertionWithExpIs5MinutesInPastFails")
async def test_a_statement_that_ended_five_minutes_ago(suite):
    code = suite.code()
    past = {"iat": seconds(-360), "exp": seconds(-300)}
    refused(
        suite.first.redeem(code, client_assertion=suite.first.statement(**past)), "invalid_client"
    )
    refused(suite.first.push(client_assertion=suite.first.statement(**past)), "invalid_client")


@module("FAPI2SPFinalEnsureClientAssertionWithNoSubFails")
async def test_a_statement_about_nobody(suite):
    code = suite.code()
    refused(
        suite.first.redeem(code, client_assertion=suite.first.statement(sub=None)), "invalid_client"
    )


@module("FAPI2SPFinalEnsureClientAssertionWithWrongAudFails")
async def test_a_statement_for_somebody_else(suite):
    code = suite.code()
    wrong = suite.first.statement(aud="https://elsewhere.example/")
    refused(suite.first.redeem(code, client_assertion=wrong), "invalid_client")


@module("FAPI2SPFinalEnsureSignedClientAssertionWithRS256Fails")
async def test_an_algorithm_the_profile_does_not_allow(suite):
    key = RSAKey.generate_key(2048)
    program = await let_in(suite.pages, "With an RSA key", suite.first.http, key)
    good = program.statement(alg="PS256")
    assert program.push(client_assertion=good).status_code == 201
    refused(program.push(client_assertion=program.statement(alg="RS256")), "invalid_client")
    code = suite.code()
    weak = program.statement(alg="RS256")
    refused(suite.first.redeem(code, client_assertion=weak), "invalid_client")
