"""People are invited by a link that works once, and let in again by two who are sure of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.events import AuthEvent
from auth.federation.tables import IdentityProvider, ProofOfUs
from auth.people.invitations import InvitationOver, accept, look
from auth.people.tables import Invitation
from auth.sessions import verbs as sessions
from auth.strength import Strength
from auth.tables import AgencyKind, Membership, Person
from portal.errors import Invalid
from portal.sample.partnership import agency_id
from portal.store.engines import Engines
from portal.store.rules import table_of

MADE = "...on InvitationPayload { link invitation { id forWhom role expiresAt } warnings { code } }"
ME = "{ me { name roles agency { id } memberships { totalCount } notices { nodes { kind } } } }"
AT_ONCE = 1000


@pytest.fixture
async def charity(engines: Engines) -> Staff:
    """Two administrators and a worker."""
    return await staff(engines, ada=ADMIN, ben=ADMIN, cleo=())


def token_of(answer: dict[str, Any]) -> str:
    page, _, token = answer["link"].partition("=")
    assert page == "/join?invitation"
    return token


async def come(engines: Engines, token: str | bytes, **more: Any) -> tuple[UUID, UUID]:
    """As the page where an invitation is accepted; refusals commit, too."""
    given = {"name": "Eve Lowry", "now": datetime.now(UTC), **more}
    async with AsyncSession(engines.auth) as db:
        try:
            return await accept(db, token, **given)
        finally:
            await db.commit()


async def test_an_invitation_makes_one_member_with_its_role(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    given = {"forWhom": " Eve  Lowry ", "role": "CONTRIBUTOR"}
    made = await portal.do(charity["ada"], "invite", given, MADE)
    assert made["invitation"]["forWhom"] == "Eve Lowry"
    token = token_of(made)
    async with AsyncSession(engines.auth) as db:
        offered = await look(db, token, datetime.now(UTC))
        assert offered is not None
        assert (offered.agency_id, offered.again) == (charity.agency, False)
        assert await look(db, "A" * 43, datetime.now(UTC)) is None
    person, member = await come(engines, token, today=portal.today)
    me = (await portal.ask(member, ME))["me"]
    assert (me["name"], me["roles"]) == ("Eve Lowry", ["CONTRIBUTOR"])
    told = (await portal.ask(charity["ben"], ME))["me"]["notices"]["nodes"]
    assert [n["kind"] for n in told] == ["JOINED", "INVITED"]
    with pytest.raises(InvitationOver):
        await come(engines, token)
    async with engines.owner.connect() as owner:
        lines = select(col(AuthEvent.outcome), col(AuthEvent.person_id)).where(
            col(AuthEvent.agency_id) == charity.agency
        )
        assert (await owner.execute(lines)).all() == [("done", person)]


async def test_the_link_is_shown_to_the_inviter_once_and_kept_nowhere(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    given = {"forWhom": "Eve", "idempotencyKey": "the same"}
    made = await portal.do(charity["ada"], "invite", given, MADE)
    again = await portal.do(charity["ada"], "invite", given, MADE)
    assert again["invitation"]["id"] == made["invitation"]["id"]
    assert again["link"] is None
    async with engines.owner.connect() as owner:
        row = (await owner.execute(select(table_of(Invitation)))).mappings().all()
        assert token_of(made) not in str(row)
        audit = (await owner.execute(text("SELECT a::text FROM audit_line a"))).scalars()
        assert token_of(made) not in str(audit.all())


@pytest.mark.parametrize(
    ("who", "role", "rule"),
    [
        ("cleo", None, "people.administrator"),
        ("ada", "CASEWORKER", "people.invitation_carries"),
        ("ada", "MARAC_REPRESENTATIVE", "people.invitation_carries"),
        ("ada", "AGENCY_ADMINISTRATOR", "people.invitation_carries"),
        ("ada", "AUDITOR", "people.invitation_carries"),
        ("ada", "AUTHORISED_SIGNATORY", "people.invitation_carries"),
        ("ada", "PROGRAMME_LEAD", "people.grantable"),
    ],
)
async def test_what_an_invitation_cannot_carry(
    portal: Portal, charity: Staff, who: str, role: str | None, rule: str
) -> None:
    refused = await portal.do(charity[who], "invite", {"forWhom": "Eve", "role": role})
    assert refused["rule"] == rule


async def test_one_administrator_invites_people_without_a_role(
    portal: Portal, engines: Engines
) -> None:
    small = await staff(engines, ada=ADMIN)
    refused = await portal.do(small["ada"], "invite", {"forWhom": "Eve", "role": "VIEWER"})
    assert refused["rule"] == "people.two_administrators"
    made = await portal.do(small["ada"], "invite", {"forWhom": "Eve"}, MADE)
    assert made["link"]


async def test_a_withdrawn_or_old_invitation_opens_nothing(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    which = {"id": made["invitation"]["id"]}
    for who in (charity["cleo"], "police.administrator", "pcc.administrator"):
        assert (await portal.do(who, "withdrawInvitation", which))["__typename"] == "NotFound"
    await portal.do(charity["ben"], "withdrawInvitation", which)
    again = await portal.do(charity["ben"], "withdrawInvitation", which)
    assert again["errors"][0]["code"] == "WRONG_STATE"
    with pytest.raises(InvitationOver):
        await come(engines, token_of(made))
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    row = table_of(Invitation)
    async with engines.owner.begin() as owner:
        week = timedelta(days=7, seconds=1)
        past = {"made_at": row.c.made_at - week, "expires_at": row.c.expires_at - week}
        mine = row.c.id == UUID(made["invitation"]["id"].partition(":")[2])
        await owner.execute(update(row).where(mine).values(past))
    with pytest.raises(InvitationOver):
        await come(engines, token_of(made))


async def test_whoever_comes_says_their_name_before_the_invitation_is_used(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    for name in ("", "  ", "E" * 121, "Eve\x1b[2J"):
        with pytest.raises(Invalid):
            await come(engines, token_of(made), name=name)
    assert await come(engines, token_of(made))


async def test_somebody_known_gets_one_more_membership_and_can_switch(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    body = await staff(
        engines, AgencyKind.JOINT_BODY, host=agency_id("wirral"), max=ADMIN, mia=ADMIN
    )
    made = await portal.do(body["max"], "invite", {"forWhom": "Cleo", "role": "VIEWER"}, MADE)
    known = charity.people["cleo"]
    person, member = await come(engines, token_of(made), person_id=known, today=portal.today)
    assert person == known
    me = (await portal.ask(member, ME))["me"]
    assert me["name"] == "Cleo"
    assert me["memberships"]["totalCount"] == 2


async def test_an_agency_with_a_provider_takes_nobody_it_does_not_vouch_for(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    other = await staff(engines, AgencyKind.COUNCIL, ada=ADMIN, ben=ADMIN)
    providers = {}
    async with AsyncSession(engines.owner) as owner, owner.begin():
        for name, agency in (("own", charity.agency), ("other", other.agency)):
            provider = IdentityProvider(
                agency_id=agency, issuer=f"https://{agency}.example", client_id="portal",
                proof=ProofOfUs.PRIVATE_KEY_JWT, algorithms=["ES256"], mfa_acr=[], phr_acr=[],
                started_at=datetime.now(UTC),
            )  # fmt: skip
            owner.add(provider)
            providers[name] = provider.id
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    for provider in (None, providers["other"]):
        with pytest.raises(InvitationOver):
            await come(engines, token_of(made), provider_id=provider)
    assert await come(engines, token_of(made), provider_id=providers["own"], subject="eve")


async def test_a_lost_way_in_is_given_back_by_two_and_signs_out_who_has_the_old_one(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    cleo, ada, ben = charity.people["cleo"], charity["ada"], charity["ben"]
    async with AsyncSession(engines.auth) as db, db.begin():
        cookie = await sessions.begin(
            db, person_id=cleo, acr=Strength.PHISHING_RESISTANT, amr=["hwk"],
            device="A lost phone", now=datetime.now(UTC),
        )  # fmt: skip
    given = {"membership": charity.id("cleo"), "forWhom": "Cleo"}
    refused = await portal.do(charity["cleo"], "inviteAgain", given)
    assert refused["rule"] == "people.administrator"
    asked = await portal.do(ada, "inviteAgain", given, MADE)
    assert asked["link"] is None
    assert asked["warnings"] == [{"code": "WAITS_FOR_SECOND"}]
    confirm = {"id": asked["invitation"]["id"]}
    assert (await portal.do(ada, "confirmInvitation", confirm))["rule"] == "people.second_person"
    refused = await portal.do("pcc.administrator", "confirmInvitation", confirm)
    assert refused["rule"] == "people.administrator"
    done = await portal.do(ben, "confirmInvitation", confirm, MADE)
    again = await portal.do(ben, "confirmInvitation", confirm)
    assert again["errors"][0]["code"] == "WRONG_STATE"
    with pytest.raises(InvitationOver):  # somebody else who is signed in
        await come(engines, token_of(done), person_id=charity.people["ada"], today=portal.today)
    assert await come(engines, token_of(done), name="", today=portal.today) == (
        cleo,
        charity["cleo"],
    )
    async with AsyncSession(engines.auth) as db:
        assert await sessions.current(db, cookie, datetime.now(UTC)) is None


async def test_in_an_agency_of_two_the_partnership_confirms(
    portal: Portal, engines: Engines
) -> None:
    two = await staff(engines, ada=ADMIN, ben=ADMIN)
    given = {"membership": two.id("ben"), "forWhom": "Ben"}
    asked = await portal.do(two["ada"], "inviteAgain", given, MADE)
    confirm = {"id": asked["invitation"]["id"]}
    refused = await portal.do(two["ben"], "confirmInvitation", confirm)
    assert refused["rule"] == "people.second_person"
    assert (await portal.do("police.administrator", "confirmInvitation", confirm))[
        "__typename"
    ] == "NotFound"
    done = await portal.do("pcc.administrator", "confirmInvitation", confirm, MADE)
    assert done["link"]


async def test_of_a_thousand_who_accept_at_once_one_comes(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    token = token_of(made)
    turn = asyncio.Semaphore(5)  # as many as the door has connections

    async def attempt() -> bool:
        async with turn:
            try:
                await come(engines, token, name="Many Hands")
            except InvitationOver:
                return False
            return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(AT_ONCE)))) == 1
    async with engines.owner.connect() as owner:
        came = select(func.count()).where(col(Person.name) == "Many Hands")
        assert (await owner.execute(came)).scalar_one() == 1
        members = select(func.count()).where(col(Membership.agency_id) == charity.agency)
        assert (await owner.execute(members)).scalar_one() == 4


async def test_the_database_refuses_an_invitation_python_would_not_make(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    make = (
        "INSERT INTO invitation (id, agency_id, role, for_whom, made_by_id, made_person_id,"
        " made_at, expires_at, token_hash, rebinds_id) SELECT gen_random_uuid(), '{}', {}, 'Eve',"
        " caller_principal(), caller_person(), now(), now() + interval '{} days', sha256('x'), {}"
    )
    own, wirral = charity.agency, agency_id("wirral")
    tries = (
        make.format(own, "'caseworker'", 7, "NULL"),
        make.format(own, "'agency_administrator'", 7, "NULL"),
        make.format(own, "'cps_liaison'", 7, "NULL"),
        make.format(own, "NULL", 8, "NULL"),
        make.format(wirral, "NULL", 7, "NULL"),
        make.format(own, "NULL", 7, f"'{charity['cleo']}'"),
    )
    for statement in tries:
        with pytest.raises(DBAPIError):
            async with portal.context(charity["ada"]).acting() as session:
                await session.execute(text(statement))
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    row = made["invitation"]["id"].partition(":")[2]
    for change in ("role = 'viewer'", "token_hash = sha256('y')", "expires_at = now()"):
        with pytest.raises(DBAPIError):
            async with portal.context(charity["ada"]).acting() as session:
                await session.execute(text(f"UPDATE invitation SET {change} WHERE id = '{row}'"))  # noqa: S608


async def test_a_member_sees_no_invitations_and_administrators_only_their_own(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await hire(engines, charity, "dee")
    await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    asked = "{ invitations(filter: { open: true }) { totalCount nodes { forWhom } } }"
    assert (await portal.ask(charity["ben"], asked))["invitations"]["totalCount"] == 1
    for who in (charity["dee"], "wirral.coordinator"):
        assert (await portal.ask(who, asked))["invitations"]["totalCount"] == 0
