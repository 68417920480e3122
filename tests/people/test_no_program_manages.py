"""A program that acts in an administrator's name lets nobody in and changes nobody's roles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from support.accepting import accepted
from support.asking import Portal
from support.staffing import ADMIN, Staff, staff

from auth.oauth.consents import Consent
from auth.oauth.resource import Presented
from auth.oauth.tables import AccessToken, Client, ClientAcceptance, PrincipalKind
from auth.roles import Role
from auth.strength import Strength
from portal.context import ByToken, Context
from portal.store.engines import Engines
from portal.store.rules import table_of

SCOPES = ["agencies:manage"]
VIEWER = (Role.VIEWER,)


@pytest.fixture
async def made(engines: Engines) -> Staff:
    return await staff(engines, adam=ADMIN, bela=ADMIN, vera=VIEWER)


@pytest.fixture
async def lent(engines: Engines, made: Staff) -> Callable[[], Context]:
    """A request by a program to which Adam has lent all that he may, a moment ago."""
    now, hashed, thumb = datetime.now(UTC), sha256(uuid4().bytes).digest(), "t" * 43
    program = Client(
        agency_id=made.agency, name="A program", owner_membership_id=made["adam"], scopes=SCOPES,
        created_at=now, expires_at=now + timedelta(days=9),
    )  # fmt: skip
    consent = Consent(
        client_id=program.id, membership_id=made["adam"], person_id=made.people["adam"],
        scopes=SCOPES, given_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    token = AccessToken(
        token_hash=hashed, principal_id=made["adam"], kind=PrincipalKind.MEMBERSHIP,
        client_id=program.id, consent_id=consent.id, thumbprint=thumb, scopes=SCOPES, issued_at=now,
        expires_at=now + timedelta(minutes=5), authenticated_at=now, acr=Strength.MULTI_FACTOR,
    )  # fmt: skip
    async with engines.owner.begin() as owner:
        for table, row in (
            (Client, program),
            (ClientAcceptance, accepted(program)),
            (Consent, consent),
            (AccessToken, token),
        ):
            await owner.execute(insert(table_of(table)).values(row.model_dump()))

    def opened() -> Context:
        proof = sha256(uuid4().bytes).digest()
        opening = ByToken(Presented(hashed, thumb, proof, datetime.now(UTC), uuid4()))
        return Context(engines.runtime, opening, uuid4(), datetime.now(UTC))

    return opened


class Lent(Portal):
    """The portal as that program meets it."""

    def context(self, who: Any) -> Context:
        opened: Context = who()
        return opened


@pytest.fixture
def program(portal: Portal) -> Lent:
    return Lent(portal.schema, portal.engine)


def everything(made: Staff) -> dict[str, dict[str, Any]]:
    """What an administrator could do, one thing of each kind."""
    vera = {"membership": made.id("vera")}
    return {
        "invite": {"forWhom": "Eve"},
        "inviteAgain": {**vera, "forWhom": "Vera"},
        "grantRole": {**vera, "role": "CONTRIBUTOR"},
        "withdrawRole": {**vera, "role": "VIEWER"},
        "recordStanding": {**vera, "trainingUntil": "2030-01-01"},
        "endMembership": vera,
        "addClient": {"name": "Robot", "owner": made.id("adam"), "scopes": SCOPES, "key": "{}"},
        "setGrantableRoles": {"agency": f"Agency:{made.agency}", "roles": ["VIEWER"]},
        "succeedAgency": {
            "agency": f"Agency:{made.agency}",
            "expectedVersion": 1,
            "by": f"Agency:{made.agency}",
            "fromDay": "2026-11-01",
        },
    }


async def test_the_administrator_can_do_it_in_person(portal: Portal, made: Staff):
    answer = await portal.do(made["adam"], "invite", everything(made)["invite"])
    assert answer["__typename"] == "InvitationPayload"


async def test_the_program_can_do_nothing_of_it(program: Lent, lent: Any, made: Staff):
    for mutation, given in everything(made).items():
        refused = await program.do(lent, mutation, given)
        assert refused["__typename"] == "NotPermitted", mutation
        assert refused["rule"] == "acting.in_person", mutation
        assert "nor in somebody's name" in refused["message"]


async def test_it_says_yes_to_no_program_either(program: Lent, lent: Any, engines: Engines):
    async with engines.owner.connect() as owner:
        newest = text("SELECT id FROM client ORDER BY created_at DESC LIMIT 1")
        client = (await owner.execute(newest)).scalar_one()
    for mutation, more in (("acceptClient", {}), ("refuseClient", {"reason": "No."})):
        given = {"id": f"Client:{client}", "expectedVersion": 1, **more}
        refused = await program.do(lent, mutation, given)
        assert refused["rule"] == "acting.in_person"


PAST_THE_VERBS = (
    "SELECT end_membership(:vera)",
    "SELECT withdraw_role(:vera, 'viewer')",
    "SELECT tell_member(:vera, 'joined', 'Buy now')",
    "SELECT tell_administrators(:agency, 'joined', 'Buy now')",
    "SELECT accept_client(c.id, c.version) FROM client c",
    "SELECT refuse_client(c.id, c.version, 'x', true) FROM client c",
    "SELECT tell_owner(c.id, 'Buy now') FROM client c",
    "INSERT INTO invitation (id, agency_id, for_whom, made_by_id, made_person_id, made_at,"
    " expires_at, token_hash) VALUES (gen_random_uuid(), :agency, 'Eve', :adam, :person, now(),"
    " now() + interval '1 day', sha256('x'))",
    "INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, redirect_uris, grants,"
    " version, created_at, expires_at) VALUES (gen_random_uuid(), :agency, 'x', :adam,"
    " '{agencies:manage}', '{}', '{client_credentials}', 1, now(), now() + interval '1 day')",
    "INSERT INTO standing (id, membership_id, training_until, recorded_at)"
    " VALUES (gen_random_uuid(), :vera, '2030-01-01', now())",
)


@pytest.mark.parametrize("statement", PAST_THE_VERBS)
async def test_the_database_refuses_it_too(lent: Any, made: Staff, statement: str):
    given = {
        "vera": made["vera"],
        "adam": made["adam"],
        "person": made.people["adam"],
        "agency": made.agency,
    }
    wanted = {name: given[name] for name in given if f":{name}" in statement}
    with pytest.raises(DBAPIError) as refused:
        async with lent().acting() as session:
            await session.execute(text(statement), wanted)
    assert getattr(refused.value.orig, "sqlstate", None) == "42501", refused.value


async def test_what_it_was_lent_to_read_it_reads(program: Lent, lent: Any, made: Staff):
    seen = await program.ask(lent, "{ members { nodes { id } } }")
    assert {node["id"] for node in seen["members"]["nodes"]} == set(map(made.id, made.members))
