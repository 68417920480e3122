"""Strawberry parses and validates; from there on one statement answers a query, and one transaction a mutation."""

import re
from collections.abc import AsyncIterator
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import get_argument_values, get_variable_values
from strawberry.extensions import SchemaExtension

from portal.acting.act import act
from portal.acting.answers import Answer
from portal.context import Context
from portal.reading.declare import declared
from portal.reading.plans import Operation, Plans, query_plan
from portal.reading.raw import RawJson

_INTROSPECTION = frozenset({"__schema", "__type"})
_MAY_ASK = re.compile(r"__(?:schema|type)\b")


class Execution(SchemaExtension):
    """Sets the result before graphql-core would execute, which is Strawberry's documented way in."""

    def __init__(self, plans: Plans) -> None:
        super().__init__()
        self._plans = plans

    async def on_execute(self) -> AsyncIterator[None]:  # type: ignore[override]  # either kind of iterator will do
        """Answer the operation, unless it only asks about the schema: that is graphql-core's to answer."""
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        try:
            operation = self._operation()
            if not self._asks_about_schema(operation):
                context: Context = execution.context
                if operation.node.operation is OperationType.MUTATION:
                    raw = await self._mutate(context, operation)
                else:
                    raw = await self._query(context, operation)
                execution.result = ExecutionResult(data=RawJson(raw), errors=None)  # type: ignore[arg-type]
        except GraphQLError as error:
            execution.result = ExecutionResult(data=None, errors=[error])
        yield

    def _operation(self) -> Operation:
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        named = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        wanted = execution.operation_name
        found = [d for d in named if wanted is None or (d.name and d.name.value == wanted)]
        if len(found) != 1:
            raise GraphQLError(
                f"The document has no operation named {wanted!r}."
                if wanted
                else "Name one operation: the document has several.",
                extensions={"code": "BAD_USER_INPUT"},
            )
        values = get_variable_values(
            self._plans.schema, found[0].variable_definitions or (), execution.variables or {}
        )
        if isinstance(values, list):
            raise _first(values)
        return Operation(execution.query or "", document, found[0], values)

    def _asks_about_schema(self, operation: Operation) -> bool:
        if not _MAY_ASK.search(operation.text):
            return False
        kind = self._plans.schema.get_root_type(operation.node.operation)
        assert kind is not None
        names = [
            d[0].node.name.value for d in operation.composer(self._plans.schema).root(kind).values()
        ]
        asked = [name for name in names if name in _INTROSPECTION]
        if asked and any(name not in {*_INTROSPECTION, "__typename"} for name in names):
            raise GraphQLError(
                "Ask about the schema and about data in two requests.",
                extensions={"code": "BAD_USER_INPUT"},
            )
        return bool(asked)

    async def _query(self, context: Context, operation: Operation) -> bytes:
        plan = query_plan(self._plans, operation)
        async with context.reading() as connection:
            values = plan.arguments(operation.variables, context.asked())
            found = await connection.fetchval(plan.sql, *values)
        assert isinstance(found, bytes)
        return found

    async def _mutate(self, context: Context, operation: Operation) -> bytes:
        """Root field by root field, in order: each its own transaction."""
        kind = self._plans.schema.mutation_type
        assert kind is not None
        pieces = []
        for key, details in operation.composer(self._plans.schema).root(kind).items():
            node = details[0].node
            if node.name.value == "__typename":
                pieces.append(f'"{key}":"{kind.name}"'.encode())
                continue
            field = kind.fields[node.name.value]
            given = get_argument_values(field, node, operation.variables)["input"]
            exposed = declared(field)["exposed"]
            answer = Answer(self._plans, operation, exposed, key, details)
            pieces.append(f'"{key}":'.encode() + await act(context, exposed, given, answer))
        return b"{" + b",".join(pieces) + b"}"


def _first(errors: list[Any]) -> GraphQLError:
    error = errors[0]
    assert isinstance(error, GraphQLError)
    error.extensions = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
    return error
