"""Whoever is let in again gets what their agency gave them, and nothing of what others did; who
invites must still be an administrator when somebody comes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.accounts.tables import Account, Credential, CredentialKind, Recovery
from auth.federation.tables import Identity
from auth.people.invitations import InvitationOver, accept
from auth.people.tables import GrantableRoles
from auth.roles import Role
from auth.sessions import verbs as sessions
from auth.strength import Strength
from auth.tables import AgencyKind, MembershipRole
from portal.store.engines import Engines
from portal.store.rules import table_of

MADE = "...on InvitationPayload { link invitation { id } }"
ASKED = "...on RoleRequestPayload { roleRequest { id state } }"


@pytest.fixture
async def charity(engines: Engines) -> Staff:
    """Three administrators and a worker."""
    return await staff(engines, ada=ADMIN, ben=ADMIN, dot=ADMIN, cleo=())


async def come(engines: Engines, made: dict[str, Any], portal: Portal, **more: Any) -> UUID:
    """Open the link."""
    token = made["link"].partition("=")[2]
    given = {"name": "Eve Lowry", "now": datetime.now(UTC), "today": portal.today, **more}
    async with AsyncSession(engines.auth) as db, db.begin():
        return (await accept(db, token, **given))[0]


async def asked_again(portal: Portal, charity: Staff) -> dict[str, Any]:
    given = {"membership": charity.id("cleo"), "forWhom": "Cleo"}
    made: dict[str, Any] = await portal.do(charity["ada"], "inviteAgain", given, MADE)
    return made


async def let_in_again(portal: Portal, charity: Staff) -> dict[str, Any]:
    which = {"id": (await asked_again(portal, charity))["invitation"]["id"]}
    done: dict[str, Any] = await portal.do(charity["ben"], "confirmInvitation", which, MADE)
    return done


async def work_for_the_council_too(engines: Engines, charity: Staff) -> Staff:
    council = await staff(engines, AgencyKind.COUNCIL, max=ADMIN)
    await hire(engines, council, "cleo", (Role.PROGRAMME_LEAD,), person=charity.people["cleo"])
    return council


async def test_two_administrators_hand_over_nobody_who_works_elsewhere_too(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    waiting = {"id": (await asked_again(portal, charity))["invitation"]["id"]}
    council = await work_for_the_council_too(engines, charity)
    refused = await asked_again(portal, charity)
    assert refused["rule"] == "people.belongs_elsewhere"
    refused = await portal.do(charity["ben"], "confirmInvitation", waiting)
    assert refused["rule"] == "people.belongs_elsewhere"
    confirm = (
        "UPDATE invitation SET confirmed_by_id = caller_principal(), confirmed_at = now(),"
        " confirmed_person_id = caller_person(), token_hash = sha256('x') WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="not the caller's to confirm"):
        async with portal.context(charity["ben"]).acting() as session:
            await session.execute(text(confirm), {"id": waiting["id"].partition(":")[2]})
    async with engines.owner.begin() as owner:
        left = text("UPDATE membership SET ended_at = now() WHERE id = :id")
        await owner.execute(left, {"id": council["cleo"]})
    assert (await portal.do(charity["ben"], "confirmInvitation", waiting, MADE))["link"]


async def test_a_link_opens_nothing_once_the_person_works_elsewhere_too(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await let_in_again(portal, charity)
    await work_for_the_council_too(engines, charity)
    with pytest.raises(InvitationOver):
        await come(engines, made, portal)


async def test_no_old_way_in_is_left_to_who_is_let_in_again(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    cleo, now = charity.people["cleo"], datetime.now(UTC)
    made = await let_in_again(portal, charity)
    async with AsyncSession(engines.owner) as db, db.begin():
        db.add(Account(person_id=cleo, sign_in_name=f"cleo-{cleo}"[:60], handle=cleo.bytes * 2))
        await db.flush()
        db.add(Credential(person_id=cleo, kind=CredentialKind.PASSKEY, name="Lost", added_at=now))
        for issuer in ("https://one.example", "https://two.example"):
            db.add(Identity(issuer=issuer, subject=str(cleo), person_id=cleo, joined_at=now))
        soon = now + timedelta(minutes=10)
        db.add(Recovery(browser=cleo.bytes * 2, person_id=cleo, made_at=now, expires_at=soon))
        ids = {"id": uuid4(), "client": uuid4(), "member": charity["cleo"], "person": cleo}
        await db.execute(CONSENTED, ids)
    async with AsyncSession(engines.auth) as db, db.begin():
        cookie = await sessions.begin(
            db, person_id=cleo, acr=Strength.MULTI_FACTOR, amr=["otp"], device="Lost", now=now
        )
    async with engines.owner.connect() as owner:
        assert (await owner.execute(LEFT, {"person": cleo})).one() == (1, 2, 1, 1)
    assert await come(engines, made, portal) == cleo
    async with engines.owner.connect() as owner:
        assert (await owner.execute(LEFT, {"person": cleo})).one() == (0, 0, 0, 0)
    async with AsyncSession(engines.auth) as db:
        assert await sessions.current(db, cookie, datetime.now(UTC)) is None


async def test_nobody_comes_by_the_invitation_of_who_administers_no_more(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    again = await let_in_again(portal, charity)
    held = table_of(MembershipRole)
    async with engines.owner.begin() as owner:  # as their directory takes it, or its last day
        await owner.execute(delete(held).where(held.c.membership_id == charity["ada"]))
    for invitation in (made, again):
        with pytest.raises(InvitationOver):
            await come(engines, invitation, portal)


async def test_nobody_is_let_in_again_by_a_second_who_administers_no_more(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    again = await let_in_again(portal, charity)
    ben = {"membership": charity.id("ben"), "role": "AGENCY_ADMINISTRATOR"}
    await portal.do(charity["dot"], "withdrawRole", ben)
    with pytest.raises(InvitationOver):
        await come(engines, again, portal)


async def test_nobody_accepts_what_they_have_made_themselves(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Me"}, MADE)
    with pytest.raises(InvitationOver):
        await come(engines, made, portal, person_id=charity.people["ada"])
    assert await come(engines, made, portal, person_id=charity.people["cleo"])


async def test_nobody_comes_with_a_role_that_the_agency_grants_no_more(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    made = await portal.do(charity["ada"], "invite", {"forWhom": "Eve", "role": "VIEWER"}, MADE)
    async with engines.owner.begin() as owner:
        grants = GrantableRoles(
            agency_id=charity.agency, roles=[Role.CONTRIBUTOR], set_by_id=charity["ada"],
            set_at=datetime.now(UTC),
        )  # fmt: skip
        await owner.execute(insert(table_of(GrantableRoles)).values(grants.model_dump()))
    with pytest.raises(InvitationOver):
        await come(engines, made, portal)


async def test_what_an_administrator_has_under_way_goes_with_the_role(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await portal.do(charity["ada"], "invite", {"forWhom": "Eve"}, MADE)
    wish = {"membership": charity.id("cleo"), "role": "AGENCY_ADMINISTRATOR"}
    await portal.do(charity["ada"], "grantRole", wish)
    ada = {"membership": charity.id("ada"), "role": "AGENCY_ADMINISTRATOR"}
    await portal.do(charity["ben"], "withdrawRole", ada)
    async with engines.owner.connect() as owner:
        states = (await owner.execute(UNDER_WAY, {"member": charity["ada"]})).one()
    assert states == (["taken_back"], [True])


CONSENTED = text(
    "WITH c AS (INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, grants,"
    " redirect_uris, version, created_at, expires_at)"
    " SELECT :client, agency_id, 'Reporting', id, '{openid}', '{authorization_code}',"
    " '{https://app.example/back}', 1, now(), now() + interval '1 day'"
    " FROM membership WHERE id = :member RETURNING id)"
    " INSERT INTO consent (id, client_id, membership_id, person_id, scopes, given_at, expires_at)"
    " SELECT :id, c.id, :member, :person, '{openid}', now(), now() + interval '1 day' FROM c"
)
LEFT = text(
    "SELECT (SELECT count(*) FROM credential WHERE person_id = :person),"
    " (SELECT count(*) FROM identity WHERE person_id = :person),"
    " (SELECT count(*) FROM auth_secret.recovery WHERE person_id = :person),"
    " (SELECT count(*) FROM consent WHERE person_id = :person AND ended_at IS NULL)"
)
UNDER_WAY = text(
    "SELECT ARRAY(SELECT state FROM role_request WHERE asked_by_id = :member),"
    " ARRAY(SELECT withdrawn_at IS NOT NULL FROM invitation WHERE made_by_id = :member)"
)
