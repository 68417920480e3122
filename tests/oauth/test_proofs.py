"""A request is signed by the key of its token, once, for one address: anything else is refused."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.util import json_b64encode, urlsafe_b64encode

from auth.oauth.proofs import BadProof, verify_proof

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOON = int(NOW.timestamp())
URL = "https://portal.example.org/graphql"
EC, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
P384, ED, X25519 = (
    ECKey.generate_key("P-384"),
    OKPKey.generate_key("Ed25519"),
    OKPKey.generate_key("X25519"),
)
RSA = RSAKey.generate_key(2048)
PUBLIC = EC.as_dict(private=False)


def without(name):
    return {key: value for key, value in PUBLIC.items() if key != name}


HEADERS = {
    "no typ": {"typ": None},
    "typ of an ordinary JWT": {"typ": "JWT"},
    "typ in other letters": {"typ": "DPoP+JWT"},
    "no key": {"jwk": None},
    "a key that is a text": {"jwk": "key"},
    "a key that is a list": {"jwk": [PUBLIC]},
    "the private key": {"jwk": EC.as_dict(private=True)},
    "a symmetric key": {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
    "a key without x": {"jwk": without("x")},
    "a key of no kind": {"jwk": without("kty")},
    "a kind that is a list": {"jwk": PUBLIC | {"kty": ["EC"]}},
    "an unknown curve": {"jwk": PUBLIC | {"crv": "P-999"}},
    "a curve that is no text": {"jwk": PUBLIC | {"crv": {"name": "P-256"}}},
    "a point that is a number": {"jwk": PUBLIC | {"x": 7}},
    "a point beside the curve": {"jwk": PUBLIC | {"x": "A" * 43}},
    "a point with another spelling": {"jwk": PUBLIC | {"x": "A" + PUBLIC["x"]}},
    "the key of somebody else": {"jwk": OTHER.as_dict(private=False)},
    "a key of another kind": {"jwk": RSA.as_dict(private=False)},
    "a critical extension": {"crit": ["exp"], "exp": NOON},
    "a critical extension that is no list": {"crit": 1},
    "an unencoded payload": {"b64": False},
}
CLAIMS = {
    "another method": {"htm": "GET"},
    "the method in small letters": {"htm": "post"},
    "no method": {"htm": None},
    "a method that is a list": {"htm": ["POST"]},
    "no address": {"htu": None},
    "an address that is a number": {"htu": 1},
    "another host": {"htu": "https://elsewhere.example.org/graphql"},
    "another scheme": {"htu": "http://portal.example.org/graphql"},
    "another port": {"htu": "https://portal.example.org:8443/graphql"},
    "port nought": {"htu": "https://portal.example.org:0/graphql"},
    "a port that is none": {"htu": "https://portal.example.org:port/graphql"},
    "another path": {"htu": "https://portal.example.org/oauth/token"},
    "a longer path": {"htu": "https://portal.example.org/graphql/"},
    "a path in other letters": {"htu": "https://portal.example.org/GraphQL"},
    "a name before the host": {"htu": "https://me@portal.example.org/graphql"},
    "a path without a host": {"htu": "/graphql"},
    "a broken address": {"htu": "https://[portal/graphql"},
    "no time": {"iat": None},
    "a time that is a text": {"iat": str(NOON)},
    "a time that is true": {"iat": True},
    "an old time": {"iat": NOON - 61},
    "a time far off": {"iat": NOON + 60},
    "a time without end": {"iat": 10**400},
    "a time before all times": {"iat": -1},
    "an end that has passed": {"exp": NOON - 60},
    "a start to come": {"nbf": NOON + 60},
    "no number": {"jti": None},
    "an empty number": {"jti": ""},
    "a number that is no text": {"jti": 7},
    "an endless number": {"jti": "n" * 513},
    "no token": {"ath": None},
    "another token": {"ath": urlsafe_b64encode(sha256(b"another").digest()).decode()},
    "the token itself": {"ath": "token"},
    "a token that is a list": {"ath": ["token"]},
    "half a character as token": {"ath": "\ud800"},
}
KEYS = {
    "ES384": ({"alg": "ES384"}, P384),
    "a P-384 key under ES256": ({"alg": "ES256"}, P384),
    "RS256": ({"alg": "RS256"}, RSA),
    "HS256 with the public key as secret": ({"alg": "HS256"}, OctKey.import_key(PUBLIC["x"])),
    "Ed25519 with another kind of key": ({"alg": "Ed25519", "jwk": PUBLIC}, ED),
    "Ed448": ({"alg": "Ed448"}, OKPKey.generate_key("Ed448")),
}


def make(sign, header=None, claims=None, key=EC):
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    ath = urlsafe_b64encode(sha256(b"token").digest()).decode()
    plain = {"jti": "1", "htm": "POST", "htu": URL, "iat": NOON, "ath": ath}
    kept = [
        {name: value for name, value in (part | (changes or {})).items() if value is not None}
        for part, changes in ((head, header), (plain, claims))
    ]
    return sign(*kept, key)


def check(*presented):
    return verify_proof(presented, method="POST", url=URL, now=NOW, access_token="token")


def test_a_good_proof_tells_its_key_its_number_and_its_time(sign):
    proof = check(make(sign))
    assert proof.thumbprint == EC.thumbprint()
    assert proof.proof == sha256(f"{EC.thumbprint()}|1".encode()).digest()
    assert proof.issued == NOW


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS.keys())
def test_a_proof_with_a_wrong_header_is_refused(sign, change):
    with pytest.raises(BadProof):
        check(make(sign, header=change))


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_proof_with_a_wrong_claim_is_refused(sign, change):
    with pytest.raises(BadProof):
        check(make(sign, claims=change))


@pytest.mark.parametrize(("header", "key"), KEYS.values(), ids=KEYS.keys())
def test_a_proof_with_an_algorithm_or_key_we_do_not_accept_is_refused(sign, header, key):
    with pytest.raises(BadProof):
        check(make(sign, header=header, key=key))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", EC), ("EdDSA", ED), ("Ed25519", ED), ("PS256", RSA)],
    ids=lambda v: str(v)[:7],
)
def test_each_accepted_algorithm_works(sign, algorithm, key):
    assert check(make(sign, {"alg": algorithm}, key=key)).thumbprint == key.thumbprint()


def test_a_key_for_agreement_is_no_key_for_signing(sign):
    jwk = X25519.as_dict(private=False)
    with pytest.raises(BadProof, match="curve"):
        check(make(sign, {"alg": "EdDSA", "jwk": jwk}, key=ED))


@pytest.mark.parametrize("size", [1024, 8192])
def test_a_key_that_is_too_short_or_slow_to_check_is_refused(sign, size):
    modulus = urlsafe_b64encode(b"\xff" * (size // 8)).decode()
    with pytest.raises(BadProof, match="size"):
        check(
            make(sign, {"alg": "PS256", "jwk": {"kty": "RSA", "n": modulus, "e": "AQAB"}}, key=RSA)
        )


def test_an_exponent_of_one_would_let_anybody_sign(sign):
    jwk = RSA.as_dict(private=False) | {"e": "AQ"}
    with pytest.raises(BadProof):
        check(make(sign, {"alg": "PS256", "jwk": jwk}, key=RSA))


def test_a_changed_proof_is_refused(sign):
    header, claims, signature = make(sign).split(".")
    other = make(sign, claims={"jti": "2"}).split(".")
    nothing = json_b64encode({"alg": "none", "typ": "dpop+jwt", "jwk": PUBLIC}).decode()
    for text in [
        f"{header}.{other[1]}.{signature}",
        f"{header}.{claims}.{other[2]}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{header}.{claims}.{signature}.{signature}",
        f"{header}.{claims}.{'A' * 86}",
        f"{header}.{claims}.{signature}A",
        f"{header}.{claims}.{signature}=",
        f" {header}.{claims}.{signature}",
        f"{nothing}.{claims}.",
        f"{nothing}.{claims}.{signature}",
        "",
        "é.é.é",
    ]:
        with pytest.raises(BadProof):
            check(text)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"[" * 5000,
        b'{"jti": "1", "jti": "2"}',
        b'{"iat": NaN}',
        b'{"iat": 1e999}',
        b'{"iat": ' + b"9" * 5000 + b"}",
        '{"jti": "é"}'.encode("latin-1"),
        '{"jti": "1"}'.encode("utf-16"),
    ],
    ids=range(12),
)
def test_a_payload_that_is_not_one_plain_object_is_refused(sign, payload):
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": PUBLIC}
    with pytest.raises(BadProof):
        check(sign(header, payload, EC))


def test_a_proof_too_long_to_be_one_is_refused_unread():
    with pytest.raises(BadProof):
        check(".".join(["A" * 50_000] * 3))


def test_there_is_exactly_one_proof(sign):
    for presented in [[], [make(sign), make(sign)], [f"{make(sign)}, {make(sign)}"]]:
        with pytest.raises(BadProof):
            check(*presented)


@pytest.mark.parametrize(
    "htu",
    [
        URL + "?query=1",
        URL + "#top",
        "HTTPS://PORTAL.example.ORG/graphql",
        "https://portal.example.org:443/graphql",
        "https://portal.example.org/gr%61phql",
    ],
)
def test_an_address_may_be_spelt_as_the_standard_lets_it_be_spelt(sign, htu):
    assert check(make(sign, claims={"htu": htu}))


@pytest.mark.parametrize("shift", [-59, -10, 0, 10])
def test_clocks_may_differ_a_little(sign, shift):
    assert check(make(sign, claims={"iat": NOON + shift}))
    assert check(make(sign, claims={"nbf": NOON + 8, "exp": NOON - 8}))


def test_a_number_may_hold_any_text(sign):
    assert check(make(sign, claims={"jti": "\ud800 é '\"\\ 🙂"}))


def test_a_token_request_has_no_token_to_name(sign):
    presented = [make(sign, claims={"ath": None})]
    assert verify_proof(presented, method="POST", url=URL, now=NOW)


def test_a_refusal_repeats_nothing_of_what_was_sent(sign):
    with pytest.raises(BadProof) as refused:
        check(make(sign, claims={"htu": 'https://"é\\'}))
    assert str(refused.value).isascii()
    assert not set('"\\') & set(str(refused.value))


@pytest.mark.parametrize("change", [*HEADERS.values()], ids=HEADERS.keys())
async def test_the_token_endpoint_refuses_it_too(desk, partner, change):
    answer = await desk.token(partner, proof=partner.proof(header=change))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_dpop_proof"


async def test_the_api_challenges_whoever_has_no_good_proof(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    answer = await desk.use(partner, token, partner.proof(token=token, claims={"htm": "GET"}))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_dpop_proof"
    assert answer.headers["www-authenticate"].startswith(
        'DPoP algs="ES256 Ed25519 EdDSA PS256", error="invalid_dpop_proof", error_description="'
    )


async def test_of_many_uses_of_one_proof_one_counts(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    proof = partner.proof(token=token)
    answers = await asyncio.gather(*(desk.use(partner, token, proof) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 99


async def test_of_many_token_requests_with_one_proof_one_counts(desk, partner):
    proof = partner.proof()
    answers = await asyncio.gather(*(desk.token(partner, proof=proof) for _ in range(100)))
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert len(refused) == 99
    assert {answer["error"] for answer in refused} == {"invalid_dpop_proof"}


async def test_a_proof_is_good_under_our_own_name_only(desk, partner):
    """The request came to http://elsewhere.test, as its Host header says."""
    asked = partner.proof(claims={"htu": "http://elsewhere.test/oauth/token"})
    assert (await desk.token(partner, proof=asked)).json()["error"] == "invalid_dpop_proof"
