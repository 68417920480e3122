"""Only a request that is whole, and its client's own, is taken in; and it is answered once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from support.consenting import RETURN, VERIFIER, Flow, answer_of

from auth.oauth.authorize import Door, Gone, Refusal, deny, pending
from auth.sessions.verbs import NotOffered

BASE = "http://localhost:8000"


def refused(answer, *errors):
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert set(said) <= {"error", "error_description"}
    assert said["error"] in errors, said
    return said["error"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"response_mode": "jwt"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": RETURN + "/"}, "invalid_request"),
        ({"redirect_uri": RETURN.upper()}, "invalid_request"),
        ({"redirect_uri": RETURN + "?from=portal"}, "invalid_request"),
        ({"redirect_uri": "http://dashboard.example/back"}, "invalid_request"),
        ({"redirect_uri": "https://dashboard.example:443/back"}, "invalid_request"),
        ({"redirect_uri": "https://dashboard.example/other/../back"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/back"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "*" * 43}, "invalid_request"),
        ({"scope": "openid audit:read"}, "invalid_scope"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"scope": "OPENID"}, "invalid_scope"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"max_age": "9" * 10}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[" * 5000}, "invalid_request"),
        ({"claims": '{"id_token": []}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": "phr"}}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"values": "phr"}}}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"value": 1}}}'}, "invalid_request"),
        ({"claims": '{"id_token": null, "id_token": null}'}, "invalid_request"),
        ({"state": "s" * 2049}, "invalid_request"),
        ({"nonce": "n" * 2049}, "invalid_request"),
        ({"state": "sté"}, "invalid_request"),
        ({"dpop_jkt": "short"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_request_its_client_is_told(flow, changes, error):
    refused(await flow.push(**changes), error)
    line = flow.desk.audit[-1]
    assert (line.kind, line.outcome) == ("pushed_request", "refused")
    assert line.client_id == (None if "sté" in changes.values() else flow.program.id)
    for sent in changes.values():
        assert sent is None or len(sent) < 9 or sent not in line.reason


async def test_each_verb_but_post_is_refused(flow):
    for verb in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = await flow.desk.http.request(verb, "/oauth/par")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": BASE + "/oauth/par"}, "aud"),
        ({"aud": BASE + "/oauth/token"}, "aud"),
        ({"aud": [BASE]}, "aud"),
        ({"aud": [BASE, BASE + "/oauth/par"]}, "aud"),
        ({"aud": BASE + "/"}, "aud"),
        ({"aud": None}, "aud"),
        ({"sub": None}, "sub"),
        ({"iss": None}, "iss"),
        ({"exp": None}, "exp"),
        ({"jti": None}, "jti"),
        ({"exp": -300}, "exp"),
        ({"iat": 90, "nbf": 90, "exp": 150}, "future"),
        ({"nbf": 90}, "future"),
    ],
)
async def test_a_statement_that_is_not_good_is_not_taken(flow, claims, why):
    now = datetime.now(UTC).timestamp()
    dated = {k: int(now + v) if isinstance(v, int) else v for k, v in claims.items()}
    form = flow.parameters() | flow.proves(client_assertion=flow.program.statement(claims=dated))
    refused(await flow.push(form), "invalid_client")
    assert why in flow.desk.audit[-1].reason


@pytest.mark.parametrize("shift", [8, 10, -8])
async def test_clocks_may_be_ten_seconds_apart(flow, shift):
    now = datetime.now(UTC).timestamp()
    claims = {"iat": int(now + shift), "nbf": int(now + shift), "exp": int(now + shift + 60)}
    form = flow.parameters() | flow.proves(client_assertion=flow.program.statement(claims=claims))
    assert (await flow.push(form)).status_code == 201


async def test_without_a_statement_nothing_is_pushed(flow):
    refused(await flow.push(flow.parameters()), "invalid_client")
    headers = {"authorization": "Basic YTpi"}
    answer = await flow.push(flow.parameters(), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_unknown_program_and_a_wrong_key_look_the_same(flow):
    stranger = replace(flow.program, id=uuid4())
    thief = replace(flow.program, key=ECKey.generate_key("P-256"))
    answers = []
    for program in (stranger, thief):
        pretending = replace(flow, program=program)
        answers.append(await pretending.push())
    assert answers[0].status_code == answers[1].status_code == 400
    assert answers[0].json() == answers[1].json()
    assert set(answers[0].headers) == set(answers[1].headers)


async def test_a_statement_works_once(flow):
    form = flow.parameters() | flow.proves()
    assert (await flow.push(form)).status_code == 201
    refused(await flow.push(form), "invalid_client")


async def test_a_program_that_acts_as_itself_only_pushes_nothing(flow, partner):
    other = replace(flow, program=partner)
    refused(await other.push(), "unauthorized_client")


async def test_another_programs_name_is_not_taken(flow, partner):
    form = flow.parameters(client_id=str(partner.id)) | flow.proves()
    refused(await flow.push(form), "invalid_client")


async def test_a_parameter_sent_twice_is_refused(flow):
    for name in flow.parameters():
        form = flow.parameters() | flow.proves()
        refused(await flow.push({**form, name: [form[name], form[name]]}), "invalid_request")


async def test_parameters_in_the_address_count_for_nothing(flow):
    answer = await flow.desk.http.post("/oauth/par", params=flow.parameters() | flow.proves())
    refused(answer, "invalid_request")


class TestAtTheAuthorizationEndpoint:
    """A browser comes with the name of a request."""

    async def test_until_it_is_answered_a_request_may_be_opened_again(self, flow):
        name = await flow.pushed()
        assert await flow.step(name) == "sign_in"
        assert await flow.step(name, flow.visitor) == "decide"
        assert "code" in await flow.decided(name)

    async def test_once_answered_it_is_over(self, flow):
        for how in (None, deny):
            name = await flow.pushed()
            await flow.address(name, how)
            assert isinstance(await flow.opened(name), Refusal)

    async def test_two_decisions_at_once_give_one_answer(self, flow):
        name = await flow.pushed()
        await flow.opened(name)
        answers = await asyncio.gather(
            *(flow.address(name) for _ in range(8)), return_exceptions=True
        )
        given = [answer_of(answer) for answer in answers if isinstance(answer, str)]
        assert len(given) == 1
        assert "code" in given[0]
        assert {type(a) for a in answers if not isinstance(a, str)} <= {Gone, AssertionError}

    async def test_it_is_its_clients_own(self, flow, partner):
        name = await flow.pushed()
        assert isinstance(await flow.opened(name, partner.id), Refusal)
        assert isinstance(await flow.opened(name, uuid4()), Refusal)
        assert await flow.step(name) == "sign_in"

    @pytest.mark.parametrize(
        "name",
        ["", "x", "urn:ietf:params:oauth:request_uri:x", "é" * 99, "\0", "https://a.example"],
    )
    async def test_a_made_up_name_is_refused(self, flow, name):
        assert isinstance(await flow.opened(name), Refusal)
        line = flow.desk.audit[-1]
        assert (line.kind, line.outcome) == ("authorization", "refused")

    async def test_ninety_seconds_after_the_push_it_is_too_late(self, flow, desk_at):
        now = datetime.now(UTC)
        at = [replace(flow, desk=await desk_at(now + timedelta(seconds=s))) for s in (0, 89, 91)]
        first, second = [await at[0].pushed() for _ in range(2)]
        assert await at[1].step(first) == "sign_in"
        assert isinstance(await at[2].opened(second), Refusal)

    async def test_who_came_in_time_has_ten_minutes_to_decide(self, flow, desk_at):
        now = datetime.now(UTC)
        first = replace(flow, desk=await desk_at(now))
        name = await first.pushed()
        await first.opened(name)
        for later, over in [(300, False), (599, False), (601, True)]:
            at = replace(flow, desk=await desk_at(now + timedelta(seconds=later)))
            assert isinstance(await at.opened(name), Refusal) == over

    async def test_what_was_not_pushed_was_not_asked(self, flow):
        await flow.pushed()
        for given in (
            [],
            [("client_id", str(flow.program.id))],
            list(flow.parameters().items()),
            [("request_uri", "https://a.example"), *flow.parameters().items()],
        ):
            assert isinstance(await _open(flow, given), Refusal)

    async def test_what_stands_beside_the_name_is_not_used(self, flow):
        name = await flow.pushed(state=None)
        given = [("client_id", str(flow.program.id)), ("request_uri", name)]
        beside = [("state", "other"), ("nonce", "other"), ("scope", "audit:read")]
        found = await _open(flow, [*given, *beside])
        assert "state" not in found.parameters
        assert found.parameters["nonce"] == "a nonce"
        assert set(await flow.decided(name)) == {"code", "iss"}

    async def test_a_name_sent_twice_is_refused(self, flow):
        name = await flow.pushed()
        given = [("client_id", str(flow.program.id)), ("request_uri", name)]
        for twice in given:
            assert isinstance(await _open(flow, [*given, twice]), Refusal)

    async def test_nobody_decides_for_a_membership_that_is_not_theirs(self, flow, owner):
        with pytest.raises(NotOffered):
            await flow.address(await flow.pushed(), membership_id=owner)

    async def test_an_ended_program_asks_nobody(self, flow, admit, oauth_databases):
        program = await admit(grants=["authorization_code"], redirect_uris=[RETURN])
        other = replace(flow, program=program)
        name = await other.pushed()
        await flow.desk.sql("UPDATE client SET ended_at = now() WHERE id = $1", program.id)
        assert isinstance(await other.opened(name), Refusal)

    async def test_an_address_that_was_taken_away_gets_no_answer(self, flow, admit):
        program = await admit(grants=["authorization_code"], redirect_uris=[RETURN])
        other = replace(flow, program=program)
        name = await other.pushed()
        await flow.desk.sql(
            "UPDATE client SET redirect_uris = ARRAY['https://new.example'] WHERE id = $1",
            program.id,
        )
        assert isinstance(await other.opened(name), Refusal)


async def _open(flow: Flow, given):
    async with flow.desk.sessions.begin() as db:
        return await pending(Door(db, flow.desk.provider, uuid4()), given)
