"""Keyset cursors: the order's name and the last row's values, as URL-safe text that clients pass
back unread.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, literal_column
from sqlalchemy.types import TypeDecorator, TypeEngine


class BadCursor(ValueError):
    """The text is no cursor of this list in this order."""


PARSERS: dict[type, Callable[[str], object]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
    int: int,
    str: str,
    object: str,  # what a function returns whose type SQLAlchemy does not know
}
"""The types of columns by which a list can be ordered, and how each is read back from text."""


def cursor_sql(order: str, values: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The cursor of a row as SQL: base64 of a JSON array, without PostgreSQL's line breaks."""
    texts = [cast(value, Text) for value in values]
    array = func.json_build_array(literal_column(f"'{order}'", Text), *texts)
    encoded = func.encode(
        func.convert_to(cast(array, Text), literal_column("'UTF8'", Text)),
        literal_column("'base64'"),
    )
    return func.translate(encoded, literal_column(r"E'+/\n'", Text), literal_column("'-_'", Text))


def read_cursor(text: str, order: str, types: Sequence[TypeEngine[Any]]) -> list[object]:
    """The values a cursor holds, as Python values of the order's column types;
    BadCursor otherwise.
    """
    try:
        parts = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or parts[0] != order or len(parts) != len(types) + 1:
            raise BadCursor(text)
        if not all(isinstance(part, str) for part in parts):
            raise BadCursor(text)
        return [_read(part, kind) for part, kind in zip(parts[1:], types, strict=True)]
    except (
        binascii.Error,
        UnicodeDecodeError,
        ValueError,
        TypeError,
        IndexError,
        InvalidOperation,
        RecursionError,
    ) as e:
        raise BadCursor(text) from e


def _read(part: str, kind: TypeEngine[Any]) -> object:
    value = PARSERS[python_type(kind)](part)
    if isinstance(value, int):
        bits = 63 if isinstance(kind, BigInteger) else 31
        if not -(2**bits) <= value < 2**bits:
            raise BadCursor(part)
    return value


def python_type(kind: TypeEngine[Any]) -> type:
    """A column type that wraps another, as SQLModel's text does, does not know its own."""
    inner = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return inner.python_type
