"""A validated selection becomes one SQLAlchemy expression that PostgreSQL evaluates to the response's JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as typed

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Text,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from portal.reading import declare
from portal.reading.binding import Binds, ask
from portal.reading.connection import EMPTY, Page
from portal.reading.ids import BadId, from_global, global_id
from portal.reading.wires import wire_of

Grouped = dict[str, list[Any]]
NOWHERE = "00000000-0000-0000-0000-000000000000"


def text(value: str) -> ColumnElement[str]:
    """A constant of ours as an SQL literal (GraphQL names only: letters, digits and underscores)."""
    assert value.replace("_", "a").isalnum(), value
    return literal_column(f"'{value}'::text", Text)


def json_object(fields: Sequence[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """`json_build_object`, keys in the order asked."""
    flat = [part for key, value in fields for part in (literal_column(f"'{key}'"), value)]
    return func.json_build_object(*flat, type_=JSON)


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

    def root(self, kind: GraphQLObjectType) -> Grouped:
        """The operation's root fields by response key."""
        return typed(
            Grouped,
            collect_fields(
                self.schema, self.fragments, self.variables, kind, self.operation
            ).grouped_field_set,
        )

    def below(self, kind: GraphQLObjectType, details: list[Any]) -> Grouped:
        """The fields selected below a field, for one concrete type."""
        found = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, kind, details
        )
        return typed(Grouped, found.grouped_field_set)

    def object(
        self, kind: GraphQLObjectType, fields: Grouped, row: FromClause | None
    ) -> ColumnElement[Any]:
        """The JSON of one object, from the columns of `row`."""
        return json_object(
            [(key, self.field(kind, details, row)) for key, details in fields.items()]
        )

    def field(
        self, kind: GraphQLObjectType, details: list[Any], row: FromClause | None
    ) -> ColumnElement[Any]:
        """The JSON of one field."""
        node: FieldNode = details[0].node
        if node.name.value == "__typename":
            return text(kind.name)
        field = kind.fields[node.name.value]
        target = get_named_type(field.type)
        read = declare.declared(field).get("read", declare.Column())
        columns = row.c if row is not None else None
        match read:
            case declare.Column(name):
                assert row is not None
                return self.scalar(
                    kind,
                    field,
                    target,
                    row.c[name or field.extensions["strawberry-definition"].python_name],
                )
            case declare.Sql(expression):
                return self.scalar(kind, field, target, expression(columns, self.ask))
            case declare.One(key):
                assert row is not None
                wanted = row.c[key] if isinstance(key, str) else key(columns, self.ask)
                return self.related(typed(GraphQLObjectType, target), details, wanted, row)
            case declare.Many():
                return Page(self, field, details, read, row).json()
            case declare.Value(choose):
                chosen = choose(columns, self.ask)
                return self.value(typed(GraphQLObjectType, target), details, chosen, row)
            case declare.Values(choose):
                return self.values(
                    typed(GraphQLObjectType, target), details, choose(columns, self.ask), row
                )
            case declare.ById(argument):
                return self.looked_up(field, details, typed(GraphQLObjectType, target), argument)
            case declare.AnyNode(type_name, row_id):
                names, ids = type_name(columns, self.ask), row_id(columns, self.ask)
                return self.any_node(typed(GraphQLInterfaceType, target), details, names, ids, row)
            case declare.NodeById():
                return self.node_by_id(field, details, typed(GraphQLInterfaceType, target))
            case declare.NodesById():
                return self.nodes_by_id(field, details, typed(GraphQLInterfaceType, target))
        raise AssertionError(f"{kind.name}.{node.name.value} declares no way to be read")

    def scalar(
        self,
        kind: GraphQLObjectType,
        field: GraphQLField,
        target: GraphQLNamedType,
        value: ColumnElement[Any],
    ) -> ColumnElement[Any]:
        """A leaf in its wire form; a type's own `id` becomes a global id."""
        if target.name == "ID":
            return global_id(kind.name, value)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        return wire_of(target, many=isinstance(inner, GraphQLList)).to_json(value)

    def related(
        self,
        kind: GraphQLObjectType,
        details: list[Any],
        wanted: ColumnElement[Any],
        row: FromClause | None,
    ) -> ColumnElement[Any]:
        """The row of `kind` whose key equals `wanted`, or null."""
        source = declare.SOURCES[kind.name]
        target = source.table.alias()
        found = self.object(kind, self.below(kind, details), target)
        lookup = select(found).where(target.c[source.key] == wanted)
        return (lookup if row is None else lookup.correlate(row)).scalar_subquery()

    def value(
        self,
        kind: GraphQLObjectType,
        details: list[Any],
        chosen: Any,
        row: FromClause | None,  # noqa: ANN401 - Select[Any]
    ) -> ColumnElement[Any]:
        """The one row of a declared select; only the labels asked for are computed."""
        if row is not None:
            chosen = chosen.correlate(row)
        one = chosen.subquery()
        return (
            select(self.object(kind, self.below(kind, details), one))
            .select_from(one)
            .scalar_subquery()
        )

    def values(
        self,
        kind: GraphQLObjectType,
        details: list[Any],
        chosen: Any,
        row: FromClause | None,  # noqa: ANN401 - Select[Any]
    ) -> ColumnElement[Any]:
        """The rows of a declared select as a JSON array, in its order."""
        if row is not None:
            chosen = chosen.correlate(row)
        each = chosen.add_columns(func.row_number().over().label("position_")).subquery()
        found = self.object(kind, self.below(kind, details), each)
        listed = func.json_agg(aggregate_order_by(found, each.c.position_))
        return select(func.coalesce(listed, EMPTY)).select_from(each).scalar_subquery()

    def looked_up(
        self, field: GraphQLField, details: list[Any], kind: GraphQLObjectType, argument: str
    ) -> ColumnElement[Any]:
        """A root field by its id or by another unique column: an id of another type finds nothing."""
        site = self.binds.site(field, details[0].node)
        source = declare.SOURCES[kind.name]

        def wanted(arguments: dict[str, Any]) -> object:
            if argument != "id":
                return arguments[argument]
            type_name, row_id = from_global(arguments["id"])
            return row_id if type_name == kind.name else NOWHERE

        column = source.table.c[source.key if argument == "id" else argument]
        target = source.table.alias()
        found = self.object(kind, self.below(kind, details), target)
        return (
            select(found)
            .where(target.c[column.name] == self.binds.take(site, column.type, wanted))
            .scalar_subquery()
        )

    def any_node(
        self, kind: GraphQLInterfaceType, details: list[Any], names: ColumnElement[Any], ids: ColumnElement[Any],
        row: FromClause | None,
    ) -> ColumnElement[Any]:  # fmt: skip
        """A node of any type: one branch a type, of which a row runs one."""
        branches = [
            (names == text(possible.name), self.related(possible, details, ids, row))
            for possible in self.schema.get_possible_types(kind)
        ]
        return case(*branches, else_=null())

    def node_by_id(
        self, field: GraphQLField, details: list[Any], kind: GraphQLInterfaceType
    ) -> ColumnElement[Any]:
        """`node(id:)`: the id's type is part of the plan, so only that type's branch is composed."""
        site = self.binds.site(field, details[0].node)
        asked = self.binds.arguments(site, self.variables)["id"]
        try:
            possible = self.schema.get_type(from_global(asked)[0])
        except BadId:
            possible = None
        wanted = self.binds.take(
            site, declare.ROW_ID, lambda arguments: from_global(arguments["id"])[1]
        )
        if possible not in self.schema.get_possible_types(kind):
            return case(
                (wanted.is_(None), null()), else_=null()
            )  # keeps the check of the id's form
        return self.related(typed(GraphQLObjectType, possible), details, wanted, None)

    def nodes_by_id(
        self, field: GraphQLField, details: list[Any], kind: GraphQLInterfaceType
    ) -> ColumnElement[Any]:
        """`nodes(ids:)`: in the order asked."""
        site = self.binds.site(field, details[0].node)
        names = self.binds.take(
            site, declare.TEXTS, lambda a: [from_global(i)[0] for i in a["ids"]]
        )
        ids = self.binds.take(
            site, declare.ROW_IDS, lambda a: [from_global(i)[1] for i in a["ids"]]
        )
        wanted = (
            func.unnest(names, ids)
            .table_valued("name", "id", with_ordinality="position")
            .render_derived()
        )
        found = self.any_node(kind, details, cast(wanted.c.name, Text), wanted.c.id, wanted)
        listed = func.json_agg(aggregate_order_by(found, wanted.c.position))
        return select(func.coalesce(listed, EMPTY)).select_from(wanted).scalar_subquery()
