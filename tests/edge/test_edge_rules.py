"""A document is spared the rules that could find nothing in it, and no other."""

import pytest
from graphql import build_schema, parse, validate

from portal.edge.rules import RULES, rules_for

SCHEMA = build_schema("""
    type Query { plan(first: Int): Plan, names(first: Int): [String] }
    type Plan { name: String, parts: [Part] }
    union Part = Plan | Note
    type Note { text: String }
""")
BROKEN = (
    "{ plan @unheard { name } }",
    "{ plan @skip(if: true) @skip(if: true) { name } }",
    "{ plan { ...Nowhere } }",
    "{ plan { ... on Note { text } } }",
    "{ plan { name } } fragment Idle on Plan { name }",
    "{ plan { ...A } } fragment A on Plan { name } fragment A on Plan { name }",
    "{ plan { ...A } } fragment A on Plan { ...A }",
    "query ($n: Int, $n: Int) { plan(first: $n) { name } }",
    "query ($n: Plan) { plan(first: $n) { name } }",
    "{ plan(first: $n) { name } }",
    "query ($n: Int) { plan { name } }",
    "query ($n: String) { plan(first: $n) { name } }",
    "{ plan { size } }",
    "{ plan }",
    "{ plan(last: 1) { name } }",
)


@pytest.mark.parametrize("text", BROKEN)
def test_what_all_rules_find_those_find_that_are_asked(text: str) -> None:
    document = parse(text)
    found = validate(SCHEMA, document, rules_for(text))
    assert found
    assert [e.message for e in found] == [e.message for e in validate(SCHEMA, document, RULES)]


def test_a_plain_document_is_spared_what_it_could_not_break() -> None:
    assert len(rules_for("{ plan { name } }")) < len(RULES) - 10
    everything = "query ($n: Int) { plan(first: $n) { ...A @skip(if: false) } } fragment A on Plan"
    assert list(rules_for(everything)) == list(RULES)
