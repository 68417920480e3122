"""A row in the statement: its columns by name, for what is declared over it."""

from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.sql.selectable import NamedFromClause


class Columns:
    """The columns of a named row, written `name.column`.

    They bring no table with them: a subquery at any depth may speak of the row, and SQLAlchemy
    never lists the row's table in it again.
    """

    def __init__(self, row: NamedFromClause[Any]) -> None:
        self._row = row

    def __getitem__(self, column: str) -> ColumnElement[Any]:
        return literal_column(f'{self._row.name}."{column}"', self._row.c[column].type)

    def __getattr__(self, column: str) -> ColumnElement[Any]:
        if column not in self._row.c:
            raise AttributeError(f"{self._row} has no column {column}")
        return self[column]
