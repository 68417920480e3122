"""A validated selection becomes one SQL expression: the text of the response's JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from portal.reading import declare
from portal.reading.binding import Binds
from portal.reading.covering import Lacking
from portal.reading.fields import read_field
from portal.reading.jsonsql import Written, json_object, type_name
from portal.reading.pieces import Origins, Row

T = TypeVar("T")
Details = list[Any]
"""The places in the document that ask for one response key; graphql-core's own, internal type."""


@dataclass(frozen=True)
class Place:
    """A field where it is asked for: of which type, by which nodes, over which row."""

    kind: GraphQLObjectType
    field: GraphQLField
    details: Details
    row: Row

    def kept(self, what: str, make: Callable[[], T]) -> T:
        """A piece of this field over rows like this one, made the first time."""
        return self.row.origin.kept((self.kind.name, self.node.name.value, what), make)

    @property
    def node(self) -> FieldNode:
        """The first node that asks; validation has made sure that the others ask the same."""
        node: FieldNode = self.details[0].node
        return node

    @property
    def key(self) -> str:
        """What the answer calls it."""
        return self.node.alias.value if self.node.alias else self.node.name.value

    @property
    def target(self) -> GraphQLNamedType:
        """The field's type without lists and non-null."""
        return get_named_type(self.field.type)

    @property
    def object(self) -> GraphQLObjectType:
        """The same, where only an object will do."""
        return object_type(self.target)

    @property
    def interface(self) -> GraphQLInterfaceType:
        """The same, where only an interface will do."""
        if not isinstance(self.target, GraphQLInterfaceType):
            raise TypeError(f"{self.target} is no interface")
        return self.target


def object_type(kind: object) -> GraphQLObjectType:
    """The type, if it is an object type."""
    if not isinstance(kind, GraphQLObjectType):
        raise TypeError(f"{kind} is no object type")
    return kind


@dataclass
class Composer:
    """Walks one operation and composes its statement; used once per plan."""

    schema: GraphQLSchema
    origins: Origins
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues

    def __post_init__(self) -> None:
        self.binds = Binds()
        self.lacking: list[Lacking] = []
        self.withheld: list[str] = []
        """SQL of what the answer does not show: JSON entries with commas between, or nothing."""
        self._rows = 0

    def root(self, kind: GraphQLObjectType) -> dict[str, Details]:
        """The operation's root fields by response key."""
        found = collect_fields(self.schema, self.fragments, self.variables, kind, self.operation)
        return found.grouped_field_set

    def below(self, kind: GraphQLObjectType, details: Details) -> dict[str, Details]:
        """The fields selected below a field, for one concrete type."""
        found = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, kind, details
        )
        return found.grouped_field_set

    def object(self, kind: GraphQLObjectType, fields: dict[str, Details], row: Row) -> str:
        """The JSON of one object, from the columns of a row; where that is to be noted, after."""
        found = json_object([(key, self.field(kind, d, row)) for key, d in fields.items()])
        source = declare.SOURCES.get(kind.name)
        if source is None or source.noted is None:
            return found
        return f'CASE WHEN {source.noted}({row.name}."referral_id") THEN {found} END'

    def field(self, kind: GraphQLObjectType, details: Details, row: Row) -> Written:
        """The JSON of one field."""
        name = details[0].node.name.value
        if name == "__typename":
            return type_name(kind.name)
        place = Place(kind, kind.fields[name], details, row)
        read = declare.declared(place.field).get("read", declare.Column())
        return read_field(read, self, place)

    def one(
        self, kind: GraphQLObjectType, details: Details, condition: Callable[[str], str]
    ) -> str:
        """The row of `kind` for whose name the condition holds; NULL when there is none."""
        row = self.row(kind.name)
        found = self.object(kind, self.below(kind, details), row)
        where = condition(row.name)
        return f"(SELECT {found} FROM {row.origin.source} AS {row.name} WHERE {where})"  # noqa: S608 - of pieces

    def row(self, type_name: str) -> Row:
        """The next row of the statement, of this type."""
        return Row(self.origins.of(type_name), self.name())

    def name(self) -> str:
        """A name for the next row of the statement."""
        self._rows += 1
        return f"row{self._rows}"
