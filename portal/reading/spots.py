"""A readable field and what it is read from, as the checks at start-up look at it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)
from sqlalchemy import Column, Label, Select, Table
from sqlalchemy.types import NullType, TypeEngine

from portal.reading.cursors import python_type
from portal.reading.nullness import POINTS, may_be_null, part_may_be_null


class Stand:
    """Columns that stand for a row's and belong to no table: they know whether they can be NULL,
    and at which of the tables that everyone sees they point.
    """

    def __init__(self, source: Table | Select[Any], everyone: Collection[str] = ()) -> None:
        listed = source.columns if isinstance(source, Table) else source.selected_columns
        self._columns = {str(c.key): _stand_in(source, c, everyone) for c in listed}

    def __getitem__(self, column: str) -> Column[Any]:
        return self._columns[column]

    def __getattr__(self, column: str) -> Column[Any]:
        if column.startswith("__") or column not in self._columns:
            raise AttributeError(column)
        return self._columns[column]

    def __contains__(self, column: str) -> bool:
        return column in self._columns


def _stand_in(source: Table | Select[Any], column: Any, everyone: Collection[str]) -> Column[Any]:  # noqa: ANN401
    name = str(column.key)
    nullable = may_be_null(column)
    if isinstance(source, Select):
        nullable = part_may_be_null(source, column)
    points = () if nullable else {t for t in pointed_at(column) if t in everyone}
    return Column(name, column.type, nullable=nullable, info={POINTS: points})


def pointed_at(column: Any) -> Iterator[str]:  # noqa: ANN401 - a column or an expression
    """The tables whose key a column is, or is a foreign key to, if through other tables."""
    inner = column.element if isinstance(column, Label) else column
    if not isinstance(inner, Column):
        return
    if isinstance(inner.table, Table) and list(inner.table.primary_key.columns) == [inner]:
        yield inner.table.name
    for each in inner.foreign_keys:
        yield from pointed_at(each.column)


def known_type(kind: TypeEngine[Any]) -> type | None:
    """The Python type of a column's values; None when SQLAlchemy does not know."""
    if isinstance(kind, NullType):
        return None
    try:
        return python_type(kind)
    except NotImplementedError:
        return None


@dataclass(frozen=True)
class Spot:
    """A field that is read, over the rows of a table or a select; at the root over nothing."""

    where: str
    kind: GraphQLObjectType
    field: GraphQLField
    source: Table | Select[Any] | None
    columns: Stand | None
    """What declared expressions are given."""

    @property
    def required(self) -> bool:
        """Whether the type rules null out."""
        return isinstance(self.field.type, GraphQLNonNull)

    @property
    def target(self) -> GraphQLNamedType:
        """The field's type without lists and non-null."""
        return get_named_type(self.field.type)

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        kind = self.field.type
        return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)

    def made_of(self, column: str) -> Any:  # noqa: ANN401 - a column, or the expression of a label
        """What a column of the rows is made of; None if there is no such column."""
        match self.source:
            case Table():
                return self.source.columns.get(column)
            case Select():
                return self.source.selected_columns.get(column)
        return None
