"""A provider speaks for its own agency and joint bodies, about people known by subject."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col
from support.partner import Partner

from auth.events import AuthEvent
from auth.federation.providers import end
from auth.notices import Notice
from auth.roles import Role
from auth.sessions.offers import on_offer
from auth.sessions.verbs import begin
from auth.strength import Strength
from auth.tables import Membership, MembershipRole
from portal.sample.partnership import PEOPLE, fixed, membership_id


async def test_a_person_of_another_agency_gets_no_session(doors, partner: Partner, name):
    """The police's provider would know a council's coordinator: it speaks for the police alone."""
    partner.add(name)
    async with (
        doors.agreed(name, "police", knows="wirral.coordinator") as provider,
        doors.browser() as browser,
    ):
        answer = await browser.sign_in(provider)
        assert (answer.status_code, browser.signed_in) == (403, None)
        assert "no membership" in (await doors.event(answer)).reason


async def test_unknown_and_left_are_told_alike(doors, partner: Partner, name):
    """Nobody learns from the page whether an account is known here."""
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        left = membership_id("wirral.coordinator")
        ending = update(Membership).where(col(Membership.id) == left)
        async with doors.owner() as db:
            await db.execute(ending.values(ended_at=datetime.now(UTC)))
        try:
            gone = await browser.sign_in(provider)
        finally:
            async with doors.owner() as db:
                await db.execute(ending.values(ended_at=None))
        partner.providers[name].person = {"sub": "nobody", "email": "maeve@wirral.example"}
        unknown = await browser.sign_in(provider)
        assert gone.status_code == unknown.status_code == 403
        assert _without_number(gone) == _without_number(unknown)
        assert browser.signed_in is None


async def test_an_email_address_makes_nobody_known(doors, partner: Partner, name):
    partner.add(name, person={"sub": "other", "email": "somebody@here", "email_verified": True})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        assert (await browser.sign_in(provider)).status_code == 403


async def test_the_same_subject_at_another_issuer_is_somebody_else(doors, partner: Partner, name):
    partner.add(name)
    partner.add(f"{name}-police")
    async with (
        doors.agreed(name),
        doors.agreed(f"{name}-police", "police", knows=None) as police,
        doors.browser() as browser,
    ):
        answer = await browser.sign_in(police)
        assert answer.status_code == 403
        assert "nobody here is known" in (await doors.event(answer)).reason


async def test_the_sign_in_is_for_this_agency_whatever_claims_say(doors, partner: Partner, name):
    partner.add(name, person={"org": "police", "tid": "x", "hd": "police.example"})
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        session = await doors.session("wirral.coordinator")
        assert session.membership_id == membership_id("wirral.coordinator")


PROOFS = [
    # acr, how long ago it was proved, and what it is worth
    ("urn:two", 0, Strength.MULTI_FACTOR),
    ("urn:passkey", 0, Strength.PHISHING_RESISTANT),
    ("urn:two", 3600, Strength.SINGLE_FACTOR),  # proved this morning, and not to us
    ("urn:two", None, Strength.SINGLE_FACTOR),
    ("mfa", 0, Strength.SINGLE_FACTOR),  # not agreed
    (None, 0, Strength.SINGLE_FACTOR),
]


@pytest.mark.parametrize("proof", PROOFS, ids=str)
async def test_a_proof_counts_as_agreed_and_when_it_is_fresh(doors, partner: Partner, name, proof):
    acr, age, strength = proof

    def claims(right):
        proved = None if age is None else right["auth_time"] - age
        changed = {**right, "acr": acr, "auth_time": proved, "amr": ["pwd", "otp"]}
        return {key: value for key, value in changed.items() if value is not None}

    partner.add(name, claims=claims)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        assert (await browser.sign_in(provider)).status_code == 303
        session = await doors.session("wirral.coordinator")
        assert (session.acr, session.amr) == (strength, ["pwd", "otp"])


async def test_a_local_account_speaks_no_more_for_an_agency_with_a_provider(
    doors, partner: Partner, name
):
    """Also in a session that began before, from its next request on."""
    partner.add(name)
    person = fixed("person", PEOPLE["wirral.viewer"][1])
    async with doors.owner() as db:
        cookie = await begin(
            db,
            person_id=person,
            acr=Strength.PHISHING_RESISTANT,
            amr=["hwk"],
            device="A test's browser",
            now=datetime.now(UTC),
        )
    async with doors.browser() as browser:
        browser.portal.cookies.set("__Host-session", cookie)
        assert (await browser.portal.get("/initiatives")).status_code == 200
        async with doors.agreed(name, knows=None):
            page = await browser.portal.get("/initiatives")
            assert page.headers["location"].startswith("/memberships")
            async with doors.owner() as db:
                assert await on_offer(db, person, None, datetime.now(UTC)) == []
        assert (await browser.portal.get("/initiatives")).status_code == 200


async def test_a_session_from_an_ended_provider_acts_as_nobody(doors, partner: Partner, name):
    """Whatever else went wrong, the database asks at every request who vouched."""
    partner.add(name)
    async with doors.browser() as browser:
        async with doors.agreed(name) as provider:
            await browser.sign_in(provider)
            assert (await browser.portal.get("/initiatives")).status_code == 200
        page = await browser.portal.get("/initiatives")
        assert page.headers["location"].startswith("/memberships")


async def test_ending_the_provider_ends_what_it_vouched_for(doors, partner: Partner, name):
    partner.add(name)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
        async with doors.owner() as db:
            assert await end(db, provider, now=datetime.now(UTC)) >= 1
        session = await doors.session("wirral.coordinator")
        assert session.ended_at is not None


MAPPED = {"Portal.View": Role.VIEWER, "Portal.Edit": Role.CONTRIBUTOR}


async def held(doors, who: str) -> set[str]:
    async with doors.owner() as db:
        found = select(col(MembershipRole.role)).where(
            col(MembershipRole.membership_id) == membership_id(who)
        )
        return set((await db.execute(found)).scalars())


@pytest.mark.parametrize("where", ["id_token", "userinfo"])
async def test_mapped_roles_follow_the_directory(doors, partner: Partner, name, where: str):
    who, answers = "wirral.coordinator", partner.add(name)

    def say(*roles: str) -> None:
        part = "claims" if where == "id_token" else "userinfo"
        setattr(answers, part, lambda right: {**right, "roles": list(roles)})

    before = await held(doors, who)
    async with (
        doors.agreed(name, roles_claim="roles", roles=MAPPED) as provider,
        doors.browser() as browser,
    ):
        say("Portal.View", "Portal.Edit", "Domain Admins", "agency_administrator")
        given = await browser.sign_in(provider)
        assert await held(doors, who) == before | {Role.VIEWER, Role.CONTRIBUTOR}
        assert await told(doors, given) == {
            "signed in, sfa",
            "the agency's directory gave the role viewer",
            "the agency's directory gave the role contributor",
        }
        say("Portal.View")
        taken = await browser.sign_in(provider)
        assert await held(doors, who) == before | {Role.VIEWER}
        assert await told(doors, taken) == {
            "signed in, sfa",
            "the agency's directory took the role contributor away",
        }
        say()
        await browser.sign_in(provider)
        assert await held(doors, who) == before
    async with doors.owner() as db:
        says = set((await db.execute(select(col(Notice.says)))).scalars())
    assert "You are now viewer: your agency's directory says so." in says


async def test_without_mapping_nothing_happens(doors, partner: Partner, name):
    who = "wirral.coordinator"
    partner.add(name, claims=lambda right: {**right, "roles": ["Portal.View"]})
    before = await held(doors, who)
    async with doors.agreed(name) as provider, doors.browser() as browser:
        await browser.sign_in(provider)
    assert await held(doors, who) == before


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AGENCY_ADMINISTRATOR, Role.AUDITOR])
async def test_no_directory_gives_cases_or_administration(
    doors, partner: Partner, name, role: Role
):
    with pytest.raises(Exception, match="role_mapping_mappable_check"):
        async with doors.agreed(name, roles_claim="roles", roles={"x": role}):
            pass


async def told(doors, answer) -> set[str]:
    async with doors.owner() as db:
        found = select(col(AuthEvent.reason)).where(
            col(AuthEvent.request_id) == UUID(answer.headers["x-request-id"])
        )
        return set((await db.execute(found)).scalars())


def _without_number(page) -> str:
    return page.text.replace(page.headers["x-request-id"], "")
