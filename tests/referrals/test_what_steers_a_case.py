"""A case stands for everybody where it stands, though not everybody may see what moved it there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import draft, move, see

from portal.sample.partnership import fixed
from portal.store.engines import Engines

COORDINATOR, DEAL = "marac.coordinator", {"deal": fixed("agreement", "wirral-marac")}
CHANGE = "UPDATE agreement_version SET categories = {} WHERE agreement_id = :deal"
STEPS = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
  steps { name codes } } }"""
CLOCKS = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  clocks { nodes { name dueAt stoppedAt } } } } } }"""


async def listed(portal: Portal) -> dict[str, Any]:
    """A case that the MARAC has accepted, to be researched by the end of the 20th."""
    row = await draft(portal, ("marac", "MARAC"), pathway="marac", area="E08000015")
    said = (
        ("route", "professional_judgement"), ("judgement_reasons", "fear"),
        ("consent", "given"), ("aware", "yes"),
    )  # fmt: skip
    given = {
        "id": row["id"], "expectedVersion": row["version"], "token": row["preview"]["token"],
        "fields": [{"name": name, "values": [value]} for name, value in said],
        "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do("tww.caseworker", "sendReferral", given)
    assert done["__typename"] == "ReferralPayload", done
    [recipient] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    days = (("meeting_on", "2026-11-26"), ("research_by", "2026-11-20"))
    done = await move(portal, COORDINATOR, recipient, "accept", *days)
    assert done["__typename"] == "RecipientPayload", done
    return {**row, "recipient": done["recipient"]}


@pytest.fixture
async def without_clocks(cases: Engines) -> Any:
    """A way to let the agreement cover no dates of clocks any more, until the test ends."""

    async def narrow() -> None:
        async with cases.owner.begin() as owner:
            await owner.execute(text(CHANGE.format("array_remove(categories, 'clocks')")), DEAL)

    yield narrow
    async with cases.owner.begin() as owner:
        wide = "array_append(array_remove(categories, 'clocks'), 'clocks')"
        await owner.execute(text(CHANGE.format(wide)), DEAL)


async def research(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    return await move(portal, COORDINATOR, row["recipient"], "research", ("known", "known"))


async def test_a_day_that_the_coordinator_no_longer_sees_still_counts(
    portal: Portal, without_clocks: Any
) -> None:
    row = await listed(portal)
    await without_clocks()
    done = await research(portal, row)
    assert done["__typename"] == "RecipientPayload", done
    seen = (await portal.ask("tww.caseworker", CLOCKS, id=row["id"]))["referral"]
    [recipient] = seen["recipients"]["nodes"]
    due = {clock["name"]: clock["dueAt"] for clock in recipient["clocks"]["nodes"]}
    assert datetime.fromisoformat(due["research"]) == datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)


async def test_and_is_shown_to_her_nowhere(portal: Portal, without_clocks: Any) -> None:
    row = await listed(portal)
    await without_clocks()
    await research(portal, row)
    steps = (await portal.ask(COORDINATOR, STEPS, id=row["id"]))["referralFile"]["steps"]
    assert {name for step in steps for name in step["codes"]} == {
        "route", "judgement_reasons", "consent", "aware", "known"
    }  # fmt: skip


STEERING = "SELECT codes FROM steering_codes(:recipient, '{research_by,route}')"


async def test_the_database_gives_it_to_those_between_whom_it_goes_and_to_nobody_they_ask(
    portal: Portal,
) -> None:
    row = await listed(portal)
    given = {"recipient": row["recipient"]["id"].removeprefix("Recipient:")}
    asked, stranger = ("police.caseworker", 0), ("uol.caseworker", 0)
    assert (await portal.ask(asked[0], STEPS, id=row["id"]))["referralFile"] is not None
    for who, rows in ((COORDINATOR, 2), asked, ("tww.protection", 0), stranger):
        async with portal.context(who).acting() as session:
            found = (await session.execute(text(STEERING), given)).all()
            assert len(found) == rows, who
