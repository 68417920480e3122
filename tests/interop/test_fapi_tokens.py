"""Modules of the OpenID Foundation's list for the FAPI 2.0 Security Profile (final), ported by name
and purpose: codes, tokens, and the key they are bound to. No certification is claimed.
"""

import asyncio
import json
from base64 import urlsafe_b64decode
from datetime import timedelta

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from joserfc.util import json_b64encode
from support.conforming import module, refused, seconds

from portal.sample.partnership import fixed

NOOR = str(fixed("person", "Noor Pemberton"))


@module("FAPI2SPFinalAttemptReuseAuthorizationCodeAfterOneSecond")
async def test_a_code_works_once(suite):
    code = suite.code()
    given = suite.first.redeem(code).json()
    assert suite.first.query(given["access_token"]).status_code == 200
    await asyncio.sleep(1)
    refused(suite.first.redeem(code), "invalid_grant")
    assert suite.first.query(given["access_token"]).status_code == 401
    refused(suite.first.refresh(given["refresh_token"]), "invalid_grant")


@module("FAPI2SPFinalAttemptToUseExpiredAuthCode")
async def test_a_code_is_worth_nothing_after_a_minute(suite):
    for late, good in ((50, True), (61, False)):
        code = suite.code()
        await suite.later(timedelta(seconds=late))
        answer = suite.first.redeem(code)
        assert (answer.status_code == 200) == good
    refused(answer, "invalid_grant")


@module("FAPI2SPFinalEnsureAuthorizationCodeIsBoundToClient")
async def test_a_code_is_its_clients_own(suite):
    code = suite.code()
    refused(suite.second.redeem(code), "invalid_grant")
    assert suite.first.redeem(code).status_code == 200


@module("FAPI2SPFinalEnsureClientAssertionInTokenEndpoint")
async def test_without_a_statement_there_is_no_token(suite):
    code = suite.code()
    none = {"client_assertion": None, "client_assertion_type": None}
    refused(suite.first.redeem(code, **none, client_id=str(suite.first.id)), "invalid_client")
    refused(suite.first.redeem(code, **none), "invalid_client")


@module("FAPI2SPFinalEnsureClientIdInTokenEndpoint")
async def test_the_name_and_the_statement_are_of_one_client(suite):
    code = suite.code()
    refused(
        suite.first.redeem(code, client_id=str(suite.second.id)),
        "invalid_client",
        "invalid_request",
    )
    other = suite.second.proves()
    refused(
        suite.first.redeem(code, client_id=str(suite.first.id), **other),
        "invalid_client",
        "invalid_request",
    )
    assert suite.first.redeem(code, client_id=str(suite.first.id)).status_code == 200


@module("FAPI2SPFinalPAREnsurePKCECodeVerifierRequired")
async def test_a_verifier_is_needed(suite):
    refused(
        suite.first.redeem(suite.code(), code_verifier=None), "invalid_request", "invalid_grant"
    )


@module("FAPI2SPFinalPARIncorrectPKCECodeVerifierRejected")
async def test_a_wrong_verifier_is_refused(suite):
    refused(suite.first.redeem(suite.code(), code_verifier="w" * 64), "invalid_grant")


@module("FAPI2SPFinalRefreshToken")
async def test_a_refresh_token_serves_again_and_is_its_clients_own(suite):
    given = suite.tokens()
    kept = given["refresh_token"]
    for _ in range(2):  # the profile: no rotation
        answer = suite.first.refresh(kept)
        assert answer.status_code == 200
        assert answer.json().get("refresh_token", kept) == kept
        assert suite.first.query(answer.json()["access_token"]).status_code == 200
    refused(suite.second.refresh(kept), "invalid_grant")
    refused(suite.first.refresh(kept + "x"), "invalid_grant")
    none = {"client_assertion": None, "client_assertion_type": None}
    refused(suite.first.refresh(kept, **none), "invalid_client")
    narrow = suite.first.refresh(kept, scope="openid").json()
    assert narrow["scope"] == "openid"


@module("FAPI2SPFinalEnsureHolderOfKeyRequired")
async def test_a_token_is_bound_to_a_key(suite):
    code = suite.code()
    refused(suite.first.redeem(code, proof=""), "invalid_dpop_proof", "invalid_request")
    token = suite.first.redeem(code).json()["access_token"]
    assert suite.first.query(token, proof="").status_code == 401
    assert suite.first.query(token, proof="", kind="Bearer").status_code == 401
    assert suite.first.query(token, kind="Bearer").status_code == 401
    assert suite.first.other_key().query(token).status_code == 401
    assert suite.first.query(token).status_code == 200


@module("FAPI2SPFinalAccessTokenTypeHeaderCaseSensitivity")
async def test_the_scheme_may_be_written_in_any_case(suite):
    token = suite.tokens()["access_token"]
    for kind in ("DPoP", "dpop", "DPOP", "dPoP"):
        assert suite.first.query(token, kind=kind).status_code == 200


@module("FAPI2SPFinalEnsureDpopAuthCodeBindingSuccess")
async def test_a_code_for_a_named_key(suite):
    code = suite.code(dpop_jkt=suite.first.proof_key.thumbprint())
    assert suite.first.redeem(code).json()["token_type"] == "DPoP"


@module("FAPI2SPFinalEnsureDpopProofAtParEndpointBindingSuccess")
async def test_a_code_for_the_key_that_signed_the_pushed_request(suite):
    code = suite.code(headers={"dpop": suite.first.proof("/oauth/par")})
    assert suite.first.redeem(code).json()["token_type"] == "DPoP"


@module("FAPI2SPFinalEnsureMismatchedDpopJktFails")
async def test_the_named_key_is_the_one_that_signed(suite):
    other = suite.first.other_key().proof_key.thumbprint()
    answer = suite.first.push(headers={"dpop": suite.first.proof("/oauth/par")}, dpop_jkt=other)
    refused(answer, "invalid_request", "invalid_dpop_proof")


@module("FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopJkt")
async def test_another_key_than_the_named_one_gets_nothing(suite):
    code = suite.code(dpop_jkt=suite.first.proof_key.thumbprint())
    refused(suite.first.other_key().redeem(code), "invalid_grant", "invalid_dpop_proof")


@module("FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopProofJkt")
async def test_another_key_than_the_one_that_signed_gets_nothing(suite):
    code = suite.code(headers={"dpop": suite.first.proof("/oauth/par")})
    refused(suite.first.other_key().redeem(code), "invalid_grant", "invalid_dpop_proof")


@module("FAPI2SPFinalEnsureDpopProofWithIat10SecondsAfterSucceeds")
async def test_a_clock_ten_seconds_ahead_is_forgiven(suite):
    proof = suite.first.proof("/oauth/token", iat=seconds(10))
    token = suite.first.redeem(suite.code(), proof).json()["access_token"]
    ahead = suite.first.proof("/graphql", token=token, iat=seconds(10))
    assert suite.first.query(token, ahead).status_code == 200


@module("FAPI2SPFinalEnsureDpopProofWithIat10SecondsBeforeSucceeds")
async def test_a_clock_ten_seconds_behind_is_forgiven(suite):
    proof = suite.first.proof("/oauth/token", iat=seconds(-10))
    token = suite.first.redeem(suite.code(), proof).json()["access_token"]
    behind = suite.first.proof("/graphql", token=token, iat=seconds(-10))
    assert suite.first.query(token, behind).status_code == 200


@module("FAPI2SPFinalCheckDpopProofNbfExp")
async def test_a_proof_with_a_time_of_its_own(suite):
    token = suite.tokens()["access_token"]

    def status(**claims):
        return suite.first.query(
            token, suite.first.proof("/graphql", token=token, **claims)
        ).status_code

    assert status(nbf=seconds(), exp=seconds(60)) == 200
    assert status(nbf=seconds(10), exp=seconds(70)) == 200
    assert status(nbf=seconds(90), exp=seconds(150)) == 401
    assert status(iat=seconds(-50), exp=seconds(-30)) == 401


@module("FAPI2SPFinalDpopNegativeTests")
async def test_no_poor_proof_is_taken(suite):
    token = suite.tokens()["access_token"]
    program = suite.first
    poor = poor_proofs(program, "/graphql", token)
    for what, proof in poor.items():
        answer = program.query(token, proof)
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"].startswith("DPoP "), what
        assert 'error="invalid_' in answer.headers["www-authenticate"], what
    once = program.proof("/graphql", token=token)
    assert program.query(token, once).status_code == 200
    assert program.query(token, once).status_code == 401, "used before"
    code = suite.code()
    for what, proof in poor_proofs(program, "/oauth/token", "").items():
        answer = program.redeem(code, proof)
        assert answer.json()["error"] == "invalid_dpop_proof", what
    assert program.redeem(code).status_code == 200


def poor_proofs(program, path, token):
    """Each with one thing wrong."""

    def made(header=None, **claims):
        return program.proof(path, token=token, header=header or {}, **claims)

    good = made()
    head, body, signature = good.split(".")
    private = program.proof_key.as_dict(private=True)
    other = ECKey.generate_key("P-256").as_dict(private=False)
    claims = json.loads(urlsafe_b64decode(body.encode() + b"=="))
    secret = OctKey.generate_key(256)
    shared = {"typ": "dpop+jwt", "alg": "HS256", "jwk": secret.as_dict(private=True)}
    unsigned = json_b64encode(json.loads(urlsafe_b64decode(head + "==")) | {"alg": "none"}).decode()
    poor = {
        "a shared secret": jwt.encode(shared, claims, secret),
        "the algorithm none": f"{unsigned}.{body}.",
        "no type": made({"typ": None}),
        "another type": made({"typ": "JWT"}),
        "no key": made({"jwk": None}),
        "a private key": made({"jwk": private}),
        "another key": made({"jwk": other}),
        "no jti": made(jti=None),
        "no method": made(htm=None),
        "another method": made(htm="PUT"),
        "no address": made(htu=None),
        "another address": made(htu=program.issuer + "/elsewhere"),
        "another host": made(htu="https://elsewhere.example" + path),
        "no time": made(iat=None),
        "a minute ago": made(iat=seconds(-90)),
        "a minute ahead": made(iat=seconds(90)),
        "a time in words": made(iat="now"),
        "a changed signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "no signature": f"{head}.{body}.",
        "no JWT": "proof",
    }
    return poor | (of_the_token(made) if token else {})


def of_the_token(made):
    return {"no token": made(ath=None), "another token": made(ath="A" * 43)}


@module("FAPI2SPFinalTestClaimsParameterIdentityClaims")
async def test_claims_about_the_person_come_where_they_were_asked_for(suite):
    name = "Noor Pemberton"
    asked = {"id_token": {"name": {"essential": True}}, "userinfo": {"name": None}}
    given = suite.tokens(claims=json.dumps(asked))
    assert suite.id_token(given)["name"] == name
    assert suite.first.userinfo(given["access_token"]).json() == {"sub": NOOR, "name": name}
    unknown = {"id_token": {"passport_number": {"essential": True}, "name": None}}
    given = suite.tokens(claims=json.dumps(unknown))
    assert "passport_number" not in suite.id_token(given)


@module("FAPI2SPFinalTestEssentialAcrScaClaim")
async def test_a_strength_that_is_essential_is_reached_or_the_client_hears_of_it(suite):
    def essential(*values):
        return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})

    given = suite.tokens(claims=essential("mfa"))
    assert suite.id_token(given)["acr"] == "mfa"
    unknown = suite.first.address(claims=essential("urn:openbanking:psd2:sca"))
    back = suite.brought(suite.person.get(unknown))
    assert back["error"] == "unmet_authentication_requirements"
