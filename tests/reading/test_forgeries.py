"""Cursors, ids, texts and numbers that nobody was given: refused, or only compared."""

import json
from base64 import urlsafe_b64encode
from uuid import uuid4

import pytest
from support.asking import Portal
from support.forging import KEY, LISTED, ONE, WHO, WIRRAL, cursor, names, refused

from portal.sample.partnership import agency_id

FORGED = {
    "nothing": "",
    "no base64": "%%%",
    "no ASCII": "é",
    "half of a surrogate pair": "\ud800",
    "no JSON": urlsafe_b64encode(b"\xff\xfe").decode(),
    "an object": urlsafe_b64encode(b"{}").decode(),
    "an empty list": cursor(),
    "too few parts": cursor("name", "A"),
    "too many parts": cursor("name", "A", KEY, KEY),
    "another order": cursor("newest", "A", KEY),
    "a number for a name": cursor("name", 5, KEY),
    "null for a name": cursor("name", None, KEY),
    "a list for a name": cursor("name", ["A"], KEY),
    "SQL for a key": cursor("name", "A", "x' OR 1=1 --"),
    "SQL for an order": cursor("name') OR 1=1 --", "A", KEY),
    "a very deep list": urlsafe_b64encode(b"[" * 100_000).decode(),
}


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_cursor_is_refused(portal: Portal, forged: str) -> None:
    assert await refused(portal, LISTED, after=FORGED[forged]) in {"BAD_CURSOR", "BAD_USER_INPUT"}


async def test_sql_in_a_cursor_is_only_a_name_to_sort_by(portal: Portal) -> None:
    after = cursor("name", "Wirral'; DROP TABLE agency; --", KEY)
    page = (await portal.ask(WHO, LISTED, first=50, after=after))["agencies"]
    every = await names(portal)
    assert [node["name"] for node in page["nodes"]] == [n for n in every if n > "Wirral'"]
    assert page["totalCount"] == len(every)


@pytest.mark.parametrize("value", ["Nul\0", "\ud800"])
async def test_a_cursor_with_what_no_text_can_hold_is_refused(portal: Portal, value: str) -> None:
    assert await refused(portal, LISTED, after=cursor("name", value, KEY)) == "BAD_USER_INPUT"


HUGE = (
    "99999999999999999999",
    "1e999999",
    "NaN",
    "-1" * 3000,
    "infinity",
    "0001-01-01 00:00:00+23",
)


@pytest.mark.parametrize("value", HUGE)
async def test_a_cursor_with_a_value_out_of_bounds_is_refused(portal: Portal, value: str) -> None:
    """Of every list, in every order that is not by a text."""
    fields = portal.schema._schema.query_type.fields
    lists = {name: f for name, f in fields.items() if "after" in f.args}
    for name, each in lists.items():
        for order in each.args["orderBy"].type.of_type.values:
            for size in (2, 3, 4):
                after = cursor(order.lower(), *[value] * (size - 1), KEY)
                document = (
                    f"query($after: String) {{ {name}(orderBy: {order}, after: $after)"
                    " { totalCount } }"
                )
                _, errors = await portal.try_asking(WHO, document, after=after)
                codes = {error["code"] for error in errors}
                assert codes <= {"BAD_CURSOR", "BAD_USER_INPUT", "CURSOR_STALE"}, (name, order)


async def test_an_id_of_another_type_finds_nothing(portal: Portal) -> None:
    for text in (f"Team:{agency_id('wirral')}", f"Nothing:{uuid4()}", f"Query:{uuid4()}"):
        assert await portal.ask(WHO, ONE, id=text) == {"agency": None, "node": None}


MALFORMED = (
    "", " ", "wirral", "Agency", "Agency:", f"{WIRRAL} ", f" {WIRRAL}", WIRRAL.upper(),
    f"{WIRRAL}0", f"Agency:{'-' * 36}", "Agency:" + "0" * 32, f"{'A' * 41}:{KEY}",
    "Agency:' OR 1=1 --", "\0", "é:é",
)  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_id_is_refused(portal: Portal, text: str) -> None:
    assert await refused(portal, ONE, id=text) == "BAD_ID"
    assert await refused(portal, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[text]) == (
        "BAD_ID"
    )
    listed = "query($id: ID) { initiatives(filter: {lead: $id}) { totalCount } }"
    assert await refused(portal, listed, id=text) == "BAD_ID"


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_id_spoils_nothing_for_those_who_follow(
    portal: Portal, text: str
) -> None:
    """It must not leave a plan behind that finds nothing."""
    document = f"query Fresh{abs(hash(text))}($id: ID!) {{ node(id: $id) {{ __typename }} }}"
    assert await refused(portal, document, id=text) == "BAD_ID"
    assert await portal.ask(WHO, document, id=WIRRAL) == {"node": {"__typename": "Agency"}}


TEXTS = (
    "'", '"', "''", "\\", "\\'", "%", "_", "$1", ":name", "{0}", "%s", "\n", "\r\n", "\t", "\x07",
    "\x7f", "é", "e\u0301", "نور", "🕯️", "\u2028", "\ufeff", "\U0010ffff", "a" * 5000, "--", "/*",
    "; SELECT 1",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
async def test_any_text_is_compared_as_it_is(portal: Portal, text: str) -> None:
    matching = [name for name in await names(portal) if text.lower() in name.lower()]
    page = (await portal.ask(WHO, LISTED, first=100, text=text))["agencies"]
    assert [node["name"] for node in page["nodes"]] == matching
    literal = f"{{ agencies(first: 100, filter: {{text: {json.dumps(text)}}}) {{ totalCount }} }}"
    assert (await portal.ask(WHO, literal))["agencies"]["totalCount"] == len(matching)


@pytest.mark.parametrize("text", ["\0", "a\0b", "a\ud800", "\udfff b"])
async def test_a_text_that_cannot_be_stored_is_refused(portal: Portal, text: str) -> None:
    assert await refused(portal, LISTED, text=text) == "BAD_USER_INPUT"
    literal = f"{{ agencies(filter: {{text: {json.dumps(text)}}}) {{ totalCount }} }}"
    assert await refused(portal, literal) in {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize("moment", ["2026-11-16T09:00:00", "0001-01-01T00:00:00+14:00", "x", ""])
async def test_a_moment_needs_its_offset_and_a_place_on_the_calendar(
    portal: Portal, moment: str
) -> None:
    document = "query($at: DateTime) { initiatives(filter: {updatedSince: $at}) { totalCount } }"
    assert await refused(portal, document, at=moment) == "BAD_USER_INPUT"


async def test_a_bad_id_is_told_apart_from_the_good_ones(portal: Portal) -> None:
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    _, errors = await portal.try_asking(WHO, document, ids=[WIRRAL, "Team:\x1b" + "x" * 99])
    assert errors == [
        {
            "message": f"“Team:?{'x' * 34}…” is not an id of this API: pass an `id` back unread.",
            "code": "BAD_ID",
        }
    ]
