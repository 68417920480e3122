"""A refresh token is good for its own client, as often as it wants, while the consent lasts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import async_sessionmaker
from support.consenting import RETURN

from auth.oauth.proofs import hash_token
from portal.changes.keeping import tidy


def refused(answer, *errors):
    assert answer.status_code in {400, 401}, answer.text
    said = answer.json()
    assert said["error"] in errors, said


async def test_a_refresh_token_is_not_rotated(flow):
    token = (await flow.tokens())["refresh_token"]
    for _ in range(3):
        given = (await flow.refresh(token)).json()
        assert set(given) == {"access_token", "token_type", "expires_in", "scope"}
        used = await flow.desk.use(flow.program, given["access_token"])
        assert used.status_code == 200


async def test_the_scope_may_be_narrowed_and_never_widened(flow):
    token = (await flow.tokens())["refresh_token"]
    given = (await flow.refresh(token, scope="initiatives:read")).json()
    assert given["scope"] == "initiatives:read"
    refused(await flow.refresh(token, scope="initiatives:contribute"), "invalid_scope")
    whole = (await flow.refresh(token)).json()
    assert whole["scope"] == "initiatives:read offline_access openid profile"


async def test_each_request_may_bring_another_key_and_binds_its_token_to_it(flow):
    token = (await flow.tokens())["refresh_token"]
    moved = replace(flow, program=replace(flow.program, proof_key=ECKey.generate_key("P-256")))
    given = (await moved.refresh(token)).json()
    assert (await moved.desk.use(moved.program, given["access_token"])).status_code == 200
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401


async def test_another_program_cannot_use_it(flow, admit):
    token = (await flow.tokens())["refresh_token"]
    thief = replace(
        flow, program=await admit(grants=["authorization_code"], redirect_uris=[RETURN])
    )
    refused(await thief.refresh(token), "invalid_grant")
    assert (await flow.refresh(token)).status_code == 200


async def test_it_takes_a_statement_and_a_proof(flow):
    token = (await flow.tokens())["refresh_token"]
    bare = {"grant_type": "refresh_token", "refresh_token": token}
    refused(await flow.desk.token(flow.program, bare), "invalid_client")
    answer = await flow.desk.http.post("/oauth/token", data=bare | flow.proves())
    refused(answer, "invalid_dpop_proof")
    refused(await flow.refresh("unknown"), "invalid_grant")
    refused(await flow.refresh(token, refresh_token=None), "invalid_request")


async def test_an_access_token_is_no_refresh_token(flow):
    given = await flow.tokens()
    refused(await flow.refresh(given["access_token"]), "invalid_grant")
    assert (await flow.desk.use(flow.program, given["refresh_token"])).status_code == 401


CONSENT = (
    "SELECT c.id, c.membership_id FROM consent c JOIN auth_secret.refresh_token r"
    " ON r.consent_id = c.id WHERE r.token_hash = $1"
)


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE consent SET ended_at = now() WHERE id = $1",
        "UPDATE consent SET given_at = given_at - interval '31 days', expires_at = now()"
        " WHERE id = $1",
    ],
    ids=["ended", "expired"],
)
async def test_with_its_consent_everything_ends_at_once(flow, ending):
    given = await flow.tokens()
    [consent] = await flow.desk.sql(CONSENT, hash_token(given["refresh_token"]))
    await flow.desk.sql(ending, consent["id"])
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
    assert (await flow.userinfo(given["access_token"])).status_code == 401
    refused(await flow.refresh(given["refresh_token"]), "invalid_grant")


ENDS = {
    "the membership was ended": "UPDATE membership SET ended_at = now() WHERE id = $1",
    "the membership ran out": "UPDATE membership SET ends_on = starts_on WHERE id = $1",
    "the program was ended": "UPDATE client SET ended_at = now() WHERE id = $2",
    "the program expired": "UPDATE client SET created_at = created_at - interval '1 day',"
    " expires_at = now() WHERE id = $2",
}
GIVES_BACK = (
    "UPDATE membership SET ended_at = NULL, ends_on = NULL WHERE id = $1",
    "UPDATE client SET ended_at = NULL, expires_at = now() + interval '9 days' WHERE id = $2",
)


@pytest.mark.parametrize("ending", ENDS.values(), ids=ENDS.keys())
async def test_with_membership_or_program_everything_stops_at_once(flow, person, ending):
    given = await flow.tokens()
    ids = {"$1": person.membership_id, "$2": flow.program.id}
    code = await flow.code()

    async def run(statement):
        [placeholder] = [name for name in ids if name in statement]
        await flow.desk.sql(statement.replace(placeholder, "$1"), ids[placeholder])

    await run(ending)
    try:
        assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
        refused(await flow.refresh(given["refresh_token"]), "invalid_grant", "invalid_client")
        refused(await flow.redeem(code), "invalid_grant", "invalid_client")
        assert (await flow.userinfo(given["access_token"])).status_code == 401
    finally:
        for statement in GIVES_BACK:
            await run(statement)


async def test_what_is_over_is_forgotten(flow, oauth_databases):
    token = (await flow.tokens())["refresh_token"]
    await flow.pushed()
    [consent] = await flow.desk.sql(CONSENT, hash_token(token))
    await flow.desk.sql("UPDATE consent SET ended_at = now() WHERE id = $1", consent["id"])
    await tidy(async_sessionmaker(oauth_databases.auth), datetime.now(UTC) + timedelta(days=2))
    refused(await flow.refresh(token), "invalid_grant")
    for table in ("authorization_code", "pushed_request"):
        assert not await flow.desk.sql(f"SELECT FROM auth_secret.{table}")
    assert not await flow.desk.sql(
        "SELECT FROM auth_secret.refresh_token WHERE consent_id = $1", consent["id"]
    )
    assert await flow.desk.sql("SELECT FROM consent WHERE id = $1", consent["id"])
