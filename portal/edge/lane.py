"""The short way for a query that has been asked before: from its text straight to its plan.

Strawberry's way through its extensions costs as much as everything else that Python does for an
answer. It stays the only way for what is new, refused, changed or about the schema itself.
"""

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, OperationType
from graphql.execution.values import get_variable_values
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from portal.context import Context
from portal.edge.bodies import Asked
from portal.edge.introspection import only_introspects
from portal.edge.library import Library
from portal.edge.limits import TooMuch
from portal.execution import answered, told
from portal.reading.plans import Operation, Plans


class Lane:
    """Known documents and the statements they became."""

    def __init__(self, library: Library, plans: Plans) -> None:
        self._library = library
        self._plans = plans

    async def answer(self, asked: Asked, context: Context) -> ExecutionResult | None:
        """The answer; None sends the request the long way, which also words every refusal."""
        operation = self._operation(asked)
        if operation is None:
            return None
        result = await _result(self._plans, operation[0], context)
        result.extensions = {"cost": operation[1], **told(context)}
        return result

    def _operation(self, asked: Asked) -> tuple[Operation, dict[str, int]] | None:
        """A query within all limits, with its price."""
        prepared = self._library.known(asked.text)
        if prepared is None or prepared.errors != []:
            return None
        try:
            node = prepared.operation(asked.operation_name)
            plan = self._library.plan(prepared, asked.operation_name)
        except TooMuch:
            return None
        if node.operation is not OperationType.QUERY or only_introspects(plan.root):
            return None
        given = get_variable_values(
            self._library.schema, node.variable_definitions or (), asked.variables
        )
        if isinstance(given, list):
            return None
        price = self._library.tariff.price(plan, given.coerced)
        if price.too_much:
            return None
        operation = Operation(asked.text, prepared.document, node, given)
        return operation, {"requested": price.requested, "limit": price.limit}


async def _result(plans: Plans, operation: Operation, context: Context) -> ExecutionResult:
    """As Strawberry hands it on, be it a fault."""
    try:
        result: CoreResult = await answered(plans, operation, context)
    except Exception as cause:  # noqa: BLE001 - whoever publishes it masks it
        return failed(cause)
    return ExecutionResult(result.data, result.errors)


def failed(cause: Exception) -> PreExecutionError:
    """What has come between, for whoever tells a stranger from a fault."""
    return PreExecutionError(None, [GraphQLError(str(cause), original_error=cause)])
