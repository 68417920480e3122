"""The limits as a Strawberry extension: every way into the schema passes them.

Order: parse (kept), shape, validation (kept), plan and variables, price. Each step refuses before
the next, more expensive one begins; what depends on variables runs at every request.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.extensions import SchemaExtension

from portal.edge.codes import Code
from portal.edge.cost import Price
from portal.edge.errors import coded, refusal
from portal.edge.introspection import Answerer, only_introspects
from portal.edge.library import Library, Prepared
from portal.edge.limits import TooMuch
from portal.edge.plan import Plan
from portal.edge.values import variable_faults
from portal.reading.raw import RawJson

SHOWN_VARIABLE_ERRORS = 20


class Guard(SchemaExtension):
    """One request's way through the limits."""

    _prepared: Prepared
    _operation: OperationDefinitionNode
    _plan: Plan
    _variables: VariableValues

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

    def on_parse(self) -> Iterator[None]:
        """Take the document from the library; choose the operation."""
        execution = self.execution_context
        self._prepared = self._library.prepared(execution.query or "")
        self._name = execution._provided_operation_name  # noqa: SLF001  # the public property guesses
        try:
            self._operation = self._prepared.operation(self._name)
        except TooMuch as refused:
            raise _as_error(refused) from None
        execution.graphql_document = self._prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Check against the schema, then weigh."""
        errors = list(self._library.errors(self._prepared)) or list(self._weigh())
        self.execution_context.pre_execution_errors = errors
        yield

    def on_execute(self) -> Iterator[None]:
        """Answer questions about the schema here: graphql-core takes seconds for some of them."""
        if only_introspects(self._plan.root):
            answerer = Answerer(self._library.schema, self._variables)
            written = answerer.answer(self._plan.root)
            self.execution_context.result = ExecutionResult(RawJson(written.encode()), None)  # type: ignore[arg-type]
        yield

    def _weigh(self) -> Sequence[GraphQLError]:
        try:
            self._plan = self._library.plan(self._prepared, self._name)
        except TooMuch as refused:
            return [_as_error(refused)]
        coerced = get_variable_values(
            self._library.schema,
            self._operation.variable_definitions or (),
            self.execution_context.variables or {},
            max_errors=SHOWN_VARIABLE_ERRORS,
        )
        if isinstance(coerced, list):
            return self._wrong_variables() or [coded(e, Code.BAD_USER_INPUT) for e in coerced]
        self._variables = coerced
        return self._check_price(self._library.tariff.price(self._plan, coerced.coerced))

    def _wrong_variables(self) -> Sequence[GraphQLError]:
        definitions = self._operation.variable_definitions or ()
        given = self.execution_context.variables or {}
        found = variable_faults(self._library.schema, definitions, given)
        return list(islice(found, SHOWN_VARIABLE_ERRORS))

    def _check_price(self, price: Price) -> Sequence[GraphQLError]:
        self.execution_context.extensions_results["cost"] = {
            "requested": price.requested,
            "limit": price.limit,
        }
        if not price.too_much:
            return ()
        return [
            refusal(
                Code.QUERY_TOO_COSTLY,
                f"The query may read {price.requested} objects; at most {price.limit} are read at "
                "once. Ask for smaller pages (`first`), for fewer lists inside lists, or by id.",
            )
        ]


def guard(library: Callable[[], Library]) -> Callable[[], Guard]:
    """The extension for `strawberry.Schema(extensions=[...])`; the library comes to be after it."""
    return lambda: Guard(library())


def _as_error(refused: TooMuch) -> GraphQLError:
    return refusal(refused.code, refused.message)
