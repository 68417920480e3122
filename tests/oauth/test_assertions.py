"""A program proves itself by a statement it signed for us, just now, for one use."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.util import json_b64encode

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = int(NOON.timestamp())
ISSUER = "http://localhost:8000"
STRANGER = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)

CLAIMS = {
    "no issuer": {"iss": None},
    "an issuer that is another program": {"iss": str(uuid4())},
    "an issuer that is a list": {"iss": [str(uuid4())]},
    "no subject": {"sub": None},
    "a subject that is another program": {"sub": str(uuid4())},
    "a subject that is a number": {"iss": 1, "sub": 1},
    "a subject that is no id": {"iss": "me", "sub": "me"},
    "no audience": {"aud": None},
    "the token endpoint as audience": {"aud": f"{ISSUER}/oauth/token"},
    "the audience in a list": {"aud": [ISSUER]},
    "several audiences": {"aud": [ISSUER, "https://elsewhere.example.org"]},
    "the audience with a slash": {"aud": f"{ISSUER}/"},
    "another audience": {"aud": "https://elsewhere.example.org"},
    "no end": {"exp": None},
    "an end that is a text": {"exp": str(SECOND + 60)},
    "an end that is true": {"exp": True},
    "an end five minutes ago": {"exp": SECOND - 300},
    "an end a minute ago": {"exp": SECOND - 60},
    "an end more than an hour away": {"exp": SECOND + 3700},
    "an end without end": {"exp": 10**400},
    "signed a minute from now": {"iat": SECOND + 61},
    "signed at no time": {"iat": "noon"},
    "not to be used for a minute": {"nbf": SECOND + 61},
    "no number": {"jti": None},
    "an empty number": {"jti": ""},
    "a number that is a number": {"jti": 1},
    "an endless number": {"jti": "n" * 600},
}
HEADERS = {
    "the type of a DPoP proof": {"typ": "dpop+jwt"},
    "the type of an access token": {"typ": "at+jwt"},
    "a critical extension": {"crit": ["exp"]},
}


@pytest.fixture
async def noon_desk(desk_at):
    """The server at noon."""
    return await desk_at(NOON)


def at_noon(partner, header=None, claims=None, key=None):
    dated = {"iat": SECOND, "exp": SECOND + 60} | (claims or {})
    return partner.statement(header or {}, dated, key)


async def ask(desk, partner, statement):
    proof = partner.proof(claims={"iat": SECOND})
    return await desk.token(partner, partner.form(client_assertion=statement), proof=proof)


async def refused(desk, partner, statement):
    """The one answer that every failure gets; returns what the audit says of it."""
    answer = await ask(desk, partner, statement)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client authentication failed.",
    }
    assert answer.headers["cache-control"] == "no-store"
    return desk.audit[-1]


async def test_a_good_statement_is_accepted(noon_desk, partner):
    assert (await ask(noon_desk, partner, at_noon(partner))).status_code == 200


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS.keys())
async def test_a_statement_with_a_wrong_claim_is_refused(noon_desk, partner, change):
    await refused(noon_desk, partner, at_noon(partner, claims=change))


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS.keys())
async def test_a_statement_with_a_wrong_header_is_refused(noon_desk, partner, change):
    await refused(noon_desk, partner, at_noon(partner, header=change))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES256", STRANGER),
        ("ES384", ECKey.generate_key("P-384")),
        ("RS256", RSA),
        ("PS256", RSA),
        ("HS256", OctKey.import_key("secret of at least some length")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
    ],
    ids=lambda value: str(value)[:7],
)
async def test_a_statement_signed_with_another_key_is_refused(noon_desk, partner, algorithm, key):
    statement = at_noon(partner, {"alg": algorithm}, key=key)
    await refused(noon_desk, partner, statement)


async def test_the_public_key_is_no_secret_to_sign_with(noon_desk, partner):
    secret = OctKey.import_key(partner.key.as_dict(private=False)["x"])
    await refused(noon_desk, partner, at_noon(partner, {"alg": "HS256"}, key=secret))


async def test_a_key_brought_along_counts_for_nothing(noon_desk, partner):
    jwk = STRANGER.as_dict(private=False)
    await refused(noon_desk, partner, at_noon(partner, {"jwk": jwk}, key=STRANGER))


async def test_a_changed_or_unsigned_statement_is_refused(noon_desk, partner):
    header, claims, signature = at_noon(partner).split(".")
    other = at_noon(partner).split(".")
    unsigned = json_b64encode({"alg": "none"}).decode()
    for statement in [
        f"{header}.{other[1]}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{unsigned}.{claims}.",
        f"{unsigned}.{claims}.{signature}",
        f"{header}..{signature}",
        "statement",
        ".".join(["A" * 3000] * 3),
    ]:
        await refused(noon_desk, partner, statement)


async def test_an_unknown_program_and_a_wrong_key_look_the_same(noon_desk, partner):
    nobody = type(partner)(UUID(int=7), partner.key)
    unknown = await refused(noon_desk, nobody, at_noon(nobody))
    wrong = await refused(noon_desk, partner, at_noon(partner, key=STRANGER))
    assert (unknown.client_id, wrong.client_id) == (nobody.id, partner.id)
    assert unknown.reason == wrong.reason


async def test_an_expired_program_is_refused(desk_at, admit):
    short = await admit(expires_at=datetime.now(UTC) + timedelta(hours=1))
    later = datetime.now(UTC) + timedelta(hours=2)
    desk, now = await desk_at(later), int(later.timestamp())
    statement = short.statement(claims={"iat": now, "exp": now + 60})
    proof = short.proof(claims={"iat": now})
    answer = await desk.token(short, short.form(client_assertion=statement), proof=proof)
    assert answer.json()["error"] == "invalid_client"
    assert desk.audit[-1].reason == "the client has ended or expired"


@pytest.mark.parametrize(
    "dates",
    [
        {"exp": SECOND - 10},
        {"iat": SECOND + 10},
        {"nbf": SECOND + 8},
        {"exp": SECOND + 3600},
        {"iat": None},
    ],
)
async def test_clocks_may_differ_a_little_and_an_hour_is_not_too_long(noon_desk, partner, dates):
    assert (await ask(noon_desk, partner, at_noon(partner, claims=dates))).status_code == 200


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("Ed25519", lambda: OKPKey.generate_key("Ed25519")),
        ("EdDSA", lambda: OKPKey.generate_key("Ed25519")),
        ("PS256", lambda: RSA),
        ("ES256", lambda: ECKey.generate_key("P-256")),
    ],
)
async def test_each_accepted_algorithm_works_for_statement_and_proof(desk, admit, algorithm, make):
    key = make()
    admitted = await admit(key, algorithm)
    program = type(admitted)(admitted.id, key, key, algorithm, algorithm)
    answer = await desk.token(program)
    assert answer.status_code == 200, desk.audit[-1]
    assert (await desk.use(program, answer.json()["access_token"])).status_code == 200


async def test_of_many_uses_of_one_statement_one_counts(desk, partner):
    form = partner.form()
    answers = await asyncio.gather(*(desk.token(partner, form) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 99
    assert {line.reason for line in desk.audit if line.outcome == "refused"} == {
        "the assertion has been used before"
    }


async def test_two_hundred_statements_used_twice_at_once_give_two_hundred_tokens(desk, partner):
    async def twice():
        form = partner.form()
        return await asyncio.gather(desk.token(partner, form), desk.token(partner, form))

    for _ in range(20):
        pairs = await asyncio.gather(*(twice() for _ in range(10)))
        assert {tuple(sorted(a.status_code for a in pair)) for pair in pairs} == {(200, 400)}


async def test_two_programs_may_use_the_same_number(desk, partner, admit):
    other = await admit()
    for program in (partner, other):
        statement = program.statement(claims={"jti": f"shared-{other.id}"})
        answer = await desk.token(program, program.form(client_assertion=statement))
        assert answer.status_code == 200


async def test_a_statement_refused_for_its_key_is_not_used_up(desk, partner):
    """Else a stranger who has seen its number could burn it."""
    number = {"jti": uuid4().hex}
    forged = partner.statement(claims=number, key=STRANGER)
    honest = partner.statement(claims=number)
    assert (await desk.token(partner, partner.form(client_assertion=forged))).status_code == 400
    assert (await desk.token(partner, partner.form(client_assertion=honest))).status_code == 200


async def test_a_refused_request_still_uses_its_statement_up(desk, partner):
    form = partner.form(scope="audit:read")
    assert (await desk.token(partner, form)).json()["error"] == "invalid_scope"
    again = await desk.token(partner, {**form, "scope": "initiatives:read"})
    assert again.json()["error"] == "invalid_client"
    assert desk.audit[-1].reason == "the assertion has been used before"
