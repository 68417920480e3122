"""A small library of books behind the real edge: no database, every kind of answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

import pytest
import strawberry
from fastapi import FastAPI
from graphql import ExecutionResult
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.requests import Request
from strawberry.extensions import SchemaExtension

from portal.edge.documents import Document, TrustedDocuments
from portal.edge.errors import Unauthenticated
from portal.edge.guard import guard
from portal.edge.library import Library
from portal.edge.limits import Limits
from portal.edge.requests import Requests
from portal.edge.router import Edge
from portal.errors import Invalid
from portal.reading.raw import RawJson

RAW = b'{"greeting":  "gr\\u00fc\\u00df dich",\n"price": 1.10}'
"""Spaces, escapes and digits that no JSON library would write like this."""

PAGE = Annotated[int, strawberry.argument(description="How many.")]


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class BookEdge:
    cursor: str
    node: "Book"


@strawberry.type
class BookConnection:
    edges: list[BookEdge]
    nodes: list["Book"]
    page_info: PageInfo
    total_count: int


@strawberry.type
class Author(Node):
    name: str

    @strawberry.field
    def books(self, first: PAGE = 50) -> BookConnection:
        return BookConnection(
            edges=[], nodes=[], page_info=PageInfo(has_next_page=False), total_count=0
        )


@strawberry.type
class Book(Node):
    title: str
    author: Author
    chapters: list["Author"] = strawberry.field(metadata={"size": 7})
    editors: list[Author]
    scan: Author = strawberry.field(metadata={"cost": 30})


@strawberry.input
class Wish:
    title: str
    copies: int = 1


@strawberry.type
class Query:
    @strawberry.field
    def greeting(self) -> str:
        return "hello"

    @strawberry.field
    def book(self, id: strawberry.ID | None = None) -> Book | None:
        return None

    @strawberry.field
    def books(self, first: PAGE = 50) -> BookConnection:
        return BookConnection(
            edges=[], nodes=[], page_info=PageInfo(has_next_page=False), total_count=0
        )

    @strawberry.field
    def node(self, id: strawberry.ID) -> Node | None:
        return None

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Node | None]:
        return [None for _ in ids]

    @strawberry.field
    def wish(self, wish: Wish) -> str:
        return wish.title

    @strawberry.field
    def count(self, numbers: list[int]) -> int:
        return len(numbers)

    @strawberry.field
    def breaks(self) -> str | None:
        raise ValueError("the password of Jane Doe is hunter2")

    @strawberry.field
    def broken(self) -> str:
        raise ValueError("the password of Jane Doe is hunter2")

    @strawberry.field
    def refuses(self) -> str:
        raise Invalid.field("after", "This cursor belongs to another list.")

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "never"

    @strawberry.field
    def stranger(self) -> str:
        raise Unauthenticated('DPoP error="invalid_token"')


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, title: str) -> str:
        return title


class Bytes(SchemaExtension):
    """Stands for `reading/`: an operation named Raw is answered with bytes, others fail there."""

    def on_execute(self) -> Iterator[None]:
        name = self.execution_context.operation_name
        if name == "Raw":
            self.execution_context.result = ExecutionResult(RawJson(RAW), None)  # type: ignore[arg-type]
        if name in FAILURES:
            raise FAILURES[name]
        yield


FAILURES = {
    "Stranger": Unauthenticated('DPoP error="invalid_dpop_proof"'),
    "Refused": Invalid.field("after", "This cursor belongs to another list."),
    "Broken": KeyError("hunter2"),
}


LONG_BUT_OURS = "query Ours { greeting " + "greeting " * 40 + "# " + "x" * 30_000 + "\n}"
TRUSTED = TrustedDocuments.of(
    Document("greeting", "query Greeting { greeting }"), Document("long", LONG_BUT_OURS)
)


@dataclass
class Desk:
    """One application with the edge around it, and a client of it."""

    app: Requests
    library: Library
    client: AsyncClient

    async def ask(self, query: str, accept: str | None = None, **more: object) -> Response:
        """Send one operation as a program of today would."""
        headers = {"accept": accept or "application/graphql-response+json"}
        return await self.client.post("/graphql", json={"query": query, **more}, headers=headers)

    async def code(self, query: str, **more: object) -> str | None:
        """The code with which the operation is refused, if it is."""
        answer = (await self.ask(query, **more)).json()
        return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None


def build(limits: Limits | None = None, *, https: bool = False) -> tuple[Requests, Library]:
    """The books behind the edge."""
    schema = strawberry.Schema(
        Query, Mutation, types=[Author, Book], extensions=[guard(lambda: library), Bytes]
    )
    library = Library(schema._schema, TRUSTED, limits)

    async def open_context(request: Request) -> object:
        if request.headers.get("authorization") == "Bearer stolen":
            raise Unauthenticated('DPoP algs="ES256 EdDSA"', "Bring a proof with the token.")
        request.state.client, request.state.agency = "client-1", "agency-1"
        return request

    app = FastAPI(openapi_url=None)
    app.add_route("/graphql", Edge(schema, open_context, library))
    return Requests(app, https=https), library


async def opened(limits: Limits | None = None, *, https: bool = False) -> AsyncIterator[Desk]:
    app, library = build(limits, https=https)
    async with AsyncClient(
        transport=ASGITransport(app=app), base_url="http://portal.test"
    ) as client:
        yield Desk(app, library, client)


@pytest.fixture(scope="session")
async def desk() -> AsyncIterator[Desk]:
    async for each in opened():
        yield each


@pytest.fixture
async def small_desk() -> AsyncIterator[Desk]:
    """The same with limits a test can reach by hand, behind HTTPS."""
    limits = Limits(body_bytes=2_000, values=50, cost=100, seconds=0.05)
    async for each in opened(limits, https=True):
        yield each
