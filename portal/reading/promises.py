"""What graphql-core would see to while it completes values, seen to before the first request.

The statement's bytes pass unread, so a declaration that could break the contract is refused here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_specified_scalar_type,
)
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnClause,
    Label,
    Select,
    Table,
    UniqueConstraint,
    bindparam,
)
from sqlalchemy.types import TypeEngine

from portal.reading import declare
from portal.reading.binding import OWN_AGENCY, ask
from portal.reading.covering import NOT_COVERED, Covered
from portal.reading.cursors import PARSERS
from portal.reading.ids import BadId, from_global, to_global
from portal.reading.nullness import gives_one_row, may_be_null
from portal.reading.seeing import why_of
from portal.reading.spots import Spot, Stand, known_type, pointed_at
from portal.reading.wires import wire_of, wire_of_input

LISTED = ("String", "Int", "Boolean", "Date", "UUID")
"""The scalars of which there may be lists; of enums there may be, too."""
FITS: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Int": (int,),
    "Boolean": (bool,),
    "Date": (date,),
    "DateTime": (datetime,),
    "Decimal": (Decimal, int),
    "UUID": (UUID,),
    "JSON": (dict,),
}
"""The Python types of the columns and expressions that each scalar's wire form is written for."""


@dataclass(frozen=True)
class Family:
    """Tables whose rows hang on a row of one table, by the column `tie`."""

    kept: Collection[str]
    """Tables of which only those see a row who see the row that it hangs on."""
    whole: Collection[str]
    """Those of them that all who see that row see; and that row's own table."""
    tie: str


@dataclass(frozen=True)
class Sight:
    """Which related rows a caller who sees a row is sure to see."""

    everyone: Collection[str]
    """Tables that every signed-in caller sees whole."""
    families: Collection[Family] = ()


class BrokenPromises(Exception):
    """Declarations that could break the contract; one line each."""

    def __init__(self, found: Collection[str]) -> None:
        super().__init__("\n".join(found))


def broken_promises(schema: GraphQLSchema, sight: Sight) -> list[str]:
    """One line for each declaration that could break the contract: where, what, and the remedy."""
    found = [*_undescribed(schema), *_enums(schema), *_nodes(schema)]
    found += Readable(schema, sight).faults()
    return sorted(set(found))


def _own(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for kind in schema.type_map.values():
        if not kind.name.startswith("__") and not is_specified_scalar_type(kind):
            yield kind


def _undescribed(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _own(schema):
        parts: dict[str, Any] = {kind.name: kind}
        for name, each in getattr(kind, "fields", {}).items():
            parts[f"{kind.name}.{name}"] = each
            for argument, told in getattr(each, "args", {}).items():
                parts[f"{kind.name}.{name}({argument}:)"] = told
        for name, member in getattr(kind, "values", {}).items():
            parts[f"{kind.name}.{name}"] = member
        yield from (f"{where}: describe it" for where, p in parts.items() if not p.description)


def _enums(schema: GraphQLSchema) -> Iterator[str]:
    """SQL shows a member as the upper case of what is stored."""
    for kind in _own(schema):
        for name, member in getattr(kind, "values", {}).items():
            stored = member.value.value if isinstance(member.value, Enum) else member.value
            if name != str(stored).upper() or not str(stored).isascii():
                yield f"{kind.name}.{name}: call it {str(stored).upper()}, as it is stored"


def _nodes(schema: GraphQLSchema) -> Iterator[str]:
    """A node's id is its type's name and its row's key."""
    node = schema.get_type("Node")
    if not isinstance(node, GraphQLInterfaceType):
        return
    for kind in schema.get_possible_types(node):
        source = declare.SOURCES.get(kind.name)
        if source is None:
            yield f"{kind.name}: a node whose rows are nowhere: make it with @reads"
            continue
        try:
            from_global(to_global(kind.name, UUID(int=0)))
        except BadId:
            yield f"{kind.name}: this name makes no id: use 1 to 40 letters"
        key = source.table.c.get(source.key)
        if key is None or not _unique(source.table, key) or known_type(key.type) is not UUID:
            yield f"{kind.name}: {source.table.name}.{source.key} is no key that an id could name"


def _unique(table: Table, column: Column[Any]) -> bool:
    if list(table.primary_key.columns) == [column] or column.unique:
        return True
    keys = (c for c in table.constraints if isinstance(c, UniqueConstraint))
    return any(list(key.columns) == [column] for key in keys)


@dataclass
class Readable:
    """Every field that a query can reach, looked at once for each way to reach its type."""

    schema: GraphQLSchema
    sight: Sight
    _found: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def faults(self) -> list[str]:
        """What is wrong with them."""
        query = self.schema.query_type
        if query is not None:
            self._fields(query, None)
        for name, source in declare.SOURCES.items():
            kind = self.schema.get_type(name)
            if isinstance(kind, GraphQLObjectType):
                self._fields(kind, source.table)
        return self._found

    def _fields(self, kind: GraphQLObjectType, source: Table | Select[Any] | None) -> None:
        columns = None if source is None else Stand(source, self.sight.everyone)
        for name, each in kind.fields.items():
            spot = Spot(f"{kind.name}.{name}", kind, each, source, columns)
            read = declare.declared(each).get("read", declare.Column())
            try:
                self._found += [f"{spot.where}: {fault}" for fault in self._read(spot, read)]
            except (AttributeError, KeyError) as missing:
                self._found.append(f"{spot.where}: there is no column {missing} to read")

    def _read(self, spot: Spot, read: declare.Read) -> Iterator[str]:
        checks: Mapping[type, Callable[[Spot, Any], Iterator[str]]] = {
            declare.Column: self._column,
            declare.Sql: self._sql,
            declare.One: self._one,
            declare.Many: self._many,
            declare.Value: self._value,
            declare.Why: lambda spot, _: self._value(spot, why_of(spot.kind.name)),
            declare.Values: self._values,
            declare.Answers: self._answers,
            declare.ById: self._by_id,
            declare.Opened: self._opened,
            Covered: self._covered,
            declare.AnyNode: self._any_node,
            declare.NodeById: self._node_by_id,
            declare.NodesById: self._nodes_by_id,
        }
        yield from checks[type(read)](spot, read)

    def _column(self, spot: Spot, read: declare.Column) -> Iterator[str]:
        name = read.name or spot.field.extensions["strawberry-definition"].python_name
        if spot.columns is None or name not in spot.columns:
            yield f"there is no column {name} to read: name it, or label it in the select"
            return
        column = spot.columns[name]
        if spot.required and column.nullable:
            yield f"{name} can be NULL: make the field nullable, or the column or label not"
        if spot.target.name == "ID" and (spot.many or not self._is_key(spot, name)):
            yield "an ID that is a column must be its type's own key; use an expression otherwise"
        yield from _leaf(spot, column)

    def _is_key(self, spot: Spot, name: str) -> bool:
        source, made_of = declare.SOURCES.get(spot.kind.name), spot.made_of(name)
        if source is None or not isinstance(made_of, Column):
            return False
        return made_of.table.name == source.table.name and made_of.name == source.key

    def _sql(self, spot: Spot, read: declare.Sql) -> Iterator[str]:
        value = read.expression(spot.columns, ask())
        if read.nullable is spot.required:
            yield f"nullable={read.nullable} contradicts the type {spot.field.type}"
        elif spot.required and may_be_null(value):
            yield "the expression can be NULL: use coalesce, or make the field nullable"
        yield from _leaf(spot, value)

    def _one(self, spot: Spot, read: declare.One) -> Iterator[str]:
        yield from self._node(spot.target)
        columns: Any = spot.columns
        key = columns[read.key] if isinstance(read.key, str) else read.key(columns, ask())
        if spot.target.name not in declare.SOURCES or not spot.required:
            return
        if may_be_null(key):
            yield "its key can be NULL: make the field nullable"
        made_of = spot.made_of(key.name) if isinstance(key, Column) else key
        if not self._sure(spot, made_of, declare.SOURCES[spot.target.name]):
            yield (
                "the row may not be there, or not for this caller: make the field nullable,"
                " or the key a foreign key to a table that everyone sees"
            )

    def _sure(self, spot: Spot, key: Any, target: declare.Source) -> bool:  # noqa: ANN401
        """Whether whoever sees the row is sure to see the other one, and it is sure to be there."""
        name, key = target.table.name, key.element if isinstance(key, Label) else key
        if isinstance(key, ColumnClause) and key.name == OWN_AGENCY:
            return name in self.sight.everyone
        if not isinstance(key, Column):
            return False
        if spot.source is target.table and key.name == target.key:
            return True  # a row is seen with itself
        if name in self.sight.everyone:
            return name in pointed_at(key)
        return isinstance(spot.source, Table) and any(
            spot.source.name in family.kept
            and name in family.whole
            and family.tie in {e.parent.name for e in each.constraint.elements}
            and each.column is target.table.c[target.key]
            for family in self.sight.families
            for each in key.foreign_keys
            if each.constraint is not None
        )

    def _many(self, spot: Spot, read: declare.Many) -> Iterator[str]:
        if not isinstance(spot.target, GraphQLObjectType) or "nodes" not in spot.target.fields:
            yield "a list of many must be a Connection"
            return
        node = get_named_type(spot.target.fields["nodes"].type)
        yield from self._node(node)
        if node.name in declare.SOURCES:
            source = declare.SOURCES[node.name]
            yield from _orders(read.listing, source, self.sight.everyone)
        if "filter" in spot.field.args:
            yield from _filters(get_named_type(spot.field.args["filter"].type))

    def _value(self, spot: Spot, read: declare.Value) -> Iterator[str]:
        chosen = read.select(spot.columns, ask())
        if spot.required and not gives_one_row(chosen):
            yield "the select may have no row: make the field nullable, or aggregate"
        self._below(spot, chosen)

    def _values(self, spot: Spot, read: declare.Values) -> Iterator[str]:
        if not spot.many:
            yield "values make a list"
        self._below(spot, read.select(spot.columns, ask()))

    def _answers(self, spot: Spot, read: declare.Answers) -> Iterator[str]:
        if not spot.many:
            yield "answers make a list"
        wires = {name: wire_of_input(each.type) for name, each in spot.field.args.items()}
        given = {name: bindparam(name, None, type_=wire.bound) for name, wire in wires.items()}
        self._below(spot, read.select(ask(), given))

    def _below(self, spot: Spot, chosen: Select[Any]) -> None:
        if isinstance(spot.target, GraphQLObjectType) and spot.where not in self._seen:
            self._seen.add(spot.where)
            self._fields(spot.target, chosen)

    def _by_id(self, spot: Spot, read: declare.ById) -> Iterator[str]:
        yield from self._node(spot.target)
        source = declare.SOURCES.get(spot.target.name)
        if spot.required:
            yield "there may be no such row: make the field nullable"
        if source is not None and read.column != "id":
            column = source.table.columns.get(read.column)
            if column is None or not _unique(source.table, column):
                yield f"{source.table.name}.{read.column} is no unique column to look a row up by"

    def _opened(self, spot: Spot, _: declare.Opened) -> Iterator[str]:
        yield from self._node(spot.target)
        if spot.required:
            yield "there may be no such row: make the field nullable"
        if "id" in getattr(spot.target, "fields", {}):
            yield "what is opened for a purpose has no id, or `node` would show it without one"

    def _covered(self, spot: Spot, read: Covered) -> Iterator[str]:
        if spot.required and read.code == NOT_COVERED:
            yield "what may be withheld is null then: make the field nullable"
        if "id" in spot.kind.fields:
            yield "only what is opened for a purpose tells what it withholds"
        read.lacks(spot.columns, ask())
        yield from self._read(spot, read.read)

    def _any_node(self, spot: Spot, read: declare.AnyNode) -> Iterator[str]:
        if spot.required:
            yield "the caller may not see the row: make the field nullable"
        read.type_name(spot.columns, ask())
        read.row_id(spot.columns, ask())

    def _node_by_id(self, spot: Spot, _: declare.NodeById) -> Iterator[str]:
        if spot.required:
            yield "there may be no such row: make the field nullable"

    def _nodes_by_id(self, spot: Spot, _: declare.NodesById) -> Iterator[str]:
        kind = spot.field.type
        items = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(getattr(items, "of_type", None), GraphQLNonNull):
            yield "there may be no such row: make the list's items nullable"

    def _node(self, kind: GraphQLNamedType) -> Iterator[str]:
        if kind.name not in declare.SOURCES:
            yield f"{kind.name} has no rows: make it with @reads"


def _leaf(spot: Spot, value: Any) -> Iterator[str]:  # noqa: ANN401 - any expression
    """A leaf is written as its scalar's wire form has it; the wire form trusts the SQL type."""
    kind = spot.target
    if not is_leaf_type(kind):
        yield f"{kind.name} is no scalar: say how its row is found"
        return
    try:
        wire_of(kind)
    except KeyError:
        yield f"the scalar {kind.name} has no wire form (portal/reading/wires.py)"
        return
    if spot.many and not isinstance(kind, GraphQLEnumType) and kind.name not in LISTED:
        yield f"a list of {kind.name} has no wire form"
    yield from _fits(kind, getattr(value.type, "item_type", value.type))


def _fits(kind: GraphQLNamedType, stored: TypeEngine[Any]) -> Iterator[str]:
    wanted = (str,) if isinstance(kind, GraphQLEnumType) or kind.name == "ID" else FITS[kind.name]
    found = known_type(stored)
    if kind.name == "JSON":
        if not isinstance(stored, JSON):
            yield "the column holds no JSON"
    elif found is None or (kind.name == "ID" and found is UUID):
        if found is None and kind.name not in ("String", "ID"):
            yield "SQLAlchemy does not know the expression's type: give it one, with type_ or cast"
    elif not issubclass(found, wanted) or (found is datetime and datetime not in wanted):
        yield f"{kind.name} is made of {found.__name__}: cast it, or change the field's type"
    elif kind.name == "Int" and (found is bool or isinstance(stored, BigInteger)):
        yield "an Int has 32 bits: cast it to text"


def _orders(
    listing: declare.Listing, source: declare.Source, everyone: Collection[str]
) -> Iterator[str]:
    if set(listing.by) != set(listing.orders) or listing.default not in listing.by:
        yield f"{listing.orders.__name__}: every member needs an order, and the default must be one"
    for member, order in listing.by.items():
        name = f"the order {member.name}"
        if not str(member.value).replace("_", "a").isalnum():
            yield f"{name}: its value stands in cursors: use letters and underscores"
        for column in order.columns(Stand(source.table, everyone)):
            if may_be_null(column):
                yield f"{name}: a column can be NULL, and rows without it would be lost"
            if known_type(column.type) not in (None, *PARSERS):
                yield f"{name}: no cursor can hold a {column.type}"


def _filters(kind: GraphQLNamedType) -> Iterator[str]:
    for name, each in (kind.fields if isinstance(kind, GraphQLInputObjectType) else {}).items():
        where = f"{kind.name}.{name}"
        if "where" not in declare.declared(each):
            yield f"{where}: say which rows with `where`"
        try:
            wire_of(get_named_type(each.type))
        except KeyError:
            yield f"{where}: {get_named_type(each.type).name} has no wire form"
