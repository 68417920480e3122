"""JSON as SQL writes it: text, key by key in the order asked.

`json_build_object` asks the catalog for the type of each value in each row; `format` writes the
same object in an eighth of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, func, literal_column

NULL: ColumnElement[str] = literal_column("'null'", Text)
QUOTE: ColumnElement[str] = literal_column("""'"'""", Text)


@dataclass(frozen=True)
class Json:
    """A declared value as JSON: the text of it; NULL is null. `quoted`: the quotes around it are
    still to be written. `certain`: never NULL.
    """

    text: ColumnElement[Any]
    quoted: bool = False
    certain: bool = False

    @property
    def bare(self) -> bool:
        """Whether the object it stands in can write the quotes, in its template."""
        return self.quoted and self.certain

    @property
    def whole(self) -> ColumnElement[Any]:
        """The text with everything that belongs to it, but for what `bare` leaves out."""
        if self.bare:
            return self.text
        text = QUOTE.concat(self.text).concat(QUOTE) if self.quoted else self.text
        return text if self.certain else func.coalesce(text, NULL)


class Written(NamedTuple):
    """SQL that gives a JSON value, never NULL; `bare`: without the quotes around it."""

    sql: str
    bare: bool = False


def or_null(sql: str) -> Written:
    """A value that may be missing."""
    return Written(f"coalesce({sql}, 'null')")


def constant(name: str) -> str:
    """A GraphQL name as an SQL literal: letters, digits and underscores, so nothing to escape."""
    if not name.replace("_", "a").isalnum() or not name.isascii():
        raise ValueError(f"{name!r} is no GraphQL name")
    return f"'{name}'::text"


def type_name(name: str) -> Written:
    """The answer to `__typename`."""
    return Written(constant(name), bare=True)


def escaped(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text that may hold anything, or an array, as JSON."""
    return cast(func.to_json(value), Text)


def json_object(fields: Sequence[tuple[str, Written]]) -> str:
    """An object with these keys, in this order."""
    for key, _ in fields:
        constant(key)  # nothing in it that `format` or SQL would read as something else
    shape = ",".join(f'"{key}":"%s"' if value.bare else f'"{key}":%s' for key, value in fields)
    given = [f"'{{{shape}}}'", *(value.sql for _, value in fields)]
    return f"format({', '.join(given)})"


def json_array(item: str, order: str = "", only: str = "") -> str:
    """An aggregate: the items in order, or as they come; `[]` when there are none."""
    by = f" ORDER BY {order}" if order else ""
    kept = f" FILTER (WHERE {only})" if only else ""
    listed = f"string_agg(coalesce({item}, 'null'), ','{by}){kept}"
    return f"coalesce('[' || {listed} || ']', '[]')"
