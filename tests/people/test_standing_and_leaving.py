"""Case roles rest while training, vetting or confidentiality has lapsed; a membership that ends is
refused at the next request.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.accepting import accepted
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.oauth.consents import Consent
from auth.oauth.resource import Presented
from auth.oauth.tables import AccessToken, Client, ClientAcceptance, PrincipalKind
from auth.people.tables import Invitation
from auth.roles import Role
from auth.sessions import verbs as sessions
from auth.strength import Strength
from auth.tables import Team, TeamMember
from portal.context import BySession, ByToken, Context
from portal.sample.partnership import membership_id
from portal.store.engines import Engines
from portal.store.rules import table_of

ME = "{ me { roles scopes notices { nodes { kind } } } }"
RECORDED = "...on StandingPayload { standing { good trainingUntil vettingUntil recordedAt } }"
ENDED = "...on MembershipPayload { membership { endedAt } warnings { code message } }"
LAPSES = "{ lapses { nodes { id standing { good trainingUntil } } } }"
CASEWORKER = (Role.CASEWORKER,)


@pytest.fixture
async def charity(engines: Engines) -> Staff:
    """Two administrators, and a caseworker of whom nothing is recorded."""
    made = await staff(engines, ada=ADMIN, ben=ADMIN)
    await hire(engines, made, "cleo", (Role.CASEWORKER, Role.CONTRIBUTOR), trained=False)
    return made


async def test_what_is_not_recorded_counts_as_lapsed_and_rests_case_roles_alone(
    portal: Portal, charity: Staff
) -> None:
    assert (await portal.ask(charity["cleo"], ME))["me"]["roles"] == ["CONTRIBUTOR"]
    days = {"trainingUntil": "2027-01-01", "vettingUntil": "2027-01-01"}
    given = {"membership": charity.id("cleo"), **days}
    done = await portal.do(charity["ada"], "recordStanding", given, RECORDED)
    assert done["standing"]["good"] is False
    bound = {"membership": charity.id("cleo"), "confidentialityUntil": "2026-11-16"}
    done = await portal.do(charity["ada"], "recordStanding", bound, RECORDED)
    assert done["standing"]["good"] is True
    assert done["standing"]["trainingUntil"] == "2027-01-01"
    me = (await portal.ask(charity["cleo"], ME))["me"]
    assert me["roles"] == ["CASEWORKER", "CONTRIBUTOR"]
    assert {n["kind"] for n in me["notices"]["nodes"]} == {"STANDING_RECORDED"}
    morrow = Portal(portal.schema, portal.engine, today=portal.today + timedelta(days=1))
    assert (await morrow.ask(charity["cleo"], ME))["me"]["roles"] == ["CONTRIBUTOR"]


@pytest.mark.parametrize("date", ["trainingUntil", "vettingUntil", "confidentialityUntil"])
async def test_each_of_the_three_rests_a_case_role(
    portal: Portal, engines: Engines, charity: Staff, date: str
) -> None:
    await hire(engines, charity, "dee", CASEWORKER)
    cases = ["referrals:read", "referrals:summary", "referrals:work"]
    assert (await portal.ask(charity["dee"], ME))["me"]["scopes"] == ["initiatives:read", *cases]
    given = {"membership": charity.id("dee"), date: "2026-11-15"}
    await portal.do(charity["ada"], "recordStanding", given)
    assert (await portal.ask(charity["dee"], ME))["me"]["scopes"] == []
    await portal.do(charity["ada"], "recordStanding", {**given, date: "2026-11-16"})
    assert (await portal.ask(charity["dee"], ME))["me"]["scopes"] == ["initiatives:read", *cases]
    await portal.do(charity["ada"], "recordStanding", {**given, date: None})
    assert (await portal.ask(charity["dee"], ME))["me"]["scopes"] == []


async def test_a_program_of_somebody_whose_role_rests_can_do_as_little(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await hire(engines, charity, "dee", CASEWORKER)
    program = await _program(engines, charity.agency, charity["dee"])
    assert (await portal.ask(program, ME))["me"]["scopes"] == ["initiatives:read"]
    given = {"membership": charity.id("dee"), "vettingUntil": "2026-01-01"}
    await portal.do(charity["ada"], "recordStanding", given)
    assert (await portal.ask(program, ME))["me"]["scopes"] == []


async def test_nobody_records_their_own_and_others_only_in_their_agency(
    portal: Portal, charity: Staff
) -> None:
    given = {"trainingUntil": "2027-01-01"}
    tries = {
        "ada": ("ada", "people.not_oneself"),
        "cleo": ("cleo", "people.administrator"),
    }
    for who, (whom, rule) in tries.items():
        asked = {"membership": charity.id(whom), **given}
        assert (await portal.do(charity[who], "recordStanding", asked))["rule"] == rule
    asked = {"membership": charity.id("cleo"), **given}
    for who in ("wirral.administrator", "pcc.administrator"):
        refused = await portal.do(who, "recordStanding", asked)
        assert refused["rule"] == "people.administrator"
    nothing = {"membership": charity.id("cleo")}
    refused = await portal.do(charity["ada"], "recordStanding", nothing)
    assert refused["errors"][0]["code"] == "REQUIRED"


async def test_a_standing_is_shown_to_the_member_and_their_administrators(
    portal: Portal, charity: Staff
) -> None:
    asked = "query($id: ID!) { node(id: $id) { ...on Membership { standing { good } } } }"
    for who, seen in (
        (charity["ada"], {"good": False}),
        (charity["cleo"], {"good": False}),
        ("wirral.coordinator", None),
        ("wirral.administrator", None),
        ("pcc.administrator", None),
    ):
        answer = await portal.ask(who, asked, id=charity.id("cleo"))
        assert answer["node"]["standing"] == seen, who


async def test_lapses_are_listed_thirty_days_before_for_administrators(
    portal: Portal, engines: Engines
) -> None:
    made = await staff(engines, ada=ADMIN, ben=ADMIN, far=CASEWORKER, soon=CASEWORKER, none=())
    await hire(engines, made, "never", CASEWORKER, trained=False)
    await hire(engines, made, "plain", (Role.VIEWER,), trained=False)
    for name, day in (("far", 31), ("soon", 30)):
        until = (portal.today + timedelta(days=day)).isoformat()
        given = {"membership": made.id(name), "trainingUntil": until}
        await portal.do(made["ada"], "recordStanding", given)
    listed = (await portal.ask(made["ada"], LAPSES))["lapses"]["nodes"]
    assert {node["id"] for node in listed} == {made.id("soon"), made.id("never")}
    for who in (made["far"], made["soon"]):
        assert (await portal.ask(who, LAPSES))["lapses"]["nodes"] == []


async def test_in_the_sample_one_has_lapsed_and_one_lapses_soon(portal: Portal) -> None:
    listed = (await portal.ask("wirral.administrator", LAPSES))["lapses"]["nodes"]
    assert [node["id"] for node in listed] == [f"Membership:{membership_id('wirral.caseworker')}"]
    assert (await portal.ask("wirral.caseworker", ME))["me"]["roles"] == []
    listed = (await portal.ask("marac.administrator", LAPSES))["lapses"]["nodes"]
    assert [node["id"] for node in listed] == [f"Membership:{membership_id('marac.coordinator')}"]
    assert (await portal.ask("marac.coordinator", ME))["me"]["roles"] == ["MARAC_COORDINATOR"]


async def test_an_ended_membership_is_refused_at_the_next_request(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    cookie = await _sign_in(engines, charity.people["cleo"])
    page = BySession(sha256(cookie.encode()).digest())
    await hire(engines, charity, "dee", (Role.VIEWER,))
    program = await _program(engines, charity.agency, charity["dee"])
    token, consent = await _token(engines, program, charity, "cleo")
    assert await _opens(engines, page)
    assert await _opens(engines, token())
    given = {"membership": charity.id("cleo")}
    done = await portal.do(charity["ada"], "endMembership", given, ENDED)
    assert done["membership"]["endedAt"]
    assert not await _opens(engines, page)
    assert not await _opens(engines, token())
    async with AsyncSession(engines.auth) as db:
        assert await sessions.current(db, cookie, datetime.now(UTC)) is None
        ended = await db.get(Consent, consent)
        assert ended is not None
        assert ended.ended_at is not None
    told = (await portal.ask(charity["ben"], ME))["me"]["notices"]["nodes"]
    assert "MEMBERSHIP_ENDED" in {n["kind"] for n in told}
    again = await portal.do(charity["ada"], "endMembership", given)
    assert again["errors"][0]["code"] == "WRONG_STATE"
    late = {"membership": charity.id("cleo"), "role": "VIEWER"}
    refused = await portal.do(charity["ada"], "grantRole", late)
    assert refused["errors"][0]["code"] == "NOT_AT_WORK"


async def test_a_consent_that_its_person_takes_back_is_refused_at_the_next_request(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await hire(engines, charity, "dee", (Role.VIEWER,))
    program = await _program(engines, charity.agency, charity["dee"])
    token, consent = await _token(engines, program, charity, "dee")
    assert await _opens(engines, token())
    asked = "{ me { consents(filter: { lasting: true }) { nodes { id client { name } } } } }"
    listed = (await portal.ask(charity["dee"], asked))["me"]["consents"]["nodes"]
    assert listed == [{"id": f"Consent:{consent}", "client": {"name": "A program"}}]
    for who in (charity["ada"], charity["cleo"]):
        refused = await portal.do(who, "endConsent", {"id": f"Consent:{consent}"})
        assert refused["__typename"] == "NotFound"
    done = await portal.do(charity["dee"], "endConsent", {"id": f"Consent:{consent}"})
    assert done["__typename"] == "ConsentPayload"
    assert not await _opens(engines, token())
    assert (await portal.ask(charity["dee"], asked))["me"]["consents"]["nodes"] == []


async def test_a_person_keeps_the_memberships_they_have_elsewhere(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    other = await staff(engines, mo=ADMIN)
    there = await hire(engines, other, "cleo", person=charity.people["cleo"])
    await portal.do(charity["ada"], "endMembership", {"membership": charity.id("cleo")})
    me = await portal.ask(there, "{ me { memberships { totalCount } } }")
    assert me["me"]["memberships"]["totalCount"] == 1


async def test_the_last_administrator_stays(portal: Portal, engines: Engines) -> None:
    small = await staff(engines, ada=ADMIN, dot=())
    refused = await portal.do(small["ada"], "endMembership", {"membership": small.id("ada")})
    assert refused["rule"] == "people.last_administrator"
    with pytest.raises(DBAPIError):
        async with portal.context(small["ada"]).acting() as session:
            await session.execute(text(f"SELECT end_membership('{small['ada']}')"))
    two = await staff(engines, ada=ADMIN, ben=ADMIN)
    done = await portal.do(two["ada"], "endMembership", {"membership": two.id("ben")}, ENDED)
    assert done["membership"]["endedAt"]


async def test_only_the_agencys_own_administrators_end_its_memberships(
    portal: Portal, charity: Staff
) -> None:
    for who in (charity["cleo"], "police.administrator", "pcc.administrator", "wirral.lead"):
        refused = await portal.do(who, "endMembership", {"membership": charity.id("cleo")})
        assert refused["rule"] == "people.administrator"


async def test_who_ends_a_membership_hears_what_is_left_to_hand_over(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await hire(engines, charity, "co", (Role.INITIATIVE_COORDINATOR,))
    team = await _team(engines, charity, "co", "cleo")
    first = {"title": "Lights", "startsOn": "2026-11-01", "endsOn": "2026-12-01"}
    shown = "...on InitiativePayload { initiative { id } }"
    logged = await portal.do(charity["co"], "logInitiative", first, shown)
    work = {"initiative": logged["initiative"]["id"], "title": "Mend", "dueOn": "2026-11-30"}
    work |= {"ownerTeam": f"Team:{team}"}
    shown = "...on ActionPayload { action { id version } }"
    added = (await portal.do(charity["co"], "addAction", work, shown))["action"]
    theirs = {"expectedVersion": added["version"], "allocatedTo": charity.id("cleo")}
    await portal.do(charity["co"], "allocateAction", {"id": added["id"], **theirs}, shown)
    await _program(engines, charity.agency, charity["cleo"])
    done = await portal.do(
        charity["ada"], "endMembership", {"membership": charity.id("cleo")}, ENDED
    )
    assert [w["code"] for w in done["warnings"]] == ["WORK_LEFT", "PROGRAMS_LEFT"]
    assert "1." in done["warnings"][0]["message"]


async def test_what_a_leaver_asked_for_and_offered_ends_with_them(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await hire(engines, charity, "dee", ADMIN)
    await hire(engines, charity, "new")
    asked = {"membership": charity.id("new"), "role": "CASEWORKER"}
    await portal.do(charity["ben"], "grantRole", asked)
    await portal.do(charity["ben"], "invite", {"forWhom": "Eve"})
    await portal.do(charity["ada"], "endMembership", {"membership": charity.id("ben")})
    query = "{ roleRequests { nodes { state } } }"
    nodes = (await portal.ask(charity["ada"], query))["roleRequests"]["nodes"]
    assert [n["state"] for n in nodes] == ["TAKEN_BACK"]
    async with engines.owner.connect() as owner:
        made = select(col(Invitation.withdrawn_at)).where(
            col(Invitation.agency_id) == charity.agency
        )
        assert (await owner.execute(made)).scalar_one() is not None


async def test_two_administrators_who_end_each_other_at_once_leave_one(
    portal: Portal, engines: Engines
) -> None:
    for _ in range(5):
        two = await staff(engines, ada=ADMIN, ben=ADMIN)
        tries = [("ada", "ben"), ("ben", "ada")]
        answers = await asyncio.gather(
            *(
                portal.try_asking(
                    two[who],
                    "mutation($i: EndMembershipInput!) { endMembership(input: $i) { __typename } }",
                    i={"membership": two.id(whom), "idempotencyKey": str(uuid4())},
                )
                for who, whom in tries
            )
        )
        done = [data["endMembership"]["__typename"] for data, errors in answers if data]
        assert done.count("MembershipPayload") == 1, answers


async def _team(engines: Engines, made: Staff, *names: str) -> UUID:
    team = uuid4()
    row = {"id": team, "agency_id": made.agency, "name": "Workers"}
    joins = [
        {"team_id": team, "membership_id": made[name], "agency_id": made.agency, "leads": False}
        for name in names
    ]
    async with engines.owner.begin() as owner:
        await owner.execute(insert(table_of(Team)).values(row))
        await owner.execute(insert(table_of(TeamMember)), joins)
    return team


async def _sign_in(engines: Engines, person: UUID) -> str:
    async with AsyncSession(engines.auth) as db, db.begin():
        return await sessions.begin(
            db, person_id=person, acr=Strength.PHISHING_RESISTANT, amr=["hwk"],
            device="A browser", now=datetime.now(UTC),
        )  # fmt: skip


async def _program(engines: Engines, agency: UUID, owner_id: UUID) -> UUID:
    now, program = datetime.now(UTC), uuid4()
    row = Client(
        id=program, agency_id=agency, name="A program", owner_membership_id=owner_id,
        scopes=["initiatives:read"], created_at=now, expires_at=now + timedelta(days=9),
    )  # fmt: skip
    async with engines.owner.begin() as owner:
        await owner.execute(insert(table_of(Client)).values(row.model_dump()))
        yes = accepted(row).model_dump()
        await owner.execute(insert(table_of(ClientAcceptance)).values(yes))
    return program


async def _token(engines: Engines, program: UUID, made: Staff, name: str) -> tuple[Any, UUID]:
    """A way to present a token of this member with a new proof each time, and its consent."""
    now, secret = datetime.now(UTC), uuid4().bytes
    hashed, thumb = sha256(secret).digest(), "t" * 43
    scopes = ["initiatives:read"]
    consent = Consent(
        client_id=program, membership_id=made[name], person_id=made.people[name], scopes=scopes,
        given_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    token = AccessToken(
        token_hash=hashed, principal_id=made[name], kind=PrincipalKind.MEMBERSHIP,
        client_id=program, consent_id=consent.id, thumbprint=thumb, scopes=scopes, issued_at=now,
        expires_at=now + timedelta(minutes=5), authenticated_at=now, acr=Strength.MULTI_FACTOR,
    )  # fmt: skip
    async with engines.owner.begin() as owner:
        await owner.execute(insert(table_of(Consent)).values(consent.model_dump()))
        await owner.execute(insert(table_of(AccessToken)).values(token.model_dump()))

    def present() -> ByToken:
        proof = sha256(uuid4().bytes).digest()
        return ByToken(Presented(hashed, thumb, proof, datetime.now(UTC), uuid4()))

    return present, consent.id


async def _opens(engines: Engines, opening: Any) -> bool:
    context = Context(engines.runtime, opening, uuid4(), datetime.now(UTC))
    try:
        async with context.acting():
            return True
    except DBAPIError as refusal:
        return getattr(refusal.orig, "sqlstate", None) != "PA401"
