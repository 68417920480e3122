"""Whatever somebody types is kept as text, or refused by the name of its field."""

import json
from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest
from support.asking import Portal
from support.initiating import LEAD, agency, done, log, of, refused

TEXTS = {"title": 120, "audience": 200, "place": 200, "summary": 4000, "equalityImpact": 4000,
         "timingSource": 200}  # fmt: skip
HOSTILE = (
    "'; DROP TABLE initiative; --",
    "\\'; SELECT pg_sleep(9)",
    "<script>alert(1)</script>",
    '"}], "data": null',
    "%s %(x)s {0} ${{7*7}} :id $1",
    "=HYPERLINK(1)",
    "Zoë 女性 \u202e\U0001f6a8",
)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_hostile_text_is_kept_as_it_is(portal: Portal, hostile: str) -> None:
    row = await log(portal, **dict.fromkeys(TEXTS, hostile))
    assert {name: row[name] for name in TEXTS} == dict.fromkeys(TEXTS, hostile)
    reason = await done(portal, LEAD, "rateInitiative", **of(row, rating="RED", reason=hostile))
    await done(portal, LEAD, "moveInitiative", **of(reason, to="CANCELLED", reason=hostile))
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    partner = await done(portal, LEAD, "invitePartner", **asked, note=hostile)
    assert partner["note"] == hostile
    gone = await done(portal, LEAD, "removePartner", **of(partner, reason=hostile))
    assert gone["endedReason"] == hostile
    found = await portal.ask(
        LEAD, "query($text: String) { initiatives(filter: {text: $text}) { nodes { id } } }",
        text=hostile,
    )  # fmt: skip
    assert row["id"] in {node["id"] for node in found["initiatives"]["nodes"]}


@pytest.mark.parametrize("broken", ["\0", "a\x1bb", "\ud800"])
async def test_what_no_text_can_hold_is_refused_by_field(portal: Portal, broken: str) -> None:
    given: dict[str, Any] = dict.fromkeys(TEXTS, broken)
    answer = await refused(portal, LEAD, "logInitiative", **given)
    assert set(answer["faults"]) == set(TEXTS)
    codes = await refused(portal, LEAD, "logInitiative", title="Fine", areas=[broken])
    assert list(codes["faults"]) == ["areas.0"]
    row = await log(portal)
    for mutation, more in (
        ("rateInitiative", {"rating": "RED"}),
        ("moveInitiative", {"to": "LIVE"}),
    ):
        answer = await refused(portal, LEAD, mutation, **of(row, reason=broken, **more))
        assert "reason" in answer["faults"]


@pytest.mark.parametrize(("field", "limit"), TEXTS.items())
async def test_a_text_that_is_too_long_is_refused(portal: Portal, field: str, limit: int) -> None:
    fits = await log(portal, **{field: "é" * limit})
    assert fits[field] == "é" * limit
    answer = await refused(
        portal, LEAD, "changeInitiative", **of(fits, **{field: "é" * (limit + 1)})
    )
    assert list(answer["faults"]) == [field]


FILTERED = "query($filter: InitiativeFilter) { initiatives(filter: $filter) { totalCount } }"


@pytest.mark.parametrize(
    "condition",
    [
        {"text": "\0"},
        {"text": "\ud800"},
        {"area": "E0800001\0"},
        {"updatedSince": "0001-01-01T00:00:00+14:00"},
        {"updatedSince": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_a_filter_that_no_database_can_take_is_the_asker_s_error(
    portal: Portal, condition: dict[str, str]
) -> None:
    _, errors = await portal.try_asking(LEAD, FILTERED, filter=condition)
    assert [error["code"] for error in errors] == ["BAD_USER_INPUT"]


async def test_escapes_in_the_document_and_in_cursors_are_checked_too(portal: Portal) -> None:
    written = '{ initiativeByReference(reference: "\\u0000") { id } }'
    _, errors = await portal.try_asking(LEAD, written)
    assert [error["code"] for error in errors] == ["BAD_USER_INPUT"]
    forged = b64encode(json.dumps(["title", "\0", str(UUID(int=0))]).encode()).decode()
    paged = "query($after: String) { initiatives(orderBy: TITLE, after: $after) { totalCount } }"
    _, errors = await portal.try_asking(LEAD, paged, after=forged)
    assert [error["code"] for error in errors] == ["BAD_USER_INPUT"]
