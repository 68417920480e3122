"""A program that acts for a person can do what both may do today, within the program's agency."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_bytes
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.consenting import RETURN, Visitor

from auth.oauth.proofs import hash_token
from auth.roles import Role, Scope
from auth.sessions.verbs import NotOffered
from auth.strength import Strength
from auth.tables import Agency, AgencyKind, Membership, MembershipRole, Person

OPEN = (
    "SELECT kind, principal_id, person_id, scopes, acr, authenticated_at, caller_client() AS client"
    " FROM open_caller($1, $2, $3, clock_timestamp(), NULL, $4)"
)


async def opened(flow, token):
    """The caller, as the API gets it."""
    proof = flow.program.proof_key.thumbprint(), token_bytes(32), uuid4()
    [caller] = await flow.desk.sql(OPEN, hash_token(token), *proof)
    return dict(caller)


async def join(databases, agency_id, *roles):
    """A new colleague."""
    who = Person(name="Cal Coe")
    member = Membership(person_id=who.id, agency_id=agency_id, starts_on=date(2020, 1, 1))
    rows = [who, member, *(MembershipRole(membership_id=member.id, role=r) for r in roles)]
    async with AsyncSession(databases.owner) as db, db.begin():
        for row in rows:
            db.add(row)
            await db.flush()
        return Visitor(who.id, member.id)


async def test_the_caller_is_the_membership_as_surely_as_it_was_known(flow, person):
    proved = datetime.now(UTC) - timedelta(minutes=3)
    weaker = replace(flow, visitor=replace(person, acr=Strength.MULTI_FACTOR, at=proved))
    for given in (
        (tokens := await weaker.tokens()),
        (await flow.refresh(tokens["refresh_token"])).json(),
    ):
        caller = await opened(flow, given["access_token"])
        assert caller["kind"] == "membership"
        assert caller["principal_id"] == person.membership_id
        assert caller["person_id"] == person.person_id
        assert caller["client"] == flow.program.id
        assert caller["acr"] == "mfa"
        assert caller["authenticated_at"] == proved


async def test_scopes_are_those_of_both_today(flow, oauth_databases, agency):
    asked = "initiatives:read initiatives:contribute"
    mine = replace(flow, visitor=await join(oauth_databases, agency, Role.VIEWER), scope=asked)
    given = await mine.tokens()
    assert given["scope"] == "initiatives:read"  # a viewer contributes nothing

    both = replace(flow, visitor=await join(oauth_databases, agency, Role.CONTRIBUTOR), scope=asked)
    token = (await both.tokens())["access_token"]
    assert (await opened(flow, token))["scopes"] == ["initiatives:contribute", "initiatives:read"]
    await flow.desk.sql(
        "UPDATE membership_role SET role = 'viewer' WHERE membership_id = $1",
        both.visitor.membership_id,
    )
    assert (await opened(flow, token))["scopes"] == ["initiatives:read"]


async def test_a_program_whose_scopes_shrink_does_less_for_its_people_too(flow, admit):
    program = await admit(
        grants=["authorization_code"],
        redirect_uris=[RETURN],
        scopes=[Scope.INITIATIVES_READ, Scope.INITIATIVES_CONTRIBUTE],
    )
    own = replace(flow, program=program, scope="initiatives:read initiatives:contribute")
    token = (await own.tokens())["access_token"]
    shrink = "UPDATE client SET scopes = ARRAY['initiatives:contribute'] WHERE id = $1"
    await flow.desk.sql(shrink, program.id)
    assert (await opened(own, token))["scopes"] == ["initiatives:contribute"]


async def test_who_may_do_nothing_that_was_asked_for_gives_nothing(flow, oauth_databases, agency):
    stranger = await join(oauth_databases, agency, Role.AGENCY_ADMINISTRATOR)
    mine = replace(flow, visitor=stranger, scope="initiatives:read")
    back = await mine.decided(await mine.pushed())
    assert (back["error"], back["iss"]) == ("invalid_scope", flow.desk.provider.issuer)


async def test_nobody_lends_a_program_another_agencys_work(flow, oauth_databases):
    other = Agency(name=f"Other {uuid4()}", short_name="Other", kind=AgencyKind.COUNCIL)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        db.add(other)
        await db.flush()
        other_id = other.id
    visitor = await join(oauth_databases, other_id, Role.CONTRIBUTOR)
    with pytest.raises(NotOffered):
        await flow.address(
            await flow.pushed(),
            person_id=visitor.person_id,
            membership_id=visitor.membership_id,
        )


async def test_who_moves_to_another_agency_takes_no_program_along(flow, oauth_databases, agency):
    visitor = await join(oauth_databases, agency, Role.CONTRIBUTOR)
    moving = replace(flow, visitor=visitor)
    given = await moving.tokens()
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 200
    other = Agency(name=f"Successor {uuid4()}", short_name="New", kind=AgencyKind.CHARITY)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        db.add(other)
        await db.flush()
        other_id = other.id
    await flow.desk.sql(
        "UPDATE membership SET agency_id = $2 WHERE id = $1", visitor.membership_id, other_id
    )
    assert (await flow.desk.use(flow.program, given["access_token"])).status_code == 401
    assert (await flow.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"


TOKEN = (
    "INSERT INTO auth_secret.access_token (token_hash, principal_id, kind, client_id, consent_id,"
    " thumbprint, scopes, issued_at, expires_at, authenticated_at, acr) VALUES (:hash, :principal,"
    " :kind, :client, :consent, repeat('x', 43), :scopes, now(), now() + interval '1 minute',"
    " now(), 'phr')"
)


class TestWhoeverTakesOverTheSignInRole:
    """The database itself refuses tokens for people who consented to nothing."""

    async def insert(self, flow, **values):
        plain = {
            "hash": token_bytes(32),
            "client": flow.program.id,
            "consent": None,
            "kind": "membership",
            "principal": flow.visitor.membership_id,
            "scopes": ["initiatives:read"],
        }
        async with flow.desk.sessions.begin() as db:
            await db.execute(text(TOKEN), plain | values)

    async def consent(self, flow):
        await flow.code(scope="initiatives:read")
        [row] = await flow.desk.sql("SELECT id FROM consent ORDER BY given_at DESC LIMIT 1")
        return row["id"]

    async def test_a_living_consent_covers_its_scopes(self, flow):
        await self.insert(flow, consent=await self.consent(flow))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"consent": None},
            {"consent": uuid4()},
            {"principal": uuid4()},
            {"scopes": ["initiatives:read", "initiatives:contribute"]},
            {"kind": "client", "principal": uuid4(), "consent": None},
        ],
    )
    async def test_nothing_else_makes_a_token(self, flow, wrong):
        good = {"consent": await self.consent(flow)}
        with pytest.raises(DBAPIError, match=r"row-level security|check constraint"):
            await self.insert(flow, **good | wrong)

    async def test_an_ended_consent_makes_none(self, flow):
        consent = await self.consent(flow)
        await flow.desk.sql("UPDATE consent SET ended_at = now() WHERE id = $1", consent)
        with pytest.raises(DBAPIError, match="row-level security"):
            await self.insert(flow, consent=consent)

    async def test_another_programs_consent_makes_none(self, flow, partner):
        consent = await self.consent(flow)
        with pytest.raises(DBAPIError, match="row-level security"):
            await self.insert(flow, consent=consent, client=partner.id)

    async def test_a_consent_is_the_persons_own_and_within_the_programs_agency(self, flow):
        giving = (
            "INSERT INTO consent (id, client_id, membership_id, person_id, scopes, given_at,"
            " expires_at) VALUES (gen_random_uuid(), :client, :membership, :person,"
            " '{initiatives:read}', now(), now() + interval '1 day')"
        )
        good = {
            "client": flow.program.id,
            "membership": flow.visitor.membership_id,
            "person": flow.visitor.person_id,
        }
        for wrong in ({"person": uuid4()}, {"membership": uuid4()}, {"client": uuid4()}):
            async with flow.desk.sessions() as db:
                with pytest.raises(DBAPIError, match="row-level security"):
                    await db.execute(text(giving), good | wrong)

    async def test_an_ended_consent_does_not_come_back(self, flow):
        consent = await self.consent(flow)
        async with flow.desk.sessions() as db:
            with pytest.raises(DBAPIError, match="row-level security"):
                await db.execute(
                    text("UPDATE consent SET scopes = '{audit:read}' WHERE id = :id"),
                    {"id": consent},
                )


OWN = "INSERT INTO notice (id, person_id, at, kind, says) VALUES ($1, $2, now(), 'role_asked', 'x')"


async def test_what_is_about_the_person_alone_is_no_programs_business(
    flow, oauth_databases, person
):
    """Where they are signed in, what they are told, what happened at the door, what they let in."""
    await flow.desk.sql(OWN, uuid4(), person.person_id)
    token = (await flow.tokens())["access_token"]
    proof = flow.program.proof_key.thumbprint(), token_bytes(32), uuid4()
    async with AsyncSession(oauth_databases.runtime) as db:
        opening = text(
            "SELECT person_id FROM open_caller(:token, :key, :proof, clock_timestamp(), NULL, :id)"
        )
        values = dict(
            zip(("token", "key", "proof", "id"), (hash_token(token), *proof), strict=True)
        )
        assert (await db.execute(opening, values)).scalar_one() == person.person_id
        for table in ("notice", "consent", "browser_session", "auth_event", "credential"):
            seen = await db.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
            assert seen.scalar_one() == 0, table
        ended = await db.execute(text("UPDATE consent SET ended_at = now()"))
        assert ended.rowcount == 0
        names = await db.execute(text("SELECT count(*) FROM membership_name"))
        assert names.scalar_one() > 0  # the agency's own are
