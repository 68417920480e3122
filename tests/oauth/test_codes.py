"""A code is good once, for sixty seconds, for its own client, address, verifier and key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from support.consenting import RETURN, RETURN_QUERY

BASE = "http://localhost:8000"


def refused(answer, *errors):
    assert answer.status_code in {400, 401}, answer.text
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert said["error"] in errors, said
    return said["error"]


async def test_a_code_works_once_and_its_second_use_ends_the_consent(flow):
    code = await flow.code()
    given = (await flow.redeem(code)).json()
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 200
    refused(await flow.redeem(code), "invalid_grant")
    assert "consent has ended" in flow.desk.audit[-1].reason
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
    refused(await flow.refresh(given["refresh_token"]), "invalid_grant")
    assert (await flow.userinfo(given["access_token"])).status_code == 401


async def test_the_second_use_of_one_code_leaves_other_consents_alone(flow):
    other = await flow.tokens()
    code = await flow.code()
    for _ in range(2):
        await flow.redeem(code)
    assert (await flow.desk.use(flow.program, other["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": RETURN_QUERY}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "wrong" * 10}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"client_id": str(uuid4())}, "invalid_client"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion": None, "client_assertion_type": None}, "invalid_client"),
    ],
)
async def test_a_code_is_bound_to_all_it_was_asked_with(flow, changes, error):
    code = await flow.code()
    refused(await flow.redeem(code, **changes), error)
    line = flow.desk.audit[-1]
    assert (line.kind, line.outcome) == ("token", "refused")


async def test_a_code_that_was_presented_with_the_wrong_verifier_is_used_up(flow):
    code = await flow.code()
    refused(await flow.redeem(code, code_verifier="wrong" * 10), "invalid_grant")
    refused(await flow.redeem(code), "invalid_grant")


async def test_another_program_cannot_use_a_code_nor_spoil_it(flow, admit):
    code = await flow.code()
    thief = replace(
        flow, program=await admit(grants=["authorization_code"], redirect_uris=[RETURN])
    )
    refused(await thief.redeem(code), "invalid_grant")
    given = (await flow.redeem(code)).json()
    refused(await thief.redeem(code), "invalid_grant")
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 200


async def test_after_sixty_seconds_a_code_is_worth_nothing(flow, desk_at):
    now = datetime.now(UTC)
    at = {s: replace(flow, desk=await desk_at(now + timedelta(seconds=s))) for s in (0, 59, 61)}
    for later, good in [(59, True), (61, False)]:
        code = await at[0].code()
        late = at[later]
        claims = {name: int((now + timedelta(seconds=later)).timestamp()) for name in ("iat",)}
        statement = flow.program.statement(claims=claims | {"exp": claims["iat"] + 60})
        form = late.exchange(code, client_assertion=statement)
        proof = flow.program.proof(claims=claims)
        answer = await late.desk.token(flow.program, form, proof=proof)
        assert (answer.status_code == 200) == good, answer.text
        assert good or answer.json()["error"] == "invalid_grant"


async def test_the_database_keeps_no_code_for_longer(flow):
    await flow.code()
    with pytest.raises(Exception, match="authorization_code_short_check"):
        await flow.desk.sql(
            "UPDATE auth_secret.authorization_code SET expires_at = expires_at + interval '1s'"
        )


class TestTheKeyOfTheCode:
    """RFC 9449 10: a code can be bound to the key that will redeem it."""

    def others(self, flow):
        return replace(flow, program=replace(flow.program, proof_key=ECKey.generate_key("P-256")))

    def proof(self, flow, **claims):
        return flow.program.at("/oauth/par").proof(claims=claims)

    async def test_a_proof_with_the_pushed_request_binds_the_code(self, flow):
        for honest in (True, False):
            answer = await flow.push(headers={"dpop": self.proof(flow)})
            assert answer.status_code == 201
            back = await flow.decided(answer.json()["request_uri"])
            redeeming = flow if honest else self.others(flow)
            redeemed = await redeeming.redeem(back["code"])
            assert (redeemed.status_code == 200) == honest
            assert honest or redeemed.json()["error"] == "invalid_grant"

    async def test_naming_the_key_binds_the_code(self, flow):
        thumbprint = flow.program.proof_key.thumbprint()
        code = await flow.code(dpop_jkt=thumbprint)
        refused(await self.others(flow).redeem(code), "invalid_grant")
        code = await flow.code(dpop_jkt=thumbprint)
        assert (await flow.redeem(code)).status_code == 200

    async def test_named_and_proved_must_be_the_same_key(self, flow):
        proof = self.proof(flow)
        named = self.others(flow).program.proof_key.thumbprint()
        refused(await flow.push(headers={"dpop": proof}, dpop_jkt=named), "invalid_request")
        same = flow.program.proof_key.thumbprint()
        answer = await flow.push(headers={"dpop": self.proof(flow)}, dpop_jkt=same)
        assert answer.status_code == 201

    async def test_a_proof_works_once_there_too(self, flow):
        proof = self.proof(flow)
        assert (await flow.push(headers={"dpop": proof})).status_code == 201
        refused(await flow.push(headers={"dpop": proof}), "invalid_dpop_proof")

    @pytest.mark.parametrize("shift", [10, -10])
    async def test_clocks_ten_seconds_apart_are_tolerated(self, flow, shift):
        iat = int(datetime.now(UTC).timestamp() + shift)
        assert (await flow.push(headers={"dpop": self.proof(flow, iat=iat)})).status_code == 201

    @pytest.mark.parametrize(
        "wrong",
        [
            {"htu": BASE + "/oauth/token"},
            {"htm": "GET"},
            {"iat": 1},
            {"iat": 99 + int(datetime.now(UTC).timestamp())},
            {"jti": None},
        ],
    )
    async def test_a_proof_that_is_not_for_this_request_is_refused(self, flow, wrong):
        proof = self.proof(flow, **wrong)
        refused(await flow.push(headers={"dpop": proof}), "invalid_dpop_proof")

    async def test_without_any_proof_there_is_no_token(self, flow):
        code = await flow.code()
        answer = await flow.desk.http.post("/oauth/token", data=flow.exchange(code))
        refused(answer, "invalid_dpop_proof")
        assert (await flow.redeem(code)).status_code == 200

    async def test_the_token_needs_the_key_it_was_made_with(self, flow):
        given = await flow.tokens()
        used = await flow.desk.use(self.others(flow).program, given["access_token"])
        assert used.status_code == 401
