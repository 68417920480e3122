"""How the oracle reads: one function for each way a field can be declared."""

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    get_named_type,
)
from sqlalchemy import Numeric, Select, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.reading import declare
from portal.reading.cursors import BadCursor, read_cursor
from portal.reading.ids import BadId, from_global, to_global
from portal.reading.rows import columns_of
from portal.reading.seeing import why_seen
from portal.reading.wires import wire_of, wire_of_input

PAGE, IDS = 100, 100


@dataclass
class Reader:
    """One request: a connection whose caller is open, and what the caller brings."""

    connection: AsyncConnection
    ask: declare.Ask
    paged: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    statements: int = 0
    _running: set["asyncio.Task[Any]"] = field(default_factory=set)

    async def rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        """The rows of a statement by label; siblings take turns."""
        # graphql-core cancels the siblings of a failed field; a statement that runs must end first.
        task = asyncio.ensure_future(self._turn(statement))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _turn(self, statement: Select[Any]) -> list[dict[str, Any]]:
        async with self.lock:
            self.statements += 1
            return [dict(r) for r in (await self.connection.execute(statement)).mappings()]

    async def settle(self) -> None:
        """Wait for what still runs."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def one(self, kind: str, column: str | None, value: object) -> "Row | None":
        """The row of a type by its key or another unique column."""
        source = declare.SOURCES[kind]
        table = source.table
        wanted = table.c[column or source.key]
        for found in await self.rows(select(table).where(wanted == value)):
            return Row(kind, found, {c.name: c.type for c in table.columns})
        return None


@dataclass(frozen=True)
class Row:
    """What was read: the values by column, and their SQL types."""

    kind: str
    values: Mapping[str, Any]
    types: Mapping[str, Any]


class Constants:
    """A row's values as SQL constants, for an expression that speaks of its columns."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getitem__(self, column: str) -> Any:
        constant = literal(self._row.values[column], self._row.types[column])
        constant.table = None  # some expressions tie a subquery to their column's table
        return constant

    def __getattr__(self, column: str) -> Any:
        if column not in self._row.values:
            raise AttributeError(column)
        return self[column]


@dataclass(frozen=True)
class Later:
    """A field's value, read once it is waited for: beside a field that is refused nobody does, and
    a coroutine that was made for nothing is complained of.
    """

    reads: Callable[[], Coroutine[Any, Any, Any]]

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.reads().__await__()


def resolve(row: Row | None, info: GraphQLResolveInfo, **arguments: Any) -> Later:
    return Later(lambda: _resolved(row, info, arguments))


async def _resolved(row: Row | None, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
    each = info.parent_type.fields[info.field_name]
    kind = declare.declared(each).get("read", declare.Column())
    try:
        return await _read(kind, Asked(row, info, each, arguments, info.context))
    except BadId:
        raise refused("BAD_ID") from None
    except BadCursor:
        raise refused("BAD_CURSOR") from None


def refused(code: str) -> GraphQLError:
    return GraphQLError(code, extensions={"code": code})


@dataclass(frozen=True)
class Asked:
    """One field that is asked for, over a row or at the root."""

    row: Row | None
    info: GraphQLResolveInfo
    field: Any
    arguments: Mapping[str, Any]
    reader: Reader

    @property
    def target(self) -> Any:
        """The field's named type."""
        return get_named_type(self.field.type)

    @property
    def columns(self) -> Constants | None:
        """The row's columns; None at the root."""
        return None if self.row is None else Constants(self.row)

    async def value(self, expression: declare.Expression) -> Any:
        """What an expression over the row comes to."""
        value = expression(self.columns, self.reader.ask)
        (found,) = await self.reader.rows(select(value.label("value")))
        return found["value"]

    def plain(self, value: Any) -> Any:
        """A leaf as JSON has it."""
        if value is None:
            return None
        if self.target.name == "ID":
            return to_global(self.info.parent_type.name, value)
        kind = self.field.type
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        wire = wire_of(self.target, many=isinstance(inner, GraphQLList))
        if isinstance(wire.bound, Numeric) and not isinstance(value, Decimal):
            value = Decimal(value)
        return wire.plain(value)


# One function for each way to be read.


@singledispatch
async def _read(read: declare.Read, asked: Asked) -> Any:
    raise TypeError(f"no way to read {asked.info.path}")


@_read.register
async def _(read: declare.Column, asked: Asked) -> Any:
    name = read.name or asked.field.extensions["strawberry-definition"].python_name
    return asked.plain(asked.row.values[name])


@_read.register
async def _(read: declare.Sql, asked: Asked) -> Any:
    value = await asked.value(read.expression)
    return value if asked.target.name == "ID" else asked.plain(value)  # it names its own type


@_read.register
async def _(read: declare.One, asked: Asked) -> Any:
    named = isinstance(read.key, str)
    key = asked.row.values[read.key] if named else await asked.value(read.key)
    return None if key is None else await asked.reader.one(asked.target.name, None, key)


@_read.register
async def _(read: declare.Value, asked: Asked) -> Any:
    found = await _chosen(read.select, asked)
    if len(found) > 1:
        raise ValueError(f"{asked.info.path}: {len(found)} rows for one object")
    return found[0] if found else None


@_read.register
async def _(read: declare.Why, asked: Asked) -> Any:
    [found] = await _chosen(why_seen(declare.SOURCES[asked.info.parent_type.name]), asked)
    return found


@_read.register
async def _(read: declare.Values, asked: Asked) -> Any:
    return await _chosen(read.select, asked)


@_read.register
async def _(read: declare.Answers, asked: Asked) -> Any:
    given = {}
    for name, argument in asked.field.args.items():
        wire = wire_of_input(argument.type)
        given[name] = literal(wire.argument(asked.arguments[name]), wire.bound)
    return await _chosen(lambda _, ask: read.select(ask, given), asked)


async def _chosen(choose: Any, asked: Asked) -> list[Row]:
    statement = choose(asked.columns, asked.reader.ask)
    types = {c.key: c.type for c in statement.selected_columns}
    return [Row(asked.target.name, r, types) for r in await asked.reader.rows(statement)]


@_read.register
async def _(read: declare.ById, asked: Asked) -> Any:
    if read.column != "id":
        return await asked.reader.one(asked.target.name, read.column, asked.arguments[read.column])
    found = await _node(asked, asked.arguments["id"])
    return found if found is not None and found.kind == asked.target.name else None


@_read.register
async def _(read: declare.AnyNode, asked: Asked) -> Any:
    name = await asked.value(read.type_name)
    row_id = await asked.value(read.row_id)
    if name not in {k.name for k in asked.info.schema.get_possible_types(asked.target)}:
        return None
    return None if row_id is None else await asked.reader.one(name, None, row_id)


@_read.register
async def _(read: declare.NodeById, asked: Asked) -> Any:
    return await _node(asked, asked.arguments["id"])


@_read.register
async def _(read: declare.NodesById, asked: Asked) -> Any:
    if len(asked.arguments["ids"]) > IDS:
        raise refused("BAD_USER_INPUT")
    for text in asked.arguments["ids"]:
        from_global(text)
    return [await _node(asked, text) for text in asked.arguments["ids"]]


async def _node(asked: Asked, text: str) -> Row | None:
    name, row_id = from_global(text)
    known = {k.name for k in asked.info.schema.get_possible_types(_any_node(asked))}
    return await asked.reader.one(name, None, row_id) if name in known else None


def _any_node(asked: Asked) -> Any:
    return asked.info.schema.type_map["Node"]


@_read.register
async def _(read: declare.Many, asked: Asked) -> Any:
    if not 1 <= asked.arguments["first"] <= PAGE:
        raise refused("BAD_USER_INPUT")
    return await _List(read, asked).connection()


class _List:
    """One connection field."""

    def __init__(self, read: declare.Many, asked: Asked) -> None:
        self.asked = asked
        self.read = read
        self.node = get_named_type(asked.target.fields["nodes"].type).name
        self.source = declare.SOURCES[self.node]
        self.table = self.source.table.alias("listed")
        self.listed = columns_of(self.source.table, "listed")
        chosen = asked.arguments["orderBy"]
        self.order = read.listing.by[chosen]
        self.by = [*self.order.columns(self.listed), self.listed[self.source.key]]
        self.order_name = chosen.value if isinstance(chosen, Enum) else chosen
        self.marks = [self.order.mark.made()] if self.order.mark else []

    async def connection(self) -> Mapping[str, Any]:
        """The fields of the connection, its page and its edges."""
        await self._check_mark()
        first = self.asked.arguments["first"]
        found = await self.asked.reader.rows(self._statement(first))
        fresh = [row for row in found if row["past_"]]
        page = [self._edge(row) for row in fresh[:first]]
        return {
            "nodes": [edge["node"] for edge in page],
            "edges": page,
            "pageInfo": {
                "hasNextPage": len(fresh) > first,
                "hasPreviousPage": self.asked.arguments.get("after") is not None,
                "startCursor": page[0]["cursor"] if page else None,
                "endCursor": page[-1]["cursor"] if page else None,
            },
            "totalCount": self._count if self.asked.reader.paged else len(found),
        }

    def _statement(self, first: int) -> Select[Any]:
        past = self._past()
        order = [c.desc() if self.order.descending else c.asc() for c in self.by]
        values = [c.label(f"order_{at}_") for at, c in enumerate((*self.marks, *self.by))]
        chosen = select(self.table, past.label("past_"), *values)
        chosen = chosen.where(*self._conditions()).order_by(*order)
        return chosen.where(past).limit(first + 1) if self.asked.reader.paged else chosen

    async def _count(self) -> int:
        counted = select(func.count().label("n")).select_from(self.table)
        (found,) = await self.asked.reader.rows(counted.where(*self._conditions()))
        return int(found["n"])

    def _conditions(self) -> list[Any]:
        ask = self.asked.reader.ask
        conditions = []
        if self.read.joins is not None:
            conditions.append(self.read.joins(self.asked.columns, self.listed, ask))
        for name, value in (self.asked.arguments.get("filter") or {}).items():
            if value is not None:
                conditions.append(self._filter(name, value))
        return conditions

    def _filter(self, name: str, value: Any) -> Any:
        each = get_named_type(self.asked.field.args["filter"].type).fields[name]
        wire = wire_of(get_named_type(each.type), many=isinstance(value, list))
        given = literal(wire.argument(value), wire.bound)
        return declare.declared(each)["where"](self.listed, given, self.asked.reader.ask)

    def _bounds(self, after: str) -> list[Any]:
        types = [c.type for c in (*self.marks, *self.by)]
        return read_cursor(after, self.order_name, types)

    async def _check_mark(self) -> None:
        """Whether what the cursor was made for still holds."""
        after = self.asked.arguments.get("after")
        if after is None or not self.marks:
            return
        (now,) = await self.asked.reader.rows(select(self.marks[0].label("mark")))
        if self._bounds(after)[0] != now["mark"]:
            raise refused("CURSOR_STALE")

    def _past(self) -> Any:
        """Whether a row comes after the cursor, written out column by column."""
        after = self.asked.arguments.get("after")
        if after is None:
            return literal(value=True)
        bounds = self._bounds(after)[len(self.marks) :]
        given = [literal(b, c.type) for b, c in zip(bounds, self.by, strict=True)]
        steps = []
        for at, (column, bound) in enumerate(zip(self.by, given, strict=True)):
            same = [c == b for c, b in zip(self.by[:at], given[:at], strict=True)]
            beyond = column < bound if self.order.descending else column > bound
            steps.append(and_(*same, beyond))
        return or_(*steps)

    def _edge(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        values = {c.name: found[c.name] for c in self.table.columns}
        row = Row(self.node, values, {c.name: c.type for c in self.table.columns})
        number = len(self.marks) + len(self.by)
        parts = [self.order_name, *(_text(found[f"order_{at}_"]) for at in range(number))]
        return {"node": row, "cursor": _cursor(parts)}


def _cursor(parts: Sequence[str]) -> str:
    raw = json.dumps(parts, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode()


def _text(value: Any) -> str:
    """A value as PostgreSQL casts it to text."""
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            moment = value.astimezone(UTC)
            fraction = f"{moment.microsecond:06d}".rstrip("0")
            return f"{moment:%Y-%m-%d %H:%M:%S}{'.' if fraction else ''}{fraction}+00"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Enum():
            return str(value.value)
    return str(value)
