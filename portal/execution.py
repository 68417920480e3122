"""Strawberry parses and validates; then one statement answers a query, one transaction
a mutation.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from asyncpg import PostgresError
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import get_argument_values, get_variable_values
from strawberry.extensions import SchemaExtension

from portal.acting.act import act
from portal.acting.answers import Answer
from portal.context import Context
from portal.reading.compose import Details, object_type
from portal.reading.declare import declared
from portal.reading.plans import Operation, Plans, query_plan
from portal.reading.raw import RawJson
from portal.store.states import CURSOR_STALE, sqlstate

STALE = (
    "What you may see has changed since this cursor was made: drop what you hold, and read again"
    " without `after`."
)


class Execution(SchemaExtension):
    """Sets the result before graphql-core would execute, which is Strawberry's
    documented way in.
    """

    def __init__(self, plans: Plans) -> None:
        super().__init__()
        self._plans = plans

    async def on_execute(self) -> AsyncIterator[None]:
        """Answer the operation, unless a guard has done so (questions about the schema)."""
        execution = self.execution_context
        if execution.result is None:
            try:
                operation = self._operation()
                execution.result = await answered(self._plans, operation, execution.context)
                execution.extensions_results.update(told(execution.context))
            except GraphQLError as error:
                execution.result = ExecutionResult(None, [error])
        yield

    def _operation(self) -> Operation:
        execution = self.execution_context
        document = execution.graphql_document
        if document is None:
            raise GraphQLError("The document could not be read.")
        wanted = execution.operation_name
        named = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        node = next(d for d in named if len(named) == 1 or (d.name and d.name.value == wanted))
        schema, given = self._plans.schema, execution.variables or {}
        values = get_variable_values(schema, node.variable_definitions or (), given)
        if isinstance(values, list):
            raise values[0]
        return Operation(execution.query or "", document, node, values)


async def answered(plans: Plans, operation: Operation, context: Context) -> ExecutionResult:
    """The operation's data as bytes, or what is wrong with its arguments."""
    answer = _mutate if operation.node.operation is OperationType.MUTATION else _read
    try:
        raw = RawJson(await answer(plans, operation, context))
    except GraphQLError as error:
        return ExecutionResult(None, [error])
    return ExecutionResult(raw, None)  # type: ignore[arg-type]


def told(context: Context) -> dict[str, object]:
    """What the answer says beside its data: the fields that it leaves out."""
    return {"withheld": context.withheld} if context.withheld else {}


async def _read(plans: Plans, operation: Operation, context: Context) -> bytes:
    plan = query_plan(plans, operation)
    try:
        return await context.read(plan, operation.variables)
    except PostgresError as error:
        if sqlstate(error) == CURSOR_STALE:
            raise GraphQLError(STALE, extensions={"code": "CURSOR_STALE"}) from None
        raise


@dataclass(frozen=True)
class Step:
    """One root field of a mutation, ready to run; without an answer it is the type's name."""

    key: str
    answer: Answer | None
    given: Mapping[str, Any]


async def _mutate(plans: Plans, operation: Operation, context: Context) -> bytes:
    """Root field by root field, in order: each its own transaction."""
    kind = object_type(plans.schema.mutation_type)
    fields = operation.composer(plans).root(kind)
    # All before the first: what is wrong with a later one's arguments must not be found too late.
    steps = [_step(plans, operation, key, details, fields) for key, details in fields.items()]
    pieces = []
    for step in steps:
        told = f'"{kind.name}"'.encode()
        if step.answer is not None:
            told = await act(context, step.answer, step.given)
        pieces.append(f'"{step.key}":'.encode() + told)
    return b"{" + b",".join(pieces) + b"}"


def _step(
    plans: Plans, operation: Operation, key: str, details: Details, beside: Collection[str]
) -> Step:
    """A root field with its input, its payload planned and all arguments of the payload checked."""
    node = details[0].node
    if node.name.value == "__typename":
        return Step(key, None, {})
    field = object_type(plans.schema.mutation_type).fields[node.name.value]
    exposed = declared(field)["exposed"]
    if exposed.fresh and len(beside) > 1:  # its challenge answers the whole request
        message = f"{node.name.value} may ask for a fresh sign-in: send it in a request of its own."
        raise GraphQLError(message, [node], extensions={"code": "BAD_USER_INPUT"})
    given = get_argument_values(field, node, operation.variables)["input"]
    answer = Answer(plans, operation, exposed, key, details)
    answer.prepare()
    return Step(key, answer, given)
