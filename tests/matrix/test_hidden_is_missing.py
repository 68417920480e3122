"""Whoever names a hidden record is told what they would be told of one that never was."""

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import pytest
from graphql import get_named_type
from support.asking import the_schema
from support.doing import Doing, type_of
from support.doings import DOINGS
from support.running import Runner, core
from support.sampling import Cell, Sampler, may
from support.statements import statements
from support.twins import UNTWINNED, Sight
from support.world import World

from auth.caller import Caller
from auth.roles import Role
from portal.acting.inputs import Ref, camel
from portal.reading.declare import declared
from portal.sample.partnership import fixed
from portal.store.engines import Engines

SCHEMA = the_schema()
CORE = core(SCHEMA)


def references(hint: Any) -> Iterator[str]:
    """The types of record that a parameter refers to."""
    if isinstance(hint, Ref):
        yield hint.type_name
    for part in (*get_args(hint), *getattr(hint, "__metadata__", ())):
        yield from references(part)


def named(doing: Doing) -> Iterator[tuple[str, str]]:
    """(input field, type of record) for each record that a mutation's input names."""
    verb = declared(CORE.mutation_type.fields[doing.mutation])["exposed"].verb
    for name, hint in get_type_hints(verb, include_extras=True).items():
        for type_name in set(references(hint)):
            yield camel(name), type_name


def hidden(world: World, caller: Caller, type_name: str) -> list[str]:
    """Ids of this type that the caller does not see."""
    sight = Sight(world, caller)
    return [
        f"{type_name}:{row['id']}"
        for table, rows in sorted(world.rows.items())
        if type_of(table) == type_name and table not in UNTWINNED
        for row in rows
        if not sight.sees(table, row)
    ]


def able(world: World, doing: Doing) -> Iterator[Cell]:
    """Cells of people who see the record and may do this with it."""
    for cell in Sampler(world, Random(doing.mutation)).draw([doing]):  # noqa: S311 - the same at every run
        sight, about = Sight(world, cell.case.caller), cell.doing.about
        if may(cell) and (not about or sight.sees(about, cell.case.row)):
            yield cell


PAIRS = [(doing, field, kind) for doing in DOINGS for field, kind in named(doing)]


async def test_a_mutation_answers_for_a_hidden_record_as_for_none(
    matrix: tuple[Engines, World],
) -> None:
    """And by the same statements, so that nobody learns more by the time it takes."""
    engines, world = matrix
    runner, tried = Runner(engines.command, SCHEMA), set()
    for doing, field, kind in PAIRS:
        for cell in able(world, doing):
            unseen = hidden(world, cell.case.caller, kind)
            if not unseen:
                continue
            answers = []
            for one in (unseen[0], unseen[-1], f"{kind}:{uuid4()}"):
                given = doing.given(cell.case)
                given[field] = [one] if isinstance(given.get(field), list) else one
                async with statements(engines.command) as asked:
                    answers.append((await runner.answer(cell, given), asked))
            assert answers[0] == answers[1] == answers[2], (doing.mutation, field)
            answer, asked = answers[0]
            assert answer["__typename"] == "NotFound", (doing.mutation, field, answer)
            assert len(asked) > 1, (doing.mutation, asked)
            tried.add((doing.mutation, field))
            break
    assert len(tried) > 50, tried


FILTERED = {
    name: [f for f, kind in get_named_type(field.args["filter"].type).fields.items()
           if get_named_type(kind.type).name == "ID"]
    for name, field in CORE.query_type.fields.items() if "filter" in field.args
}  # fmt: skip


COORDINATOR, OFFICER = (
    f"sefton/{Role.INITIATIVE_COORDINATOR}", f"police/{Role.CASEWORKER}",
)  # fmt: skip
HIDES = {
    COORDINATOR: ("Initiative", "Action", "Measure", "Partner", "Referral"),
    OFFICER: (
        "Referral", "Recipient", "CaseAction", "MaracListing", "MaracResearch",
        "EmergencyDisclosure", "DisclosureRequest", "OutsideReferral", "FollowOn",
        "OnwardRequest", "Agreement",
        "Consultation", "SupportedMatter", "Cover", "ReferralEvent", "RunningClock",
    ),
}  # fmt: skip
"""Who asks, and what there is of which they do not see all."""


async def equally(runner: Runner, caller: Caller, document: str, ids: list[str]) -> None:
    """The same is said of each id, by the same statements."""
    told = []
    for one in ids:
        async with statements(runner.engine) as asked:
            answer = json.dumps(await runner.told(caller, document, id=one))
        told.append((answer.replace(one, "..."), asked))
    assert all(each == told[0] for each in told), (document, told)
    assert told[0][1], document


def of_each_kind(world: World, caller: Caller, kinds: Iterable[str]) -> Iterator[list[str]]:
    """Two hidden ids of each kind, and one of nothing."""
    for kind in kinds:
        unseen = hidden(world, caller, kind)
        assert unseen, kind
        yield [unseen[0], unseen[-1], f"{kind}:{uuid4()}"]


@pytest.mark.parametrize("who", HIDES)
async def test_a_filter_finds_for_a_hidden_record_what_it_finds_for_none(
    matrix: tuple[Engines, World], who: str
) -> None:
    engines, world = matrix
    caller = world.callers[fixed("matrix", who)]
    runner = Runner(engines.command, SCHEMA)
    for ids in of_each_kind(world, caller, HIDES[who]):
        for field, argument in ((f, a) for f, each in FILTERED.items() for a in each):
            by = "[$id]" if "[" in str(filter_of(field).fields[argument].type) else "$id"
            document = (
                f"query($id: ID!) {{ {field}(filter: {{{argument}: {by}}}) {{ totalCount }} }}"
            )
            await equally(runner, caller, document, ids)


BY_ID = [
    name
    for name, field in CORE.query_type.fields.items()
    if "id" in field.args and set(field.args) <= {"id", "purpose"}
]


@pytest.mark.parametrize("who", HIDES)
async def test_a_look_by_id_costs_for_a_hidden_record_what_it_costs_for_none(
    matrix: tuple[Engines, World], who: str
) -> None:
    engines, world = matrix
    caller = world.callers[fixed("matrix", who)]
    runner = Runner(engines.command, SCHEMA)
    for ids in of_each_kind(world, caller, HIDES[who]):
        for field in BY_ID:
            more = ", purpose: SAFETY" if field == "referralFile" else ""
            document = f"query($id: ID!) {{ {field}(id: $id{more}) {{ __typename }} }}"
            await equally(runner, caller, document, ids)
        await equally(runner, caller, "query($id: ID!) { nodes(ids: [$id, $id]) { id } }", ids)
    assert {"referral", "referralFile", "node", "maracMeeting", "agreement"} <= set(BY_ID)


def filter_of(field: str) -> Any:
    return get_named_type(CORE.query_type.fields[field].args["filter"].type)
