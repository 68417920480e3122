"""JSON as SQL writes it: `json`, never `jsonb`, so that keys stay in the order asked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by

EMPTY: ColumnElement[Any] = literal_column("'[]'::json")


def constant(name: str) -> ColumnElement[str]:
    """A GraphQL name as an SQL literal: letters, digits and underscores, so nothing to escape."""
    if not name.replace("_", "a").isalnum() or not name.isascii():
        raise ValueError(f"{name!r} is no GraphQL name")
    return literal_column(f"'{name}'::text", Text)


def json_object(fields: Sequence[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """An object with these keys, in this order."""
    flat = [part for key, value in fields for part in (constant(key), value)]
    return func.json_build_object(*flat, type_=JSON)


def json_array(
    item: ColumnElement[Any],
    order: ColumnElement[int] | None = None,
    only: ColumnElement[bool] | None = None,
) -> ColumnElement[Any]:
    """An aggregate: the items in order, or as they come; `[]` when there are none."""
    listed = func.json_agg(item if order is None else aggregate_order_by(item, order))
    return func.coalesce(listed if only is None else listed.filter(only), EMPTY)
