"""Declarations that could break the contract are refused at start-up, each with what to do."""

from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

import pytest
import strawberry
from sqlalchemy import func, literal_column, select
from sqlmodel import col
from strawberry.scalars import JSON

from auth import tables
from auth.oauth.tables import Client, ClientKey
from portal.agencies.api import Agency, TeamOrder
from portal.changes.tables import AuditLine, Change
from portal.initiatives.api import Initiative
from portal.initiatives.tables import Partner
from portal.reading import declare
from portal.reading.choices import describe_choices
from portal.reading.declare import (
    Connection,
    Listing,
    Node,
    Order,
    any_node,
    by_id,
    column,
    filter_input,
    many,
    node_by_id,
    nodes_by_id,
    one,
    reads,
    sql,
    value,
    value_type,
    values,
    where,
)
from portal.reading.promises import BrokenPromises, broken_promises
from portal.schema import build
from portal.sight import SIGHT


@pytest.fixture(autouse=True)
def _forget_planted_types() -> Iterator[None]:
    known = dict(declare.SOURCES)
    yield
    declare.SOURCES.clear()
    declare.SOURCES.update(known)


def faults(**fields: tuple[Any, Any]) -> list[str]:
    """What is said against root fields, given as name = (type, field)."""
    body = {name: declared for name, (_, declared) in fields.items()}
    body["__annotations__"] = {name: kind for name, (kind, _) in fields.items()}
    query = strawberry.type(type("Query", (), body), description="All.")
    core = strawberry.Schema(query=query)._schema
    describe_choices(core)
    return broken_promises(core, SIGHT)


def over(table: Any, key: str = "id", **fields: tuple[Any, Any]) -> list[str]:
    """What is said against a type `Planted` over a table, with these fields."""
    return faults(planted=(planted(table, key, **fields) | None, by_id("One.")))


def planted(table: Any, key: str = "id", **fields: tuple[Any, Any]) -> Any:
    body = {name: declared for name, (_, declared) in fields.items()}
    body |= {"__annotations__": {n: k for n, (k, _) in fields.items()}, "__doc__": "Planted."}
    return reads(table, key)(type("Planted", (Node,), body))


class Kind(StrEnum):
    """Kinds."""

    FIRST = "first"
    """One."""
    SECOND = "zweite"


class Unordered(Enum):
    """Orders."""

    NAME = "name"
    ENDED = "ended_on"


NAMED = Listing(None, TeamOrder, {TeamOrder.NAME: Order(lambda a: [a.name])}, TeamOrder.NAME)


def test_the_real_schema_keeps_every_promise() -> None:
    assert broken_promises(build()._schema, SIGHT) == []


def test_what_is_declared_well_is_not_refused() -> None:
    assert not over(
        tables.Agency,
        name=(str, column("Its name.")),
        host=(Agency | None, one("Its host.", "host_id")),
        long=(bool, sql("Whether it is long.", lambda a, _: func.length(a.name) > 20)),
        teams=(int, sql("How many.", lambda a, _: select(func.count()).where(
            col(tables.Team.agency_id) == a.id).scalar_subquery())),
    )  # fmt: skip


def test_the_schema_is_not_built_over_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declare.SOURCES["Agency"].table.c.name, "nullable", True)
    with pytest.raises(BrokenPromises, match=r"Agency\.name: name can be NULL"):
        build()


MISTAKES: dict[str, tuple[Callable[[], list[str]], str]] = {
    "a field that is never null, over a column that can be": (
        lambda: over(tables.Agency, ended_on=(date, column("When it ended."))),
        "Planted.endedOn: ended_on can be NULL",
    ),
    "a column that is not there": (
        lambda: over(tables.Agency, colour=(str, column("Its colour."))),
        "Planted.colour: there is no column colour",
    ),
    "an expression over a column that is not there": (
        lambda: over(tables.Agency, colour=(str, sql("Its colour.", lambda a, _: a.colour))),
        "Planted.colour: there is no column",
    ),
    "an expression said to be nullable, typed never null": (
        lambda: over(tables.Agency, name=(str, sql("x", lambda a, _: a.name, nullable=True))),
        "Planted.name: nullable=True contradicts the type String!",
    ),
    "an expression said never to be null, typed nullable": (
        lambda: over(tables.Agency, name=(str | None, sql("x", lambda a, _: a.name))),
        "Planted.name: nullable=False contradicts the type String",
    ),
    "an expression that can be NULL, typed never null": (
        lambda: over(tables.Agency, ended=(bool, sql("x", lambda a, ask: a.ended_on < ask.today))),
        "Planted.ended: the expression can be NULL: use coalesce",
    ),
    "a related row that is never null, over a key that can be": (
        lambda: over(tables.Agency, host=(Agency, one("Its host.", "host_id"))),
        "Planted.host: its key can be NULL",
    ),
    "a related row that is never null, over a table with its own row rule": (
        lambda: over(ClientKey, client=(planted_client(), one("Its client.", "client_id"))),
        "Planted.client: the row may not be there, or not for this caller",
    ),
    "a related row that is never null, over a column that nothing ties to it": (
        lambda: over(AuditLine, agency=(Agency, one("Its agency.", "agency_id"))),
        "Planted.agency: the row may not be there",
    ),
    "a related row of a type that has none": (
        lambda: over(tables.Agency, loose=(Loose | None, one("x", "id"))),
        "Planted.loose: Loose has no rows",
    ),
    "an object that is read like a scalar": (
        lambda: over(tables.Agency, host=(Agency | None, column("x", "host_id"))),
        "Planted.host: Agency is no scalar",
    ),
    "a number made of text": (
        lambda: over(tables.Agency, name=(int, column("x"))),
        "Planted.name: Int is made of str",
    ),
    "a 32-bit number made of 64 bits": (
        lambda: over(Change, "object_id", txid=(int, column("x"))),
        "Planted.txid: an Int has 32 bits",
    ),
    "a day made of an instant": (
        lambda: over(AuditLine, at=(date, column("x"))),
        "Planted.at: Date is made of datetime",
    ),
    "a number whose SQL type nobody knows": (
        lambda: over(tables.Agency, n=(int | None, sql("x", lambda *_: func.odd(), nullable=True))),
        "Planted.n: SQLAlchemy does not know the expression's type",
    ),
    "JSON made of text": (
        lambda: over(tables.Agency, name=(JSON, column("x"))),
        "Planted.name: the column holds no JSON",
    ),
    "a list of numbers that have no wire form in lists": (
        lambda: over(tables.Agency, sums=(list[Decimal], sql("x", lambda *_: func.coalesce([])))),
        "Planted.sums: a list of Decimal has no wire form",
    ),
    "an id of something else than the row": (
        lambda: over(tables.Agency, host=(strawberry.ID | None, column("x", "host_id"))),
        "Planted.host: an ID that is a column must be its type's own key",
    ),
    "a scalar without wire form": (
        lambda: over(tables.Agency, noon=(time, sql("x", lambda *_: literal_column("1")))),
        "Planted.noon: the scalar Time has no wire form",
    ),
    "an enum member that is not what is stored": (
        lambda: over(tables.Agency, kind=(Kind, column("x"))),
        "Kind.SECOND: call it ZWEITE",
    ),
    "a field without description": (
        lambda: over(tables.Agency, name=(str, strawberry.field(metadata={}))),
        "Planted.name: describe it",
    ),
    "a record of any type that is never null": (
        lambda: over(AuditLine, any=(Node, any_node("x", lambda r, _: r.verb, lambda r, _: r.id))),
        "Planted.any: the caller may not see the row",
    ),
    "a select without the label that a field reads": (
        lambda: faults(me=(Nameless | None, value("x", lambda *_: select(ONE.label("other"))))),
        "Nameless.name: there is no column name to read",
    ),
    "a list whose select lacks the label": (
        lambda: faults(us=(list[Nameless], values("x", lambda *_: select(ONE.label("other"))))),
        "Nameless.name: there is no column name to read",
    ),
    "an object that is never null, of a select that may have no row": (
        lambda: faults(me=(Named, value("x", lambda *_: select(col(tables.Agency.name))))),
        "Query.me: the select may have no row",
    ),
    "a label that can be NULL behind a field that is never null": (
        lambda: faults(me=(Named, value("x", lambda *_: select(LAST.label("name"))))),
        "Named.name: name can be NULL",
    ),
    "a list that is none": (
        lambda: faults(us=(Named | None, values("x", lambda *_: select(col(tables.Agency.name))))),
        "Query.us: values make a list",
    ),
    "a row by id that is never null": (
        lambda: faults(agency=(Agency, by_id("x"))),
        "Query.agency: there may be no such row",
    ),
    "a row by a column of which several rows may have one value": (
        lambda: faults(agency=(Agency | None, by_id("x", "short_name", str, "Its name."))),
        "agency.short_name is no unique column",
    ),
    "a node that is never null": (
        lambda: faults(node=(Node, node_by_id("x")), agency=(Agency | None, by_id("x"))),
        "Query.node: there may be no such row",
    ),
    "nodes that are never null": (
        lambda: faults(nodes=(list[Node], nodes_by_id("x")), agency=(Agency | None, by_id("x"))),
        "Query.nodes: there may be no such row",
    ),
    "a node whose rows are nowhere": (
        lambda: faults(loose=(Loose | None, by_id("x"))),
        "Loose: a node whose rows are nowhere",
    ),
    "a type's name that makes no id": (
        lambda: faults(odd=(odd_name() | None, by_id("x"))),
        "Agency2: this name makes no id",
    ),
    "a node without a key that an id could name": (
        lambda: over(tables.Area, "code"),
        "Planted: area.code is no key that an id could name",
    ),
    "an order by a column that can be NULL": (
        lambda: faults(all=(Connection[Agency], many("x", Listing(None, Unordered, {
            Unordered.NAME: Order(lambda a: [a.name]),
            Unordered.ENDED: Order(lambda a: [a.ended_on])}, Unordered.NAME)))),
        "Query.all: the order ENDED: a column can be NULL",
    ),
    "an order by what no cursor can hold": (
        lambda: faults(all=(Connection[Agency], many("x", Listing(None, TeamOrder, {
            TeamOrder.NAME: Order(lambda a: [a.in_partnership])}, TeamOrder.NAME)))),
        "Query.all: the order NAME: no cursor can hold a BOOLEAN",
    ),
    "an order that is promised and not given": (
        lambda: faults(all=(Connection[Agency], many("x", Listing(None, Unordered, {
            Unordered.NAME: Order(lambda a: [a.name])}, Unordered.NAME)))),
        "Unordered: every member needs an order",
    ),
    "a list that is no connection": (
        lambda: faults(all=(list[Agency], many("x", NAMED))),
        "Query.all: a list of many must be a Connection",
    ),
    "a filter that says nothing": (
        lambda: faults(all=(Connection[Agency], many("x", filtered(
            (str | None, strawberry.field(description="x", default=None)))))),
        "PlantedFilter.part: say which rows with `where`",
    ),
    "a filter by a scalar without wire form": (
        lambda: faults(all=(Connection[Agency], many("x", filtered(
            (time | None, where("x", lambda a, given, _: a.name == given)))))),
        "PlantedFilter.part: Time has no wire form",
    ),
    "an argument without description": (
        lambda: faults(agency=(Agency | None, by_id("x", tells=""))),
        "Query.agency(id:): describe it",
    ),
    "a part of an input without description": (
        lambda: faults(all=(Connection[Agency], many("x", filtered(
            (str | None, where("", lambda a, given, _: a.name == given)))))),
        "PlantedFilter.part: describe it",
    ),
    "an enum without description": (
        lambda: over(tables.Agency, kind=(strawberry.enum(StrEnum("Bare", "ONE")), column("x"))),
        "Bare: describe it",
    ),
    "an enum member without description": (
        lambda: over(tables.Agency, kind=(Kind, column("x"))),
        "Kind.SECOND: describe it",
    ),
    "a type without description": (
        lambda: faults(bare=(Bare | None, value("x", lambda *_: select(ONE.label("name"))))),
        "BareObject: describe it",
    ),
}  # fmt: skip
ONE, LAST = literal_column("'one'"), func.max(col(tables.Agency.name))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_refuses(mistake: str) -> None:
    plant, expected = MISTAKES[mistake]
    found = plant()
    assert any(expected in fault for fault in found), found


def test_a_row_of_an_initiative_may_promise_the_initiative() -> None:
    """Whoever sees the one sees the other; a trigger sees to that."""
    found = over(Partner, initiative=(Initiative, one("Its initiative.", "initiative_id")))
    assert not [fault for fault in found if "Planted" in fault]


@strawberry.type(description="A node without rows.")
class Loose(Node):
    pass


@strawberry.type(name="BareObject")
class Bare:
    name: str = column("Its name.")


@value_type
class Named:
    """An object."""

    name: str = column("Its name.")


@value_type
class Nameless:
    """An object."""

    name: str = column("Its name.")


def odd_name() -> Any:
    return reads(tables.Agency)(type("Agency2", (Node,), {"__doc__": "An agency."}))


def planted_client() -> Any:
    return reads(Client)(type("PlantedClient", (Node,), {"__doc__": "A client."}))


def filtered(part: tuple[Any, Any]) -> Listing:
    body = {"__annotations__": {"part": part[0]}, "part": part[1], "__doc__": "Which."}
    made = filter_input(type("PlantedFilter", (), body))
    return Listing(made, TeamOrder, {TeamOrder.NAME: Order(lambda a: [a.name])}, TeamOrder.NAME)
