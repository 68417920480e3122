"""Running the matrix's cells through the schema, and taking back what they change."""

import json
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

import strawberry
from graphql import GraphQLSchema, get_named_type
from sqlalchemy.ext.asyncio import AsyncEngine
from support.doings import DOINGS
from support.sampling import Cell

from auth.caller import Caller
from portal.context import ByCommand, Rehearsal
from portal.sample.partnership import DAY


def core(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return schema._schema


def document(schema: GraphQLSchema, mutation: str) -> str:
    """The mutation, with its record's id and each refusal's reason."""
    field = schema.mutation_type.fields[mutation]
    payload = get_named_type(field.type).types[0]
    shown = next(name for name in payload.fields if name != "warnings")
    shows = shown if shown == "deletedId" else f"{shown} {{ id }}"
    given = get_named_type(field.args["input"].type).name
    return (
        f"mutation($input: {given}!) {{ {mutation}(input: $input) {{ __typename"
        f" ...on {payload.name} {{ {shows} }} ...on Error {{ message path }}"
        " ...on NotPermitted { rule } } }"
    )


class Runner:
    """Really runs cells, and takes back what they change."""

    def __init__(self, engine: AsyncEngine, schema: strawberry.Schema) -> None:
        self.engine, self.schema = engine, schema
        names = {doing.mutation for doing in DOINGS}
        self.documents = {name: document(core(schema), name) for name in names}

    async def run(self, cell: Cell) -> dict[str, Any]:
        """The answer to the input that can succeed."""
        return await self.answer(cell, cell.doing.given(cell.case))

    async def answer(self, cell: Cell, given: dict[str, Any]) -> dict[str, Any]:
        """The answer to this input."""
        name = cell.doing.mutation
        asked = {**given, "idempotencyKey": str(uuid4())}
        data, errors = await self.told(cell.case.caller, self.documents[name], input=asked)
        assert not errors, (name, given, errors)
        answer: dict[str, Any] = data[name]
        return answer

    async def told(
        self, caller: Caller, text: str, **variables: Any
    ) -> tuple[dict[str, Any], list[str]]:
        """Data and the messages of errors."""
        now = datetime.combine(DAY, time(9), UTC)
        who = ByCommand(caller.principal_id)
        context = Rehearsal(self.engine, who, uuid4(), now, demonstration=True)
        result = await self.schema.execute(text, variable_values=variables, context_value=context)
        raw: Any = result.data
        return json.loads(raw.bytes) if raw else {}, [e.message for e in result.errors or ()]
