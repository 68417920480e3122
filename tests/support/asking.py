"""Asking the portal as a sample person, through the schema, on real PostgreSQL."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.context import ByCommand, Context
from portal.edge.guarded import guarded
from portal.sample.partnership import DAY, membership_id


@cache
def the_schema() -> strawberry.Schema:
    """The schema as it is served, once for all tests of a process: to build it takes a second."""
    return guarded()[0]


@dataclass
class Portal:
    """The schema and the database; `today` is the sample's day unless a test says otherwise."""

    schema: strawberry.Schema
    engine: AsyncEngine
    today: date = DAY

    async def ask(self, who: str | UUID, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors; `who` is a sample person such as
        `wirral.coordinator`.
        """
        data, errors = await self.try_asking(who, document, **variables)
        assert not errors, errors
        assert data is not None
        return data

    async def to_the_end(
        self, who: str | UUID, document: str, **variables: Any
    ) -> list[dict[str, Any]]:
        """The rows of a list on all its pages, however many other tests have added; the document
        takes `$after`, asks for one list and shows its `pageInfo { hasNextPage endCursor }`.
        """
        rows: list[dict[str, Any]] = []
        after, more = None, True
        while more:
            [page] = (await self.ask(who, document, after=after, **variables)).values()
            rows += page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return rows

    async def try_asking(
        self, who: str | UUID, document: str, **variables: Any
    ) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Data and errors, as parsed JSON."""
        result = await self.schema.execute(
            document, variable_values=variables, context_value=self.context(who)
        )
        data: Any = result.data
        if data is not None and not isinstance(data, dict):
            data = json.loads(data.bytes)
        return data, [
            {"message": e.message, "code": (e.extensions or {}).get("code")}
            for e in result.errors or []
        ]

    async def do(
        self, who: str | UUID, mutation: str, given: dict[str, Any], shows: str = ""
    ) -> dict[str, Any]:
        """Run one mutation with a fresh idempotency key; `shows` selects on its payload, such as
        `...on InitiativePayload { initiative { id version } }`. Refusals show all their fields."""
        title = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation($input: {title}Input!) {{ {mutation}(input: $input) {{ __typename {shows}"
            " ...on Error { message code path }"
            " ...on ValidationError { errors { path message code } }"
            " ...on NotPermitted { rule grantedBy } ...on Conflict { currentVersion } } }"
        )
        given = {"idempotencyKey": str(uuid4()), **given}
        answer: dict[str, Any] = (await self.ask(who, document, input=given))[mutation]
        return answer

    def context(self, who: str | UUID) -> Context:
        """A request by a command of this person, at nine in the morning of the day."""
        principal = who if isinstance(who, UUID) else membership_id(who)
        now = datetime.combine(self.today, time(9), UTC)
        return Context(self.engine, ByCommand(principal), uuid4(), now, demonstration=True)


def unpaged(value: Any) -> Any:
    """The same with each connection of which only nodes were asked as the list of them."""
    if isinstance(value, dict):
        if value.keys() == {"nodes"}:
            return unpaged(value["nodes"])
        return {key: unpaged(part) for key, part in value.items()}
    return [unpaged(part) for part in value] if isinstance(value, list) else value
