"""SQL in any argument of any root field is a text like any other, or a refusal; nothing changes."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy import text
from support.asking import Portal, the_schema
from support.catalog import catalog, differences
from support.doings import DOINGS
from support.given import Known, Values
from support.sampling import Cell, Sampler, may
from support.world import World
from support.worlds import world_in

from portal import database
from portal.context import ByCommand, Rehearsal
from portal.edge.codes import Code
from portal.sample.partnership import DAY
from portal.store.engines import Engines
from portal.store.server import Server

WHO = "wirral.coordinator"
ORDINARY = "zq no such words 7"
HOSTILE = (
    "' OR '1'='1",
    "'; DROP TABLE initiative; --",
    "\\'; SELECT pg_sleep(30); --",
    "$1) UNION SELECT name FROM person --",
    "%' OR 1=1 --",
    '" OR ""="',
    "'||(SELECT version())||'",
    "x'::regclass; RESET ROLE; --",
    "\u02bc OR 1=1 /*",
    "SET portal.caller = ''",
)
TEXTS = {"String", "ID"}
TRIES = 40


@dataclass(frozen=True)
class Place:
    """Where a value can be put: an argument of a root field, or a part of its input object."""

    field: str
    path: tuple[str, ...]
    kind: str


def places(field: str, arguments: Any) -> Iterator[Place]:
    """Every leaf of every argument."""
    for name, told in arguments.items():
        for path, kind in _leaves(told.type, (name,)):
            yield Place(field, path, kind)


def _leaves(kind: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    inner = get_named_type(kind)
    if is_leaf_type(inner):
        yield path, inner.name
    elif isinstance(inner, GraphQLInputObjectType) and len(path) < 6:
        for name, part in inner.fields.items():
            yield from _leaves(part.type, (*path, name))


def put(kind: Any, given: Any, path: tuple[str, ...], value: str, values: Values) -> Any:
    """What is given, with the value in its place, and what else its place requires."""
    if isinstance(kind, GraphQLNonNull):
        return put(kind.of_type, given, path, value, values)
    if isinstance(kind, GraphQLList):
        return [put(kind.of_type, given[0] if given else None, path, value, values)]
    if not path:
        return value
    parts = {name: part.type for name, part in kind.fields.items()}
    required = {n: values.of(k, n) for n, k in parts.items() if isinstance(k, GraphQLNonNull)}
    known = {**required, **(given or {})}
    return {**known, path[0]: put(parts[path[0]], known.get(path[0]), path[1:], value, values)}


async def everything(engines: Engines) -> Any:
    """The catalog, and a digest of each table's rows."""
    async with engines.owner.begin() as owner:
        rows = {}
        for table in database.tables():
            listed = "SELECT coalesce(string_agg(t::text, ';' ORDER BY t::text), '')"
            found = (await owner.execute(text(f"{listed} FROM {table} t"))).scalar_one()
            rows[table.fullname] = hashlib.sha256(found.encode()).hexdigest()
        return rows, await catalog(owner)


def changed(before: Any, after: Any) -> list[str]:
    """Tables whose rows changed, and what changed in the catalog."""
    rows = [f"rows of {name}" for name in before[0] if before[0][name] != after[0][name]]
    return rows + differences(before[1], after[1])


def codes_of(result: Any) -> set[str]:
    """The codes of an answer's errors, none of them a fault of ours."""
    codes = {str((e.extensions or {}).get("code")) for e in result.errors or ()}
    assert codes <= set(Code.__members__) - {Code.INTERNAL.name}, result.errors
    return codes


# Questions.


def question(schema: GraphQLSchema, field: str, arguments: Mapping[str, Any]) -> str:
    """The field asked with variables; it shows as little as it can."""
    each = schema.query_type.fields[field]
    declared = ", ".join(f"${name}: {each.args[name].type}" for name in arguments)
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    kind = get_named_type(each.type)
    shows = "totalCount nodes { __typename }" if "nodes" in getattr(kind, "fields", {}) else ""
    below = "" if is_leaf_type(kind) else f"{{ __typename {shows} }}"
    return f"query({declared}) {{ {field}({passed}) {below} }}"


async def found(portal: Portal, place: Place, value: str) -> tuple[Any, set[str]]:
    """Data and codes of the answer to a question with the value in its place."""
    schema = portal.schema._schema
    values = Values(Random(str(place)), Known({"Agency": []}, {}))  # noqa: S311 - chance only
    arguments = {}
    for name, told in schema.query_type.fields[place.field].args.items():
        if name == place.path[0]:
            arguments[name] = put(told.type, None, place.path[1:], value, values)
    asked = question(schema, place.field, arguments)
    result = await portal.schema.execute(asked, arguments, portal.context(WHO))
    codes = codes_of(result)
    return None if result.data is None else json.loads(result.data.bytes), codes


async def test_sql_in_a_question_finds_what_an_ordinary_text_finds(
    made_up: Portal, filled: tuple[Engines, list[str]]
) -> None:
    before = await everything(filled[0])
    fields = made_up.schema._schema.query_type.fields
    listed = [place for name, each in fields.items() for place in places(name, each.args)]
    assert len(listed) > 100
    for place in listed:
        expected = await found(made_up, place, ORDINARY)
        assert expected[1] or place.kind in TEXTS, place
        for hostile in HOSTILE if place.kind in TEXTS else HOSTILE[:2]:
            assert await found(made_up, place, hostile) == expected, (place, hostile)
    assert changed(before, await everything(filled[0])) == []


# Changes: each by somebody who may, with an input that would succeed; all are taken back.


@pytest.fixture(scope="module")
async def hostile_world(server: Server) -> AsyncIterator[tuple[Engines, World]]:
    async with world_in(server, "hostile") as built:
        yield built


@dataclass
class Doer:
    """Somebody who does what people do, and takes it back."""

    schema: Any
    engines: Engines

    async def does(self, cell: Cell, given: Mapping[str, Any]) -> tuple[str, set[str]]:
        """The type of the answer, and the codes of its errors."""
        name = cell.doing.mutation
        kind = self.input_of(name).name
        asked = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}"
        now = datetime.combine(DAY, time(9), UTC)
        opening = ByCommand(cell.case.caller.principal_id)
        context = Rehearsal(self.engines.command, opening, uuid4(), now, demonstration=True)
        result = await self.schema.execute(asked, {"input": dict(given)}, context)
        codes = codes_of(result)
        if result.data is None:
            return "", codes
        return str(json.loads(result.data.bytes)[name]["__typename"]), codes

    def input_of(self, mutation: str) -> Any:
        """The input's type."""
        fields = self.schema._schema.mutation_type.fields
        return get_named_type(fields[mutation].args["input"].type)

    async def able(self, sampler: Sampler, mutation: str) -> tuple[Cell, dict[str, Any]]:
        """Somebody who can do it, and with which input."""
        doings = [doing for doing in DOINGS if doing.mutation == mutation]
        drawn = (cell for n in range(TRIES) for cell in sampler.draw(doings, f"/{n}" if n else ""))
        for cell in filter(may, drawn):
            given = {**cell.doing.given(cell.case), "idempotencyKey": str(uuid4())}
            if (await self.does(cell, given))[0].endswith("Payload"):
                return cell, given
        raise LookupError(f"nobody can {mutation}")


async def test_sql_in_a_change_is_kept_as_text_or_refused(
    hostile_world: tuple[Engines, World],
) -> None:
    engines, world = hostile_world
    doer, sampler = Doer(the_schema(), engines), Sampler(world, Random(7))  # noqa: S311 - chance only
    before, taken, number = await everything(engines), set(), 0
    values = Values(Random(7), Known({"Agency": []}, {}))  # noqa: S311 - chance only
    for mutation in sorted({doing.mutation for doing in DOINGS}):
        cell, given = await doer.able(sampler, mutation)
        kind = doer.input_of(mutation)
        for place in places(mutation, kind.fields):
            number += 1
            for hostile in (HOSTILE[number % len(HOSTILE)], HOSTILE[1]):
                asked = put(kind, given, place.path, hostile, values)
                answer, codes = await doer.does(cell, asked)
                assert answer or codes, place
                if answer.endswith("Payload"):
                    taken.add(place)
    assert number > 200
    assert {place.kind for place in taken} == {"String"}
    assert len(taken) > 40  # titles, notes and reasons may hold anything
    assert changed(before, await everything(engines)) == []
