"""Which of a mutation's input fields a broken constraint is about."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sqlalchemy import CheckConstraint, Table
from sqlalchemy.sql.schema import ColumnCollectionConstraint
from sqlmodel import SQLModel
from strawberry.types.base import get_object_definition

from portal.acting.inputs import Param, camel
from portal.errors import Finding, Invalid
from portal.store.states import constraint_of

MISFIT = "This does not fit with what is already there. Read it again and check."


def misfit(problem: Exception, params: Sequence[Param]) -> Invalid:
    """The refusal for a constraint that was not kept and that no rule had kinder words for."""
    broken = constraint_of(problem)
    about = _columns().get(broken, ()) if broken else ()
    paths = dict.fromkeys(path for column in about for path in _asked(column, params))
    return Invalid(*(Finding(path, MISFIT, "CONSTRAINT") for path in [*paths] or [()]))


@cache
def _columns() -> dict[tuple[str, str], tuple[str, ...]]:
    """The columns that each constraint and unique index speaks of, by its table's name and its own;
    the naming convention has given both the names that the database knows.
    """
    return {
        (table.name, name): columns
        for table in SQLModel.metadata.tables.values()
        for name, columns in _rules(table)
    }


def _rules(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    for index in table.indexes:
        yield str(index.name), tuple(index.columns.keys())
    for rule in table.constraints:
        if isinstance(rule, CheckConstraint):
            words = re.findall(
                r"\w+(?!\w*\.)", str(rule.sqltext)
            )  # not the table before its column
            yield str(rule.name), tuple(word for word in words if word in table.columns)
        elif isinstance(rule, ColumnCollectionConstraint):
            yield str(rule.name), tuple(rule.columns.keys())


def _asked(column: str, params: Sequence[Param]) -> Iterator[tuple[str, ...]]:
    """Where the input holds what the column holds: by its name, or without `_id`."""
    names = {column, column.removesuffix("_id")}
    for param in params:
        if param.name in names:
            yield (camel(param.name),)
        elif (shape := get_object_definition(param.kind)) is not None:
            yield from (
                (camel(param.name), camel(part.python_name))
                for part in shape.fields
                if part.python_name in names
            )
