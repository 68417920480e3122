"""How each kind of field becomes SQL: one function for each way to be read."""

from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType
from sqlalchemy import ColumnElement, bindparam

from portal.reading import declare
from portal.reading.binding import Refused
from portal.reading.connection import Page
from portal.reading.covering import NOT_COVERED, Covered, Lacking
from portal.reading.ids import BadId, from_global, global_id
from portal.reading.jsonsql import Json, Written, constant, json_array, or_null
from portal.reading.pieces import ASK, Chosen, Piece, Row, chosen, cut
from portal.reading.seeing import why_of
from portal.reading.wires import Wire, wire_of, wire_of_input

if TYPE_CHECKING:
    from portal.reading.compose import Composer, Details, Place

Sql = ColumnElement[Any]
NOWHERE = UUID(int=0)
"""No row has this id: what an id of another type is looked up as."""


@singledispatch
def read_field(read: declare.Read, composer: "Composer", place: "Place") -> Written:
    """The JSON of one field."""
    raise TypeError(f"{place.kind.name}.{place.node.name.value} declares no way to be read")


@read_field.register(declare.Column)
def _column(read: declare.Column, composer: "Composer", place: "Place") -> Written:
    def value() -> Json:
        name = read.name or place.field.extensions["strawberry-definition"].python_name
        source = declare.SOURCES.get(place.kind.name)
        certain = source is not None and not source.table.c[name].nullable
        return _leaf(place, place.row.origin.row[name], certain=certain)

    return _value_written(composer, place, value)


@read_field.register(declare.Sql)
def _sql(read: declare.Sql, composer: "Composer", place: "Place") -> Written:
    def value() -> Json:
        found = read.expression(place.row.origin.row, ASK)
        if place.target.name == "ID":  # it names its own type
            return wire_of(place.target).to_json(found)
        return _leaf(place, found)

    return _value_written(composer, place, value)


def _leaf(place: "Place", value: Sql, *, certain: bool = False) -> Json:
    """A value in its wire form; a type's own `id` becomes a global id."""
    if place.target.name == "ID":
        return Json(global_id(place.kind.name, value), quoted=True, certain=certain)
    kind = place.field.type
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    wire = wire_of(place.target, many=isinstance(inner, GraphQLList))
    return wire.to_json(value, certain=certain)


def _value_written(composer: "Composer", place: "Place", value: Callable[[], Json]) -> Written:
    def make() -> tuple[Piece, bool]:
        json = value()
        return cut(json.whole), json.bare

    piece, bare = place.kept("json", make)
    return Written(piece.written(composer.binds, row=place.row.name), bare)


@read_field.register(declare.One)
def _one(read: declare.One, composer: "Composer", place: "Place") -> Written:
    def make() -> Piece:
        row, key = place.row.origin.row, read.key
        wanted = row[key] if isinstance(key, str) else key(row, ASK)
        listed = composer.origins.of(place.target.name).listed
        return cut(listed[declare.SOURCES[place.target.name].key] == wanted)

    piece = place.kept("key", make)
    outer = place.row.name

    def holds(name: str) -> str:
        return piece.written(composer.binds, row=outer, listed=name)

    return or_null(composer.one(place.object, place.details, holds))


@read_field.register(declare.Many)
def _many(read: declare.Many, composer: "Composer", place: "Place") -> Written:
    return Written(Page(composer, place, read).json())


@read_field.register(declare.Value)
def _value(read: declare.Value, composer: "Composer", place: "Place") -> Written:
    """The one row of a declared select; only the labels asked for are computed."""
    return or_null(_over(read, composer, place, lambda item: item))


@read_field.register(declare.Why)
def _why(_: declare.Why, composer: "Composer", place: "Place") -> Written:
    """What the row rule of the table makes of the row."""
    return or_null(_over(why_of(place.kind.name), composer, place, lambda item: item))


@read_field.register(declare.Values)
def _values(read: declare.Values, composer: "Composer", place: "Place") -> Written:
    """The rows of a declared select, in its order."""
    # PostgreSQL aggregates in the order of the subquery; it would number rows before sorting them.
    return Written(_over(read, composer, place, json_array))


@read_field.register(declare.Answers)
def _answers(read: declare.Answers, composer: "Composer", place: "Place") -> Written:
    """The rows of a declared select over the field's arguments."""
    site, binds = composer.binds.site(place.field, place.node), composer.binds
    wires = {name: wire_of_input(argument.type) for name, argument in place.field.args.items()}

    def make() -> Chosen:
        given = {n: bindparam(f"arg_{n}", None, type_=wire.bound) for n, wire in wires.items()}
        return chosen(read.select(ASK, given))

    def taken(name: str, wire: Wire) -> str:
        return binds.take(site, lambda a: wire.argument(a[name]))

    found = place.kept("answers", make)
    bound = {f"arg_{name}": taken(name, wire) for name, wire in wires.items()}
    return Written(_written(found, composer, place, json_array, bound))


def _over(
    read: declare.Value | declare.Values,
    composer: "Composer",
    place: "Place",
    gather: Callable[[str], str],
) -> str:
    def make() -> Chosen:
        return chosen(read.select(place.row.origin.row, ASK))

    found = place.kept("select", make)
    return _written(found, composer, place, gather, {"row": place.row.name})


def _written(
    found: Chosen,
    composer: "Composer",
    place: "Place",
    gather: Callable[[str], str],
    filled: Mapping[str, str],
) -> str:
    row = Row(found.rows, composer.name())
    item = composer.object(place.object, composer.below(place.object, place.details), row)
    rows = found.piece.written(composer.binds, **filled)
    return f"(SELECT {gather(item)} FROM ({rows}) AS {row.name})"  # noqa: S608 - of pieces


@read_field.register(declare.ById)
def _by_id(read: declare.ById, composer: "Composer", place: "Place") -> Written:
    """A root field by its id or by another unique column; an id of another type finds nothing."""
    site = composer.binds.site(place.field, place.node)

    def wanted(arguments: dict[str, Any]) -> object:
        if read.column != "id":
            return arguments[read.column]
        type_name, row_id = from_global(arguments["id"])
        return row_id if type_name == place.object.name else NOWHERE

    column = None if read.column == "id" else read.column
    value = composer.binds.take(site, wanted)
    return or_null(by_key(composer, place.object, place.details, value, column))


def by_key(
    composer: "Composer",
    kind: GraphQLObjectType,
    details: "Details",
    wanted: str,
    column: str | None = None,
) -> str:
    """The row of `kind` whose key, or other unique column, is the value of a parameter."""
    origin = composer.origins.of(kind.name)
    name = column or declare.SOURCES[kind.name].key

    def make() -> Piece:
        found = origin.listed[name]
        return cut(found == bindparam("arg_key", None, type_=found.type))

    piece = origin.kept(("key", name), make)
    return composer.one(
        kind, details, lambda row: piece.written(composer.binds, listed=row, arg_key=wanted)
    )


@read_field.register(declare.Opened)
def _opened(read: declare.Opened, composer: "Composer", place: "Place") -> Written:
    """The row that the function gives back; the function runs once, before the row is looked at."""
    site = composer.binds.site(place.field, place.node)
    key = declare.SOURCES[place.object.name].key

    def wanted(arguments: dict[str, Any]) -> UUID:
        type_name, row_id = from_global(arguments["id"])
        return row_id if type_name == read.of else NOWHERE

    row_id = composer.binds.take(site, wanted)
    composer.lacking = []
    purpose = composer.binds.take(site, lambda a: a["purpose"].value)
    given = f"{row_id}::uuid, {purpose}::text"

    def holds(row: str) -> str:
        return f'{row}."{key}" = (SELECT {read.by}({given}))'

    found = composer.one(place.object, place.details, holds)
    _tell(composer, place, f'"{key}" = {row_id}::uuid')
    return or_null(found)


def _tell(composer: "Composer", place: "Place", holds: str) -> None:
    """Beside the answer: what of the row is withheld, and why. It opens nothing again."""
    if not composer.lacking:
        return
    row, binds = composer.name(), composer.binds
    entries = ", ".join(
        each.entry(place.key, each.condition.written(binds, row=row)) for each in composer.lacking
    )
    source = composer.origins.of(place.object.name).source
    # Nothing at all where all is shown, or the commas between several would be left.
    found = f"FROM {source} AS {row} WHERE {row}.{holds}"
    told = f"SELECT nullif(concat_ws(',', {entries}), '') {found}"
    composer.withheld.append(f"({told})")


@read_field.register(Covered)
def _covered(read: Covered, composer: "Composer", place: "Place") -> Written:
    """As it is read, unless it is withheld."""
    piece = place.kept("lacks", lambda: cut(read.lacks(place.row.origin.row, ASK)))
    composer.lacking.append(Lacking(place.key, piece, read.code))
    written = read_field(read.read, composer, place)
    if read.code != NOT_COVERED:
        return written
    lacks = piece.written(composer.binds, row=place.row.name)
    return Written(f"CASE WHEN {lacks} THEN 'null' ELSE {written.sql} END")


@read_field.register(declare.AnyNode)
def _any_node(read: declare.AnyNode, composer: "Composer", place: "Place") -> Written:
    def make() -> tuple[Piece, Piece]:
        row = place.row.origin.row
        return cut(read.type_name(row, ASK)), cut(read.row_id(row, ASK))

    names, ids = (
        piece.written(composer.binds, row=place.row.name) for piece in place.kept("node", make)
    )
    return or_null(_branches(composer, place, names, ids))


def _branches(composer: "Composer", place: "Place", names: str, ids: str) -> str:
    """A node of any type: one branch a type, of which each row runs one."""
    branches = []
    for kind in composer.schema.get_possible_types(place.interface):
        key = declare.SOURCES[kind.name].key

        def holds(row: str, key: str = key) -> str:
            return f'{row}."{key}" = ({ids})'

        found = composer.one(kind, place.details, holds)
        branches.append(f"WHEN ({names}) = {constant(kind.name)} THEN {found}")
    return f"CASE {' '.join(branches)} END"


@read_field.register(declare.NodeById)
def _node_by_id(read: declare.NodeById, composer: "Composer", place: "Place") -> Written:
    """`node(id:)`: the id's type is part of the plan, so only that type's branch is composed."""
    site = composer.binds.site(place.field, place.node)
    asked = composer.binds.arguments(site, composer.variables)["id"]
    try:
        type_name = from_global(asked)[0]
    except BadId:
        type_name = ""
    wanted = composer.binds.take(site, lambda a: from_global(a["id"])[1])
    for kind in composer.schema.get_possible_types(place.interface):
        if kind.name == type_name:
            return or_null(by_key(composer, kind, place.details, wanted))
    return or_null(
        f"CASE WHEN {wanted}::uuid IS NULL THEN NULL::text END"
    )  # the id's form is still checked


def _asked(ids: Sequence[str]) -> list[tuple[str, UUID]]:
    if len(ids) > declare.MOST:
        raise Refused(f"`ids` has {len(ids)}: ask for at most {declare.MOST} at a time.")
    return [from_global(each) for each in ids]


@read_field.register(declare.NodesById)
def _nodes_by_id(read: declare.NodesById, composer: "Composer", place: "Place") -> Written:
    """`nodes(ids:)`: in the order asked."""
    site = composer.binds.site(place.field, place.node)
    names = composer.binds.take(site, lambda a: [n for n, _ in _asked(a["ids"])])
    ids = composer.binds.take(site, lambda a: [i for _, i in _asked(a["ids"])])
    row = composer.name()
    wanted = f"unnest({names}::text[], {ids}::uuid[]) WITH ORDINALITY"
    item = _branches(composer, place, f"{row}.name", f"{row}.id")
    found = json_array(item, f"{row}.position")
    return Written(f"(SELECT {found} FROM {wanted} AS {row}(name, id, position))")  # noqa: S608 - of pieces
