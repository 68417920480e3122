"""An agency's administrators let its programs in, change, renew and end them; nobody else does."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.accepting import let_in
from support.asking import Portal

from auth.oauth.clients import NewClient
from auth.oauth.tables import ClientUse
from auth.roles import Scope
from portal.sample.partnership import agency_id, membership_id
from portal.store.engines import Engines

ADMIN, OWNER = "police.administrator", "police.coordinator"
SHOWN = (
    "...on ClientPayload { client { id name version scopes grants redirectUris jwksUri expiresAt"
    " endedAt lastUsedAt owner { id } agency { shortName }"
    " keys { nodes { id thumbprint retiredAt lastUsedAt } } } warnings { code } }"
)
KEY_SHOWN = "...on ClientKeyPayload { clientKey { id thumbprint retiredAt } }"
NOTICES = "{ me { notices(first: 5) { nodes { kind says } } } }"


def public() -> str:
    return json.dumps(ECKey.generate_key("P-256").as_dict(private=False))


def later(days: int = 90) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def person(key: str) -> str:
    return f"Membership:{membership_id(key)}"


def wanted(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "name": "Rota",
        "owner": person(OWNER),
        "scopes": ["initiatives:read"],
        "expiresAt": later(),
        "key": public(),
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


@pytest.fixture
async def program(portal: Portal) -> dict:
    """A program of the police, just let in."""
    made = await portal.do(ADMIN, "addClient", wanted(), SHOWN)
    return made["client"]


async def change(portal: Portal, program: dict, mutation: str = "changeClient", **changes) -> dict:
    given = {"id": program["id"], "expectedVersion": program["version"], **changes}
    return await portal.do(ADMIN, mutation, given, SHOWN)


async def told(portal: Portal, who: str = OWNER) -> list[str]:
    found = (await portal.ask(who, NOTICES))["me"]["notices"]["nodes"]
    return [notice["says"] for notice in found if notice["kind"] == "PROGRAM_CHANGED"]


def faults(answer: dict) -> dict[str, str]:
    assert answer["__typename"] == "ValidationError", answer
    return {".".join(fault["path"][1:]): fault["message"] for fault in answer["errors"]}


async def test_a_program_is_let_in_and_its_owner_is_told(portal: Portal, program: dict):
    assert program["agency"] == {"shortName": "Police"}
    assert program["owner"] == {"id": person(OWNER)}
    assert (program["grants"], program["redirectUris"]) == (["CLIENT_CREDENTIALS"], [])
    assert len(program["keys"]["nodes"]) == 1
    assert program["lastUsedAt"] is None
    assert "Rota was let in" in (await told(portal))[0]


async def test_a_program_can_show_its_keys_itself_and_act_for_people(portal: Portal):
    both = ["CLIENT_CREDENTIALS", "AUTHORIZATION_CODE"]
    given = wanted(
        key=None,
        jwksUri="https://rota.example.org/jwks.json",
        grants=both,
        redirectUris=["https://rota.example.org/back?a=b"],
    )
    made = await portal.do(ADMIN, "addClient", given, SHOWN)
    assert sorted(made["client"]["grants"]) == sorted(both)
    assert made["client"]["redirectUris"] == ["https://rota.example.org/back?a=b"]
    assert made["client"]["keys"]["nodes"] == []
    assert made["warnings"] == [{"code": "WAITS_FOR_OWNER"}]


@pytest.mark.parametrize("address", ["http://localhost:3000/back", "http://127.0.0.1:3000/back"])
async def test_an_address_for_development_is_marked_as_one(portal: Portal, address: str):
    given = wanted(grants=["AUTHORIZATION_CODE"], redirectUris=[address])
    made = await portal.do(ADMIN, "addClient", given, SHOWN)
    assert made["warnings"] == [{"code": "DEMO_ONLY"}, {"code": "WAITS_FOR_OWNER"}]


@pytest.mark.parametrize(
    "address",
    [
        "http://rota.example.org/back",
        "http://localhost/back",
        "http://[::1]:3000/back",
        "https://rota.example.org/back#here",
        "https://me@rota.example.org/back",
        "https://*.example.org/back",
        "https://rota.example.org; frame-ancestors */back",
        "https://rota.example.org;script-src/back",
        "https://rota.example.org\\@evil.example/",
        "https://rötä.example.org/",
        "https://",
        "https://rota.example.org:port/",
        "javascript:alert(1)",
        "/back",
        "",
        "https://rota.example.org/" + "a" * 2000,
    ],
)
async def test_only_whole_https_addresses_can_be_returned_to(portal: Portal, address: str):
    given = wanted(grants=["AUTHORIZATION_CODE"], redirectUris=["https://ok.example/", address])
    found = faults(await portal.do(ADMIN, "addClient", given, SHOWN))
    assert list(found) == ["redirectUris.1"]


EC, ED = ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
BAD = {
    "no name": ({"name": " "}, "name"),
    "a long name": ({"name": "x" * 121}, "name"),
    "no scope": ({"scopes": []}, "scopes"),
    "an unknown scope": ({"scopes": ["everything"]}, "scopes"),
    "beyond its owner's roles": ({"scopes": ["audit:read"]}, "scopes"),
    "an owner elsewhere": ({"owner": person("wirral.coordinator")}, "owner"),
    "a past end": ({"expiresAt": later(-1)}, "expiresAt"),
    "an end too far away": ({"expiresAt": later(400)}, "expiresAt"),
    "no key at all": ({"key": None}, "key"),
    "a private key": ({"key": json.dumps(EC.as_dict(private=True))}, "key"),
    "a key that is none": ({"key": "{}"}, "key"),
    "a key that is no object": ({"key": "[1]"}, "key"),
    "a key that is no JSON": ({"key": "-----BEGIN PUBLIC KEY-----"}, "key"),
    "keys over http": ({"key": None, "jwksUri": "http://rota.example.org/jwks"}, "jwksUri"),
    "people without an address": ({"grants": ["AUTHORIZATION_CODE"]}, "redirectUris"),
    "an address without people": ({"redirectUris": ["https://a.example/"]}, "redirectUris"),
    "no way to get a token": ({"grants": []}, "grants"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_program_that_cannot_be_is_refused_with_the_field(portal: Portal, case: str):
    changes, field = BAD[case]
    found = faults(await portal.do(ADMIN, "addClient", wanted(**changes), SHOWN))
    assert field in found


async def test_everything_that_is_wrong_is_said_at_once(portal: Portal):
    given = wanted(name="", scopes=["audit:read"], expiresAt=later(-1))
    assert set(faults(await portal.do(ADMIN, "addClient", given))) == {
        "name",
        "scopes",
        "expiresAt",
    }


@pytest.mark.parametrize("who", [OWNER, "police.viewer", "wirral.viewer", "rasa.coordinator"])
async def test_who_administers_nothing_lets_nobody_in(portal: Portal, who: str):
    refused = await portal.do(who, "addClient", wanted(owner=person(who)))
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "client.administrator_adds")
    assert refused["grantedBy"] == "an administrator of your agency"


async def test_a_program_lets_no_program_in(portal: Portal, engines: Engines):
    """Not even one that answers to an administrator, with an administrator's scope."""
    now = datetime.now(UTC)
    scopes = [Scope.AGENCIES_MANAGE]
    new = NewClient(
        agency_id("police"), "Robot", membership_id(ADMIN), scopes, now + timedelta(days=2),
        ED.as_dict(private=False),
    )  # fmt: skip
    async with AsyncSession(engines.owner) as db, db.begin():
        robot = await let_in(db, new, now=now)
    refused = await portal.do(robot, "addClient", wanted())
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "acting.in_person")


async def test_a_program_is_changed_and_old_and_new_owner_are_told(portal: Portal, program: dict):
    changed = await change(portal, program, name="Rota 2", owner=person("police.contributor"))
    assert changed["__typename"] == "ClientPayload", changed
    assert changed["client"]["name"] == "Rota 2"
    assert changed["client"]["version"] > program["version"]
    assert "was changed: its name, who answers for it" in (await told(portal))[0]
    assert (
        "You are to answer for the program Rota 2" in (await told(portal, "police.contributor"))[0]
    )
    late = await change(portal, program, name="Rota 3")
    assert late["__typename"] == "Conflict"


async def test_a_change_is_checked_as_a_whole(portal: Portal, program: dict):
    assert "redirectUris" in faults(await change(portal, program, grants=["AUTHORIZATION_CODE"]))
    assert "scopes" in faults(await change(portal, program, scopes=["audit:read"]))
    shown = await change(portal, program, jwksUri="https://rota.example.org/jwks.json")
    [key] = program["keys"]["nodes"]
    gone = await portal.do(ADMIN, "retireClientKey", {"clientKey": key["id"]}, KEY_SHOWN)
    assert gone["clientKey"]["retiredAt"]
    assert "key" in faults(await change(portal, shown["client"], jwksUri=None))


async def test_a_key_is_replaced_and_the_only_one_stays_unless_it_is_meant(portal, program):
    [old] = program["keys"]["nodes"]
    refused = faults(await portal.do(ADMIN, "retireClientKey", {"clientKey": old["id"]}, KEY_SHOWN))
    assert "Add its new key first" in refused["clientKey"]
    given = {"client": program["id"], "key": public()}
    new = await portal.do(ADMIN, "addClientKey", given, KEY_SHOWN)
    assert new["clientKey"]["retiredAt"] is None
    gone = await portal.do(ADMIN, "retireClientKey", {"clientKey": old["id"]}, KEY_SHOWN)
    assert gone["clientKey"]["retiredAt"]
    last = {"clientKey": new["clientKey"]["id"], "evenTheLast": True}
    assert (await portal.do(ADMIN, "retireClientKey", last, KEY_SHOWN))["clientKey"]["retiredAt"]
    assert "A key of Rota" in (await told(portal))[0]


async def test_a_key_that_cannot_be_used_is_refused(portal: Portal, program: dict):
    same = json.dumps({"kty": "EC"})
    for key in (same, json.dumps(EC.as_dict(private=True)), "none"):
        given = {"client": program["id"], "key": key}
        assert "key" in faults(await portal.do(ADMIN, "addClientKey", given, KEY_SHOWN))
    for _ in range(3):
        await portal.do(ADMIN, "addClientKey", {"client": program["id"], "key": public()})
    given = {"client": program["id"], "key": public()}
    assert "at most 4" in faults(await portal.do(ADMIN, "addClientKey", given))["key"]


async def test_a_program_is_renewed_while_its_owner_is_there(portal: Portal, program: dict):
    renewed = await change(portal, program, "renewClient", expiresAt=later(300))
    assert renewed["client"]["expiresAt"][:10] == later(300)[:10]
    too_far = await change(portal, renewed["client"], "renewClient", expiresAt=later(400))
    assert "expiresAt" in faults(too_far)
    assert "may work until" in (await told(portal))[0]


async def test_an_ended_program_stays_ended(portal: Portal, program: dict):
    ended = await change(portal, program, "endClient")
    assert ended["client"]["endedAt"]
    for mutation, more in (("renewClient", {"expiresAt": later()}), ("changeClient", {})):
        again = await change(portal, ended["client"], mutation, **more)
        assert "has ended" in faults(again)["id"]
    key = {"client": program["id"], "key": public()}
    assert "has ended" in faults(await portal.do(ADMIN, "addClientKey", key))["client"]
    assert "was ended" in (await told(portal))[0]


async def test_colleagues_see_programs_and_administrators_and_owners_their_keys(portal, program):
    document = "{ clients { nodes { id name keys { nodes { id } } } } }"
    for who, keys in ((OWNER, 1), ("police.viewer", 0), (ADMIN, 1)):
        seen = (await portal.ask(who, document))["clients"]["nodes"]
        [mine] = [client for client in seen if client["id"] == program["id"]]
        assert len(mine["keys"]["nodes"]) == keys, who
    elsewhere = (await portal.ask("wirral.coordinator", document))["clients"]["nodes"]
    assert program["id"] not in [client["id"] for client in elsewhere]
    one = "query($id: ID!) { client(id: $id) { id } node(id: $id) { id } }"
    found = await portal.ask("wirral.coordinator", one, id=program["id"])
    assert found == {"client": None, "node": None}


async def test_another_agencys_program_does_not_exist(portal: Portal, program: dict):
    who = "rasa.administrator"
    [key] = program["keys"]["nodes"]
    given = {"id": program["id"], "expectedVersion": 1}
    for mutation, more in (
        ("changeClient", given),
        ("renewClient", {**given, "expiresAt": later()}),
        ("endClient", given),
        ("addClientKey", {"client": program["id"], "key": public()}),
        ("retireClientKey", {"clientKey": key["id"]}),
    ):
        assert (await portal.do(who, mutation, more))["__typename"] == "NotFound", mutation


async def test_last_use_is_shown_for_each_key(portal: Portal, engines: Engines, program: dict):
    [key] = program["keys"]["nodes"]
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    row = ClientUse(
        client_id=UUID(program["id"].partition(":")[2]), thumbprint=key["thumbprint"], used_at=at
    )
    async with AsyncSession(engines.owner) as db, db.begin():
        db.add(row)
    document = "query($id: ID!) { client(id: $id) { lastUsedAt keys { nodes { lastUsedAt } } } }"
    seen = (await portal.ask(ADMIN, document, id=program["id"]))["client"]
    assert seen["lastUsedAt"].startswith("2026-11-20T10:00")
    assert seen["keys"]["nodes"][0]["lastUsedAt"] == seen["lastUsedAt"]


async def test_nobody_tells_people_of_changes_but_an_administrator(portal, program):
    """The function itself, called past the verbs."""
    call = text("SELECT tell_owner(:client, 'Buy now')")
    about = {"client": UUID(program["id"].partition(":")[2])}
    with pytest.raises(DBAPIError, match="only an administrator"):
        async with portal.context(OWNER).acting() as session:
            await session.execute(call, about)
    async with portal.context("rasa.administrator").acting() as session:
        await session.execute(call, about)
    assert "Buy now" not in await told(portal)
