"""The wire form of each scalar: how SQL writes a value, and how an argument becomes a
bound value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
)
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Text,
    Uuid,
    cast,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from portal.reading.ids import from_global
from portal.reading.jsonsql import Json, escaped
from portal.store.base import Instant


@dataclass(frozen=True)
class Wire:
    """One scalar: its bound type, its SQL to the text of JSON, its Python to JSON, and its argument
    to Python. `quoted`: the text stands in quotes and holds nothing that needs to be escaped.
    """

    bound: TypeEngine[Any]
    to_text: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    plain: Callable[[Any], object]
    argument: Callable[[Any], object]
    quoted: bool = False

    def to_json(self, value: ColumnElement[Any], *, certain: bool = False) -> Json:
        """The value as JSON; `certain` when it is never NULL."""
        return Json(self.to_text(value), self.quoted, certain)


def _same(value: Any) -> Any:  # noqa: ANN401 - the identity, for any value
    return value


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, Text)


def _string(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return escaped(cast(value, Text))


def _instant_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    utc = func.timezone(literal_column("'UTC'"), value)
    return func.to_char(utc, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS"Z"'"""))


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.trim_scale(value), Text)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


_WIRES: dict[str, Wire] = {
    "String": Wire(Text(), _string, _same, _same),
    "Int": Wire(Integer(), _text, _same, _same),
    "Boolean": Wire(Boolean(), _text, _same, _same),
    "Date": Wire(Date(), _text, date.isoformat, _same, quoted=True),
    "DateTime": Wire(Instant, _instant_sql, _instant, _same, quoted=True),
    "Decimal": Wire(Numeric(), _number_sql, _number, _same, quoted=True),
    "UUID": Wire(Uuid(), _text, str, _same, quoted=True),
    "JSON": Wire(Text(), _text, _same, _same),
    "ID": Wire(Uuid(), _string, _same, lambda text: from_global(text)[1]),
}
_ENUM = Wire(
    Text(),
    lambda v: func.upper(cast(v, Text)),
    lambda member: str(member).upper(),
    lambda member: member.value if isinstance(member, Enum) else member,
    quoted=True,
)
_ENUMS = Wire(
    ARRAY(Text()),
    lambda v: escaped(cast(func.upper(cast(v, Text)), ARRAY(Text()))),
    lambda members: [str(m).upper() for m in members],
    lambda members: [_ENUM.argument(m) for m in members],
)


def wire_of_input(kind: Any) -> Wire:  # noqa: ANN401 - the type of an argument, lists and all
    """The wire of an argument's or a filter's values."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return wire_of(get_named_type(kind), many=isinstance(inner, GraphQLList))


def wire_of(kind: GraphQLNamedType, *, many: bool = False) -> Wire:
    """The wire of a scalar or enum type, or of a list of it."""
    if isinstance(kind, GraphQLEnumType):
        return _ENUMS if many else _ENUM
    one = _WIRES[kind.name]
    if not many:
        return one
    return Wire(
        ARRAY(one.bound),
        escaped,
        lambda items: [one.plain(i) for i in items],
        lambda items: [one.argument(i) for i in items],
    )
