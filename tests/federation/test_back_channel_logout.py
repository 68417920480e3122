"""A partner's provider signs somebody out: their sessions here end at once."""

import asyncio
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from support.partner import CLIENT_ID, Partner, signed

from auth.federation.answers import LOGOUT_EVENT

TRIES, AT_ONCE = 1000, 25
"""In waves: the pool refuses whoever would wait for long."""


def claims_of(issuer: str, **changed: Any) -> dict[str, Any]:
    """A right logout token's, with these changed; None leaves one out."""
    now = int(time.time())
    right = {
        "iss": issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": uuid4().hex,
        "events": {LOGOUT_EVENT: {}},
        "sub": "248289761001",
    }
    return {key: value for key, value in {**right, **changed}.items() if value is not None}


def token_of(partner: Partner, name: str, *, typ: str | None = "logout+jwt", **changed: Any) -> str:
    key = partner.providers[name].key
    header = {"alg": "ES256", "kid": key.kid, **({"typ": typ} if typ else {})}
    return signed(header, claims_of(partner.issuer(name), **changed), key, "ES256")


async def send(browser, provider, *tokens: str):
    body = "&".join(f"logout_token={token}" for token in tokens)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return await browser.portal.post(f"/sign-in/logout/{provider}", content=body, headers=kind)


async def test_their_session_is_over_with_the_next_request(doors, partner: Partner, name):
    partner.add(name)
    async with (
        doors.agreed(name) as provider,
        doors.browser() as browser,
        doors.browser() as outside,
    ):
        await browser.sign_in(provider)
        assert (
            (await browser.portal.get(f"/sign-in/with/{provider}?again=yes"))
            .headers["location"]
            .startswith(partner.url)
        )
        answer = await send(outside, provider, token_of(partner, name))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (
            (await browser.portal.get(f"/sign-in/with/{provider}?again=yes"))
            .headers["location"]
            .startswith("/sign-in?")
        )
        assert (await doors.session("wirral.coordinator")).ended_at is not None
        event = await doors.event(answer)
        assert (event.kind, event.reason) == (
            "partner_logout",
            "the provider signed somebody out: 1 sessions ended",
        )


@pytest.mark.parametrize(
    ("names", "ended"),
    [
        ({"sid": "one"}, ["one"]),
        ({"sid": "one", "sub": None}, ["one"]),
        ({"sid": "other"}, []),
        ({}, ["one", "two"]),
        ({"sub": "somebody-else"}, []),
        ({"sub": "somebody-else", "sid": "one"}, []),
    ],
    ids=str,
)
async def test_it_ends_the_sessions_that_it_names(doors, partner: Partner, name, names, ended):
    answers = partner.add(name)
    async with (
        doors.agreed(name) as provider,
        doors.browser() as first,
        doors.browser() as second,
    ):
        sessions = {}
        for sid, browser in (("one", first), ("two", second)):
            answers.person = {"sid": sid}
            await browser.sign_in(provider)
            sessions[sid] = (await doors.session("wirral.coordinator")).id
        assert (await send(first, provider, token_of(partner, name, **names))).status_code == 200
        async with doors.owner() as db:
            over = [
                sid
                for sid, session in sessions.items()
                if (await db.get(doors.Session, session)).ended_at is not None
            ]
        assert over == ended


async def test_another_agencys_provider_ends_nothing(doors, partner: Partner, name):
    """Not even with the same names for person and session."""
    partner.add(name, person={"sid": "one"})
    partner.add(f"{name}-police")
    async with (
        doors.agreed(name) as wirral,
        doors.agreed(f"{name}-police", "police", knows=None) as police,
        doors.browser() as browser,
    ):
        await browser.sign_in(wirral)
        theirs = token_of(partner, f"{name}-police")
        same_session = token_of(partner, f"{name}-police", sid="one", sub=None)
        assert (await send(browser, police, same_session)).status_code == 200
        assert (await send(browser, police, theirs)).status_code == 200
        assert (await send(browser, wirral, theirs)).status_code == 400
        assert (await doors.session("wirral.coordinator")).ended_at is None


BAD = {
    "without a type that fits": {"typ": "at+jwt"},
    "of another issuer": {"iss": "https://id.other.example"},
    "for another client": {"aud": "another"},
    "for others too": {"aud": [CLIENT_ID, "another"]},
    "without a date": {"iat": None},
    "made ten minutes ago": {"iat": int(time.time()) - 600},
    "from the future": {"iat": int(time.time()) + 86_400},
    "without an end": {"exp": None},
    "that is over": {"exp": int(time.time()) - 90},
    "without a number": {"jti": None},
    "whose number is no text": {"jti": 7},
    "without events": {"events": None},
    "about another event": {"events": {"http://schemas.example/event/other": {}}},
    "whose event is no object": {"events": {LOGOUT_EVENT: True}},
    "with a nonce, as an ID token has": {"nonce": "x"},
    "about nobody": {"sub": None},
    "about a number": {"sub": 1},
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_logout_token_ends_nothing(doors, partner: Partner, name, what: str):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        answer = await send(browser, provider, token_of(partner, name, **BAD[what]))
        await _nothing(doors, answer)


async def test_a_logout_token_by_anybody_else_ends_nothing(doors, partner: Partner, name):
    answers = partner.add(name)
    stranger = ECKey.generate_key("P-256")
    claims = claims_of(partner.issuer(name))
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        right = token_of(partner, name)
        forged = (
            signed({"alg": "ES256", "kid": answers.key.kid}, claims, stranger, "ES256"),
            signed({"alg": "none"}, claims, stranger, "none"),
            "",
            "A" * 20_000,
            right + "A",
        )
        for token in forged:
            await _nothing(doors, await send(browser, provider, token))
        await _nothing(doors, await send(browser, provider, right, right))
        await _nothing(doors, await send(browser, provider))
        await _nothing(doors, await send(browser, provider, "A" * 40_000))


async def test_an_id_token_is_no_logout_token(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        id_token = partner.id_token(name, {"nonce": "x"}, "y")
        await _nothing(doors, await send(browser, provider, id_token))


async def test_a_logout_token_works_once_also_for_a_thousand_at_once(doors, partner: Partner, name):
    partner.add(name)
    found: Counter[int] = Counter()
    async with doors.agreed(name) as provider, doors.browser() as browser:
        token = token_of(partner, name)
        for _ in range(TRIES // AT_ONCE):
            sent = (send(browser, provider, token) for _ in range(AT_ONCE))
            found.update(answer.status_code for answer in await asyncio.gather(*sent))
    assert found == {200: 1, 400: TRIES - 1}


async def _nothing(doors, answer) -> None:
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert (await doors.session("wirral.coordinator")).ended_at is None
    event = await doors.event(answer)
    assert (event.kind, event.outcome) == ("partner_logout", "refused")
