"""Whoever sees a record, of whatever type, is told why; and is told no reason that is none."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLObjectType
from sqlalchemy import Select, exists, func, select, text
from sqlalchemy.dialects import postgresql
from support.asking import Portal, the_schema
from support.running import core
from support.twins import Sight
from support.world import World

from auth.roles import Role
from portal.reading.binding import ask
from portal.reading.declare import SOURCES
from portal.reading.seeing import why_seen
from portal.sample.partnership import DAY, fixed
from portal.store.engines import Engines
from portal.store.rules import RULE

NINE = datetime.combine(DAY, time(9), UTC)
OPEN = text("SELECT * FROM open_command_caller(:who, :request, :now)")
WHY = """query($ids: [ID!]!) { nodes(ids: $ids) { id __typename
    access { decision rules { kind label } missing { kind label grantedBy } powers } } }"""
PLACES = ("wirral", "cps", "rasa")
SOME = 25
"""Rows of a table that one caller is asked about."""
BY_ANOTHER = {"OutboxAttempt"}
"""Seen with a row of another table, whose own rule an owner passes by."""


def nodes() -> list[GraphQLObjectType]:
    """Every type that has an id."""
    schema = core(the_schema())
    return list(schema.get_possible_types(schema.type_map["Node"]))


def samples(world: World) -> Iterator[tuple[UUID, str]]:
    """Of each type one row, and somebody who sees it."""
    for kind in nodes():
        table = SOURCES[kind.name].table.name
        yield next(
            (who, f"{kind.name}:{row['id']}")
            for who, caller in world.callers.items()
            for row in world.rows[table]
            if Sight(world, caller).sees(table, row)
        )


def test_every_type_with_an_id_says_why_it_is_seen() -> None:
    without = {kind.name for kind in nodes() if "access" not in kind.fields}
    assert not without
    assert len(nodes()) > 60


async def test_it_is_told_of_one_record_of_each_type(matrix: tuple[Engines, World]) -> None:
    engines, world = matrix
    portal = Portal(the_schema(), engines.command)
    asked: defaultdict[UUID, list[str]] = defaultdict(list)
    for who, record in samples(world):
        asked[who].append(record)
    told: dict[str, Any] = {}
    for who, records in asked.items():
        told |= {n["id"]: n for n in (await portal.ask(who, WHY, ids=records))["nodes"]}
    assert len(told) == len(nodes())
    for node in told.values():
        access = node["access"]
        assert access["rules"], node
        assert all(rule["label"] for rule in access["rules"]), node
        assert access["decision"] == "FULL" or node["__typename"] == "Referral", node
    everyone = [n["access"]["rules"] for n in told.values() if n["__typename"] == "Agency"]
    assert everyone == [[{"kind": "EVERYONE", "label": "everyone who is signed in"}]]


def reasonless(kind: str) -> Select[Any]:
    """Rows of this type that the caller sees and is told no reason for; and how many they see."""
    source = SOURCES[kind]
    row: Any = source.table.select().order_by(source.table.c[source.key]).limit(SOME).subquery("r")
    why = why_seen(source)(row.c, ask()).add_columns(row.c[source.key].label("row")).subquery()
    reasons = func.access_rules(why.c.acl, why.c.category, why.c.ways).table_valued("kind")
    return select(func.count().filter(~exists(select(reasons.c.kind))), func.count()).select_from(
        why
    )


@pytest.mark.parametrize("place", PLACES)
async def test_nobody_sees_anything_without_a_reason(
    matrix: tuple[Engines, World], place: str
) -> None:
    engines, _ = matrix
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    asked = {kind.name: reasonless(kind.name) for kind in nodes()}
    looked = 0
    async with engines.command.connect() as connection:
        for role in Role:
            opening = {"who": fixed("matrix", f"{place}/{role}"), "request": uuid4(), "now": NINE}
            await connection.execute(OPEN, opening)
            for kind, statement in asked.items():
                without, seen = (await connection.execute(statement)).one()
                assert not without, (kind, place, role, str(statement.compile(dialect=dialect)))
                looked += seen
            await connection.rollback()
    sys.stdout.write(f"\n{looked:,} records, none without a reason\n")


@pytest.mark.parametrize("place", PLACES[:2])
async def test_a_way_that_is_told_lets_nobody_else_in(
    matrix: tuple[Engines, World], place: str
) -> None:
    """Each row for which a way is met is one that the policy shows: as its owner would ask."""
    engines, world = matrix
    ways = {
        kind.name: SOURCES[kind.name].table.info[RULE]
        for kind in nodes()
        if SOURCES[kind.name].table.info[RULE].why and kind.name not in BY_ANOTHER
    }
    assert len(ways) > 15
    for role in Role:
        who = fixed("matrix", f"{place}/{role}")
        sight = Sight(world, world.callers[who])
        async with engines.owner.connect() as owner:
            await owner.execute(OPEN, {"who": who, "request": uuid4(), "now": NINE})
            for name, rule in ways.items():
                met = " OR ".join(f"({way.when})" for way in rule.why)
                found = text(f"SELECT id FROM {rule.name} WHERE {met}")  # noqa: S608 - our own rules
                shown = set((await owner.execute(found)).scalars())
                if name == "Consultation":  # the reads of other tests leave some
                    shown &= {row["id"] for row in world.rows[rule.name]}
                assert shown <= sight.rows(rule.name), (name, place, role)
            await owner.rollback()
