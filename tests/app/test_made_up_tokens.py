"""A made-up token costs the portal one look into the database, and nothing that it has to read."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from support.keyrings import throwaway_ring
from support.site import Program, Site

from portal.app import create_app
from portal.sample.partnership import DAY
from portal.store.engines import Engines

FRESH = "{ initiatives(first: 1) { nodes { id %s: title } } }"
ADDRESS = "8.8.8.8"


@dataclass
class Door:
    """The whole application in this process, met from a public address."""

    http: httpx2.AsyncClient
    program: Program
    introduced: list[str]

    async def send(self, document: Any, *, made_up: bool = False, **more: Any) -> httpx2.Response:
        headers = self.program.headers()
        if made_up:
            token = secrets.token_urlsafe(32)
            proof = self.program._proof(f"{self.program.url}/graphql", token)
            headers = {"authorization": f"DPoP {token}", "dpop": proof}
        content = document if isinstance(document, bytes) else json.dumps({"query": document})
        headers = {"content-type": "application/json", **headers, **more}
        return await self.http.post("/graphql", content=content, headers=headers)


@pytest.fixture
async def door(site: Site) -> AsyncIterator[Door]:
    settings = replace(site.engines.settings, base_url=site.url, today=DAY, refusals_per_minute=10)
    engines = Engines(settings)
    introduced: list[str] = []

    def seen(*said: Any) -> None:
        introduced.append(said[2])

    event.listen(engines.runtime.sync_engine, "before_cursor_execute", seen)
    inside = httpx2.ASGITransport(
        app=create_app(settings, engines, throwaway_ring()), client=(ADDRESS, 1)
    )
    with site.program("rasa") as program:
        async with httpx2.AsyncClient(transport=inside, base_url=site.url) as http:
            yield Door(http, program, introduced)
    await engines.dispose()


def code(answer: httpx2.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


BOMB = "{ a }" + "".join(
    f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(90)
)


@pytest.mark.parametrize(
    "document",
    [
        "{ not graphql",
        "{ noSuchField }",
        BOMB,
        "{ __schema { types { name } } }",
        "mutation { noSuchMutation }",
        FRESH % "aNewName",
    ],
    ids=["no GraphQL", "no such field", "a bomb", "the schema", "a mutation", "a new query"],
)
async def test_what_a_stranger_sends_is_not_looked_at(door: Door, document: str):
    answer = await door.send(document, made_up=True)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert "invalid_token" in answer.headers["www-authenticate"]
    assert len(door.introduced) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"x" * 300_000])
async def test_without_token_and_proof_not_even_the_body_is_read(door: Door, body: bytes):
    answer = await door.send(body, authorization="")
    assert answer.status_code in {400, 401}
    assert "www-authenticate" in answer.headers
    assert door.introduced == []


async def test_a_known_query_is_asked_in_one_way_to_the_database(door: Door):
    fresh = FRESH % f"n{secrets.token_hex(4)}"
    assert (await door.send(fresh)).status_code == 200
    assert len(door.introduced) == 1
    assert (await door.send(fresh)).status_code == 200
    assert len(door.introduced) == 1


async def test_who_is_let_in_is_told_what_is_wrong_as_before(door: Door):
    assert code(await door.send("{ not graphql")) == "GRAPHQL_PARSE_FAILED"
    assert code(await door.send("{ noSuchField }")) == "GRAPHQL_VALIDATION_FAILED"
    assert code(await door.send(b"[]")) == "BAD_REQUEST"


async def test_who_makes_up_tokens_waits_and_who_has_one_does_not(door: Door):
    assert (await door.send(FRESH % "one")).status_code == 200
    statuses = [(await door.send(FRESH % "two", made_up=True)).status_code for _ in range(14)]
    assert statuses == [401] * 10 + [429] * 4
    assert len(door.introduced) == 11
    assert (await door.send(FRESH % "one")).status_code == 200


async def test_who_makes_up_programs_waits(door: Door):
    form = {"grant_type": "client_credentials", "client_assertion": "made.up.one"}
    answers = [await door.http.post("/oauth/token", data=form) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429] * 2
    assert answers[-1].headers["retry-after"]


def test_a_body_that_nobody_has_read_spoils_nothing_for_the_next_request(site: Site):
    with site.program("rasa") as rasa:
        for size in (10, 250_000):
            turned = rasa.http.post(f"{site.url}/graphql", content=b"x" * size)
            assert turned.status_code == 401
            assert rasa.send(FRESH % "again", rasa.headers()).status_code == 200
