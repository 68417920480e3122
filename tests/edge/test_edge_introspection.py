"""Questions about the schema: the same answers as graphql-core gives, and none that explode."""

import pytest
from graphql import get_introspection_query, graphql_sync

STANDARD = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True,
    input_value_deprecation=True, one_of=True,
)  # fmt: skip

QUESTIONS = [
    STANDARD,
    get_introspection_query(),
    "{ __typename }",
    '{ __type(name: "Book") { kind name interfaces { name } fields { ...F } } }'
    " fragment F on __Field { name args { name defaultValue } type { ...T } }"
    " fragment T on __Type { name kind ofType { name kind __typename } }",
    '{ __type(name: "Node") { possibleTypes { name } enumValues { name } } }',
    '{ gone: __type(name: "None") { name } }',
    "{ __schema { types { name fields { type { name fields { name } } } } } }",
    "{ __schema { directives { name locations args { name } } subscriptionType { name } } }",
    "{ __schema { a: types { name } b: types { name @skip(if: true) kind } } __typename }",
    "mutation { __typename }",
]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_as_graphql_core_would(desk, question):
    told = (await desk.ask(question)).json()
    plain = graphql_sync(desk.library.schema, question)
    assert "errors" not in told
    assert told["data"] == plain.data
    assert list(told["data"]) == list(plain.data)


async def test_variables_and_conditions_count_in_questions_too(desk):
    question = """query ($name: String!, $fields: Boolean!) {
        __type(name: $name) { name fields @include(if: $fields) { name } }
    }"""
    for fields in (True, False):
        asked = {"name": "Author", "fields": fields}
        told = (await desk.ask(question, variables=asked)).json()["data"]
        assert told == graphql_sync(desk.library.schema, question, variable_values=asked).data


@pytest.mark.parametrize(
    "bomb",
    [
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "{ __schema { " + " ".join(f"t{n}: types {{ ...T }}" for n in range(40)) + " } }"
        " fragment T on __Type { name fields { name args { name type { name } } type { name } } }",
    ],
)
async def test_an_introspection_larger_than_the_standard_one_is_refused(desk, bomb):
    assert await desk.code(bomb) in ("GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COSTLY")


async def test_the_standard_introspection_leaves_a_quarter_to_spare(desk):
    cost = (await desk.ask(STANDARD)).json()["extensions"]["cost"]
    assert cost["requested"] * 1.24 < cost["limit"] < cost["requested"] * 1.26


async def test_questions_about_the_schema_stand_alone(desk):
    answer = await desk.ask("{ __schema { queryType { name } } greeting }")
    assert (
        answer.json()["errors"][0]["message"]
        == "Ask for __schema and __type in an operation of their own."
    )
