"""A validated selection becomes one SQLAlchemy expression: the text of the response's JSON."""

from dataclasses import dataclass
from typing import Any

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
from sqlalchemy import ColumnElement, select

from portal.reading import declare
from portal.reading.binding import Binds, ask
from portal.reading.fields import read_field
from portal.reading.jsonsql import Json, json_object, type_name
from portal.reading.rows import Columns, columns_of

Details = list[Any]
"""The places in the document that ask for one response key; graphql-core's own, internal type."""


@dataclass(frozen=True)
class Place:
    """A field where it is asked for: of which type, by which nodes, over which row's columns (None:
    the root).
    """

    kind: GraphQLObjectType
    field: GraphQLField
    details: Details
    columns: Any

    @property
    def node(self) -> FieldNode:
        """The first node that asks; validation has made sure that the others ask the same."""
        node: FieldNode = self.details[0].node
        return node

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
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues

    def __post_init__(self) -> None:
        self.binds = Binds()
        self.ask = ask()
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

    def object(
        self, kind: GraphQLObjectType, fields: dict[str, Details], row: Columns | None
    ) -> ColumnElement[Any]:
        """The JSON of one object, from the columns of a row."""
        return json_object([(key, self.field(kind, d, row)) for key, d in fields.items()])

    def field(self, kind: GraphQLObjectType, details: Details, row: Columns | None) -> Json:
        """The JSON of one field."""
        name = details[0].node.name.value
        if name == "__typename":
            return type_name(kind.name)
        place = Place(kind, kind.fields[name], details, row)
        read = declare.declared(place.field).get("read", declare.Column())
        return read_field(read, self, place)

    def one(
        self, kind: GraphQLObjectType, details: Details, wanted: ColumnElement[Any]
    ) -> ColumnElement[Any]:
        """The row of `kind` whose key equals `wanted`; NULL when there is none."""
        source, name = declare.SOURCES[kind.name], self.name()
        row = columns_of(source.table, name)
        found = select(self.object(kind, self.below(kind, details), row))
        found = found.select_from(source.table.alias(name))
        return found.where(row[source.key] == wanted).scalar_subquery()

    def name(self) -> str:
        """A name for the next row of the statement; see `Columns`."""
        self._rows += 1
        return f"row{self._rows}"
