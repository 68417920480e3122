"""Whoever is invited joins with their own agency's account; nobody else's account is let in."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlmodel import col
from support.partner import Partner

from auth.federation.tables import Identity
from auth.people.invitations import hash_of, new_token
from auth.people.tables import Invitation
from auth.roles import Role
from auth.sessions.tables import BrowserSession, SessionSecret
from auth.tables import Membership, MembershipName, MembershipRole, Person
from portal.sample.partnership import agency_id, membership_id


@pytest.fixture
def invite(doors):
    """The operator invites somebody to an agency; the link's token."""

    async def invite(agency: str = "wirral", **more) -> str:
        token, now = new_token(), datetime.now(UTC)
        async with doors.owner() as db:
            db.add(
                Invitation(
                    agency_id=agency_id(agency),
                    for_whom="A newcomer",
                    token_hash=hash_of(token),
                    **{
                        "role": Role.VIEWER,
                        "made_at": now,
                        "expires_at": now + timedelta(days=7),
                        **more,
                    },
                )
            )
        return token

    return invite


async def newcomer(doors, partner: Partner, name: str, subject: str = "newcomer"):
    """Who the subject is now, as what."""
    async with doors.owner() as db:
        found = (
            select(col(Person.name), col(Membership.agency_id), col(MembershipRole.role))
            .join(Identity, col(Identity.person_id) == col(Person.id))
            .join(Membership, col(Membership.person_id) == col(Person.id))
            .join(MembershipRole, col(MembershipRole.membership_id) == col(Membership.id))
            .where(col(Identity.issuer) == partner.issuer(name), col(Identity.subject) == subject)
        )
        return [tuple(row) for row in await db.execute(found)]


@pytest.mark.parametrize("where", ["ID token", "userinfo"])
async def test_a_newcomer_joins_and_comes_back(doors, partner: Partner, name, invite, where: str):
    answers = partner.add(name, claims=lambda right: {**right, "sub": "newcomer"})
    answers.person = {"sub": "newcomer"}
    if where == "ID token":
        answers.person["name"] = " Nadia   Newcomer "
    else:
        answers.userinfo = lambda right: {**right, "name": "Nadia Newcomer"}
    async with doors.agreed(name) as provider:
        async with doors.browser() as browser:
            token = await invite()
            answer = await browser.sign_in(provider, invitation=token)
            assert (answer.status_code, bool(browser.signed_in)) == (303, True)
            assert answers.asked["scope"] == "openid profile"
        joined = [("Nadia Newcomer", agency_id("wirral"), Role.VIEWER)]
        assert await newcomer(doors, partner, name) == joined
        async with doors.browser() as browser:
            assert (await browser.sign_in(provider)).status_code == 303
            assert (await browser.sign_in(provider, invitation=token)).status_code == 303
        assert await newcomer(doors, partner, name) == joined


async def test_without_a_name_the_inviters_words_stand_for_it(doors, partner, name, invite):
    partner.add(name, person={"sub": "newcomer", "name": "\u202e" * 3})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider, invitation=await invite())
        [(called, _, _)] = await newcomer(doors, partner, name)
        assert called == "A newcomer"


async def test_who_is_known_gets_one_more_membership(doors, partner: Partner, name, invite):
    partner.add(name)
    before = membership_id("wirral.coordinator")
    async with doors.agreed(name) as provider, doors.browser() as browser:
        token = await invite("marac", role=None)
        assert (await browser.sign_in(provider, invitation=token)).status_code == 303
        async with doors.owner() as db:
            person = (await db.get(Membership, before)).person_id
            found = select(Membership).where(col(Membership.person_id) == person)
            held = (await db.execute(found)).scalars().all()
            assert {m.agency_id for m in held} == {agency_id("wirral"), agency_id("marac")}
            await db.execute(delete(Invitation).where(col(Invitation.token_hash) == hash_of(token)))
            [more] = [m.id for m in held if m.id != before]
            own = select(col(BrowserSession.id)).where(col(BrowserSession.person_id) == person)
            await db.execute(delete(SessionSecret).where(col(SessionSecret.session_id).in_(own)))
            await db.execute(delete(BrowserSession).where(col(BrowserSession.id).in_(own)))
            await db.execute(
                delete(MembershipName).where(col(MembershipName.membership_id) == more)
            )
            await db.execute(delete(Membership).where(col(Membership.id) == more))


INVITATIONS = {
    "of another agency": {"agency": "police"},
    "that is over": {"made_at": -8},
    "that was withdrawn": {"withdrawn_at": datetime.now(UTC)},
}


@pytest.mark.parametrize("which", [*INVITATIONS, "that never was"])
async def test_an_invitation_that_does_not_fit_lets_nobody_in(
    doors, partner: Partner, name, invite, which: str
):
    partner.add(name, person={"sub": "newcomer"})
    more = dict(INVITATIONS.get(which, {}))
    if "made_at" in more:
        past = datetime.now(UTC) + timedelta(days=more.pop("made_at"))
        more |= {"made_at": past, "expires_at": past + timedelta(days=7)}
    async with doors.agreed(name) as provider, doors.browser() as browser:
        token = await invite(**more) if which in INVITATIONS else "never-was"
        answer = await browser.sign_in(provider, invitation=token)
        assert (answer.status_code, browser.signed_in) == (403, None)
        assert "You cannot use the portal with this account" in answer.text
        assert await newcomer(doors, partner, name) == []


async def test_an_invitation_lets_one_of_many_in(doors, partner: Partner, name, invite):
    """Twenty accounts hold the same link at the same moment."""
    answers = partner.add(name)
    async with doors.agreed(name) as provider, AsyncExitStack() as open_:
        token, on_their_way = await invite(), []
        for _ in range(20):
            browser = await open_.enter_async_context(doors.browser())
            address = await browser.return_address(provider, invitation=token)
            on_their_way.append((browser, address))
        count = iter(range(20))
        answers.claims = lambda right: {**right, "sub": f"newcomer-{next(count)}", "name": "N"}
        arrived = await asyncio.gather(*(browser.arrive(to) for browser, to in on_their_way))
        assert sorted(answer.status_code for answer in arrived) == [303] + [403] * 19
