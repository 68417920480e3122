"""Documents read, checked and planned once, then kept: trusted ones always, others for a while."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from portal.edge.codes import Code
from portal.edge.cost import Tariff, is_introspection
from portal.edge.documents import TrustedDocuments, document_id
from portal.edge.errors import coded, refusal
from portal.edge.introspection import only_introspects
from portal.edge.limits import Limits, TooMuch
from portal.edge.plan import Plan, Planner
from portal.edge.rules import rules_for
from portal.edge.shape import Shape, measure

KEPT_DOCUMENTS = 256
KEPT_CHARACTERS = 100_000
"""A parsed document takes up to 300 times its text in memory, so this is at most 30 MB."""


@dataclass
class Prepared:
    """A document within the limits, and what is known of it so far."""

    text: str
    id: str
    document: DocumentNode
    shape: Shape
    errors: list[GraphQLError] | None = None
    """What validation found; None until it has run."""
    plans: dict[str | None, Plan | TooMuch] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation the client means; raises TooMuch with words about the choice."""
        operations = self.shape.operations
        if name is None and len(operations) == 1:
            return operations[0]
        for operation in operations:
            if name is not None and operation.name and operation.name.value == name:
                return operation
        known = ", ".join(o.name.value for o in operations if o.name) or "none"
        asked = "operationName is missing" if name is None else "there is no such operation"
        raise TooMuch(Code.OPERATION_NOT_FOUND, f"{asked}. Operations of the document: {known}.")


class Library:
    """All documents of one schema that this process has read."""

    def __init__(
        self,
        schema: GraphQLSchema,
        trusted: TrustedDocuments | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.schema = schema
        self.trusted = trusted or TrustedDocuments({})
        self.limits = limits or Limits()
        self.tariff = Tariff(schema, self.limits)
        self._trusted: dict[str, Prepared] = {}
        self._recent: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def prepared(self, text: str) -> Prepared:
        """The document, parsed and measured; raises GraphQLError with a code."""
        kept = self.known(text)
        if kept is None:
            kept = self._prepare(text)
            self._keep(kept)
        return kept

    def known(self, text: str) -> Prepared | None:
        """The document if it is kept."""
        kept = self._trusted.get(text) or self._recent.get(text)
        if text in self._recent:
            self._recent.move_to_end(text)
        return kept

    def asks_data(self, text: str, name: str | None) -> bool:
        """Whether the document is known, right, and about data: its first statement will say who
        is calling, at no further cost.
        """
        prepared = self.known(text)
        if prepared is None or prepared.errors != []:
            return False
        plan = prepared.plans.get(name)
        return isinstance(plan, Plan) and not only_introspects(plan.root)

    def errors(self, prepared: Prepared) -> list[GraphQLError]:
        """What validation says against the document."""
        if prepared.errors is None:
            rules = rules_for(prepared.text)
            found = validate(self.schema, prepared.document, rules)
            prepared.errors = [coded(e, Code.GRAPHQL_VALIDATION_FAILED) for e in found]
        return prepared.errors

    def plan(self, prepared: Prepared, name: str | None) -> Plan:
        """The plan of a valid document's operation; raises TooMuch."""
        if name not in prepared.plans:
            prepared.plans[name] = self._plan(prepared, name)
        plan = prepared.plans[name]
        if isinstance(plan, TooMuch):
            raise TooMuch(plan.code, plan.message)
        return plan

    def _plan(self, prepared: Prepared, name: str | None) -> Plan | TooMuch:
        try:
            planner = Planner(self.schema, prepared.shape.fragments, self.limits)
            plan = planner.plan(prepared.operation(name))
        except TooMuch as refused:
            return refused.with_traceback(None)
        asked = [entry.name for entry in plan.root.entries]
        about_schema = [is_introspection(entry) for entry in plan.root.entries]
        if any(about_schema) and not all(
            meta or name == "__typename" for meta, name in zip(about_schema, asked, strict=True)
        ):
            return TooMuch(
                Code.GRAPHQL_VALIDATION_FAILED,
                "Ask for __schema and __type in an operation of their own.",
            )
        return plan

    def _prepare(self, text: str) -> Prepared:
        trusted = self.trusted.trusts(text)
        if len(text) > self.limits.characters and not trusted:
            raise refusal(
                Code.QUERY_TOO_LONG,
                f"The query has {len(text)} characters; at most {self.limits.characters} are read. "
                "Put values into variables and split the query.",
            )
        document = self._parse(text, trusted=trusted)
        try:
            shape = measure(document, self.limits)
        except TooMuch as refused:
            raise refusal(refused.code, refused.message) from None
        if any(o.operation is OperationType.SUBSCRIPTION for o in shape.operations):
            raise refusal(Code.GRAPHQL_VALIDATION_FAILED, "Subscriptions are not offered.")
        return Prepared(text, document_id(text), document, shape)

    def _parse(self, text: str, *, trusted: bool) -> DocumentNode:
        tokens = self.limits.tokens
        try:
            return parse(
                text, max_tokens=None if trusted else tokens, allow_empty_selection_sets=False
            )
        except GraphQLSyntaxError as error:
            if f"more than {tokens} tokens" in error.message:
                raise refusal(
                    Code.TOO_MANY_TOKENS,
                    f"The query has more than {tokens} tokens. Split it, or use a document of "
                    "graphql/operations/ by its id.",
                ) from None
            deep = "nested too deeply" in error.message
            raise coded(
                error.with_traceback(None),
                Code.QUERY_TOO_DEEP if deep else Code.GRAPHQL_PARSE_FAILED,
            ) from None

    def _keep(self, prepared: Prepared) -> None:
        if self.trusted.trusts(prepared.text):
            self._trusted[prepared.text] = prepared
            return
        self._recent[prepared.text] = prepared
        self._characters += len(prepared.text)
        while len(self._recent) > KEPT_DOCUMENTS or self._characters > KEPT_CHARACTERS:
            oldest, _ = self._recent.popitem(last=False)
            self._characters -= len(oldest)
