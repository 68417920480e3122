"""A thousand tries at once with the same code, statement, proof or request: one of them wins."""

import asyncio
from collections import Counter

import pytest

TRIES, AT_ONCE = 1000, 50


async def outcomes(ask):
    """In waves: the pool refuses whoever would wait for long."""
    found = Counter()
    for _ in range(TRIES // AT_ONCE):
        answers = await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        found.update(answer.json().get("error", "issued") for answer in answers)
        assert all(answer.status_code in {200, 201, 400} for answer in answers)
    return found


async def test_one_code(flow):
    code = await flow.code()
    found = await outcomes(lambda: flow.redeem(code))
    assert found == {"issued": 1, "invalid_grant": TRIES - 1}
    [kept] = await flow.desk.sql(
        "SELECT count(*) AS tokens FROM auth_secret.access_token t JOIN consent c"
        " ON c.id = t.consent_id JOIN auth_secret.authorization_code a ON a.consent_id = c.id"
        " WHERE a.used_at IS NOT NULL AND c.ended_at IS NOT NULL AND a.issued_at ="
        " (SELECT max(issued_at) FROM auth_secret.authorization_code)"
    )
    assert kept["tokens"] == 1  # and it is worth nothing, since the code came again


async def test_one_statement(flow):
    form = flow.program.form()
    found = await outcomes(lambda: flow.desk.token(flow.program, form))
    assert found == {"issued": 1, "invalid_client": TRIES - 1}


async def test_one_proof(flow):
    proof = flow.program.proof()
    found = await outcomes(lambda: flow.desk.token(flow.program, proof=proof))
    assert found == {"issued": 1, "invalid_dpop_proof": TRIES - 1}


async def test_one_request_to_refresh(flow):
    """The token itself may be used again, by its client: FAPI 2.0 forbids to rotate it."""
    token = (await flow.tokens())["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, **flow.proves()}
    proof = flow.program.proof()
    found = await outcomes(lambda: flow.desk.token(flow.program, form, proof=proof))
    assert found == {"issued": 1, "invalid_client": TRIES - 1}
    again = await flow.refresh(token)
    assert again.status_code == 200


async def test_one_pushed_statement(flow):
    form = flow.parameters() | flow.proves()
    found = await outcomes(lambda: flow.push(form))
    assert found == {"issued": 1, "invalid_client": TRIES - 1}


@pytest.mark.parametrize("codes", [20])
async def test_many_codes_each_once(flow, codes):
    """Where reading and then deleting would let most of them be used twice."""
    each = [await flow.code() for _ in range(codes)]
    answers = await asyncio.gather(*(flow.redeem(code) for code in each for _ in range(4)))
    assert [answer.status_code for answer in answers].count(200) == codes
