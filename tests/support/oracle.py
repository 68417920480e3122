"""A second reader, slow and plain: graphql-core executes, and rows are fetched one by one.

It shares with the compiled statement the declarations and the wire forms, and no SQL: expressions
are evaluated over the values of a row that was read before, pages are cut in Python.
"""

from collections.abc import Mapping
from functools import lru_cache
from inspect import isawaitable
from typing import Any
from weakref import WeakKeyDictionary

import strawberry
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    execute,
    is_abstract_type,
    is_specified_scalar_type,
    parse,
)
from sqlalchemy import ARRAY, Date, Uuid, literal
from support.oracle_reads import Reader, resolve

from portal.context import Context
from portal.reading import declare
from portal.store.base import Instant

Answer = tuple[dict[str, Any] | None, list[dict[str, Any]]]
_TWINS: WeakKeyDictionary[strawberry.Schema, GraphQLSchema] = WeakKeyDictionary()


async def oracle(
    schema: strawberry.Schema,
    context: Context,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    paged: bool = False,
) -> Answer:
    """Data and errors of a query, in one transaction as the context's caller.

    `paged` lets the database cut pages and count, as a programmer in a hurry for speed would.
    """
    async with context.acting() as session:
        reader = Reader(await session.connection(), constants(context), paged=paged)
        return await read(schema, reader, document, variables)


async def read(
    schema: strawberry.Schema,
    reader: Reader,
    document: str,
    variables: Mapping[str, Any] | None = None,
) -> Answer:
    """The same, on a transaction that is open already."""
    running = execute(
        _twin(schema),
        _parsed(document),
        context_value=reader,
        variable_values=dict(variables or {}),
    )
    result = await running if isawaitable(running) else running
    await reader.settle()
    for error in result.errors or []:
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            error.original_error.add_note(f"at {error.path}")
            raise error.original_error
    return result.data, [
        {"message": e.message, "code": (e.extensions or {}).get("code")}
        for e in result.errors or []
    ]


def constants(context: Context) -> declare.Ask:
    """What the context's caller brings to every expression."""
    caller = context.caller
    return declare.Ask(
        today=literal(context.today, Date()),
        now=literal(context.now, Instant),
        principal=literal(caller.principal_id, Uuid()),
        agency=literal(caller.agency_id, Uuid()),
        teams=literal(list(caller.team_ids), ARRAY(Uuid())),
    )


@lru_cache(maxsize=256)
def _parsed(document: str) -> DocumentNode:
    return parse(document)


def _twin(schema: strawberry.Schema) -> GraphQLSchema:
    """The same types, with resolvers."""
    if schema not in _TWINS:
        made = strawberry.Schema(query=schema.query, mutation=schema.mutation)._schema
        for kind in made.type_map.values():
            if not kind.name.startswith("__") and not is_specified_scalar_type(kind):
                _prepare(kind)
        _TWINS[schema] = made
    return _TWINS[schema]


def _prepare(kind: Any) -> None:
    if isinstance(kind, GraphQLObjectType):
        kind.is_type_of = None  # it would want an instance of Strawberry's class
        plain = kind.name == "PageInfo" or kind.name.endswith(("Connection", "Edge"))
        for name, each in kind.fields.items():
            each.resolve = _part(name) if plain else resolve
    elif is_abstract_type(kind):
        kind.resolve_type = lambda row, *_: row.kind
    elif isinstance(kind, GraphQLEnumType):
        kind.coerce_output_value = lambda name: _member(kind, name)
    elif isinstance(kind, GraphQLScalarType):
        kind.coerce_output_value = lambda value: value  # it is in its wire form already


def _member(kind: GraphQLEnumType, name: str) -> str:
    if name not in kind.values:
        raise GraphQLError(f"{name} is no member of {kind.name}")
    return name


def _part(name: str) -> Any:
    def part(source: Mapping[str, Any], _: GraphQLResolveInfo) -> Any:
        found = source[name]
        return found() if callable(found) else found

    return part
