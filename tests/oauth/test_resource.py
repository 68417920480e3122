"""The API asks who is calling, and says what is missing."""

import asyncio

import pytest
from joserfc.jwk import ECKey

ALGS = 'DPoP algs="ES256 Ed25519 EdDSA PS256"'


async def send(desk, *headers):
    return await desk.http.post("/graphql", headers=list(headers))


async def test_a_request_without_a_token_learns_only_what_to_bring(desk):
    answer = await send(desk)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == ALGS


async def test_a_bound_token_is_no_bearer_token(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    proof = partner.proof(token=token)
    for scheme in ("Bearer", "bearer"):
        answer = await send(desk, ("authorization", f"{scheme} {token}"), ("dpop", proof))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith(f'{ALGS}, error="invalid_token"')
    assert (await desk.use(partner, token, proof)).status_code == 200


async def test_the_name_of_the_scheme_may_be_in_any_letters(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    for scheme in ("DPoP", "dpop", "DPOP"):
        proof = partner.proof(token=token)
        answer = await send(desk, ("authorization", f"{scheme} {token}"), ("dpop", proof))
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ("DPoP", 400),
        ("DPoP ", 400),
        ("DPoP a b", 400),
        ("DPoP " + "a" * 100_000, 401),
        ("DPoP " + "a" * 43, 401),
        ("DPoP " + "a" * 42, 401),
        ("DPoP 'or 1=1--", 400),
        ("Basic YTpi", 401),
        ("Digest username=x", 400),
    ],
)
async def test_a_token_that_is_none_is_refused(desk, partner, credentials, status):
    proof = partner.proof(token=credentials[5:])
    answer = await send(desk, ("authorization", credentials), ("dpop", proof))
    assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("DPoP ")


async def test_two_tokens_or_two_proofs_are_one_too_many(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    authorization, proof = ("authorization", f"DPoP {token}"), ("dpop", partner.proof(token=token))
    assert (await send(desk, authorization, authorization, proof)).status_code == 400
    other = ("dpop", partner.proof(token=token))
    assert (await send(desk, authorization, proof, other)).status_code == 401
    assert (await send(desk, authorization)).status_code == 401
    assert (await send(desk, authorization, proof)).status_code == 200


async def test_a_stolen_token_is_worth_nothing_without_its_key(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    thief = type(partner)(partner.id, partner.key, ECKey.generate_key("P-256"))
    assert (await desk.use(thief, token)).status_code == 401
    assert (await desk.use(partner, token)).status_code == 200


async def test_a_proof_made_for_one_token_is_not_good_for_another(desk, partner):
    one, two = [(await desk.token(partner)).json()["access_token"] for _ in range(2)]
    assert (await desk.use(partner, one, partner.proof(token=two))).status_code == 401


async def test_a_proof_for_the_token_endpoint_is_not_good_for_the_api(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    assert (await desk.use(partner, token, partner.proof())).status_code == 401


async def test_a_replayed_proof_is_refused_and_a_fresh_one_is_not(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    proof = partner.proof(token=token)
    answers = [await desk.use(partner, token, proof) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert (await desk.use(partner, token)).status_code == 200


async def test_a_token_in_the_address_or_body_is_not_looked_at(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    sent = {"access_token": token}
    for more in ({"params": sent}, {"data": sent}):
        headers = {"dpop": partner.proof(token=token)}
        answer = await desk.http.post("/graphql", headers=headers, **more)
        assert answer.status_code == 401


async def test_many_programs_at_once_are_each_taken_for_themselves(desk, admit):
    programs = [await admit() for _ in range(4)]

    async def who(program):
        token = (await desk.token(program)).json()["access_token"]
        answers = await asyncio.gather(*(desk.use(program, token) for _ in range(10)))
        return {answer.json()["data"]["caller"] for answer in answers}

    assert await asyncio.gather(*map(who, programs)) == [{str(p.id)} for p in programs]
