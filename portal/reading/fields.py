"""How each kind of field becomes SQL: one function for each way to be read."""

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import GraphQLList, GraphQLNonNull
from sqlalchemy import ColumnElement, Integer, Select, Text, case, func, null, select

from portal.reading import declare
from portal.reading.binding import Refused
from portal.reading.connection import Page
from portal.reading.ids import BadId, from_global, global_id
from portal.reading.jsonsql import Json, constant, json_array
from portal.reading.rows import Columns, columns_of
from portal.reading.wires import wire_of

if TYPE_CHECKING:
    from portal.reading.compose import Composer, Place

Sql = ColumnElement[Any]
NOWHERE = UUID(int=0)
"""No row has this id: what an id of another type is looked up as."""


@singledispatch
def read_field(read: declare.Read, composer: "Composer", place: "Place") -> Json:
    """The JSON of one field."""
    raise TypeError(f"{place.kind.name}.{place.node.name.value} declares no way to be read")


@read_field.register(declare.Column)
def _column(read: declare.Column, composer: "Composer", place: "Place") -> Json:
    name = read.name or place.field.extensions["strawberry-definition"].python_name
    source = declare.SOURCES.get(place.kind.name)
    certain = source is not None and not source.table.c[name].nullable
    return _leaf(place, place.columns[name], certain=certain)


@read_field.register(declare.Sql)
def _sql(read: declare.Sql, composer: "Composer", place: "Place") -> Json:
    value = read.expression(place.columns, composer.ask)
    if place.target.name == "ID":  # it names its own type
        return wire_of(place.target).to_json(value)
    return _leaf(place, value)


def _leaf(place: "Place", value: Sql, *, certain: bool = False) -> Json:
    """A value in its wire form; a type's own `id` becomes a global id."""
    if place.target.name == "ID":
        return Json(global_id(place.kind.name, value), quoted=True, certain=certain)
    kind = place.field.type
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    wire = wire_of(place.target, many=isinstance(inner, GraphQLList))
    return wire.to_json(value, certain=certain)


@read_field.register(declare.One)
def _one(read: declare.One, composer: "Composer", place: "Place") -> Json:
    key = read.key
    wanted = place.columns[key] if isinstance(key, str) else key(place.columns, composer.ask)
    return Json(composer.one(place.object, place.details, wanted))


@read_field.register(declare.Many)
def _many(read: declare.Many, composer: "Composer", place: "Place") -> Json:
    return Json(Page(composer, place, read).json(), certain=True)


@read_field.register(declare.Value)
def _value(read: declare.Value, composer: "Composer", place: "Place") -> Json:
    """The one row of a declared select; only the labels asked for are computed."""
    return Json(_over(read.select(place.columns, composer.ask), composer, place, lambda item: item))


@read_field.register(declare.Values)
def _values(read: declare.Values, composer: "Composer", place: "Place") -> Json:
    """The rows of a declared select, in its order."""
    # PostgreSQL aggregates in the order of the subquery; it would number rows before sorting them.
    chosen = read.select(place.columns, composer.ask)
    return Json(_over(chosen, composer, place, json_array), certain=True)


def _over(
    chosen: Select[Any], composer: "Composer", place: "Place", gather: Callable[[Sql], Sql]
) -> Sql:
    name = composer.name()
    fields = composer.below(place.object, place.details)
    item = composer.object(place.object, fields, columns_of(chosen, name))
    return select(gather(item)).select_from(chosen.subquery(name)).scalar_subquery()


@read_field.register(declare.ById)
def _by_id(read: declare.ById, composer: "Composer", place: "Place") -> Json:
    """A root field by its id or by another unique column; an id of another type finds nothing."""
    site = composer.binds.site(place.field, place.node)
    source = declare.SOURCES[place.object.name]

    def wanted(arguments: dict[str, Any]) -> object:
        if read.column != "id":
            return arguments[read.column]
        type_name, row_id = from_global(arguments["id"])
        return row_id if type_name == place.object.name else NOWHERE

    name = composer.name()
    row = columns_of(source.table, name)
    column = row[source.key if read.column == "id" else read.column]
    found = select(composer.object(place.object, composer.below(place.object, place.details), row))
    found = found.select_from(source.table.alias(name))
    value = composer.binds.take(site, column.type, wanted)
    return Json(found.where(column == value).scalar_subquery())


@read_field.register(declare.AnyNode)
def _any_node(read: declare.AnyNode, composer: "Composer", place: "Place") -> Json:
    names = read.type_name(place.columns, composer.ask)
    return Json(_branches(composer, place, names, read.row_id(place.columns, composer.ask)))


def _branches(composer: "Composer", place: "Place", names: Sql, ids: Sql) -> Sql:
    """A node of any type: one branch a type, of which each row runs one."""
    possible = composer.schema.get_possible_types(place.interface)
    branches = [
        (names == constant(kind.name), composer.one(kind, place.details, ids)) for kind in possible
    ]
    return case(*branches, else_=null())


@read_field.register(declare.NodeById)
def _node_by_id(read: declare.NodeById, composer: "Composer", place: "Place") -> Json:
    """`node(id:)`: the id's type is part of the plan, so only that type's branch is composed."""
    site = composer.binds.site(place.field, place.node)
    asked = composer.binds.arguments(site, composer.variables)["id"]
    try:
        type_name = from_global(asked)[0]
    except BadId:
        type_name = ""
    wanted = composer.binds.take(site, declare.ROW_ID, lambda a: from_global(a["id"])[1])
    for kind in composer.schema.get_possible_types(place.interface):
        if kind.name == type_name:
            return Json(composer.one(kind, place.details, wanted))
    return Json(case((wanted.is_(None), null()), else_=null()))  # the id's form is still checked


def _asked(ids: Sequence[str]) -> list[tuple[str, UUID]]:
    if len(ids) > declare.MOST:
        raise Refused(f"`ids` has {len(ids)}: ask for at most {declare.MOST} at a time.")
    return [from_global(each) for each in ids]


@read_field.register(declare.NodesById)
def _nodes_by_id(read: declare.NodesById, composer: "Composer", place: "Place") -> Json:
    """`nodes(ids:)`: in the order asked."""
    site = composer.binds.site(place.field, place.node)
    names = composer.binds.take(site, declare.TEXTS, lambda a: [n for n, _ in _asked(a["ids"])])
    ids = composer.binds.take(site, declare.ROW_IDS, lambda a: [i for _, i in _asked(a["ids"])])
    wanted = func.unnest(names, ids).table_valued("name", "id", with_ordinality="position")
    name = composer.name()
    row = Columns(name, {"name": Text(), "id": declare.ROW_ID, "position": Integer()})
    found = select(json_array(_branches(composer, place, row.name, row.id), row.position))
    found = found.select_from(wanted.render_derived(name=name))
    return Json(found.scalar_subquery(), certain=True)
