"""A program does nothing in somebody's name before they said yes, and nobody says it for them."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal
from support.staffing import Staff, hire

from auth.oauth.store import Found, find_client
from auth.roles import Role
from portal.sample.partnership import agency_id, membership_id
from portal.store.engines import Engines

ADMIN, OWNER, OTHER = "police.administrator", "police.coordinator", "police.contributor"
SHOWN = (
    "...on ClientPayload { client { id version scopes resting refusal endedAt"
    " acceptance { owner { id } scopes thumbprints } } warnings { code } }"
)
NOTICES = "{ me { notices(first: 5) { nodes { kind says } } } }"
LOOK = (
    "query($id: ID!) { client(id: $id) { id version scopes resting refusal endedAt"
    " acceptance { owner { id } scopes thumbprints } keys { nodes { id accepted retiredAt } } } }"
)


def a_key() -> ECKey:
    return ECKey.generate_key("P-256")


def public(key: ECKey) -> str:
    return json.dumps(key.as_dict(private=False))


def person(key: str) -> str:
    return f"Membership:{membership_id(key)}"


@dataclass
class Program:
    """A program of the police, and the two who decide about it."""

    portal: Portal
    engines: Engines
    id: str

    async def now(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.portal.ask(ADMIN, LOOK, id=self.id))["client"]
        return found

    async def does(self, who: str | UUID, mutation: str, **given: Any) -> dict[str, Any]:
        """On the program as it is now, unless `expectedVersion` says otherwise."""
        given = {"id": self.id, "expectedVersion": (await self.now())["version"], **given}
        return await self.portal.do(who, mutation, given, SHOWN)

    async def accepted(self) -> dict[str, Any]:
        answer = await self.does(OWNER, "acceptClient")
        assert answer["__typename"] == "ClientPayload", answer
        client: dict[str, Any] = answer["client"]
        return client

    async def gets(self) -> Found:
        """What the token endpoint takes it for."""
        async with AsyncSession(self.engines.auth) as db:
            row = UUID(self.id.partition(":")[2])
            return await db.run_sync(find_client, row, datetime.now(UTC))

    async def may(self) -> list[str] | None:
        """What a token of its own would let it do; None: it gets none."""
        async with self.engines.owner.connect() as owner:
            today = text("SELECT scopes FROM principal_today(:id, current_date)")
            row = (await owner.execute(today, {"id": UUID(self.id.partition(":")[2])})).first()
            return row and list(row.scopes)


async def told(portal: Portal, who: str) -> str:
    found = (await portal.ask(who, NOTICES))["me"]["notices"]["nodes"]
    return str(found[0]["says"])


@pytest.fixture
async def program(portal: Portal, engines: Engines) -> Program:
    given = {
        "name": "Rota",
        "owner": person(OWNER),
        "scopes": ["initiatives:read"],
        "key": public(a_key()),
    }
    made = await portal.do(ADMIN, "addClient", given, SHOWN)
    assert made["warnings"] == [{"code": "WAITS_FOR_OWNER"}]
    return Program(portal, engines, made["client"]["id"])


async def test_a_new_program_rests_until_its_owner_says_yes_and_both_are_told(portal, program):
    new = await program.now()
    assert (new["resting"], new["acceptance"]) == (["EVERYTHING"], None)
    assert "It works once you accept it" in await told(portal, OWNER)
    assert (await program.gets()).jwks == ()
    assert await program.may() is None

    taken = await program.accepted()
    assert taken["resting"] == []
    assert taken["acceptance"]["owner"]["id"] == person(OWNER)
    assert len((await program.gets()).jwks) == 1
    assert await program.may() == ["initiatives:read"]
    assert "was accepted by its owner" in await told(portal, ADMIN)
    assert "was accepted as it is now" in await told(portal, OWNER)


@pytest.mark.parametrize("who", [ADMIN, OTHER, "police.viewer"])
async def test_nobody_says_yes_or_no_for_somebody_else(portal, program, who):
    for mutation, more in (("acceptClient", {}), ("refuseClient", {"reason": "No."})):
        refused = await program.does(who, mutation, **more)
        assert refused["__typename"] == "NotPermitted", refused
        assert refused["rule"] == "client.owner_answers"
    assert await program.may() is None


async def test_for_another_agency_there_is_no_such_program(program):
    for mutation, more in (("acceptClient", {}), ("refuseClient", {"reason": "No."})):
        answer = await program.does("wirral.coordinator", mutation, **more)
        assert answer["__typename"] == "NotFound"


async def test_the_database_takes_no_yes_from_an_administrator_either(portal, program):
    """The functions themselves, called past the verbs, and the table past both."""
    row = UUID(program.id.partition(":")[2])
    yes, no = func.accept_client(row, 2), func.refuse_client(row, 2, "x", True)
    by_hand = text(
        "INSERT INTO client_acceptance (id, owner_membership_id, accepted_at, scopes, grants,"
        " redirect_uris, thumbprints) SELECT id, owner_membership_id, now(), scopes, grants,"
        " redirect_uris, '{}' FROM client WHERE id = :id"
    )
    for who in (ADMIN, OTHER, "wirral.coordinator"):
        for statement in (select(yes), select(no), by_hand):
            with pytest.raises(DBAPIError, match=r"names|permission denied"):
                async with portal.context(who).acting() as session:
                    await session.execute(statement, {"id": row})
    assert await program.may() is None


async def test_a_yes_is_to_what_was_read_and_is_said_once(program):
    before = (await program.now())["version"]
    await program.portal.do(ADMIN, "addClientKey", {"client": program.id, "key": public(a_key())})
    late = await program.does(OWNER, "acceptClient", expectedVersion=before)
    assert late["__typename"] == "Conflict"
    assert await program.may() is None
    await program.accepted()
    again = await program.does(OWNER, "acceptClient")
    assert again["errors"][0]["code"] == "WRONG_STATE"


async def test_of_a_yes_and_a_change_at_once_the_yes_never_covers_what_it_did_not_see(program):
    version = (await program.now())["version"]
    wider = {"scopes": ["initiatives:read", "initiatives:contribute"]}
    await asyncio.gather(
        program.does(OWNER, "acceptClient", expectedVersion=version),
        program.does(ADMIN, "changeClient", expectedVersion=version, **wider),
    )
    assert await program.may() in (None, ["initiatives:read"])


async def test_a_wider_scope_rests_and_a_narrower_one_holds_at_once(program):
    await program.accepted()
    wider = await program.does(
        ADMIN, "changeClient", scopes=["initiatives:read", "initiatives:contribute"]
    )
    assert wider["client"]["resting"] == ["SCOPES"]
    assert wider["warnings"] == [{"code": "WAITS_FOR_OWNER"}]
    assert await program.may() == ["initiatives:read"]
    assert (await program.gets()).scopes == {"initiatives:read"}
    await program.accepted()
    assert await program.may() == ["initiatives:contribute", "initiatives:read"]
    narrow = await program.does(ADMIN, "changeClient", scopes=["initiatives:contribute"])
    assert narrow["client"]["resting"] == []
    assert await program.may() == ["initiatives:contribute"]


async def test_the_old_key_works_while_the_new_one_rests_and_both_once_accepted(portal, program):
    await program.accepted()
    [old] = (await program.gets()).jwks
    new = a_key()
    given = {"client": program.id, "key": public(new)}
    added = await portal.do(
        ADMIN,
        "addClientKey",
        given,
        "...on ClientKeyPayload { clientKey { accepted } warnings { code } }",
    )
    assert added["clientKey"] == {"accepted": False}
    assert added["warnings"] == [{"code": "WAITS_FOR_OWNER"}]
    assert (await program.now())["resting"] == ["KEYS"]
    assert (await program.gets()).jwks == (old,)
    await program.accepted()
    assert {jwk["x"] for jwk in (await program.gets()).jwks} == {old["x"], new.as_dict()["x"]}


async def test_the_old_address_of_keys_works_while_the_new_one_rests(program):
    where = "https://rota.example.org/{}".format
    await program.does(ADMIN, "changeClient", jwksUri=where("one"))
    await program.accepted()
    assert (await program.gets()).jwks_uri == where("one")
    moved = await program.does(ADMIN, "changeClient", jwksUri=where("two"))
    assert moved["client"]["resting"] == ["JWKS_URI"]
    assert (await program.gets()).jwks_uri == where("one")
    await program.accepted()
    assert (await program.gets()).jwks_uri == where("two")
    await program.does(ADMIN, "changeClient", jwksUri=None)
    assert (await program.gets()).jwks_uri is None


async def test_another_way_to_get_tokens_and_another_address_rest(program):
    await program.accepted()
    both = ["CLIENT_CREDENTIALS", "AUTHORIZATION_CODE"]
    back = ["https://rota.example.org/back"]
    changed = await program.does(ADMIN, "changeClient", grants=both, redirectUris=back)
    assert changed["client"]["resting"] == ["GRANTS", "REDIRECT_URIS"]
    found = await program.gets()
    assert (found.grants, found.redirect_uris) == ({"client_credentials"}, ())
    await program.accepted()
    assert (await program.gets()).redirect_uris == tuple(back)


async def test_another_owner_must_say_yes_and_until_then_the_first_one_answers(portal, program):
    await program.accepted()
    moved = await program.does(ADMIN, "changeClient", owner=person(OTHER))
    assert moved["client"]["resting"] == ["OWNER"]
    assert "You are to answer for the program Rota" in await told(portal, OTHER)
    assert (await program.does(OWNER, "acceptClient"))["__typename"] == "NotPermitted"
    assert await program.may() == ["initiatives:read"]
    taken = await program.does(OTHER, "acceptClient")
    assert taken["client"]["acceptance"]["owner"]["id"] == person(OTHER)
    assert "whoever answers for it from now on" in await told(portal, OWNER)


async def test_a_program_that_nobody_accepted_ends_with_a_no(portal, program):
    ended = await program.does(OWNER, "refuseClient", reason="I know nothing of it.")
    assert ended["client"]["endedAt"]
    assert "was refused by its owner: I know nothing of it." in await told(portal, ADMIN)
    assert "was refused" in await told(portal, OWNER)
    again = await program.does(OWNER, "acceptClient")
    assert again["errors"][0]["code"] == "ENDED"


async def test_a_no_to_what_is_new_leaves_what_worked(portal, program):
    await program.accepted()
    await portal.do(ADMIN, "addClientKey", {"client": program.id, "key": public(a_key())})
    refused = await program.does(OWNER, "refuseClient", reason="Whose key is this?")
    assert refused["client"]["refusal"] == "Whose key is this?"
    assert refused["client"]["resting"] == []
    keys = (await program.now())["keys"]["nodes"]
    assert sorted((key["accepted"], key["retiredAt"] is None) for key in keys) == [
        (False, False),
        (True, True),
    ]
    assert await program.may() == ["initiatives:read"]
    named = await program.does(ADMIN, "changeClient", name="Rota, again")
    assert named["client"]["refusal"] is None


async def test_whoever_said_yes_can_take_it_back_altogether(program):
    await program.accepted()
    not_meant = await program.does(OWNER, "refuseClient", reason="No more.")
    assert not_meant["errors"][0]["path"] == ["input", "altogether"]
    gone = await program.does(OWNER, "refuseClient", reason="No more.", altogether=True)
    assert gone["client"]["resting"] == ["EVERYTHING"]
    assert gone["client"]["endedAt"] is None
    assert await program.may() is None


async def test_whom_another_is_to_follow_can_stop_answering_at_once(program):
    await program.accepted()
    await program.does(ADMIN, "changeClient", owner=person(OTHER))
    gone = await program.does(OWNER, "refuseClient", reason="Not in my name.")
    assert gone["client"]["resting"] == ["EVERYTHING"]
    assert await program.may() is None
    assert (await program.does(OTHER, "acceptClient"))["__typename"] == "ClientPayload"


async def test_a_no_has_a_reason(program):
    refused = await program.does(OWNER, "refuseClient", reason=" ")
    assert refused["errors"][0]["path"] == ["input", "reason"]


async def test_an_owner_who_has_left_says_nothing_and_the_program_does_nothing(
    portal, engines, program
):
    police = Staff(agency_id("police"))
    leaver = await hire(engines, police, "leaver", (Role.INITIATIVE_COORDINATOR,))
    await program.does(ADMIN, "changeClient", owner=f"Membership:{leaver}")
    assert (await program.does(leaver, "acceptClient"))["__typename"] == "ClientPayload"
    assert await program.may() == ["initiatives:read"]
    await portal.do(ADMIN, "endMembership", {"membership": f"Membership:{leaver}"})
    assert await program.may() == []
    given = {"id": program.id, "expectedVersion": 1}
    with pytest.raises(AssertionError, match="no access"):
        await portal.do(leaver, "acceptClient", given)


async def test_a_yes_never_covers_more_than_the_owner_may(portal, engines, program):
    police = Staff(agency_id("police"))
    now_viewer = await hire(engines, police, "leaver", (Role.INITIATIVE_COORDINATOR,))
    wide = ["initiatives:read", "initiatives:edit"]
    await program.does(ADMIN, "changeClient", owner=f"Membership:{now_viewer}", scopes=wide)
    async with engines.owner.begin() as owner:
        demote = text("UPDATE membership_role SET role = 'viewer' WHERE membership_id = :id")
        await owner.execute(demote, {"id": now_viewer})
    refused = await program.does(now_viewer, "acceptClient")
    assert "do not allow initiatives:edit" in refused["errors"][0]["message"]


async def test_a_registered_key_is_never_another_one(portal, program):
    await program.accepted()
    [key] = (await program.now())["keys"]["nodes"]
    swap = text("UPDATE client_key SET jwk = '{}' WHERE id = :id")
    with pytest.raises(DBAPIError, match="never another one"):
        async with portal.context(ADMIN).acting() as session:
            await session.execute(swap, {"id": UUID(key["id"].partition(":")[2])})


async def test_a_key_that_was_retired_does_not_come_back(portal, program):
    await program.accepted()
    [key] = (await program.now())["keys"]["nodes"]
    await portal.do(ADMIN, "retireClientKey", {"clientKey": key["id"], "evenTheLast": True})
    back = text("UPDATE client_key SET retired_at = NULL WHERE id = :id")
    with pytest.raises(DBAPIError, match="never another one"):
        async with portal.context(ADMIN).acting() as session:
            await session.execute(back, {"id": UUID(key["id"].partition(":")[2])})
