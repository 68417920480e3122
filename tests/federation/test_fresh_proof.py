"""A fresh proof at the partner's provider: by the same person, just now, as strong as agreed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from support.partner import Partner

from auth.strength import Strength


def proving(acr="urn:two", older=0, **more):
    """Claims of somebody who proved it so many seconds ago."""
    return lambda right: {**right, "acr": acr, "auth_time": right["auth_time"] - older, **more}


async def test_the_same_person_proves_it_with_a_second_factor(doors, partner: Partner, name):
    answers = partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        before, old_cookie = await doors.session("wirral.coordinator"), browser.signed_in
        answers.claims = proving()
        answer = await browser.sign_in(provider, again="yes", next="/people")
        assert (answer.status_code, answer.headers["location"]) == (303, "/people")
        assert answers.asked["prompt"] == "login"
        assert answers.asked["max_age"] == "0"
        assert answers.asked["acr_values"] == "urn:passkey urn:two"
        after = await doors.session("wirral.coordinator")
        assert (after.id, after.acr) == (before.id, Strength.MULTI_FACTOR)
        assert after.authenticated_at > before.authenticated_at
        assert browser.signed_in not in {None, old_cookie}
        assert (await doors.event(answer)).kind == "partner_step_up"


WEAK = {
    # how it is proved, and what the audit says of it
    "not strong enough": (proving(acr="urn:one"), "not as strong as agreed"),
    "without saying how": (lambda right: right, "not as strong as agreed"),
    "proved an hour ago": (proving(older=3600), "auth_time is older"),
    "proved ninety seconds before we asked": (proving(older=90), "auth_time is older"),
    "without saying when": (
        lambda right: {k: v for k, v in right.items() if k != "auth_time"},
        "auth_time is missing",
    ),
    "proved in the future": (proving(older=-90), "auth_time lies in the future"),
    "by somebody whom nobody knows": (proving(sub="somebody-else"), "by somebody else"),
}


@pytest.mark.parametrize("how", WEAK)
async def test_a_poor_proof_changes_nothing(doors, partner: Partner, name, how: str):
    answers = partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        before, cookie = await doors.session("wirral.coordinator"), browser.signed_in
        answers.claims, why = WEAK[how]
        answer = await browser.sign_in(provider, again="yes")
        assert answer.status_code == 403
        assert "Go to the start of the portal" in answer.text
        after = await doors.session("wirral.coordinator")
        assert browser.signed_in == cookie
        assert (after.acr, after.authenticated_at) == (before.acr, before.authenticated_at)
        event = await doors.event(answer)
        assert event.outcome == "refused"
        assert why in event.reason


async def test_a_colleague_cannot_prove_it(doors, partner: Partner, name):
    """The colleague is known too, and signs in at the provider in the first one's browser."""
    answers = partner.add(name)
    async with (
        doors.agreed(name) as provider,
        doors.known(name, "wirral.contributor", "colleague"),
        doors.browser() as browser,
    ):
        await browser.sign_in(provider)
        answers.claims = proving(sub="colleague")
        answer = await browser.sign_in(provider, again="yes")
        assert answer.status_code == 403
        assert "That was another account" in answer.text


async def test_whoever_signed_out_meanwhile_begins_again(doors, partner: Partner, name):
    answers = partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        answers.claims = proving()
        address = await browser.return_address(provider, again="yes")
        del browser.portal.cookies["__Host-session"]
        assert (await browser.arrive(address)).status_code == 400
        assert browser.signed_in is None


async def test_a_proof_is_for_the_session_that_asked_for_it(doors, partner: Partner, name):
    """The same person signs in anew in between: that session has not asked."""
    answers = partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        right, answers.claims = answers.claims, proving()
        address = await browser.return_address(provider, again="yes")
        answers.claims = right
        await browser.sign_in(provider)
        answers.claims = proving()
        answer = await browser.arrive(address)
        assert answer.status_code == 400
        assert "is over" in (await doors.event(answer)).reason
        assert (await doors.session("wirral.coordinator")).acr is Strength.SINGLE_FACTOR


async def test_nobody_proves_it_without_a_session(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        left = await browser.portal.get(f"/sign-in/with/{provider}?again=yes")
        assert left.status_code == 303
        assert urlsplit(left.headers["location"]).path == "/sign-in"
        assert parse_qs(urlsplit(left.headers["location"]).query)["next"]


async def test_without_an_agreement_nobody_is_sent_there_in_vain(doors, partner: Partner, name):
    partner.add(name)
    async with (
        doors.agreed(name, mfa_acr=[], phr_acr=[]) as provider,
        doors.browser() as browser,
    ):
        await browser.sign_in(provider)
        answer = await browser.portal.get(f"/sign-in/with/{provider}?again=yes")
        assert answer.status_code == 403
        assert "cannot prove this" in answer.text
