"""How a GraphQL type says where its fields come from: a column, an expression, a related row, many
related rows.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, dataclass_transform

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Select, Table, Text, Uuid
from sqlmodel import SQLModel
from strawberry.types.base import get_object_definition

from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.reading.seeing import Access

T = TypeVar("T")
MOST = 100
"""Rows of a page, and ids that are looked up at once."""
ROW_ID, ROW_IDS, TEXTS = Uuid(), ARRAY(Uuid()), ARRAY(Text())
# What a declared expression is given: the row's columns, and the request (its day, instant and
# caller) as bind values.
Columns = Any
Expression = Callable[[Columns, "Ask"], ColumnElement[Any]]


@dataclass(frozen=True)
class Ask:
    """What a request brings besides its arguments, as bind values: one day, one instant, one
    caller.
    """

    today: ColumnElement[Any]
    now: ColumnElement[Any]
    principal: ColumnElement[Any]
    agency: ColumnElement[Any]
    teams: ColumnElement[Any]


@dataclass(frozen=True)
class Mark:
    """What a cursor was made for, beside its list and order, and the condition that this still
    holds; where it does not, the condition raises an error.
    """

    made: Callable[[], ColumnElement[str]]
    holds: Callable[[ColumnElement[str]], ColumnElement[bool]]


@dataclass(frozen=True)
class Order:
    """One way to sort a list: columns (never null, all in one direction); the row's id
    breaks ties.
    """

    columns: Callable[[Columns], Sequence[ColumnElement[Any]]]
    descending: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class Listing:
    """How a connection is filtered and ordered."""

    filters: type | None
    orders: type[Enum]
    by: Mapping[Any, Order]
    default: Enum


class Read:
    """How one field is read; the subclasses are all the ways there are."""


@dataclass(frozen=True)
class Column(Read):
    """A column of the row itself, named like the field unless told otherwise."""

    name: str | None = None


@dataclass(frozen=True)
class Sql(Read):
    """An expression over the row's columns."""

    expression: Expression
    nullable: bool = False


@dataclass(frozen=True)
class One(Read):
    """The row of another type whose id stands in a column (or in an expression)."""

    key: str | Expression


@dataclass(frozen=True)
class Many(Read):
    """A connection to the rows of another type; `joins` ties them to this row."""

    joins: Callable[[Columns, Columns, Ask], ColumnElement[bool]] | None
    listing: Listing


@dataclass(frozen=True)
class Value(Read):
    """An object that is no node: its fields are the labelled columns of one row of a select."""

    select: Callable[[Columns, Ask], Select[*tuple[Any, ...]]]


@dataclass(frozen=True)
class Values(Read):
    """A short list of such objects, in the order of the select; bounded by the data model, not by a
    page.
    """

    select: Callable[[Columns, Ask], Select[*tuple[Any, ...]]]
    size: int = 20


@dataclass(frozen=True)
class Why(Read):
    """Why the caller sees the row, as the row rule of its table has it."""


@dataclass(frozen=True)
class Answers(Read):
    """The same for a field with arguments: the select gets them as bound values, by name."""

    select: Callable[["Ask", Mapping[str, ColumnElement[Any]]], Select[*tuple[Any, ...]]]


@dataclass(frozen=True)
class ById(Read):
    """The root field that looks one row up by its id argument, or by another unique column."""

    column: str = "id"


@dataclass(frozen=True)
class Opened(Read):
    """The root field that opens a row: the SQL function `by` is given its id and a purpose, notes
    who opened it, and gives the id back, or NULL to whom it may not be shown.
    """

    by: str
    of: str
    """The type that the id is of."""


@dataclass(frozen=True)
class AnyNode(Read):
    """A row whose type is only known with the data: `type_name` and `row_id` are columns or
    expressions.
    """

    type_name: Expression
    row_id: Expression


@dataclass(frozen=True)
class NodeById(Read):
    """The root field `node(id:)`."""


@dataclass(frozen=True)
class NodesById(Read):
    """The root field `nodes(ids:)`."""


@dataclass(frozen=True)
class Source:
    """Where a type's rows live, and which of its fields names the row's key."""

    table: Table
    key: str = "id"
    noted: str | None = None


SOURCES: dict[str, Source] = {}
"""Every readable type by its GraphQL name."""


@strawberry.interface(
    name="Node", description="Anything that has an id; `node(id:)` reads it again."
)
class Node:
    """Anything that has an id; `node(id:)` reads it again."""

    id: strawberry.ID = strawberry.field(
        description="Opaque and stable; pass it back unread.", metadata={"read": Column("id")}
    )
    access: Annotated["Access", strawberry.lazy("portal.reading.seeing")] = strawberry.field(
        description="Why you see it, what you lack for all of it, and what you may do.",
        metadata={"read": Why()},
    )


@strawberry.type(description="Where this page stands in its list.")
class PageInfo:
    """Where this page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether rows follow after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede `startCursor`.")
    start_cursor: str | None = strawberry.field(
        description="The first row's cursor; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The last row's cursor: pass it as `after` for the next page."
    )


@strawberry.type(description="A row in its place in a list.")
class Edge(Generic[T]):
    """A row in its place in a list."""

    cursor: str = strawberry.field(description="The row's place, for `after`.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """One page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(
        description="The rows alone, for programs that do not page back."
    )
    page_info: PageInfo = strawberry.field(description="Whether there is more, and from where.")
    total_count: int = strawberry.field(
        description="All rows that match and that you may see; counted only when asked for."
    )


def reads(
    model: type[SQLModel], key: str = "id", noted: str | None = None
) -> Callable[[type[T]], type[T]]:
    """The class as a GraphQL type over the rows of `model`, its docstring as the description.
    `noted`: SQL that writes down of which case a row is shown."""

    def declare(cls: type[T]) -> type[T]:
        made = strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))
        definition = get_object_definition(made, strict=True)
        SOURCES[definition.name] = Source(table_of(model), key, noted)
        return made

    return declare


def value_type(cls: type[T]) -> type[T]:
    """Make the class a GraphQL type without id: what `value` and `values` return."""
    return strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))


def column(says: str, name: str | None = None) -> Any:
    """A field that is a column of the row."""
    return strawberry.field(description=says, metadata={"read": Column(name)})


def sql(says: str, expression: Expression, *, nullable: bool = False) -> Any:
    """A field that is an expression; say `nullable=True` when it can be NULL, and type it so."""
    return strawberry.field(description=says, metadata={"read": Sql(expression, nullable)})


def one(says: str, key: str | Expression) -> Any:
    """A field that is the row whose id stands in `key`."""
    return strawberry.field(description=says, metadata={"read": One(key)})


def value(says: str, select: Callable[[Columns, Ask], Select[*tuple[Any, ...]]]) -> Any:
    """A field that is one row of a select, as an object without id."""
    return strawberry.field(description=says, metadata={"read": Value(select)})


def values(
    says: str, select: Callable[[Columns, Ask], Select[*tuple[Any, ...]]], size: int = 20
) -> Any:
    """A field that is a short list of objects without id; `size` is what the cost rule counts."""
    return strawberry.field(description=says, metadata={"read": Values(select, size), "size": size})


def answers(
    says: str,
    arguments: Mapping[str, tuple[Any, str]],
    select: Callable[[Ask, Mapping[str, ColumnElement[Any]]], Select[*tuple[Any, ...]]],
    size: int = 20,
) -> Any:
    """A root field that is a short list of objects without id, made from its arguments (their kind
    and what they say, by name), all of which are required.
    """
    asked = {name: (*told, inspect.Parameter.empty) for name, told in arguments.items()}
    return _with_arguments(says, asked, Answers(select), size=size)


def any_node(says: str, type_name: Expression, row_id: Expression) -> Any:
    """A field that is a node of whatever type the row names, or null where the caller does not see
    it.
    """
    return strawberry.field(description=says, metadata={"read": AnyNode(type_name, row_id)})


def many(
    says: str,
    listing: Listing,
    joins: Callable[[Columns, Columns, Ask], ColumnElement[bool]] | None = None,
    first: int = 50,
) -> Any:
    """A field that is a connection; `joins` gets this row's columns and the listed row's. `first`
    is the size of a page where a client names none: less, where a row has but a few.
    """
    arguments: dict[str, tuple[Any, str, Any]] = {
        "first": (int, f"How many rows at most, 1 to {MOST}.", first),
        "after": (str | None, "The `endCursor` of the page before.", strawberry.UNSET),
        "order_by": (listing.orders, "The order of the list.", listing.default),
    }
    if listing.filters is not None:
        arguments["filter"] = (
            listing.filters | None,
            "Which rows; all conditions must hold.",
            strawberry.UNSET,
        )
    return _with_arguments(says, arguments, Many(joins, listing))


def by_id(
    says: str, argument: str = "id", kind: Any = strawberry.ID, tells: str = "Its id."
) -> Any:
    """A root field that looks one row up; null when there is none for this caller."""
    return _with_arguments(says, {argument: (kind, tells, inspect.Parameter.empty)}, ById(argument))


def opened(says: str, by: str, of: str, purposes: type[Enum]) -> Any:
    """A root field that opens one row for a purpose, which is noted before anything is shown."""
    empty = inspect.Parameter.empty
    arguments = {
        "id": (strawberry.ID, f"The id of the {of}.", empty),
        "purpose": (purposes, "For what you open it; whoever owns the record sees that.", empty),
    }
    return _with_arguments(says, arguments, Opened(by, of))


def node_by_id(says: str) -> Any:
    """`node(id:)`."""
    return _with_arguments(
        says, {"id": (strawberry.ID, "Any id of this API.", inspect.Parameter.empty)}, NodeById()
    )


def nodes_by_id(says: str) -> Any:
    """`nodes(ids:)`: in the order asked, null where there is none for this caller."""
    empty = inspect.Parameter.empty
    return _with_arguments(
        says, {"ids": (list[strawberry.ID], f"Up to {MOST} ids.", empty)}, NodesById()
    )


def where(says: str, condition: Callable[[Columns, Any, Ask], ColumnElement[bool]]) -> Any:
    """A field of a filter input; `condition` gets the listed row's columns, the bound value and the
    request.
    """
    return strawberry.field(
        description=says, default=strawberry.UNSET, metadata={"where": condition}
    )


@dataclass_transform(kw_only_default=True)
def filter_input(cls: type[T]) -> type[T]:
    """Make the class a filter: an input whose fields are conditions, all optional."""
    return strawberry.input(cls, description=inspect.cleandoc(cls.__doc__ or ""))


def _with_arguments(
    says: str, arguments: Mapping[str, tuple[Any, str, Any]], read: Read, **more: int
) -> Any:
    def unread(**_: object) -> None:
        raise AssertionError("fields are read by SQL, never resolved")

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, strawberry.argument(description=tells)],
        )
        for name, (kind, tells, default) in arguments.items()
    ]
    unread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by Strawberry
    unread.__annotations__ = {p.name: p.annotation for p in parameters}
    return strawberry.field(resolver=unread, description=says, metadata={"read": read, **more})


def declared(field: Any) -> Mapping[Any, Any]:
    """What was declared with a field of the schema: `read`, `where` or `exposed`."""
    found: Mapping[Any, Any] = field.extensions["strawberry-definition"].metadata
    return found
