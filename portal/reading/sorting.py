"""The order of a list as pieces: how it sorts, a row's cursor, and what comes after one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, tuple_
from sqlalchemy.sql.elements import ClauseList
from sqlalchemy.types import TypeEngine

from portal.reading.cursors import cursor_sql
from portal.reading.declare import Order
from portal.reading.pieces import Piece, condition, cut
from portal.reading.rows import Columns


@dataclass(frozen=True)
class Sorting:
    """One order of one list, over its `listed` row."""

    name: str
    types: Sequence[TypeEngine[Any]]
    """Of what a cursor holds."""
    by: Piece
    cursor: Piece
    after: Piece
    """Whether the row comes after that of a cursor, whose values are `arg_0`, `arg_1` and so on."""


def sorting(row: Columns, order: Order, name: str, key: str) -> Sorting:
    """The order's pieces; the row's key breaks ties."""
    columns = [*order.columns(row), row[key]]
    marks = [order.mark.made()] if order.mark else []
    types = [column.type for column in (*marks, *columns)]
    bounds = [bindparam(f"arg_{at}", None, type_=kind) for at, kind in enumerate(types)]
    left, right = tuple_(*columns), tuple_(*bounds[len(marks) :])
    holds = [order.mark.holds(bounds[0])] if order.mark else []
    return Sorting(
        name,
        types,
        cut(ClauseList(*(c.desc() if order.descending else c.asc() for c in columns))),
        cut(cursor_sql(name, [*marks, *columns])),
        condition(and_(*holds, left < right if order.descending else left > right)),
    )
