"""What a person lets a program do ends with the sign-in it rests on, refresh tokens included."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from support.consenting import RETURN, Flow, Visitor

from auth.federation import providers
from auth.federation.tables import IdentityProvider, ProofOfUs
from auth.oauth.authorize import silently
from auth.oauth.proofs import hash_token
from auth.oauth.tables import Grant
from auth.roles import Role
from auth.sessions.verbs import NotOffered, end_all
from auth.tables import Agency, AgencyKind, Membership, MembershipRole, Person


def provider_of(agency_id):
    return IdentityProvider(
        agency_id=agency_id,
        issuer=f"https://id.example/{uuid4()}",
        client_id="portal",
        proof=ProofOfUs.PRIVATE_KEY_JWT,
        algorithms=["ES256"],
        mfa_acr=[],
        phr_acr=[],
        started_at=datetime.now(UTC),
    )


async def keep(databases, *rows):
    async with AsyncSession(databases.owner, expire_on_commit=False) as db, db.begin():
        for row in rows:
            db.add(row)
            await db.flush()


@pytest.fixture
async def local(desk, oauth_databases, admit) -> Flow:
    """Fay, who signs in with an account of the portal, and a program of her agency."""
    agency = Agency(name=f"Agency {uuid4()}", short_name="A", kind=AgencyKind.CHARITY)
    who = Person(name="Fay Field")
    member = Membership(person_id=who.id, agency_id=agency.id, starts_on=date(2020, 1, 1))
    role = MembershipRole(membership_id=member.id, role=Role.INITIATIVE_COORDINATOR)
    await keep(oauth_databases, agency, who, member, role)
    program = await admit(
        agency_id=agency.id,
        owner=member.id,
        grants=[Grant.AUTHORIZATION_CODE],
        redirect_uris=[RETURN],
    )
    return Flow(desk, program, Visitor(who.id, member.id))


@pytest.fixture
async def federated(local, oauth_databases) -> Flow:
    """The same, once her agency has a provider of its own."""
    rows = "SELECT agency_id FROM membership WHERE id = $1"
    [row] = await local.desk.sql(rows, local.visitor.membership_id)
    provider = provider_of(row["agency_id"])
    await keep(oauth_databases, provider)
    return replace(local, visitor=replace(local.visitor, provider_id=provider.id))


async def works(flow, given):
    used = await flow.desk.use(flow.program, given["access_token"])
    refreshed = await flow.refresh(given["refresh_token"])
    if refreshed.status_code != 200:
        assert refreshed.json()["error"] == "invalid_grant"
    assert (used.status_code == 200) == (refreshed.status_code == 200)
    return used.status_code == 200


async def test_a_program_stops_when_the_provider_ends(federated, oauth_databases):
    given = await federated.tokens()
    assert await works(federated, given)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        await providers.end(db, federated.visitor.provider_id, now=datetime.now(UTC))
    assert not await works(federated, given)
    ended = "SELECT ended_at FROM consent WHERE person_id = $1"
    [consent] = await federated.desk.sql(ended, federated.visitor.person_id)
    assert consent["ended_at"]


async def test_a_program_stops_when_nobody_vouches_any_more_whoever_forgot_the_consent(federated):
    given = await federated.tokens()
    ended = "UPDATE identity_provider SET ended_at = now() WHERE id = $1"
    await federated.desk.sql(ended, federated.visitor.provider_id)
    assert not await works(federated, given)


async def test_a_local_accounts_programs_stop_once_the_agency_has_a_provider(
    local, oauth_databases
):
    given = await local.tokens()
    assert await works(local, given)
    rows = "SELECT agency_id FROM membership WHERE id = $1"
    [row] = await local.desk.sql(rows, local.visitor.membership_id)
    await keep(oauth_databases, provider_of(row["agency_id"]))
    assert not await works(local, given)
    with pytest.raises(NotOffered):
        await local.tokens()


async def test_signing_out_everywhere_as_after_recovery_stops_the_persons_programs_only(
    local, flow
):
    mine, somebody_elses = await local.tokens(), await flow.tokens()
    unredeemed = await local.code()
    async with local.desk.sessions.begin() as db:
        await end_all(db, local.visitor.person_id, datetime.now(UTC))
    assert not await works(local, mine)
    assert (await local.redeem(unredeemed)).json()["error"] == "invalid_grant"
    assert await works(flow, somebody_elses)


async def test_what_was_consented_after_another_sign_in_is_asked_again(local):
    await local.tokens()
    assert "code" in await local.decided(await local.pushed(prompt="none"), silently)
    await local.desk.sql(
        "UPDATE consent SET provider_id = gen_random_uuid() WHERE person_id = $1",
        local.visitor.person_id,
    )
    again = await local.decided(await local.pushed(prompt="none"), silently)
    assert again["error"] == "consent_required"


@pytest.mark.parametrize("column", ["membership_id", "client_id"])
async def test_a_token_is_of_its_consents_membership_and_program(local, flow, column):
    given = await local.tokens()
    other = {"membership_id": flow.visitor.membership_id, "client_id": flow.program.id}[column]
    token = "SELECT consent_id FROM auth_secret.access_token WHERE token_hash = $1"
    [row] = await local.desk.sql(token, hash_token(given["access_token"]))
    change = f"UPDATE consent SET {column} = $2 WHERE id = $1"  # noqa: S608 - ours
    await local.desk.sql(change, row["consent_id"], other)
    used = await local.desk.use(local.program, given["access_token"])
    assert used.status_code == 401
