"""An answer is good once, soon, for the browser and the provider that it was asked of."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from support.partner import Partner

from auth.federation.tables import PartnerSignIn


async def test_an_answer_is_good_once(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        address = await browser.return_address(provider)
        assert (await browser.arrive(address)).status_code == 303
        first = browser.signed_in
        again = await browser.arrive(address)
        assert again.status_code == 400
        assert browser.signed_in == first
        assert "no sign-in under way" in (await doors.event(again)).reason


async def test_a_wrong_answer_uses_the_sign_in_up_too(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        address = await browser.return_address(provider)
        wrong = await browser.arrive(address.replace("code=", "code=x"))
        assert wrong.status_code == 503
        right = await browser.arrive(address)
        assert (right.status_code, browser.signed_in) == (400, None)


async def test_an_answer_is_of_no_use_in_another_browser(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as hers, doors.browser() as his:
        address = await hers.return_address(provider)
        stolen = await his.arrive(address)
        assert (stolen.status_code, his.signed_in) == (400, None)
        await his.return_address(provider)  # he has a cookie of his own, too
        assert (await his.arrive(address)).status_code == 400
        assert (await hers.arrive(address)).status_code == 303


async def test_nobody_can_be_signed_in_as_somebody_else_by_a_link(doors, partner: Partner, name):
    """Login CSRF: the attacker's own answer, loaded in the victim's browser."""
    partner.add(name)
    async with (
        doors.agreed(name) as provider,
        doors.browser() as attacker,
        doors.browser() as victim,
    ):
        address = await attacker.return_address(provider)
        assert (await victim.arrive(address)).status_code == 400
        assert victim.signed_in is None


async def test_one_provider_cannot_answer_for_another(doors, partner: Partner, name):
    """Mix-up: a partner's provider sends its own code to the address of another's."""
    partner.add(name)
    partner.add(f"{name}-police")
    async with (
        doors.agreed(name) as wirral,
        doors.agreed(f"{name}-police", "police", "police.coordinator") as police,
        doors.browser() as browser,
    ):
        address = await browser.return_address(wirral)
        moved = await browser.arrive(address.replace(str(wirral), str(police)))
        assert (moved.status_code, browser.signed_in) == (400, None)


async def test_it_is_over_after_ten_minutes(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        address = await browser.return_address(provider)
        async with doors.owner() as db:
            past = datetime.now(UTC) - timedelta(minutes=11)
            late = {"started_at": past, "expires_at": past + timedelta(minutes=10)}
            await db.execute(update(PartnerSignIn).values(**late))
        assert (await browser.arrive(address)).status_code == 400
        assert browser.signed_in is None


async def test_two_tabs_do_not_disturb_each_other(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        first = await browser.return_address(provider, next="/one")
        second = await browser.return_address(provider, next="/two")
        assert (await browser.arrive(first)).headers["location"] == "/one"
        assert (await browser.arrive(second)).headers["location"] == "/two"


async def test_a_new_sign_in_ends_the_session_that_was_there(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        before = await doors.session("wirral.coordinator")
        await browser.sign_in(provider)
        after = await doors.session("wirral.coordinator")
        assert before.id != after.id
        async with doors.owner() as db:
            ended = await db.get(type(before), before.id)
            assert ended.ended_at is not None


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_the_way_on_stays_here(doors, partner: Partner, name, wanted: str):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        assert (await browser.sign_in(provider, next=wanted)).headers["location"] == "/"


@pytest.mark.parametrize("query", ["", "?state=", "?" + "a=1&" * 200, "?state=%00%ff&code=%0d%0a"])
async def test_strange_returns_get_a_page(doors, partner: Partner, name, query: str):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        answer = await browser.portal.get(f"/sign-in/back/{provider}{query}")
        assert answer.status_code == 400
        assert "Start signing in again" in answer.text


async def test_an_unknown_or_ended_provider_is_told_alike(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name, ended_at=datetime.now(UTC)) as ended, doors.browser() as browser:
        pages = [
            await browser.portal.get(f"/sign-in/with/{provider}")
            for provider in (ended, "00000000-0000-4000-8000-000000000000")
        ]
        assert [page.status_code for page in pages] == [404, 404]
        back = await browser.portal.get(f"/sign-in/back/{ended}?state={'x' * 43}&code=c")
        assert back.status_code == 404
        assert (await browser.portal.get("/sign-in/with/nonsense")).status_code == 404
