"""How a program wants its person known: `prompt`, `max_age`, `acr_values`, `claims`."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from auth.oauth.authorize import Door, Gone, deny, silently
from auth.strength import Strength

SINGLE, MULTI, PASSKEY = Strength
AGO = timedelta(minutes=20)


def essential(*values):
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


@pytest.mark.parametrize(
    ("asked", "acr", "step"),
    [
        ({}, SINGLE, "decide"),
        ({"acr_values": "mfa"}, SINGLE, "prove_again"),
        ({"acr_values": "mfa"}, MULTI, "decide"),
        ({"acr_values": "mfa"}, PASSKEY, "decide"),
        ({"acr_values": "phr mfa"}, MULTI, "decide"),
        ({"acr_values": "phr"}, MULTI, "prove_again"),
        ({"acr_values": "urn:example:gold"}, SINGLE, "decide"),
        ({"claims": essential("phr")}, MULTI, "prove_again"),
        ({"claims": essential("phr")}, PASSKEY, "decide"),
        ({"claims": essential("urn:example:gold", "mfa")}, MULTI, "decide"),
        ({"claims": essential("urn:example:gold")}, PASSKEY, "unmet_authentication_requirements"),
        ({"claims": '{"id_token": {"acr": {"essential": true}}}'}, SINGLE, "decide"),
        ({"claims": '{"id_token": {"acr": {"value": "mfa"}}}'}, SINGLE, "prove_again"),
        ({"claims": '{"id_token": {"acr": null}, "userinfo": {"name": null}}'}, SINGLE, "decide"),
        ({"claims": '{"id_token": {"é": {"essential": true}}}'}, SINGLE, "decide"),
        ({"max_age": "1800"}, SINGLE, "decide"),
        ({"max_age": "600"}, SINGLE, "prove_again"),
        ({"max_age": "0"}, SINGLE, "prove_again"),
        ({"prompt": "login"}, SINGLE, "prove_again"),
        ({"prompt": "consent select_account"}, SINGLE, "decide"),
        (
            {"login_hint": "zoë@example.org", "ui_locales": "cy en", "display": "page"},
            SINGLE,
            "decide",
        ),
        ({"prompt": "none", "max_age": "600"}, SINGLE, "login_required"),
        ({"prompt": "none", "acr_values": "phr"}, SINGLE, "login_required"),
    ],
)
async def test_somebody_who_signed_in_a_while_ago(flow, person, asked, acr, step):
    visitor = replace(person, acr=acr, at=datetime.now(UTC) - AGO)
    assert await flow.step(await flow.pushed(**asked), visitor) == step


async def test_who_proves_it_after_the_request_is_fresh_enough_for_anything(flow, person):
    for asked in ({"prompt": "login"}, {"max_age": "0"}):
        name = await flow.pushed(**asked)
        again = replace(person, at=datetime.now(UTC) + timedelta(seconds=1))
        assert await flow.step(name, again) == "decide"


async def test_a_visitor_signs_in_first_unless_nothing_may_be_shown(flow):
    assert await flow.step(await flow.pushed()) == "sign_in"
    assert await flow.step(await flow.pushed(prompt="none")) == "login_required"


async def test_a_certain_person_is_that_person_or_nobody(flow, person):
    for subject, step in [(str(person.person_id), "decide"), (str(uuid4()), "login_required")]:
        wanted = json.dumps({"id_token": {"sub": {"value": subject}}})
        assert await flow.step(await flow.pushed(claims=wanted), person) == step


@pytest.mark.parametrize(
    ("asked", "acr", "said"),
    [
        ({}, PASSKEY, "phr"),
        ({"acr_values": "mfa"}, PASSKEY, "mfa"),
        ({"acr_values": "mfa phr"}, PASSKEY, "phr"),
        ({"claims": essential("sfa", "mfa")}, PASSKEY, "mfa"),
        ({"claims": essential("mfa")}, MULTI, "mfa"),
    ],
)
async def test_the_id_token_says_what_was_asked_and_reached(flow, person, asked, acr, said):
    mine = replace(flow, visitor=replace(person, acr=acr))
    given = await mine.tokens(**asked)
    keys = KeySet.import_key_set(flow.desk.provider.keys.jwks())
    assert jwt.decode(given["id_token"], keys).claims["acr"] == said


async def test_the_name_is_in_the_id_token_only_when_asked_for_there(flow, agency):
    keys = KeySet.import_key_set(flow.desk.provider.keys.jwks())
    await flow.desk.sql("UPDATE agency SET shows_names = true WHERE id = $1", agency)
    try:
        for claims, named in [(None, False), ('{"id_token": {"name": null}}', True)]:
            given = await flow.tokens(claims=claims)
            assert ("name" in jwt.decode(given["id_token"], keys).claims) == named
        given = await flow.tokens(scope="openid", claims='{"id_token": {"name": null}}')
        assert "name" not in jwt.decode(given["id_token"], keys).claims
    finally:
        await flow.desk.sql("UPDATE agency SET shows_names = false WHERE id = $1", agency)


class TestWithoutShowingAnything:
    """`prompt=none`."""

    async def test_who_has_consented_before_is_not_asked_again(self, flow):
        await flow.code(scope="openid initiatives:read")
        name = await flow.pushed(scope="openid initiatives:read", prompt="none")
        back = await flow.decided(name, silently)
        assert (await flow.redeem(back["code"])).status_code == 200

    async def test_more_than_before_has_to_be_asked(self, flow, admit):
        program = await admit(grants=["authorization_code"], redirect_uris=["https://a.example/"])
        new = replace(flow, program=program)
        there = {"redirect_uri": "https://a.example/"}
        for _ in ("before any consent", "after one to less"):
            name = await new.pushed(scope="openid initiatives:read", prompt="none", **there)
            assert (await new.decided(name, silently))["error"] == "consent_required"
            await new.code(scope="openid", **there)

    async def test_an_ended_consent_is_none(self, flow, admit):
        program = await admit(grants=["authorization_code"], redirect_uris=["https://a.example/"])
        new = replace(flow, program=program)
        await new.code(redirect_uri="https://a.example/")
        await flow.desk.sql("UPDATE consent SET ended_at = now() WHERE client_id = $1", program.id)
        name = await new.pushed(prompt="none", redirect_uri="https://a.example/")
        assert (await new.decided(name, silently))["error"] == "consent_required"

    async def test_whoever_has_not_chosen_a_membership_cannot_be_asked(self, flow):
        name = await flow.pushed(prompt="none")
        back = await flow.decided(name, silently, membership_id=None)
        assert back["error"] == "account_selection_required"


async def test_an_error_is_an_answer_too_and_comes_once(flow):
    name = await flow.pushed()
    found = await flow.opened(name)
    assert (await flow.decided(name, deny))["error"] == "access_denied"
    with pytest.raises(Gone):
        await _deny(flow, found)


async def _deny(flow, found):
    async with flow.desk.sessions.begin() as db:
        return await deny(Door(db, flow.desk.provider, uuid4()), found)
