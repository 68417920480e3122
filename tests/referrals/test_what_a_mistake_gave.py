"""What was done in error is undone with what it gave and took: access, a place, questions."""

from typing import Any

from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import (
    FAMILY_SAFETY,
    RECIPIENT,
    REFERRAL,
    SENDER,
    listed,
    move,
    see,
    sent,
)
from support.reminding import told_of
from support.transferring import IDVA, opens

from portal.sample.conferences import MEETINGS
from portal.store.engines import Engines

FORCE = "police.caseworker"
STEPS = """query($id: ID!) { referral(id: $id) {
  recipients { nodes { events { nodes { id name } } } } } }"""
LISTS = """query($day: Date!) { maracMeetings(filter: {fromDay: $day, toDay: $day}) {
  nodes { listings { nodes { referral { id } } } } } }"""


async def mistaken(portal: Portal, who: str, row: dict[str, Any], name: str) -> dict[str, Any]:
    """Somebody says that this step was recorded in error."""
    nodes = (await portal.ask(who, STEPS, id=row["id"]))["referral"]["recipients"]["nodes"]
    [step] = [
        each["id"] for one in nodes for each in one["events"]["nodes"] if each["name"] == name
    ]
    return await portal.do(
        who, "correctReferral", {"event": step, "reason": "wrong_case"}, RECIPIENT
    )


async def place_of(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """The case's only place, as the coordinator sees it."""
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    return dict(place)


async def says(portal: Portal, row: dict[str, Any], name: str, **said: str) -> None:
    """The coordinator makes a move."""
    done = await move(portal, COORDINATOR, await place_of(portal, row), name, *said.items())
    assert done["__typename"] == "RecipientPayload", done


async def on_list(portal: Portal, row: dict[str, Any], day: Any) -> bool:
    """Whether it is on that day's list."""
    meetings = (await portal.ask(COORDINATOR, LISTS, day=str(day)))["maracMeetings"]["nodes"]
    found = [one["referral"]["id"] for each in meetings for one in each["listings"]["nodes"]]
    return row["id"] in found


async def taken_on(portal: Portal) -> dict[str, Any]:
    """A case that the MARAC has taken on for its next meeting."""
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    await says(portal, row, "accept", meeting_on=str(MEETINGS[0]), research_by=str(MEETINGS[0]))
    assert await see(portal, FORCE, row["id"]) is not None
    return row


async def withdrawn(portal: Portal) -> dict[str, Any]:
    """A referral that its sender took back, as it was before."""
    row = await sent(portal, FAMILY_SAFETY)
    given = {
        "id": row["id"], "expectedVersion": row["version"],
        "fields": [{"name": "withdraw_reason", "values": ["unsafe"]}],
    }  # fmt: skip
    done = await portal.do(SENDER, "withdrawReferral", given, REFERRAL)
    assert done["referral"]["overall"] == "WITHDRAWN", done
    assert await see(portal, IDVA, row["id"]) is None
    return row


async def test_what_was_taken_back_by_mistake_is_with_its_team_again(
    portal: Portal, cases: Engines
) -> None:
    row = await withdrawn(portal)
    done = await mistaken(portal, SENDER, row, "withdraw")
    assert done["recipient"]["open"] is True, done
    assert done["recipient"]["lostAt"] is None
    assert (await see(portal, SENDER, row["id"]))["overall"] == "WAITING"
    assert row["id"] in await listed(portal, IDVA)
    told = await told_of(cases, row["id"])
    assert told.count((IDVA, "referral_arrived")) == 2
    [place] = (await see(portal, IDVA, row["id"]))["recipients"]["nodes"]
    assert (await move(portal, IDVA, place, "accept"))["recipient"]["state"] == "accepted"


async def test_who_was_asked_about_a_wrong_case_has_it_no_longer(portal: Portal) -> None:
    row = await taken_on(portal)
    assert await opens(portal, FORCE, row)
    done = await mistaken(portal, COORDINATOR, row, "accept")
    assert done["recipient"]["state"] == "submitted", done
    assert not await on_list(portal, row, MEETINGS[0])
    assert await see(portal, FORCE, row["id"]) is None
    assert not await opens(portal, FORCE, row)


async def test_and_is_asked_again_once_it_is_taken_on_after_all(portal: Portal) -> None:
    row = await taken_on(portal)
    await mistaken(portal, COORDINATOR, row, "accept")
    await says(portal, row, "accept", meeting_on=str(MEETINGS[1]), research_by=str(MEETINGS[1]))
    assert await on_list(portal, row, MEETINGS[1])
    assert await opens(portal, FORCE, row)


async def test_a_wrong_day_leaves_it_on_the_list_of_the_right_one(portal: Portal) -> None:
    row = await taken_on(portal)
    await says(portal, row, "change_meeting", meeting_on=str(MEETINGS[1]))
    assert await on_list(portal, row, MEETINGS[1])
    await mistaken(portal, COORDINATOR, row, "change_meeting")
    assert await on_list(portal, row, MEETINGS[0])
    assert not await on_list(portal, row, MEETINGS[1])
    assert await see(portal, FORCE, row["id"]) is not None
