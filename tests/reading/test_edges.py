"""What is asked for is answered: names, fragments, pages, operations; or refused for a reason."""

import json
from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal, unpaged
from support.forging import LISTED, ONE, WHO, WIRRAL, names, refused

from portal.edge.codes import Code
from portal.sample.partnership import team_id


async def test_a_field_is_answered_under_the_name_it_was_given(portal: Portal) -> None:
    document = "query($id: ID!) { mine: agency(id: $id) { id: shortName name: kind } }"
    assert await portal.ask(WHO, document, id=WIRRAL) == {
        "mine": {"id": "Wirral", "name": "COUNCIL"}
    }


async def test_one_field_asked_twice_with_other_arguments_has_two_answers(portal: Portal) -> None:
    document = (
        "{ travel: agencies(filter: {kind: TRANSPORT}) { totalCount nodes { shortName } }"
        " cps: agencies(filter: {kind: CPS}, first: 1) { totalCount nodes { shortName } } }"
    )
    assert await portal.ask(WHO, document) == {
        "travel": {"totalCount": 1, "nodes": [{"shortName": "Merseytravel"}]},
        "cps": {"totalCount": 1, "nodes": [{"shortName": "CPS"}]},
    }


async def test_a_fragment_applies_where_its_type_does(portal: Portal) -> None:
    document = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { ...Any ...on Team { name } } }"
        " fragment Any on Node { __typename ...on Agency { shortName } }"
    )
    ids = [WIRRAL, f"Team:{team_id('wirral', 'Early help')}", f"Agency:{uuid4()}"]
    assert (await portal.ask(WHO, document, ids=ids))["nodes"] == [
        {"__typename": "Agency", "shortName": "Wirral"},
        {"__typename": "Team", "name": "Early help"},
        None,
    ]


async def test_keys_come_in_the_order_asked_and_once(portal: Portal) -> None:
    document = (
        "query($id: ID!) { __typename z: __typename agency(id: $id) { kind name ...More kind } }"
        " fragment More on Agency { shortName name host { id } }"
    )
    context = portal.context(WHO)
    result = await portal.schema.execute(document, {"id": WIRRAL}, context)
    agency = '{"kind":"COUNCIL","name":"Wirral Council","shortName":"Wirral","host":null}'
    expected = f'{{"__typename":"Query","z":"Query","agency":{agency}}}'
    assert result.data.bytes.decode() == expected


async def test_a_team_shows_its_own_members_only(portal: Portal) -> None:
    document = (
        "{ agencies(first: 40) { nodes { teams(first: 5) { nodes { name"
        " members(first: 9) { nodes { id } } } } } } }"
    )
    nodes = (await portal.ask(WHO, document))["agencies"]["nodes"]
    members = [
        member["id"]
        for agency in nodes
        for team in agency["teams"]["nodes"]
        for member in team["members"]["nodes"]
    ]
    assert len(members) > 20
    assert len(members) == len(set(members))  # everybody in the sample is in one team


async def test_a_short_list_is_sorted(portal: Portal) -> None:
    listed = unpaged(await portal.ask(WHO, "{ areas { nodes { name } } }"))["areas"]
    names = [area["name"] for area in listed]
    assert names == sorted(names)
    assert len(names) > 5


async def test_nothing_selected_is_an_empty_object(portal: Portal) -> None:
    document = (
        "query($no: Boolean!) { me @skip(if: $no) { agency { id } }"
        " planBoard { number @skip(if: $no) } }"
    )
    answer = await portal.ask(WHO, document, no=True)
    assert answer["planBoard"][0] == {}
    assert "me" not in answer


async def test_an_empty_page_tells_that_it_is_empty(portal: Portal) -> None:
    page = (await portal.ask(WHO, LISTED, text="no agency is called this"))["agencies"]
    nowhere = {
        "hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None,
    }  # fmt: skip
    assert page == {"totalCount": 0, "nodes": [], "pageInfo": nowhere}


async def test_page_after_page_is_the_whole_list(portal: Portal) -> None:
    every = await names(portal)
    found, after, more = [], None, True
    while more:
        page = (await portal.ask(WHO, LISTED, first=7, after=after))["agencies"]
        assert page["totalCount"] == len(every)
        found += [node["name"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == every


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1, -(2**31)])
async def test_a_page_has_1_to_100_rows(portal: Portal, first: int) -> None:
    assert await refused(portal, LISTED, first=first) in {"BAD_USER_INPUT", "QUERY_TOO_COSTLY"}
    literal = f"{{ agencies(first: {first}) {{ totalCount }} }}"
    assert await refused(portal, literal) in {"BAD_USER_INPUT", "QUERY_TOO_COSTLY"}
    nested = f"{{ agencies {{ nodes {{ teams(first: {first}) {{ totalCount }} }} }} }}"
    assert await refused(portal, nested) in {"BAD_USER_INPUT", "QUERY_TOO_COSTLY"}


async def test_a_page_of_100_and_of_1_is_given(portal: Portal) -> None:
    listed = (await portal.ask(WHO, LISTED, first=100))["agencies"]["nodes"]
    assert len(listed) == min(100, len(await names(portal)))
    assert len((await portal.ask(WHO, LISTED, first=1))["agencies"]["nodes"]) == 1


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**30, 1.5, "3", True])
async def test_a_number_that_is_no_int_is_refused(portal: Portal, number: Any) -> None:
    assert await refused(portal, LISTED, first=number) == "BAD_USER_INPUT"
    literal = f"{{ agencies(first: {json.dumps(number)}) {{ totalCount }} }}"
    assert await refused(portal, literal) == "GRAPHQL_VALIDATION_FAILED"


async def test_at_most_100_ids_are_looked_up_at_once(portal: Portal) -> None:
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [f"Agency:{uuid4()}" for _ in range(100)]
    assert (await portal.ask(WHO, document, ids=ids))["nodes"] == [None] * 100
    assert await refused(portal, document, ids=[*ids, WIRRAL]) == "BAD_USER_INPUT"
    assert (await portal.ask(WHO, document, ids=[]))["nodes"] == []


async def test_an_operation_is_chosen_by_its_name(portal: Portal) -> None:
    document = "query A { __typename } query B { b: __typename }"

    async def told(name: str | None) -> Any:
        result = await portal.schema.execute(
            document, context_value=portal.context(WHO), operation_name=name
        )
        if result.errors:
            return [(e.extensions or {}).get("code") for e in result.errors]
        return json.loads(result.data.bytes)

    assert await told("B") == {"b": "Query"}
    for unknown in ("C", "", None, "A; DROP TABLE agency", "é"):
        assert await told(unknown) == ["OPERATION_NOT_FOUND"]


@pytest.mark.parametrize(
    "variables",
    [{}, {"id": None}, {"id": []}, {"id": {}}, {"id": True}, {"id": 1.5}, {"ID": WIRRAL}],
)
async def test_a_missing_or_mistyped_variable_is_refused(
    portal: Portal, variables: dict[str, Any]
) -> None:
    assert await refused(portal, ONE, **variables) == "BAD_USER_INPUT"


async def test_what_is_asked_about_the_schema_is_asked_alone(portal: Portal) -> None:
    alone = await portal.ask(WHO, '{ __schema { queryType { name } } __type(name: "Me") { name } }')
    assert alone == {"__schema": {"queryType": {"name": "Query"}}, "__type": {"name": "Me"}}
    mixed = "{ __schema { queryType { name } } me { agency { id } } }"
    assert await refused(portal, mixed) == "GRAPHQL_VALIDATION_FAILED"


async def test_a_key_has_at_most_63_bytes(portal: Portal) -> None:
    longest = "k" * 63
    assert await portal.ask(WHO, f"{{ {longest}: __typename }}") == {longest: "Query"}
    assert await refused(portal, f"{{ {longest}k: __typename }}") == "KEY_TOO_LONG"


async def test_an_object_has_at_most_50_keys(portal: Portal) -> None:
    fifty = " ".join(f"k{n}: name" for n in range(50))
    document = f"query($id: ID!) {{ agency(id: $id) {{ {fifty} }} }}"
    assert len((await portal.ask(WHO, document, id=WIRRAL))["agency"]) == 50
    more = document.replace("k0:", "k50: kind k0:")
    assert await refused(portal, more, id=WIRRAL) == "TOO_MANY_KEYS"


async def test_every_code_that_is_told_is_published(portal: Portal) -> None:
    for document, variables in (
        (LISTED, {"first": 0}),
        (ONE, {"id": "x"}),
        ("{", {}),
        ("{ x }", {}),
    ):
        assert await refused(portal, document, **variables) in Code.__members__
