"""Compiled plans: one per document, operation and shape of the variables; bounded."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from portal.reading.binding import Asked, Binds, asked_values
from portal.reading.compose import Composer, object_type
from portal.reading.ids import BadId, from_global
from portal.reading.pieces import Origins, Row


@dataclass(frozen=True)
class Plan:
    """SQL text, and how to fill its parameters.

    The text reads for `opened`, a row that says who is calling; `opened_by` adds where that row
    comes from.
    """

    sql: str
    names: tuple[Hashable, ...]
    fixed: Mapping[Hashable, object]
    binds: Binds
    withheld: str = "NULL::text"
    """SQL of what the answer leaves out: JSON entries with commas between."""
    _whole: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def opened_by(self, source: str) -> str:
        """The whole statement, whose row is the caller's with `answer` beside it.

        `source` gives that row, with a `{}` for each of its own parameters, which come after the
        plan's. The CASE puts the order beyond doubt: nothing is read before there is a caller.
        """
        if source not in self._whole:
            row = numbered(source, len(self.names) + 1)
            answer = f"CASE WHEN opened.principal_id IS NOT NULL THEN ({self.sql}) END AS answer"
            told = f"CASE WHEN opened.principal_id IS NOT NULL THEN {self.withheld} END AS withheld"
            self._whole[source] = f"SELECT opened.*, {answer}, {told} FROM {row} AS opened"  # noqa: S608 - our own text
        return self._whole[source]

    def arguments(
        self,
        variables: VariableValues,
        asked: Asked,
        given: Mapping[Hashable, object] | None = None,
    ) -> list[object]:
        """The positional values for this request; GraphQLError when an argument is no cursor or id
        of ours.
        """
        known: dict[Hashable, object] = {
            **self.fixed,
            **asked_values(asked),
            **self.binds.values(variables),
            **(given or {}),
        }
        return [known[name] for name in self.names]


def numbered(source: str, first: int) -> str:
    """SQL whose `{}` have become parameters, from `$first` on."""
    return source.format(*(f"${first + at}" for at in range(source.count("{}"))))


def freeze(json: str, binds: Binds, withheld: Sequence[str] = ()) -> Plan:
    """The statement whose one value is the JSON's UTF-8 bytes, which the driver hands over
    undecoded.
    """
    told = f"concat_ws(',', {', '.join(withheld)})" if withheld else "NULL::text"
    return Plan(f"SELECT convert_to({json}, 'UTF8')", binds.names, binds.fixed, binds, told)


def shape(value: object) -> object:
    """What of one variable's value decides the statement: presence, choices, page sizes, an id's
    type; not the rest.
    """
    if isinstance(value, dict):
        return tuple((key, _inner(part)) for key, part in value.items())
    if isinstance(value, int | Enum):
        return value
    if isinstance(value, str):
        try:
            return from_global(value)[0]
        except BadId:
            return str
    return _inner(value)


def _inner(value: object) -> object:
    """The same for a part of an input object: its numbers, choices and ids are only compared."""
    if isinstance(value, dict):
        return shape(value)
    return value if value is None or isinstance(value, bool) else type(value)


class Plans:
    """The bounded cache; least recently used plans go first."""

    def __init__(self, schema: GraphQLSchema, size: int = 512) -> None:
        self.schema = schema
        self.origins = Origins()
        self._size = size
        self._known: OrderedDict[object, Plan] = OrderedDict()

    def get(self, key: object, make: Callable[[], Plan]) -> Plan:
        """The plan under `key`, made now if it is not known."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = make()
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return known


@dataclass(frozen=True)
class Operation:
    """One operation of a validated document, with this request's variables."""

    text: str
    document: DocumentNode
    node: OperationDefinitionNode
    variables: VariableValues

    def key(self, *more: object) -> object:
        """What two requests must have in common to share a plan."""
        name = self.node.name.value if self.node.name else None
        shapes = tuple((key, shape(value)) for key, value in self.variables.coerced.items())
        return (self.text, name, shapes, *more)

    def composer(self, plans: Plans) -> Composer:
        """A fresh composer over this operation."""
        fragments = {
            node.name.value: FragmentDetails(node)
            for node in self.document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        return Composer(plans.schema, plans.origins, self.node, fragments, self.variables)


def query_plan(plans: Plans, operation: Operation) -> Plan:
    """The plan of a query."""

    def make() -> Plan:
        query = object_type(plans.schema.query_type)
        composer = operation.composer(plans)
        answer = composer.object(query, composer.root(query), Row(plans.origins.root))
        return freeze(answer, composer.binds, composer.withheld)

    return plans.get(operation.key(), make)
