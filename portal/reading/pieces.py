"""Pieces of SQL: what is declared of a field, as text with gaps for its rows' names and its
parameters.

Nothing in a piece depends on the document, so each is made once, when it is first asked for, and a
statement is put together from texts. SQLAlchemy took two thirds of what a new document cost.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ClauseElement, ColumnElement, Select, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.operators import and_
from sqlalchemy.types import TypeEngine

from portal.reading import declare
from portal.reading.binding import Binds, ask
from portal.reading.rows import PAGED, Columns, listed_in

T = TypeVar("T")
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped
_GAP = re.compile(r"«(\w+)»|\$(\d+)")
ASK = ask()
GIVEN = ("arg_", "ask_")
"""What the names of parameters begin with whose values come with the request."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Text, the name of a gap, text, and so on; and the values that its declaration brings."""

    parts: tuple[str, ...]
    fixed: Mapping[str, object]

    def written(self, binds: Binds, **filled: str) -> str:
        """The text for these rows and parameters."""
        if len(self.parts) == 1:
            return self.parts[0]
        parts = list(self.parts)
        for at in range(1, len(parts), 2):
            parts[at] = filled.get(parts[at]) or self._parameter(parts[at], binds)
        return "".join(parts)

    def _parameter(self, name: str, binds: Binds) -> str:
        if name in self.fixed:
            return binds.constant((self, name), self.fixed[name])
        return binds.number(name)


def cut(expression: ClauseElement) -> Piece:
    """The piece that an expression or a select makes, over the `row` and `listed` of an origin."""
    compiled = expression.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    # What SQLAlchemy's own execution uses; there is no public name.
    processors: Mapping[str, Any] = compiled._bind_processors  # type: ignore[attr-defined]  # noqa: SLF001
    fixed = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.params.items()
        if not name.startswith(GIVEN)
    }
    names = compiled.positiontup or ()  # type: ignore[attr-defined]
    first, *rest = _GAP.split(str(compiled))
    parts = [first]
    for row, number, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        parts += [row or names[int(number) - 1], text]
    return Piece(tuple(parts), fixed)


def condition(expression: ColumnElement[bool]) -> Piece:
    """The same for what stands between ANDs."""
    return cut(expression.self_group(against=and_))


class Origin:
    """Where rows come from, a table or a declared select, and every piece over them so far."""

    def __init__(self, types: Mapping[str, TypeEngine[Any]], source: str = "") -> None:
        self.row = Columns("«row»", types)
        self.listed = Columns("«listed»", types)
        self.source = source
        """The table, as FROM names it."""
        self._made: dict[Hashable, Any] = {}

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What stands under the key, made now if nothing does."""
        found: T | None = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        return found


@dataclass(frozen=True)
class Row:
    """A row of the statement: where it comes from, and its name there."""

    origin: Origin
    name: str = ""


@dataclass(frozen=True)
class Chosen:
    """A declared select, and the rows it gives."""

    piece: Piece
    rows: Origin


def chosen(select: Select[Any]) -> Chosen:
    """The same, made."""
    return Chosen(cut(select), Origin(listed_in(select)))


class Origins:
    """The origins of one schema: its tables, and the root, where there is no row."""

    def __init__(self) -> None:
        self.root = Origin({})
        self._tables: dict[str, Origin] = {}

    def of(self, type_name: str) -> Origin:
        """Where the rows of a type come from."""
        found = self._tables.get(type_name)
        if found is None:
            table = declare.SOURCES[type_name].table
            found = self._tables[type_name] = Origin(listed_in(table) | PAGED, _from(table))
        return found


def _from(table: Table) -> str:
    return str(_DIALECT.identifier_preparer.format_table(table))
