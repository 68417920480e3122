"""People sign in with their own agency's account, and are who they are there."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from support.partner import Partner

from auth.strength import Strength

KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256", auto_kid=True),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519", auto_kid=True),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519", auto_kid=True),
    "PS256": lambda: RSAKey.generate_key(2048, auto_kid=True),
    "RS256": lambda: RSAKey.generate_key(2048, auto_kid=True),
}


async def test_somebody_known_there_lands_where_they_wanted_to_go(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        answer = await browser.sign_in(provider, next="/initiatives?stage=LIVE")
        assert (answer.status_code, answer.headers["location"]) == (303, "/initiatives?stage=LIVE")
        assert browser.signed_in
        session = await doors.session("wirral.coordinator")
        assert (session.provider_id, session.acr) == (provider, Strength.SINGLE_FACTOR)
        event = await doors.event(answer)
        assert (event.kind, event.outcome) == ("partner_sign_in", "done")
        assert event.person_id == session.person_id


async def test_the_portal_asks_as_the_profile_wants(doors, partner: Partner, name):
    answers = partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        left = await browser.portal.get(f"/sign-in/with/{provider}")
        asked = parse_qs(urlsplit(left.headers["location"]).query)
        assert asked["response_type"] == ["code"]
        assert asked["scope"] == ["openid"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == [f"https://portal.test/sign-in/back/{provider}"]
        assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43
        assert "prompt" not in asked
        await browser.sign_in(provider)
        assert answers.posted["client_assertion_type"].endswith("jwt-bearer")
        assert "client_secret" not in answers.posted


@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_provider_may_sign_with_any_agreed_algorithm(
    doors, partner: Partner, name, algorithm: str
):
    partner.add(name, key=KEYS[algorithm](), algorithm=algorithm)
    async with (
        doors.agreed(name, algorithms=[algorithm]) as provider,
        doors.browser() as browser,
    ):
        assert (await browser.sign_in(provider)).status_code == 303
        assert browser.signed_in


GOOD = {
    "one key needs no name": {"header": lambda h: {"alg": h["alg"]}},
    "the audience as a list": {"claims": lambda c: {**c, "aud": [c["aud"]]}},
    "the authorised party is us": {"claims": lambda c: {**c, "azp": c["aud"]}},
    "no at_hash, which is optional": {"claims": lambda c: c.pop("at_hash") and c},
    "made ten seconds from now": {"claims": lambda c: {**c, "iat": c["iat"] + 10}},
    "over for ten seconds": {"claims": lambda c: {**c, "exp": int(time.time()) - 10}},
    "claims that we do not know": {"claims": lambda c: {**c, "email": "x@y.example", "x": [1]}},
    "further parameters": {"back": lambda b: [*b, ("session_state", "abc")]},
    "does not name itself, and never promised to": {
        "document": lambda d: d.pop("authorization_response_iss_parameter_supported") and d,
        "back": lambda b: b[:2],
    },
    "a key for encryption beside the other": {
        "jwks": lambda keys: [{**keys[0], "use": "enc", "kid": "other"}, *keys],
    },
}


@pytest.mark.parametrize("what", GOOD)
async def test_what_the_standard_allows_is_accepted(doors, partner: Partner, name, what: str):
    partner.add(name, **GOOD[what])
    async with doors.agreed(name) as provider, doors.browser() as browser:
        answer = await browser.sign_in(provider)
        assert answer.status_code == 303, (await doors.event(answer)).reason
        assert browser.signed_in


async def test_a_provider_changes_its_keys(doors, partner: Partner, name):
    answers = partner.add(name)
    async with doors.agreed(name) as provider:
        async with doors.browser() as browser:
            assert (await browser.sign_in(provider)).status_code == 303
        answers.key = ECKey.generate_key("P-256", auto_kid=True)
        directory = doors.app.state.site.federation.directory
        known = directory._known[partner.issuer(name)]
        async with doors.browser() as browser:
            refused = await browser.sign_in(provider)  # it was asked a moment ago
            assert refused.status_code == 403
        known.keys_at -= 61  # a minute later
        async with doors.browser() as browser:
            assert (await browser.sign_in(provider)).status_code == 303
        assert answers.calls.count("jwks") == 2
        assert answers.calls.count("document") == 1
