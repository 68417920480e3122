"""JSON as SQL writes it: text, key by key in the order asked.

`json_build_object` asks the catalog for the type of each value in each row; `format` writes the
same object in an eighth of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by

NULL: ColumnElement[str] = literal_column("'null'", Text)
QUOTE: ColumnElement[str] = literal_column("""'"'""", Text)
COMMA: ColumnElement[str] = literal_column("','", Text)
OPEN, CLOSE, EMPTY = (literal_column(f"'{text}'", Text) for text in ("[", "]", "[]"))


@dataclass(frozen=True)
class Json:
    """A JSON value: the text of it; NULL is null. `quoted`: the quotes around it are still to be
    written. `certain`: never NULL.
    """

    text: ColumnElement[Any]
    quoted: bool = False
    certain: bool = False

    @property
    def whole(self) -> ColumnElement[Any]:
        """The text with everything that belongs to it."""
        text = QUOTE.concat(self.text).concat(QUOTE) if self.quoted else self.text
        return text if self.certain else func.coalesce(text, NULL)


def constant(name: str) -> ColumnElement[str]:
    """A GraphQL name as an SQL literal: letters, digits and underscores, so nothing to escape."""
    if not name.replace("_", "a").isalnum() or not name.isascii():
        raise ValueError(f"{name!r} is no GraphQL name")
    return literal_column(f"'{name}'::text", Text)


def type_name(name: str) -> Json:
    """The answer to `__typename`."""
    return Json(constant(name), quoted=True, certain=True)


def escaped(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text that may hold anything, or an array, as JSON."""
    return cast(func.to_json(value), Text)


def json_object(fields: Sequence[tuple[str, Json]]) -> ColumnElement[str]:
    """An object with these keys, in this order."""
    shape, values = [], []
    for key, value in fields:
        constant(key)  # nothing in it that `format` or SQL would read as something else
        bare = value.quoted and value.certain
        shape.append(f'"{key}":"%s"' if bare else f'"{key}":%s')
        values.append(value.text if bare else value.whole)
    template: ColumnElement[str] = literal_column("'{" + ",".join(shape) + "}'", Text)
    return func.format(template, *values, type_=Text)


def json_array(
    item: ColumnElement[Any],
    order: ColumnElement[int] | None = None,
    only: ColumnElement[bool] | None = None,
) -> ColumnElement[str]:
    """An aggregate: the items in order, or as they come; `[]` when there are none."""
    last = COMMA if order is None else aggregate_order_by(COMMA, order)
    every: Any = func.string_agg(func.coalesce(item, NULL), last)
    listed = every if only is None else every.filter(only)
    return func.coalesce(OPEN.concat(listed).concat(CLOSE), EMPTY, type_=Text)
