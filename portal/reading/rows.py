"""A row in the statement: its columns by name, for what is declared over it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, Select, Table, literal_column
from sqlalchemy.types import TypeEngine


class Columns:
    """The columns of a named row, written `name.column`.

    They bring no table with them: a subquery at any depth may speak of the row, and SQLAlchemy
    never lists the row's table in it again.
    """

    def __init__(self, name: str, types: Mapping[str, TypeEngine[Any]]) -> None:
        self._name = name
        self._types = types

    def __getitem__(self, column: str) -> ColumnElement[Any]:
        return literal_column(f'{self._name}."{column}"', self._types[column])

    def __getattr__(self, column: str) -> ColumnElement[Any]:
        if column not in self._types:
            raise AttributeError(f"{self._name} has no column {column}")
        return self[column]


def listed_in(source: Table | Select[Any]) -> dict[str, TypeEngine[Any]]:
    """The types of a table's or a select's columns, by name."""
    listed = source.columns if isinstance(source, Table) else source.selected_columns
    return {str(column.key): column.type for column in listed}


def columns_of(source: Table | Select[Any], name: str) -> Columns:
    """The columns of a table or select that stands in the statement under this name."""
    return Columns(name, listed_in(source))


PAGED: dict[str, TypeEngine[Any]] = {"position_": Integer(), "more_": Boolean()}
"""What a page adds to the columns of its rows."""
