"""Whether an SQL expression can come out as NULL: what the types promise must be known beforehand.

It errs on the side of "yes": what it does not know may be NULL, and `coalesce` settles it.
"""

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Case,
    Cast,
    Column,
    ColumnClause,
    ColumnElement,
    Exists,
    Extract,
    FunctionFilter,
    Label,
    Null,
    Over,
    ScalarSelect,
    Select,
    TypeCoerce,
    UnaryExpression,
    literal_column,
    null,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    AsBoolean,
    BooleanClauseList,
    ClauseList,
    CollectionAggregate,
    ExpressionClauseList,
    False_,
    Grouping,
    True_,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Join


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALWAYS = _names(
    "count now row_number rank dense_rank concat concat_ws json_build_object json_build_array"
    " jsonb_build_object clock_timestamp pg_current_snapshot num_nulls num_nonnulls"
)
"""Functions that never give NULL, whatever they are given."""
STRICT = _names(
    "lower upper initcap strpos length char_length btrim ltrim rtrim left right lpad rpad replace"
    " substr translate repeat reverse split_part starts_with to_char timezone date_trunc date_part"
    " make_date abs round ceil floor trunc trim_scale mod cardinality encode convert_to sha256 md5"
    " array_append array_remove pg_snapshot_xmin"
)
"""Functions that give NULL only if something they are given is NULL."""
FIRST = _names("coalesce greatest least")
"""Functions that give NULL only if everything they are given is NULL."""
AGGREGATES = _names(
    "count sum min max avg array_agg json_agg jsonb_agg string_agg bool_or bool_and every"
)
"""Functions that make one row of many; without rows all but `count` give NULL."""
SURE = (operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from)
ASK = "ask_"
SOMETHING: ColumnElement[Any] = literal_column("1")
POINTS = "points"
"""In a column's info: the tables in which it is sure to point at a row that the caller sees."""


@singledispatch
def may_be_null(expression: object) -> bool:
    """Whether a row can have NULL for this."""
    return True


def _any(parts: Iterable[object]) -> bool:
    return any(may_be_null(part) for part in parts)


@may_be_null.register
def _column(expression: ColumnClause) -> bool:  # type: ignore[type-arg]
    """A column of a table, of a subquery, or a literal of ours."""
    inner = getattr(expression.table, "element", None)
    if isinstance(inner, Select):
        return label_may_be_null(inner, str(expression.key))
    if isinstance(expression, Column):
        return bool(expression.nullable) and not expression.primary_key
    return not expression.is_literal or expression.name.strip().upper().startswith("NULL")


@may_be_null.register(Label)
@may_be_null.register(Grouping)
@may_be_null.register(AsBoolean)
@may_be_null.register(CollectionAggregate)
def _inner(expression: Any) -> bool:  # noqa: ANN401 - any of these
    return may_be_null(expression.element)


@may_be_null.register(Cast)
@may_be_null.register(TypeCoerce)
def _cast(expression: Any) -> bool:  # noqa: ANN401 - either
    return may_be_null(expression.clause)


@may_be_null.register
def _extract(expression: Extract) -> bool:
    return may_be_null(expression.expr)


@may_be_null.register
def _bound(expression: BindParameter) -> bool:  # type: ignore[type-arg]
    return expression.value is None and not expression.key.startswith(ASK)


@may_be_null.register(True_)
@may_be_null.register(False_)
@may_be_null.register(Exists)
def _never(expression: object) -> bool:
    return False


@may_be_null.register
def _null(expression: Null) -> bool:
    return True


@may_be_null.register
def _unary(expression: UnaryExpression) -> bool:  # type: ignore[type-arg]
    return may_be_null(expression.element)


@may_be_null.register
def _binary(expression: BinaryExpression) -> bool:  # type: ignore[type-arg]
    if expression.operator in SURE:
        return False
    return _any((expression.left, expression.right))


@may_be_null.register(ClauseList)
@may_be_null.register(ExpressionClauseList)
def _list(expression: Any) -> bool:  # noqa: ANN401 - either
    return _any(expression.clauses)


@may_be_null.register
def _case(expression: Case) -> bool:  # type: ignore[type-arg]
    if expression.else_ is None:
        return True
    return _any([*(result for _, result in expression.whens), expression.else_])


@may_be_null.register
def _function(expression: FunctionElement) -> bool:  # type: ignore[type-arg]
    name = str(getattr(expression, "name", "")).lower()
    given = list(expression.clauses)
    if name in ALWAYS:
        return False
    if name in FIRST:
        return all(may_be_null(part) for part in given)
    return name not in STRICT or _any(given)


@may_be_null.register
def _filtered(expression: FunctionFilter) -> bool:  # type: ignore[type-arg]
    return may_be_null(expression.func)


@may_be_null.register
def _over(expression: Over) -> bool:  # type: ignore[type-arg]
    return may_be_null(expression.element)


@may_be_null.register
def _scalar(expression: ScalarSelect) -> bool:  # type: ignore[type-arg]
    chosen = expression.element
    while not isinstance(chosen, Select):
        if not hasattr(chosen, "element"):
            return True
        chosen = chosen.element
    if not gives_one_row(chosen) and not _finds_its_row(chosen):
        return True
    return any(part_may_be_null(chosen, column) for column in chosen.selected_columns)


def label_may_be_null(chosen: Select[Any], label: str) -> bool:
    """The same for a label of a select's rows."""
    return part_may_be_null(chosen, chosen.selected_columns[label])


def part_may_be_null(chosen: Select[Any], column: ColumnElement[Any]) -> bool:
    """The same for one of a select's columns."""
    known = list(_known(chosen))
    grouped = bool(chosen._group_by_clauses)  # noqa: SLF001 - no public name
    optional = set(_optional(chosen))

    def settle(element: Any, **_: Any) -> Any:  # noqa: ANN401 - any part
        """What this select settles, as a constant: a demand for a value, a group that has rows, a
        join that may find none.
        """
        if isinstance(element, Column) and element.table in optional:
            return null()
        if any(element.compare(each) for each in known):
            return SOMETHING
        if grouped and _aggregate(element):
            lacks = _any(element.clauses) and _name(element) != "count"
            return null() if lacks else SOMETHING
        return None

    return may_be_null(visitors.replacement_traverse(column, {}, settle))


def _known(chosen: Select[Any]) -> Iterable[Any]:
    """What the select's condition demands not to be NULL."""
    condition = chosen.whereclause
    parts = list(condition.clauses) if isinstance(condition, BooleanClauseList) else [condition]
    for part in parts:
        if isinstance(part, BinaryExpression) and part.operator is operators.is_not:
            yield part.left


def _finds_its_row(chosen: Select[Any]) -> bool:
    """Whether it looks one row up by its key, for a column that is sure to point at one."""
    where, froms = chosen.whereclause, chosen.get_final_froms()
    if len(froms) != 1 or not isinstance(where, BinaryExpression):
        return False
    table, sides = froms[0], (where.left, where.right)
    keys = [s for s in sides if isinstance(s, Column) and s.table is table and s.primary_key]
    pointing = [s for s in sides if isinstance(s, Column) and POINTS in s.info]
    if where.operator is not operators.eq or not keys or not pointing:
        return False
    return getattr(table, "name", "") in pointing[0].info[POINTS]


def gives_one_row(chosen: Select[Any]) -> bool:
    """Whether a select always has a row: it aggregates without groups, or it asks no table."""
    groups = (chosen._having_criteria, chosen._group_by_clauses)  # noqa: SLF001 - no public names
    if any(groups) or chosen._limit_clause is not None:  # noqa: SLF001 - no public name
        return False
    if not chosen.get_final_froms():
        return chosen.whereclause is None
    return all(_aggregates(column) for column in chosen.selected_columns)


def _aggregates(column: Any) -> bool:  # noqa: ANN401 - any expression
    return any(_aggregate(part) for part in visitors.iterate(column))


def _aggregate(part: object) -> bool:
    return isinstance(part, FunctionElement) and _name(part) in AGGREGATES


def _name(function: Any) -> str:  # noqa: ANN401 - any function
    return str(getattr(function, "name", "")).lower()


def _optional(chosen: Select[Any]) -> Iterable[Any]:
    """The tables of a select that an outer join may leave without a row."""
    for source in chosen.get_final_froms():
        for join in (part for part in visitors.iterate(source) if isinstance(part, Join)):
            if join.isouter or join.full:
                yield from _tables(join.right)
            if join.full:
                yield from _tables(join.left)


def _tables(source: Any) -> Iterable[Any]:  # noqa: ANN401 - any FROM
    if isinstance(source, Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    else:
        yield source
