"""What an agreement does not cover is null, and the answer says so, whichever way it went."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import SENDER, sent

from portal.edge.bodies import Asked
from portal.edge.guarded import guarded
from portal.edge.lane import Lane
from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA = "wirral.idva"
FILE = """query($id: ID!) { file: referralFile(id: $id, purpose: WORK_ON_CASE) {
  wants: needs { code } ...on ReferralFile { reasons steps { name } } } }"""
DEAL = {"deal": fixed("agreement", "wirral-marac")}
CHANGE = "UPDATE agreement_version SET categories = {} WHERE agreement_id = :deal"
WITHOUT_NEEDS = [
    {"path": ["file", "wants"], "code": "NOT_COVERED"},
    {"path": ["file", "steps"], "code": "PARTLY_COVERED"},
]


@pytest.fixture
async def without_needs(cases: Engines) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A way to let the agreement cover no needs any more, until the test ends."""

    async def write(categories: str) -> None:
        async with cases.owner.begin() as owner:
            await owner.execute(text(CHANGE.format(categories)), DEAL)

    yield lambda: write("array_remove(categories, 'needs')")
    await write("array_append(array_remove(categories, 'needs'), 'needs')")


async def opened(portal: Portal, who: str, case: str) -> tuple[dict[str, Any] | None, Any]:
    """The full view, and what the answer says it withholds."""
    context = portal.context(who)
    answer = await portal.schema.execute(FILE, variable_values={"id": case}, context_value=context)
    assert not answer.errors
    data = await portal.ask(who, FILE, id=case)
    return data["file"], (answer.extensions or {}).get("withheld")


async def test_what_is_not_covered_is_null_and_told_apart_from_what_is_empty(
    portal: Portal, without_needs: Callable[[], Awaitable[None]]
) -> None:
    case = (await sent(portal))["id"]
    shown, withheld = await opened(portal, IDVA, case)
    assert shown is not None
    assert shown["wants"] == []
    assert withheld is None
    await without_needs()
    shown, withheld = await opened(portal, IDVA, case)
    assert shown is not None
    assert shown["wants"] is None
    assert shown["reasons"] == []
    assert withheld == WITHOUT_NEEDS


async def test_the_sender_has_all_of_its_own_case(
    portal: Portal, without_needs: Callable[[], Awaitable[None]]
) -> None:
    case = (await sent(portal))["id"]
    await without_needs()
    shown, withheld = await opened(portal, SENDER, case)
    assert shown is not None
    assert shown["wants"] == []
    assert withheld is None


async def test_who_may_not_open_it_is_told_nothing_about_it(
    portal: Portal, without_needs: Callable[[], Awaitable[None]]
) -> None:
    case = (await sent(portal))["id"]
    await without_needs()
    for stranger in ("uol.caseworker", "wirral.viewer", "tww.protection"):
        assert await opened(portal, stranger, case) == (None, None)


async def test_the_short_way_says_it_too(
    portal: Portal, without_needs: Callable[[], Awaitable[None]]
) -> None:
    case = (await sent(portal))["id"]
    await without_needs()
    schema, library = guarded()
    asked = Asked(FILE, {"id": case}, None)
    await schema.execute(FILE, variable_values={"id": case}, context_value=portal.context(IDVA))
    answer = await Lane(library, schema.plans).answer(asked, portal.context(IDVA))
    assert answer is not None
    assert (answer.extensions or {})["withheld"] == WITHOUT_NEEDS
