"""A query that has been asked before takes a shorter way; nobody can tell but by the clock."""

from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from strawberry import Schema
from support.asking import Portal

from portal.context import Context
from portal.edge.guarded import guarded
from portal.edge.router import Edge
from portal.store.engines import Engines

PAGE = """query Page($first: Int! = 2, $after: String) {
    areas { nodes { code } }
    agencies(first: $first, after: $after) { nodes { id name } pageInfo { endCursor } }
}"""
TWO = "query One { areas { nodes { code } } } query Two { areas { nodes { name } } }"
ASKED = {
    "a query": {"query": PAGE},
    "with variables": {"query": PAGE, "variables": {"first": 3}},
    "one of two": {"query": TWO, "operationName": "Two"},
    "none of two": {"query": TWO, "operationName": "Three"},
    "two without a choice": {"query": TWO},
    "a bad variable": {"query": PAGE, "variables": {"first": "many"}},
    "an unknown variable": {"query": PAGE, "variables": {"last": 3}},
    "too many": {"query": PAGE, "variables": {"first": 100_000}},
    "no cursor": {"query": PAGE, "variables": {"after": "no cursor"}},
    "no id": {"query": '{ node(id: "nothing") { id } }'},
    "a wrong field": {"query": "{ areas { colour } }"},
    "no query": {"query": "{ areas {"},
    "the schema": {"query": "{ __schema { queryType { name } } }"},
    "the type's name": {"query": "{ __typename }"},
}


@dataclass
class Who:
    """Who is asking now."""

    context: Context


@pytest.fixture
def who(portal: Portal) -> Who:
    return Who(portal.context("wirral.viewer"))


@pytest.fixture
async def client(who: Who):
    async def open_context(_request: object) -> object:
        return replace(who.context)

    schema, library = guarded()
    edge = Edge(schema, open_context, library)
    async with AsyncClient(transport=ASGITransport(app=edge), base_url="http://test") as made:
        yield made


def told(answer: Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_the_second_answer_is_the_first(client: AsyncClient, asked: dict[str, object]):
    answers = [told(await client.post("/graphql", json=asked)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]


async def test_strawberry_is_asked_only_once(client: AsyncClient, monkeypatch):
    await client.post("/graphql", json={"query": PAGE})
    monkeypatch.delattr(Schema, "execute")
    again = await client.post("/graphql", json={"query": PAGE, "variables": {"first": 1}})
    assert len(again.json()["data"]["agencies"]["nodes"]) == 1


@pytest.mark.parametrize("whose", ["nobody's", "a broken"])
async def test_a_known_query_is_refused_as_a_new_one_is(
    whose: str, who: Who, client: AsyncClient, portal: Portal, engines: Engines
):
    await client.post("/graphql", json={"query": PAGE})
    stranger = portal.context(uuid4())
    who.context = stranger if whose == "nobody's" else replace(stranger, engine=engines.auth)
    known = await client.post("/graphql", json={"query": PAGE})
    new = await client.post("/graphql", json={"query": PAGE + " # new"})
    codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in (known, new)]
    assert codes == ["UNAUTHENTICATED" if whose == "nobody's" else "INTERNAL"] * 2
    assert known.status_code == new.status_code
    assert "data" not in known.json()
