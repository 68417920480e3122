"""Whoever is invited joins with their own agency's account; nobody else's account is let in."""

import asyncio
import hmac
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col
from support.partner import Partner
from support.visiting import HIDDEN

from auth.federation.arrivals import Arrived, opened
from auth.federation.tables import Identity
from auth.people.invitations import hash_of, new_token
from auth.people.tables import Invitation
from auth.roles import Role
from auth.sessions.tables import BrowserSession, SessionSecret
from auth.strength import Strength
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
            answer = await browser.join(provider, token)
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
        await browser.join(provider, await invite())
        [(called, _, _)] = await newcomer(doors, partner, name)
        assert called == "A newcomer"


async def test_who_is_known_gets_one_more_membership(doors, partner: Partner, name, invite):
    partner.add(name)
    before = membership_id("wirral.coordinator")
    async with doors.agreed(name) as provider, doors.browser() as browser:
        token = await invite("marac", role=None)
        came = await browser.sign_in(provider, invitation=token)
        assert came.headers["location"] == f"/join?invitation={token}"
        assert browser.signed_in
        assert len(await memberships(doors, before)) == 1, "a link alone makes nobody a member"
        page = await browser.portal.get(came.headers["location"])
        assert "Accept with the account you are signed in with" in page.text
        said = await browser.portal.post(
            "/join/oneself",
            data=dict(HIDDEN.findall(page.text)) | {"invitation": token},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert said.status_code == 303
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


async def memberships(doors, member):
    """All of the member's person."""
    async with doors.owner() as db:
        person = (await db.get(Membership, member)).person_id
        found = select(Membership).where(col(Membership.person_id) == person)
        return (await db.execute(found)).scalars().all()


async def test_nobody_joins_by_following_links_alone(doors, partner: Partner, name, invite):
    """The page names agency, role and who invites; only the button there says yes."""
    partner.add(name, person={"sub": "newcomer", "name": "Nadia Newcomer"})
    made_by = membership_id("wirral.administrator")
    async with doors.agreed(name) as provider, doors.browser() as browser:
        async with doors.owner() as db:
            person = (await db.get(Membership, made_by)).person_id
        token = await invite(made_by_id=made_by, made_person_id=person)
        came = await browser.sign_in(provider, invitation=token)
        assert (came.status_code, came.headers["location"]) == (303, "/join/arrived")
        assert browser.signed_in is None
        assert (await doors.event(came)).reason == "has still to say yes to an invitation"
        page = (await browser.portal.get("/join/arrived")).text
        for word in ("Nadia Newcomer", "Viewer", "Wirral Council", "Invited by", "A newcomer"):
            assert word in page
        fields = dict(HIDDEN.findall(page))
        for given, site in ((fields, "cross-site"), ({"yes": "yes"}, "same-origin")):
            headers = {"sec-fetch-site": site}
            said = await browser.portal.post("/join/arrived", data=given, headers=headers)
            assert said.status_code == 403
        assert await newcomer(doors, partner, name) == []
        async with doors.owner() as db:
            found = select(col(Invitation.used_at)).where(
                col(Invitation.token_hash) == hash_of(token)
            )
            assert (await db.execute(found)).scalar_one() is None
        assert (await browser.say_yes()).status_code == 303
        assert browser.signed_in
        assert await newcomer(doors, partner, name) == [
            ("Nadia Newcomer", agency_id("wirral"), Role.VIEWER)
        ]


async def test_who_came_back_waits_in_that_browser_alone_and_says_yes_once(
    doors, partner: Partner, name, invite
):
    partner.add(name, person={"sub": "newcomer", "name": "N"})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider, invitation=await invite())
        kept = dict(browser.portal.cookies)
        async with doors.browser() as thief:
            thief.portal.cookies.set("__Host-arrived", kept["__Host-arrived"], "portal.test")
            assert (await thief.say_yes()).status_code == 410
            thief.portal.cookies.set("__Host-partner", "another", "portal.test")
            assert (await thief.say_yes()).status_code == 410
        assert (await browser.say_yes()).status_code == 303
        async with doors.browser() as again:
            for cookie in ("__Host-arrived", "__Host-partner"):
                again.portal.cookies.set(cookie, kept[cookie], "portal.test")
            assert (await again.say_yes()).status_code == 410
            assert again.signed_in is None


async def test_who_takes_longer_than_ten_minutes_begins_again(
    doors, partner: Partner, name, invite, keyring
):
    partner.add(name, person={"sub": "newcomer", "name": "N"})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider, invitation=await invite())
        cookies = browser.portal.cookies
        browser_name = cookies["__Host-partner"]
        who = opened(keyring, browser_name, cookies["__Host-arrived"], datetime.now(UTC))
        for minutes, there in ((-9, 200), (-10, 410), (1, 410)):
            at = datetime.now(UTC) + timedelta(minutes=minutes)
            cookies.delete("__Host-arrived")
            sealed = replace(who, at=at).sealed(keyring, browser_name)
            cookies.set("__Host-arrived", sealed, "portal.test")
            assert (await browser.portal.get("/join/arrived")).status_code == there, minutes


def test_however_much_a_directory_says_a_browser_can_keep_it(keyring):
    who = Arrived(
        uuid4(), "s" * 255, "n" * 120, ["r" * 120] * 50, Strength.MULTI_FACTOR, ["a" * 50] * 10,
        "x" * 255, datetime.now(UTC), b"i" * 32,
    )  # fmt: skip
    written = who.sealed(keyring, "browser")
    assert len(written) < 3800
    assert opened(keyring, "browser", written, datetime.now(UTC)) == replace(who, roles=None)


async def test_an_inviter_does_not_accept_their_own_invitation(
    doors, partner: Partner, name, invite
):
    """Signed out, they open the link and sign in as who they are."""
    partner.add(name)
    inviter = membership_id("wirral.coordinator")
    async with doors.agreed(name) as provider, doors.browser() as browser:
        async with doors.owner() as db:
            person = (await db.get(Membership, inviter)).person_id
        own = {"made_by_id": inviter, "made_person_id": person}
        token = await invite("marac", role=None, **own)
        came = await browser.sign_in(provider, invitation=token)
        page = await browser.portal.get(came.headers["location"])
        assert "You made this invitation yourself" in page.text
        assert "Accept with the account" not in page.text
        fields = dict(HIDDEN.findall((await browser.portal.get("/sign-out")).text))
        said = await browser.portal.post(
            "/join/oneself",
            data=fields | {"invitation": token},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert (said.status_code, "You made this invitation yourself" in said.text) == (403, True)
        assert (await doors.event(said)).reason == "one's own"
        assert len(await memberships(doors, inviter)) == 1


async def test_an_inviter_who_has_left_does_not_let_themselves_in_again(
    doors, partner: Partner, name, invite
):
    partner.add(name)
    inviter = membership_id("wirral.coordinator")
    ending = update(Membership).where(col(Membership.id) == inviter)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        async with doors.owner() as db:
            person = (await db.get(Membership, inviter)).person_id
        token = await invite(made_by_id=inviter, made_person_id=person)
        async with doors.owner() as db:
            await db.execute(ending.values(ended_at=datetime.now(UTC)))
        try:
            answer = await browser.join(provider, token)
        finally:
            async with doors.owner() as db:
                await db.execute(ending.values(ended_at=None))
        assert (answer.status_code, browser.signed_in) == (410, None)
        assert len(await memberships(doors, inviter)) == 1


TRIES, AT_ONCE = 1000, 25


async def test_an_invitation_lets_one_of_a_thousand_in(
    doors, partner: Partner, name, invite, keyring
):
    """A thousand accounts hold the same link and say yes at once, wave after wave."""
    partner.add(name, person={"sub": "newcomer", "name": "N"})
    found: Counter[int] = Counter()
    async with doors.agreed(name, knows=None) as provider, doors.browser() as browser:
        token = await invite()
        await browser.sign_in(provider, invitation=token)
        cookies = browser.portal.cookies
        partners = cookies["__Host-partner"]
        who = opened(keyring, partners, cookies["__Host-arrived"], datetime.now(UTC))
        for wave in range(TRIES // AT_ONCE):
            all_of_them = [replace(who, subject=f"{wave}-{n}") for n in range(AT_ONCE)]
            sealed = [each.sealed(keyring, partners) for each in all_of_them]
            said = await asyncio.gather(*(yes(doors, partners, one) for one in sealed))
            found.update(answer.status_code for answer in said)
        assert found == {303: 1, 410: TRIES - 1}
        async with doors.owner() as db:
            issuer = col(Identity.issuer) == partner.issuer(name)
            assert len((await db.execute(select(col(Identity.id)).where(issuer))).all()) == 1


async def yes(doors, partners: str, arrived: str):
    """From a browser of its own, which holds these cookies and nothing else."""
    visitor = "v" * 43
    cookies = {"visitor": visitor, "partner": partners, "arrived": arrived}
    async with doors.browser() as browser:
        return await browser.portal.post(
            "/join/arrived",
            data={"form_token": hmac.new(visitor.encode(), b"form", "sha256").hexdigest()},
            headers={
                "sec-fetch-site": "same-origin",
                "cookie": "; ".join(f"__Host-{name}={value}" for name, value in cookies.items()),
            },
        )
