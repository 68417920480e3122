"""Administrators give roles: from their list, never to themselves, and some only by two."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.roles import Role
from auth.tables import AgencyKind
from portal.sample.partnership import agency_id, membership_id
from portal.store.engines import Engines

GIVEN = "...on RoleRequestPayload { roleRequest { id state role } warnings { code } }"
ME = "{ me { roles scopes notices { nodes { kind says } } } }"


@pytest.fixture
async def charity(engines: Engines) -> Staff:
    """Two administrators, a worker and somebody new."""
    roles = {"ada": ADMIN, "ben": ADMIN, "cleo": (Role.CONTRIBUTOR,), "dot": ()}
    return await staff(engines, **roles)


async def grant(portal: Portal, who: Any, member: str, role: str, **more: Any) -> dict[str, Any]:
    return await portal.do(who, "grantRole", {"membership": member, "role": role, **more}, GIVEN)


async def test_a_plain_role_is_given_at_once_and_the_colleague_is_told(
    portal: Portal, charity: Staff
) -> None:
    done = await grant(portal, charity["ada"], charity.id("dot"), "VIEWER")
    assert done["roleRequest"]["state"] == "GIVEN"
    me = (await portal.ask(charity["dot"], ME))["me"]
    assert me["roles"] == ["VIEWER"]
    assert me["scopes"] == ["initiatives:read"]
    assert [n["kind"] for n in me["notices"]["nodes"]] == ["ROLE_CHANGED"]
    told = (await portal.ask(charity["ben"], ME))["me"]["notices"]["nodes"]
    assert [n["kind"] for n in told] == ["ROLE_CHANGED"]
    again = await grant(portal, charity["ada"], charity.id("dot"), "VIEWER")
    assert again["errors"][0]["code"] == "WRONG_STATE"


async def test_a_case_role_waits_for_a_second_administrator(portal: Portal, charity: Staff) -> None:
    asked = await grant(portal, charity["ada"], charity.id("dot"), "CASEWORKER")
    assert asked["roleRequest"]["state"] == "WAITING"
    assert asked["warnings"] == [{"code": "WAITS_FOR_SECOND"}]
    assert (await portal.ask(charity["dot"], ME))["me"]["roles"] == []
    confirm = {"id": asked["roleRequest"]["id"]}
    for who in ("ada", "dot", "cleo"):
        refused = await portal.do(charity[who], "confirmRoleRequest", confirm)
        assert refused["__typename"] == ("NotFound" if who == "cleo" else "NotPermitted")
    done = await portal.do(charity["ben"], "confirmRoleRequest", confirm, GIVEN)
    assert done["roleRequest"]["state"] == "CONFIRMED"
    assert (await portal.ask(charity["dot"], ME))["me"]["roles"] == ["CASEWORKER"]
    again = await portal.do(charity["ben"], "confirmRoleRequest", confirm)
    assert again["errors"][0]["code"] == "WRONG_STATE"


@pytest.mark.parametrize(
    "role",
    ["CASEWORKER", "MARAC_REPRESENTATIVE", "DESIGNATED_SAFEGUARDING_LEAD", "AGENCY_ADMINISTRATOR"],
)
async def test_these_need_a_second_person_in_a_charity(
    portal: Portal, charity: Staff, role: str
) -> None:
    asked = await grant(portal, charity["ada"], charity.id("dot"), role)
    assert asked["roleRequest"]["state"] == "WAITING"


@pytest.mark.parametrize("role", ["MARAC_COORDINATOR", "CONDUCT_LEAD"])
async def test_marac_coordinators_and_conduct_leads_need_one_in_a_force(
    portal: Portal, engines: Engines, role: str
) -> None:
    force = await staff(engines, AgencyKind.POLICE, ada=ADMIN, ben=ADMIN, dot=())
    asked = await grant(portal, force["ada"], force.id("dot"), role)
    assert asked["roleRequest"]["state"] == "WAITING"


async def test_nobody_gives_themselves_a_role_with_another_membership_either(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    other = await hire(engines, charity, "ada twice", person=charity.people["ada"])
    for member in (charity.id("ada"), f"Membership:{other}"):
        refused = await grant(portal, charity["ada"], member, "VIEWER")
        assert refused["rule"] == "people.not_oneself"


async def test_the_second_person_is_another_person_not_another_membership(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    twin = await hire(engines, charity, "ada twice", ADMIN, person=charity.people["ada"])
    asked = await grant(portal, charity["ada"], charity.id("dot"), "CASEWORKER")
    refused = await portal.do(twin, "confirmRoleRequest", {"id": asked["roleRequest"]["id"]})
    assert refused["rule"] == "people.second_person"


async def test_only_administrators_of_that_agency_give_its_roles(
    portal: Portal, charity: Staff
) -> None:
    for who in (charity["cleo"], "police.administrator", "wirral.coordinator", "pcc.administrator"):
        refused = await grant(portal, who, charity.id("dot"), "VIEWER")
        assert refused["rule"] == "people.administrator", who


async def test_the_host_of_a_joint_body_does_not_administer_it(
    portal: Portal, engines: Engines
) -> None:
    body = await staff(
        engines, AgencyKind.JOINT_BODY, host=agency_id("wirral"), ada=ADMIN, ben=ADMIN, dot=()
    )
    refused = await grant(portal, "wirral.administrator", body.id("dot"), "VIEWER")
    assert refused["rule"] == "people.administrator"
    done = await grant(portal, body["ada"], body.id("dot"), "VIEWER")
    assert done["roleRequest"]["state"] == "GIVEN"


async def test_no_role_changes_where_there_is_one_administrator(
    portal: Portal, engines: Engines
) -> None:
    small = await staff(engines, ada=ADMIN, dot=(Role.VIEWER,))
    refused = await grant(portal, small["ada"], small.id("dot"), "CONTRIBUTOR")
    assert refused["rule"] == "people.two_administrators"
    take = {"membership": small.id("dot"), "role": "VIEWER"}
    refused = await portal.do(small["ada"], "withdrawRole", take)
    assert refused["rule"] == "people.two_administrators"


async def test_in_an_agency_of_two_the_partnership_asks_and_the_agency_confirms(
    portal: Portal, engines: Engines
) -> None:
    two = await staff(engines, ada=ADMIN, ben=ADMIN)
    case = await hire(engines, two, "ben's cases", person=two.people["ben"])
    wanted = {"membership": f"Membership:{case}", "role": "CASEWORKER"}
    refused = await portal.do(two["ada"], "grantRole", wanted)
    assert refused["rule"] == "people.nobody_to_confirm"
    refused = await portal.do("police.administrator", "askForRole", wanted)
    assert refused["rule"] == "people.partnership_administrator"
    asked = await portal.do("pcc.administrator", "askForRole", wanted, GIVEN)
    assert asked["roleRequest"]["state"] == "WAITING"
    confirm = {"id": asked["roleRequest"]["id"]}
    refused = await portal.do("pcc.administrator", "confirmRoleRequest", confirm)
    assert refused["rule"] == "people.administrator"
    refused = await portal.do(two["ben"], "confirmRoleRequest", confirm)
    assert refused["rule"] == "people.second_person"
    assert (await portal.ask(case, ME))["me"]["roles"] == []
    done = await portal.do(two["ada"], "confirmRoleRequest", confirm, GIVEN)
    assert done["roleRequest"]["state"] == "CONFIRMED"
    assert (await portal.ask(case, ME))["me"]["roles"] == ["CASEWORKER"]


async def test_the_partnership_does_not_ask_where_the_agency_can(
    portal: Portal, charity: Staff
) -> None:
    wanted = {"membership": charity.id("dot"), "role": "CASEWORKER"}
    refused = await portal.do("pcc.administrator", "askForRole", wanted)
    assert refused["errors"][0]["path"] == ["input", "membership"]
    wanted = {"membership": charity.id("dot"), "role": "VIEWER"}
    refused = await portal.do("pcc.administrator", "askForRole", wanted)
    assert refused["errors"][0]["path"] == ["input", "role"]


async def test_an_administrator_sees_no_case_with_the_same_membership(
    portal: Portal, charity: Staff
) -> None:
    refused = await grant(portal, charity["ada"], charity.id("ben"), "CASEWORKER")
    assert refused["rule"] == "people.nobody_to_confirm"
    await grant(portal, charity["ada"], charity.id("dot"), "AGENCY_ADMINISTRATOR")
    await grant(portal, charity["ada"], charity.id("dot"), "CASEWORKER")
    asked = await portal.ask(charity["ben"], "{ roleRequests { nodes { id role } } }")
    first, second = asked["roleRequests"]["nodes"]
    done = await portal.do(charity["ben"], "confirmRoleRequest", {"id": first["id"]}, GIVEN)
    assert done["roleRequest"]["state"] == "CONFIRMED"
    refused = await portal.do(charity["ben"], "confirmRoleRequest", {"id": second["id"]})
    assert refused["errors"][0]["code"] == "EXCLUDED_ROLE"


async def test_who_advises_on_data_protection_does_not_sign(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    await grant(portal, charity["ada"], charity.id("dot"), "DATA_PROTECTION_LEAD")
    signs = {"title": "TRUSTEE"}
    refused = await grant(
        portal, charity["ada"], charity.id("dot"), "AUTHORISED_SIGNATORY", **signs
    )
    assert refused["errors"][0]["code"] == "EXCLUDED_ROLE"
    other = await hire(engines, charity, "dot twice", person=charity.people["dot"])
    refused = await grant(
        portal, charity["ada"], f"Membership:{other}", "AUTHORISED_SIGNATORY", **signs
    )
    assert refused["errors"][0]["code"] == "EXCLUDED_ROLE"


@pytest.mark.parametrize(
    ("role", "more", "field"),
    [
        ("AUTHORISED_SIGNATORY", {}, "title"),
        ("AUTHORISED_SIGNATORY", {"title": "CHIEF_CROWN_PROSECUTOR"}, "title"),
        ("VIEWER", {"title": "SIRO"}, "title"),
        ("VIEWER", {"deputy": True}, "deputy"),
        ("VIEWER", {"endsOn": "2020-01-01"}, "endsOn"),
        ("VIEWER", {"endsOn": "2031-01-01"}, "endsOn"),
    ],
)
async def test_what_is_particular_about_a_role_must_fit_it(
    portal: Portal, charity: Staff, role: str, more: dict[str, Any], field: str
) -> None:
    refused = await grant(portal, charity["ada"], charity.id("dot"), role, **more)
    assert refused["errors"][0]["path"] == ["input", field]


async def test_an_auditor_has_an_end_and_a_deputy_is_one(portal: Portal, engines: Engines) -> None:
    office = await staff(engines, AgencyKind.PCC, ada=ADMIN, ben=ADMIN, dot=())
    refused = await grant(portal, office["ada"], office.id("dot"), "AUDITOR")
    assert refused["errors"][0]["path"] == ["input", "endsOn"]
    end = {"endsOn": "2026-11-30"}
    await grant(portal, office["ada"], office.id("dot"), "AUDITOR", **end)
    await grant(portal, office["ada"], office.id("dot"), "AGENCY_SPOC", deputy=True)
    held = await portal.ask(
        office["ada"],
        "query($id: ID!) { node(id: $id) { ...on Membership { holds { role deputy endsOn } } } }",
        id=office.id("dot"),
    )
    assert held["node"]["holds"] == [
        {"role": "AGENCY_SPOC", "deputy": True, "endsOn": None},
        {"role": "AUDITOR", "deputy": False, "endsOn": "2026-11-30"},
    ]
    after = Portal(portal.schema, portal.engine, today=portal.today.replace(month=12, day=1))
    assert (await after.ask(office["dot"], ME))["me"]["roles"] == ["AGENCY_SPOC"]


async def test_an_agency_grants_what_its_list_has(portal: Portal, charity: Staff) -> None:
    refused = await grant(portal, charity["ada"], charity.id("dot"), "CPS_LIAISON")
    assert refused["rule"] == "people.grantable"
    which = {"agency": f"Agency:{charity.agency}", "roles": ["VIEWER", "CASEWORKER"]}
    shown = "...on AgencyPayload { agency { grantableRoles } }"
    for who in (charity["ada"], "police.administrator", "wirral.coordinator"):
        refused = await portal.do(who, "setGrantableRoles", which)
        assert refused["rule"] == "people.partnership_administrator"
    done = await portal.do("pcc.administrator", "setGrantableRoles", which, shown)
    assert done["agency"]["grantableRoles"] == ["CASEWORKER", "VIEWER"]
    refused = await grant(portal, charity["ada"], charity.id("dot"), "CONTRIBUTOR")
    assert refused["rule"] == "people.grantable"
    beyond = {**which, "roles": ["CPS_LIAISON"]}
    refused = await portal.do("pcc.administrator", "setGrantableRoles", beyond)
    assert refused["errors"][0]["path"] == ["input", "roles", "0"]
    done = await portal.do(
        "pcc.administrator", "setGrantableRoles", {**which, "roles": None}, shown
    )
    assert "CONTRIBUTOR" in done["agency"]["grantableRoles"]
    done = await grant(portal, charity["ada"], charity.id("dot"), "CONTRIBUTOR")
    assert done["roleRequest"]["state"] == "GIVEN"


async def test_only_the_partnership_makes_partnership_administrators(
    portal: Portal, engines: Engines
) -> None:
    office = await staff(engines, AgencyKind.PCC, ada=ADMIN, ben=ADMIN, dot=())
    refused = await grant(portal, office["ada"], office.id("dot"), "PARTNERSHIP_ADMINISTRATOR")
    assert refused["rule"] == "people.partnership_administrator"


async def test_a_request_is_declined_with_a_reason_or_taken_back_by_who_asked(
    portal: Portal, charity: Staff
) -> None:
    asked = await grant(portal, charity["ada"], charity.id("dot"), "CASEWORKER")
    request = {"id": asked["roleRequest"]["id"]}
    twice = await grant(portal, charity["ben"], charity.id("dot"), "CASEWORKER")
    assert twice["errors"][0]["code"] == "ALREADY_ASKED"
    refused = await portal.do(charity["ben"], "declineRoleRequest", {**request, "reason": " "})
    assert refused["errors"][0]["path"] == ["input", "reason"]
    refused = await portal.do(charity["ada"], "declineRoleRequest", {**request, "reason": "No."})
    assert refused["rule"] == "people.second_person"
    done = await portal.do(
        charity["ben"], "declineRoleRequest", {**request, "reason": "Not trained."}, GIVEN
    )
    assert done["roleRequest"]["state"] == "DECLINED"
    asked = await grant(portal, charity["ada"], charity.id("dot"), "CASEWORKER")
    request = {"id": asked["roleRequest"]["id"]}
    refused = await portal.do(charity["ben"], "takeBackRoleRequest", request)
    assert refused["rule"] == "people.asker"
    done = await portal.do(charity["ada"], "takeBackRoleRequest", request, GIVEN)
    assert done["roleRequest"]["state"] == "TAKEN_BACK"
    assert (await portal.ask(charity["dot"], ME))["me"]["roles"] == []


async def test_a_role_that_is_withdrawn_ends_with_the_next_request(
    portal: Portal, charity: Staff
) -> None:
    take = {"membership": charity.id("cleo"), "role": "CONTRIBUTOR"}
    refused = await portal.do("police.administrator", "withdrawRole", take)
    assert refused["rule"] == "people.administrator"
    shown = "...on MembershipPayload { membership { roles } }"
    done = await portal.do(charity["ada"], "withdrawRole", take, shown)
    assert done["membership"]["roles"] == []
    assert (await portal.ask(charity["cleo"], ME))["me"]["scopes"] == []
    refused = await portal.do(charity["ada"], "withdrawRole", take)
    assert refused["errors"][0]["path"] == ["input", "role"]


async def test_the_database_refuses_what_python_would_not_have_asked(
    portal: Portal, engines: Engines, charity: Staff
) -> None:
    """As an administrator who injects SQL."""
    ask = (
        "INSERT INTO role_request (id, agency_id, membership_id, person_id, role, deputy,"
        " asked_by_id, asked_person_id, asked_at, state) SELECT gen_random_uuid(), agency_id, id,"
        " person_id, '{}', false, caller_principal(), caller_person(), now(), '{}'"
        " FROM membership WHERE id = '{}'"
    )
    ada, dot = charity["ada"], charity["dot"]
    tries = (
        ask.format("caseworker", "given", dot),
        ask.format("caseworker", "confirmed", dot),
        ask.format("viewer", "given", ada),
        ask.format("cps_liaison", "waiting", dot),
        ask.format("viewer", "given", membership_id("wirral.viewer")),
        f"INSERT INTO membership_role (membership_id, role) VALUES ('{dot}', 'viewer')",  # noqa: S608
        f"SELECT withdraw_role('{membership_id('wirral.viewer')}', 'viewer')",
        f"SELECT end_membership('{membership_id('wirral.viewer')}')",
        "SELECT tell(caller_person(), 'joined', 'Hello')",
    )
    for statement in tries:
        with pytest.raises(DBAPIError):
            async with portal.context(ada).acting() as session:
                await session.execute(text(statement))
    confirms = "UPDATE role_request SET state = 'confirmed', answered_at = now(), answered_by_id ="
    asked = await grant(portal, ada, charity.id("dot"), "CASEWORKER")
    row = asked["roleRequest"]["id"].partition(":")[2]
    for by, person in (("ada", "ada"), ("ben", "ben"), ("ada", "ben")):
        who = f"'{charity[by]}', answered_person_id = '{charity.people[person]}'"
        with pytest.raises(DBAPIError):
            async with portal.context(ada).acting() as session:
                await session.execute(text(f"{confirms} {who} WHERE id = '{row}'"))
