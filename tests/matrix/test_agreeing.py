"""A list, a count and a look by id never disagree: whatever one of them shows, the others know."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import pytest
import strawberry
from graphql import GraphQLNamedType, GraphQLSchema, get_named_type, get_nullable_type, is_list_type
from support.asking import the_schema
from support.doing import type_of
from support.twins import UNTWINNED, Sight
from support.world import LEADS, PARTNER, World

from auth.roles import Role
from portal import database
from portal.context import ByCommand, Context
from portal.sample.partnership import DAY, fixed
from portal.store.engines import Engines

PAGE = 100
BY_ID = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
CHANGES = """query($after: String) { changesSince(first: 100, after: $after) {
    totalCount nodes { nodeId gone node { id } } pageInfo { hasNextPage endCursor } } }"""
PARTIAL = {
    "quietPartners", "partnersWithoutUpdate", "members", "lapses", "frameworkCoverage", "queue",
    "memberSessions",
}  # fmt: skip
"""Lists that leave out by their meaning some of what may be seen."""


class Reader:
    """One caller who reads."""

    def __init__(self, engines: Engines, schema: strawberry.Schema, principal: UUID) -> None:
        self.engines, self.schema, self.principal = engines, schema, principal

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer."""
        now = datetime.combine(DAY, time(9), UTC)
        context = Context(self.engines.command, ByCommand(self.principal), uuid4(), now)
        result = await self.schema.execute(
            document, variable_values=variables, context_value=context
        )
        assert not result.errors, result.errors
        raw: Any = result.data
        data: dict[str, Any] = json.loads(raw.bytes)
        return data

    async def through(self, document: str, field: str) -> tuple[list[dict[str, Any]], int]:
        """The nodes of all pages, and how many were announced."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = (await self.ask(document, after=after))[field]
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return found, page["totalCount"]
            after = page["pageInfo"]["endCursor"]

    async def by_id(self, ids: list[str]) -> set[str]:
        """Those of the ids behind which this caller finds something."""
        seen: set[str] = set()
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            answered = (await self.ask(BY_ID, ids=some))["nodes"]
            assert len(answered) == len(some)
            seen |= {node["id"] for node in answered if node}
        return seen


def core() -> GraphQLSchema:
    return the_schema()._schema


def is_node(kind: GraphQLNamedType) -> bool:
    return any(i.name == "Node" for i in getattr(kind, "interfaces", ()))


def connections() -> Iterator[tuple[str, str]]:
    """(root field, type of its nodes) of every list with pages, and of the short ones without."""
    for name, field in core().query_type.fields.items():
        kind = get_named_type(field.type)
        if "first" in field.args:
            kind = get_named_type(kind.fields["nodes"].type)
        elif field.args or not is_list_type(get_nullable_type(field.type)):
            continue
        if is_node(kind):
            yield name, kind.name


def document(field: str, *, paged: bool) -> str:
    """All pages, one by one."""
    if not paged:
        return f"{{ {field} {{ id }} }}"
    return (
        f"query($after: String) {{ {field}(first: {PAGE}, after: $after) {{ totalCount"
        " nodes { id } pageInfo { hasNextPage endCursor } } }"
    )


def callers() -> list[UUID]:
    """Each role somewhere, a coordinator of every kind of agency, and whoever works on cases."""
    places = cycle(("wirral", PARTNER, "sefton", "cheshire", "rasa"))
    some = [f"{agency}/{role}" for role, agency in zip(Role, places, strict=False)]
    more = [f"{a}/{Role.INITIATIVE_COORDINATOR}" for a in (*LEADS, PARTNER, "sefton", "cheshire")]
    more += [f"{a}/{Role.CASEWORKER}" for a in ("tww", "knowsley", *LEADS, PARTNER, "cps", "ldas")]
    return [fixed("matrix", key) for key in dict.fromkeys(some + more)]


def ids_of(world: World, kind: str) -> dict[str, list[str]]:
    """Every id of the world, by the table whose records the API shows as this type."""
    return {
        table: [f"{kind}:{row['id']}" for row in rows]
        for table, rows in world.rows.items()
        if type_of(table) == kind
    }


@pytest.mark.parametrize(("field", "kind"), list(connections()))
async def test_a_list_shows_what_is_found_by_id_and_counts_it(
    matrix: tuple[Engines, World], field: str, kind: str
) -> None:
    engines, world = matrix
    schema = the_schema()
    paged = "first" in core().query_type.fields[field].args
    [(table, ids)] = ids_of(world, kind).items()
    compared = 0
    for principal in callers():
        reader = Reader(engines, schema, principal)
        if paged:
            nodes, count = await reader.through(document(field, paged=True), field)
        else:
            nodes = (await reader.ask(document(field, paged=False)))[field]
            count = len(nodes)
        listed = [node["id"] for node in nodes]
        assert len(set(listed)) == len(listed) == count, principal
        if field == "consultations":  # what other tests read leaves some
            listed = [one for one in listed if one in ids]
        found = await reader.by_id(ids)
        should = {f"{kind}:{one}" for one in Sight(world, world.callers[principal]).rows(table)}
        assert found == should, principal
        assert set(listed) <= found if field in PARTIAL else set(listed) == found, principal
        compared += len(ids)
    sys.stdout.write(f"\n{field}: {compared:,} cells\n")


def hanging() -> Iterator[tuple[str, str]]:
    """(field, type of its nodes) of every list that hangs on an initiative."""
    for name, field in core().type_map["Initiative"].fields.items():
        if "first" in field.args:
            kind = get_named_type(get_named_type(field.type).fields["nodes"].type)
            if is_node(kind) and "initiative_id" in columns_of_type(kind.name):
                yield name, kind.name


def columns_of_type(kind: str) -> set[str]:
    """Of the table whose rows the API shows as this type."""
    [table] = [table for table in database.tables() if type_of(table.name) == kind]
    return set(table.columns.keys())


async def test_what_hangs_on_an_initiative_is_found_by_id_and_counted(
    matrix: tuple[Engines, World],
) -> None:
    engines, world = matrix
    fields = dict(hanging())
    lists = " ".join(f"{f}(first: {PAGE}) {{ totalCount nodes {{ id }} }}" for f in fields)
    asked = f"query($id: ID!) {{ initiative(id: $id) {{ {lists} }} }}"
    some = [one for one in world.shared.values() if one.lead == "wirral"]
    for principal in callers():
        reader = Reader(engines, the_schema(), principal)
        for one in some[::5]:
            seen = (await reader.ask(asked, id=f"Initiative:{one.id}"))["initiative"]
            for field, kind in fields.items():
                page = seen[field] if seen else {"totalCount": 0, "nodes": []}
                listed = {node["id"] for node in page["nodes"]}
                assert page["totalCount"] == len(listed), (principal, field)
                found = await reader.by_id(ids_on(world, kind, one.id))
                assert listed <= found if field in PARTIAL else listed == found, (principal, field)


def ids_on(world: World, kind: str, initiative: UUID) -> list[str]:
    """Every id of this type on this initiative."""
    [rows] = [rows for table, rows in world.rows.items() if type_of(table) == kind]
    return [f"{kind}:{row['id']}" for row in rows if row["initiative_id"] == initiative]


def test_every_list_of_records_is_looked_at() -> None:
    lists = {
        name
        for name, field in core().query_type.fields.items()
        if "first" in field.args and name != "changesSince"
    }
    vocabulary = {"areas"}  # which everybody reads, and which have codes and no ids
    assert lists - vocabulary <= {field for field, _ in connections()}
    assert "change" in UNTWINNED


@pytest.mark.parametrize("key", [f"wirral/{Role.VIEWER}", f"{PARTNER}/{Role.CONTRIBUTOR}",
                                 f"cheshire/{Role.AUDITOR}"])  # fmt: skip
async def test_a_change_leads_to_its_record_unless_that_is_gone(
    matrix: tuple[Engines, World], key: str
) -> None:
    engines, _ = matrix
    reader = Reader(engines, the_schema(), fixed("matrix", key))
    nodes, count = await reader.through(CHANGES, "changesSince")
    assert len(nodes) == count > 0
    for change in nodes:
        assert change["gone"] == (change["node"] is None)
        assert change["gone"] or change["node"]["id"] == change["nodeId"]
