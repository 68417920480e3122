"""A plan is kept for the next request of its shape, and holds nothing of the last one."""

import asyncio
from typing import Any

from graphql import parse
from graphql.execution.values import get_variable_values
from support.asking import Portal
from support.forging import KEY, LISTED, WHO, cursor

from portal.reading.plans import Operation, Plans, query_plan


def plans(portal: Portal) -> Plans:
    """The plans that the schema keeps."""
    kept: Plans = portal.schema.extensions[-1]()._plans
    return kept


async def test_other_values_use_the_plan_that_is_there(portal: Portal) -> None:
    document = LISTED.replace("query", "query Shared", 1)
    await portal.ask(WHO, document, text="council", after=cursor("name", "A", KEY))
    known = list(plans(portal)._known)
    for text, name in (("police", "B"), ("' OR 1=1", "C"), ("", "'")):
        await portal.ask("rasa.contributor", document, text=text, after=cursor("name", name, KEY))
    assert set(plans(portal)._known) == set(known)


async def test_another_shape_has_a_plan_of_its_own(portal: Portal) -> None:
    document = LISTED.replace("query", "query Shapes", 1)
    shapes: list[dict[str, Any]] = [
        {}, {"first": 2}, {"text": "a"}, {"text": None}, {"kind": "POLICE"}, {"kind": "CPS"},
        {"after": cursor("name", "A", KEY)}, {"after": None}, {"text": "a", "kind": "POLICE"},
    ]  # fmt: skip
    before = len(plans(portal)._known)
    for shape in shapes:
        await portal.ask(WHO, document, **shape)
    assert len(plans(portal)._known) == min(before + len(shapes), plans(portal)._size)


def test_the_plans_are_bounded_and_the_oldest_goes_first(portal: Portal) -> None:
    core = portal.schema._schema
    kept = Plans(core, size=3)

    def plan(name: str) -> Any:
        text = f"query {name} {{ areas {{ nodes {{ {name}: name }} }} }}"
        document = parse(text)
        node = document.definitions[0]
        values = get_variable_values(core, (), {})
        return query_plan(kept, Operation(text, document, node, values))

    first = plan("a")
    for name in "bac":
        plan(name)
    assert plan("a") is first
    plan("d")
    assert plan("a") is first
    assert len(kept._known) == 3
    for name in "efg":
        plan(name)
    assert plan("a") is not first


def test_a_new_document_about_known_fields_needs_no_new_pieces(portal: Portal) -> None:
    core = portal.schema._schema
    kept = Plans(core)

    def plan(text: str) -> Any:
        document = parse(text)
        node = document.definitions[0]
        return query_plan(kept, Operation(text, document, node, get_variable_values(core, (), {})))

    def pieces() -> int:
        return len(kept.origins.of("Agency")._made) + len(kept.origins.of("Team")._made)

    asked = "{ agencies { nodes { name teams { nodes { name } } } } }"
    plan(asked)
    known = pieces()
    for name in "abc":
        assert f'"{name}":' in plan(asked.replace("name", f"name {name}: name")).sql
    assert pieces() == known
    plan("{ agencies { nodes { shortName } } }")
    assert pieces() == known + 1


async def test_nobody_gets_what_somebody_else_asked_for(portal: Portal) -> None:
    """Many at once, with one document, as different people."""
    document = (
        "query Own($text: String!) { me { agency { shortName } }"
        " agencies(filter: {text: $text}) { nodes { name } } }"
    )

    async def own(who: str, short: str, text: str) -> None:
        answer = await portal.ask(who, document, text=text)
        assert answer["me"]["agency"]["shortName"] == short
        assert all(text in node["name"].lower() for node in answer["agencies"]["nodes"])
        assert answer["agencies"]["nodes"]

    people = (("wirral.viewer", "Wirral"), ("police.viewer", "Police"), ("cps.liaison", "CPS"))
    texts = ("council", "university", "police", "trust")
    await asyncio.gather(*(own(*person, text) for person in people for text in texts * 2))
