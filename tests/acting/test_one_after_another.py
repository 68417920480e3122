"""Several changes in one request: each is checked before the first is made."""

from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal
from support.initiating import LEAD, live, of, read

DOCUMENT = """
    mutation($first: RateInitiativeInput!, $then: RateInitiativeInput!, $after: String,
             $agency: ID, $size: Int! = 1) {
      first: rateInitiative(input: $first) { __typename }
      then: rateInitiative(input: $then) { __typename ...on InitiativePayload {
        initiative {
          partners(first: $size, after: $after) { nodes { id } }
          actions(filter: {agency: $agency}) { totalCount }
        }
      } }
    }
"""


def rated(row: dict[str, Any], rating: str, version: int | None = None) -> dict[str, Any]:
    given = of(row, rating=rating, idempotencyKey=str(uuid4()))
    return given if version is None else {**given, "expectedVersion": version}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"after": "no cursor"}, "BAD_CURSOR"),
        ({"agency": "no id"}, "BAD_ID"),
        ({"agency": "Agency:\0"}, "BAD_ID"),
        ({"size": 101}, "BAD_USER_INPUT"),
        ({"size": 0}, "BAD_USER_INPUT"),
    ],
)
async def test_nothing_is_changed_when_a_later_answer_cannot_be_read(
    portal: Portal, wrong: dict[str, Any], code: str
) -> None:
    row = await live(portal)
    given = {"first": rated(row, "GREEN"), "then": rated(row, "BLUE", row["version"] + 1)}
    data, errors = await portal.try_asking(LEAD, DOCUMENT, **given, **wrong)
    assert data is None
    assert [error["code"] for error in errors] == [code]
    assert (await read(portal, LEAD, row["id"], "version rating")) == {
        "version": row["version"],
        "rating": row["rating"],
    }


async def test_what_is_right_is_done_in_the_order_of_the_request(portal: Portal) -> None:
    row = await live(portal)
    given = {"first": rated(row, "GREEN"), "then": rated(row, "BLUE", row["version"] + 1)}
    data = await portal.ask(LEAD, DOCUMENT, **given)
    assert [data[key]["__typename"] for key in ("first", "then")] == ["InitiativePayload"] * 2
    assert (await read(portal, LEAD, row["id"], "rating"))["rating"] == "BLUE"
