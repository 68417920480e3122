"""A value that does not fit is told where it stands and what to write, in words for people."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    parse,
    parse_const_value,
    validate,
)
from graphql.utilities import validate_input_literal, validate_input_value
from support.asking import the_schema

from portal.edge.codes import Code
from portal.edge.rules import RULES
from portal.edge.values import DOCUMENT, JSON, Fault, faults, variable_faults

PYTHONS = re.compile(
    r"None|True|False|isoformat|cannot represent|non-null|inspect|\{'|out of range"
)
SENTENCE = re.compile(r"`[^`]+` .+[.?]", re.DOTALL)
WRONG: tuple[Any, ...] = (
    "07/03/2022", "2026-02-30", "yesterday", "many", "NO_SUCH", "", 5, -1.5, 10**12, True, None,
    [], ["a", None], {}, {"noSuch": 1}, [[1]], {"title": None},
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return the_schema()._schema


def inputs(schema: GraphQLSchema) -> dict[str, GraphQLInputType]:
    """Every type that an argument or an input's field has, by how it is written."""
    found = {}
    for kind in schema.type_map.values():
        if is_input_object_type(kind):
            found |= {str(field.type): field.type for field in kind.fields.values()}
        for field in getattr(kind, "fields", {}).values():
            for argument in getattr(field, "args", {}).values():
                found[str(argument.type)] = argument.type
    return found


def wrong(kind: GraphQLInputType) -> Iterator[Any]:
    yield from WRONG
    plain = get_nullable_type(kind)
    if is_list_type(plain):
        yield from ([value] for value in WRONG)
    named = get_named_type(kind)
    if is_enum_type(named):
        yield next(iter(named.values)).lower()
    if is_input_object_type(named):
        for name in named.fields:
            yield from ({name: value} for value in WRONG)


def test_every_value_that_is_refused_is_refused_in_our_words(schema: GraphQLSchema):
    seen = 0
    for written, kind in inputs(schema).items():
        for value in wrong(kind):
            refused: list[object] = []
            validate_input_value(value, kind, lambda error, _, to=refused: to.append(error))
            told = list(faults(value, kind, ("value",), JSON))
            assert bool(told) == bool(refused), (written, value)
            check(told)
            seen += len(told)
    assert seen > 1000


def test_every_value_in_a_document_is_refused_in_our_words(schema: GraphQLSchema):
    for written, kind in inputs(schema).items():
        for value in wrong(kind):
            node = parse_const_value(literal(value))
            refused: list[object] = []
            validate_input_literal(node, kind, lambda error, _, to=refused: to.append(error))
            told = list(faults(node, kind, ("value",), DOCUMENT))
            assert bool(told) == bool(refused), (written, value)
            assert all(fault.node is not None for fault in told)
            check(told)


def check(told: list[Fault]) -> None:
    for fault in told:
        message = fault.error(Code.BAD_USER_INPUT).message
        assert SENTENCE.fullmatch(message), message
        assert not PYTHONS.search(re.sub(r"\(“[^”]*”\)", "", message)), message


def literal(value: Any) -> str:
    """As a document writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case str() if value.isupper():
            return value
    return json.dumps(value)


SMALL = build_schema("""
    scalar Date
    enum Stage { LIVE PAUSED }
    input Plan { title: String! startsOn: Date stages: [Stage!] areas: [Int] first: Plan }
    type Query { plan(plan: Plan, first: Int! = 1, id: ID): String }
""")
SMALL.type_map["Date"].coerce_input_value = date.fromisoformat


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({}, ["`plan.title` is missing, and needed."]),
        ({"title": None}, ["`plan.title` is null, and must not be."]),
        ({"title": 5}, ["`plan.title` (5) is no text. Write it in quotation marks."]),
        ("text", ["`plan` must be an object of fields, in braces."]),
        (
            {"title": "a", "startsOn": "07/03/2022"},
            [
                "`plan.startsOn` (“07/03/2022”) is no day. Write year, month and day, such as"
                ' "2026-11-16".'
            ],
        ),
        (
            {"title": "a", "stages": ["LIVE", "paused", True]},
            [
                "`plan.stages[1]` (“paused”) is no Stage. Did you mean PAUSED? Choose from LIVE,"
                " PAUSED.",
                "`plan.stages[2]` (true) is no Stage. Choose from LIVE, PAUSED.",
            ],
        ),
        (
            {"title": "a", "first": {"title": "b", "tilte": 1, "areas": [1, 2.5]}},
            [
                "`plan.first.areas[1]` (2.5) is no whole number between -2147483648 and"
                " 2147483647. Write it in digits, without quotation marks.",
                "`plan.first.tilte` is no field of Plan. Did you mean `title`?",
            ],
        ),
        (
            {"title": "a", "stages": ["İ" * 9], "İtle": "b"},
            [
                "`plan.stages[0]` (“İİİİİİİİİ”) is no Stage. Choose from LIVE, PAUSED.",
                "`plan.İtle` is no field of Plan. Leave it out.",
            ],
        ),
        (
            {"title": "a", "areas": "\x1b[2J" + "x" * 100},
            ["`plan.areas` (“?[2J" + "x" * 36 + "…”) is no whole number"],
        ),
    ],
)  # fmt: skip
def test_the_place_comes_first_and_then_what_to_write(plan: object, says: list[str]):
    [operation] = parse("query($plan: Plan) { plan(plan: $plan) }").definitions
    told = [
        e.message for e in variable_faults(SMALL, operation.variable_definitions, {"plan": plan})
    ]
    assert len(told) == len(says)
    assert all(message.startswith(begin) for message, begin in zip(told, says, strict=True)), told


def test_a_program_finds_the_place_in_the_error():
    [operation] = parse("query($plan: Plan, $n: Int!) { plan(plan: $plan, first: $n) }").definitions
    given = {"plan": {"title": "a", "areas": [1, "x"]}}
    told = list(variable_faults(SMALL, operation.variable_definitions, given))
    assert [error.extensions for error in told] == [
        {"code": "BAD_USER_INPUT", "inputPath": ["plan", "areas", 1]},
        {"code": "BAD_USER_INPUT", "inputPath": ["n"]},
    ]
    assert told[1].message == "`n` is missing. Send it in `variables`."


def test_a_fault_of_the_document_names_the_argument_and_its_line():
    document = parse("query($first: Plan) {\n plan(plan: {title: 1, first: $first},\n first: X) }")
    told = validate(SMALL, document, RULES)
    assert [(e.message.partition(" ")[0], e.locations[0].line) for e in told] == [
        ("`plan.title`", 2),
        ("`first`", 3),
    ]
    [null] = validate(SMALL, parse("{ plan(first: null) }"), RULES)
    assert null.message == "`first` is null, and must not be."
    [directive] = validate(SMALL, parse('{ plan @skip(if: "no") }'), RULES)
    assert directive.message.startswith("`if` (“no”) is neither true nor false.")


async def test_over_http_every_fault_comes_with_code_and_place(desk):
    asked = "query($wish: Wish!) { wish(wish: $wish) }"
    answer = (await desk.ask(asked, variables={"wish": {"copies": "two"}})).json()
    assert [(e["message"].partition(" ")[0], e["extensions"]) for e in answer["errors"]] == [
        ("`wish.title`", {"code": "BAD_USER_INPUT", "inputPath": ["wish", "title"]}),
        ("`wish.copies`", {"code": "BAD_USER_INPUT", "inputPath": ["wish", "copies"]}),
    ]
    answer = (await desk.ask('{ books(first: "many") { totalCount } }')).json()
    assert answer["errors"][0]["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "inputPath": ["first"],
    }


async def test_a_list_of_a_thousand_faults_is_cut_short(desk):
    asked = "query($numbers: [Int!]!) { count(numbers: $numbers) }"
    answer = (await desk.ask(asked, variables={"numbers": ["x"] * 1000})).json()
    assert len(answer["errors"]) == 20
