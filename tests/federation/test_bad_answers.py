"""A partner's provider answers wrongly, in one way at a time: nobody is let in."""

import gzip
import json
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response
from support.partner import Partner, signed

STRANGER = ECKey.generate_key("P-256", auto_kid=True)
OTHER_ISSUER = "https://id.other.example"


def now() -> int:
    return int(time.time())


def with_claims(**changed: Any) -> dict[str, Any]:
    """An ID token in which these claims are other than they should be; None leaves one out."""
    return {
        "claims": lambda right: {
            name: value for name, value in {**right, **changed}.items() if value is not None
        }
    }


def with_header(**changed: Any) -> dict[str, Any]:
    return {"header": lambda right: {**right, **changed}}


def with_document(**changed: Any) -> dict[str, Any]:
    return {
        "document": lambda right: {
            name: value for name, value in {**right, **changed}.items() if value is not None
        }
    }


def with_token(**changed: Any) -> dict[str, Any]:
    return {
        "token": lambda right: {
            name: value for name, value in {**right, **changed}.items() if value is not None
        }
    }


def answers_with(response: Response) -> dict[str, Any]:
    return {"token": lambda _: response}


def of_another_key(compact: str) -> str:
    """The same words, signed by somebody else."""
    head, body, _ = compact.split(".")
    return f"{head}.{body}.{'A' * 86}"


def hmac_with_public_key(compact: str) -> str:
    """The oldest of tricks: what everybody knows, taken for a shared secret."""
    from auth.oauth.jose import read  # noqa: PLC0415 - used by this one alone

    claims = read(compact).claims
    secret = OctKey.import_key(b"vawg-portal" * 4)
    return signed({"alg": "HS256"}, claims, secret, "HS256")


def twice(compact: str) -> str:
    """One claim, said twice: readers differ in which they believe."""
    from joserfc.util import urlsafe_b64decode, urlsafe_b64encode  # noqa: PLC0415

    head, body, mac = compact.split(".")
    said = urlsafe_b64decode(body.encode()).decode()
    again = urlsafe_b64encode((said[:-1] + ',"sub":"somebody-else"}').encode()).decode()
    return f"{head}.{again}.{mac}"


def packed(right: dict[str, Any]) -> Response:
    """What would be right, but 64 kB of it could unpack to anything."""
    return Response(gzip.compress(json.dumps(right).encode()), headers={"content-encoding": "gzip"})


REFUSED_AT_THE_DOOR = {
    "discovery: another issuer": with_document(issuer=OTHER_ISSUER),
    "discovery: the template of many tenants": with_document(
        issuer="https://login.example/{tenantid}/v2.0"
    ),
    "discovery: no issuer": with_document(issuer=None),
    "discovery: a token endpoint in clear": with_document(token_endpoint="http://id.example/token"),
    "discovery: keys in clear": with_document(jwks_uri="http://id.example/jwks"),
    "discovery: no authorization endpoint": with_document(authorization_endpoint=None),
    "discovery: an endpoint that is no address": with_document(token_endpoint=["https://x"]),
    "discovery: no code flow": with_document(response_types_supported=["id_token"]),
    "discovery: no S256": with_document(code_challenge_methods_supported=["plain"]),
    "discovery: elsewhere": {"document": lambda _: RedirectResponse("https://id.other.example/")},
    "discovery: a list": {"document": lambda _: JSONResponse([])},
    "discovery: no JSON": {"document": lambda _: Response("<html>", media_type="text/html")},
    "discovery: without end": {"document": lambda _: Response(b" " * 100_000 + b"{}")},
    "discovery: nested": {"document": lambda _: Response(b"[" * 60_000)},
    "discovery: packed": {"document": packed},
    "discovery: broken": {"document": lambda _: Response("no", 500)},
}
"""Before the person is even sent there."""

BAD_ANSWERS = {
    # What the browser brings back.
    "back: iss of another provider": {
        "back": lambda b: [*b[:2], ("iss", OTHER_ISSUER)],
        "why": "iss is another provider",
    },
    "back: no iss, which was promised": {"back": lambda b: b[:2], "why": "iss is missing"},
    "back: no state": {"back": lambda b: [b[0], b[2]], "why": "state is missing"},
    "back: another state": {
        "back": lambda b: [b[0], ("state", "x" * 43), b[2]],
        "why": "no sign-in under way",
    },
    "back: a long state": {
        "back": lambda b: [b[0], ("state", "x" * 6000), b[2]],
        "why": "state is missing",
    },
    "back: no code": {"back": lambda b: b[1:], "why": "neither a code nor an error"},
    "back: the code twice": {"back": lambda b: [*b, b[0]], "why": "came twice"},
    "back: code and error": {
        "back": lambda b: [*b, ("error", "access_denied")],
        "why": "both a code and an error",
    },
    "back: a code with line breaks": {
        "back": lambda b: [("code", "a\r\nb"), *b[1:]],
        "why": "neither a code nor an error",
    },
    "back: another code": {
        "back": lambda b: [("code", "guessed"), *b[1:]],
        "why": "status 400",
    },
    "back: an error": {
        "back": lambda b: [("error", "access_denied"), *b[1:]],
        "why": "answered access_denied",
    },
    "back: a strange error": {
        "back": lambda b: [("error", "<script>"), *b[1:]],
        "why": "an unreadable error",
    },
    # What the token endpoint answers.
    "token: no ID token": {**with_token(id_token=None), "why": "no ID token"},
    "token: an ID token that is no text": {**with_token(id_token=[]), "why": "no ID token"},
    "token: no access token": {**with_token(access_token=None), "why": "no access token"},
    "token: of another type": {**with_token(token_type="mac"), "why": "another type"},
    "token: an access token with a line break": {
        **with_token(access_token="a\r\nb"),
        "why": "another type",
    },
    "token: a fault": {**answers_with(Response("", 500)), "why": "status 500"},
    "token: refused": {
        **answers_with(JSONResponse({"error": "invalid_client"}, 401)),
        "why": "status 401",
    },
    "token: elsewhere": {
        **answers_with(RedirectResponse(OTHER_ISSUER, 307)),
        "why": "status 307",
    },
    "token: no JSON": {**answers_with(Response("id_token=x")), "why": "no JSON"},
    "token: a list": {**answers_with(JSONResponse([])), "why": "no JSON object"},
    "token: without end": {**answers_with(Response(b" " * 100_000)), "why": "64 kB"},
    # Who signed the ID token.
    "signature: none": {**with_header(alg="none"), "why": "not a signed"},
    "signature: none, with something in its place": {
        **with_header(alg="none"),
        "compact": lambda c: c + "AAAA",
        "why": "alg must be one of",
    },
    "signature: none, as it said it would": {
        **with_header(alg="none"),
        **with_document(id_token_signing_alg_values_supported=["none"]),
        "why": "not a signed",
    },
    "signature: by a shared secret": {"compact": hmac_with_public_key, "why": "alg must be"},
    "signature: by an algorithm that was not agreed": {
        "key": RSAKey.generate_key(2048, auto_kid=True),
        "algorithm": "RS256",
        "why": "alg must be one of ES256",
    },
    "signature: of somebody else": {"compact": of_another_key, "why": "does not fit"},
    "signature: an unknown key": {**with_header(kid="unknown"), "why": "no such key"},
    "signature: the key that it brings along": {
        **with_header(kid=None, jwk=STRANGER.as_dict(private=False)),
        "compact": of_another_key,
        "why": "does not fit",
    },
    "signature: one of two keys, without saying which": {
        "header": lambda h: {"alg": h["alg"]},
        "jwks": lambda keys: [*keys, STRANGER.as_dict(private=False)],
        "why": "which of several keys",
    },
    "signature: a key for encryption": {
        "jwks": lambda keys: [{**keys[0], "use": "enc"}],
        "why": "no such key",
    },
    "signature: a key of another algorithm": {
        "jwks": lambda keys: [{**keys[0], "alg": "ES384"}],
        "why": "no such key",
    },
    "signature: a private key, for all to see": {
        "jwks": lambda keys: [{**keys[0], "d": "A" * 43}],
        "why": "no such key",
    },
    "signature: no keys": {"jwks": lambda _: [], "why": "no such key"},
    "signature: not signed": {
        "compact": lambda c: c.rpartition(".")[0] + ".",
        "why": "not a signed",
    },
    "signature: encrypted": {"compact": lambda c: c + ".x.y", "why": "not a signed"},
    "signature: a critical extension": {**with_header(crit=["x"], x=1), "why": "critical"},
    "signature: changed afterwards": {"compact": twice, "why": "not a JSON object"},
    "type: a token for resources": {**with_header(typ="at+jwt"), "why": "typ is that of another"},
    "type: a token that ends sessions": {**with_header(typ="logout+jwt"), "why": "typ is that"},
    "no ID token at all, but a text": {"compact": lambda _: "hello", "why": "not a signed"},
    "an ID token without end": {"compact": lambda c: "A" * 20_000 + c, "why": "not a signed"},
    # What the ID token says.
    "iss: another": {**with_claims(iss=OTHER_ISSUER), "why": "iss"},
    "iss: missing": {**with_claims(iss=None), "why": "iss"},
    "sub: missing": {**with_claims(sub=None), "why": "sub"},
    "sub: empty": {**with_claims(sub=""), "why": "sub"},
    "sub: a number": {**with_claims(sub=248289761001), "why": "sub"},
    "sub: too long": {**with_claims(sub="x" * 256), "why": "sub"},
    "sub: with a zero byte": {**with_claims(sub="x\0"), "why": "sub"},
    "aud: another": {**with_claims(aud="another"), "why": "aud"},
    "aud: missing": {**with_claims(aud=None), "why": "aud"},
    "aud: others too": {**with_claims(aud=["vawg-portal", "another"]), "why": "azp"},
    "aud: others too, for us": {
        **with_claims(aud=["vawg-portal", "another"], azp="vawg-portal"),
        "why": "aud names others",
    },
    "azp: another": {**with_claims(azp="another"), "why": "azp"},
    "exp: past": {**with_claims(exp=now() - 90), "why": "expired"},
    "exp: missing": {**with_claims(exp=None), "why": "exp"},
    "exp: a text": {**with_claims(exp="tomorrow"), "why": "exp"},
    "exp: yes": {**with_claims(exp=True), "why": "exp"},
    "exp: endless": {**with_claims(exp=float("inf")), "why": "JSON"},
    "iat: missing": {**with_claims(iat=None), "why": "iat"},
    "iat: in the future": {
        "claims": lambda c: {**c, "iat": c["iat"] + 90},
        "why": "future",
    },
    "iat: before we asked": {
        "claims": lambda c: {**c, "iat": c["iat"] - 90},
        "why": "iat is older",
    },
    "nbf: in the future": {"claims": lambda c: {**c, "nbf": now() + 90}, "why": "not yet valid"},
    "nonce: another": {**with_claims(nonce="another"), "why": "nonce"},
    "nonce: missing": {**with_claims(nonce=None), "why": "nonce"},
    "nonce: empty": {**with_claims(nonce=""), "why": "nonce"},
    "at_hash: another": {**with_claims(at_hash="another"), "why": "at_hash"},
    "auth_time: in the future": {
        "claims": lambda c: {**c, "auth_time": now() + 90},
        "why": "auth_time lies in the future",
    },
    "auth_time: a text": {**with_claims(auth_time="now"), "why": "auth_time"},
    "sid: a list": {**with_claims(sid=["x"]), "why": "sid"},
    # Whom userinfo is about.
    "userinfo: somebody else": {
        "userinfo": lambda u: {**u, "sub": "somebody-else"},
        "why": "somebody else",
    },
    "userinfo: nobody": {"userinfo": lambda u: u.pop("sub") and u, "why": "somebody else"},
    "somebody whom nobody here knows": {**with_claims(sub="unknown"), "why": "nobody here"},
}
"""How the answer differs from a right one, and what the audit says of it."""


def test_there_are_more_bad_answers_than_were_asked_for():
    assert len(BAD_ANSWERS) + len(REFUSED_AT_THE_DOOR) >= 25


@pytest.mark.parametrize("fault", BAD_ANSWERS)
async def test_a_bad_answer_lets_nobody_in(doors, partner: Partner, name, fault: str):
    wrong = dict(BAD_ANSWERS[fault])
    why = wrong.pop("why")
    partner.add(name, **wrong)
    asks = "roles" if "userinfo" in fault else None
    async with doors.agreed(name, roles_claim=asks) as provider, doors.browser() as browser:
        answer = await browser.sign_in(provider)
        await _check_refused(doors, browser, answer, why)


@pytest.mark.parametrize("fault", REFUSED_AT_THE_DOOR)
async def test_a_provider_that_is_not_as_agreed_is_not_gone_to(
    doors, partner: Partner, name, fault: str
):
    answers = partner.add(name, **REFUSED_AT_THE_DOOR[fault])
    async with doors.agreed(name) as provider, doors.browser() as browser:
        answer = await browser.portal.get(f"/sign-in/with/{provider}")
        await _check_refused(doors, browser, answer, "discovery: it")
        assert answer.status_code == 503
        assert "authorize" not in answers.calls
        again = await browser.portal.get(f"/sign-in/with/{provider}")
        assert again.status_code == 503
        assert answers.calls.count("document") == 1  # it is left in peace for a moment


async def _check_refused(doors, browser, answer, why: str) -> None:
    """A page, no session, and a line in the audit that repeats nothing of what was sent."""
    assert answer.status_code in {400, 403, 503}, answer.headers
    assert browser.signed_in is None
    assert "Go to the sign-in page" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    event = await doors.event(answer)
    assert (event.kind, event.outcome) == ("partner_sign_in", "refused")
    assert why in event.reason, event.reason
    assert event.person_id is None
    assert "<script>" not in event.reason
