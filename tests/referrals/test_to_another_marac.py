"""She moves to another borough: her case goes to the MARAC there, if that takes it on, and what
cannot be is refused without a trace.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import RECIPIENT, SENDER, move, see, team

from portal.sample.conferences import MARAC, MEETINGS
from portal.store.engines import Engines

FORCE, THERE_ON = "police.caseworker", "2026-12-03"
WHY = [{"name": "transfer_reason", "values": ["moved_area"]}]


async def another_marac(portal: Portal) -> str:
    """The team of a MARAC elsewhere, with a meeting to come."""
    made = await portal.do(
        "marac.administrator",
        "addTeam",
        {"name": f"MARAC {uuid4()}"[:40]},
        "...on TeamPayload { team { id version } }",
    )
    there: str = made["team"]["id"]
    meeting = {"team": there, "heldOn": THERE_ON, "area": "E08000012"}
    done = await portal.do(COORDINATOR, "addMaracMeeting", meeting)
    assert done["__typename"] == "MaracMeetingPayload", done
    return there


async def accepted(portal: Portal) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case that is on the list of the next meeting, and its place there."""
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    fields = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
    done = await move(portal, COORDINATOR, place, "accept", *fields)
    assert done["__typename"] == "RecipientPayload", done
    return row, dict(done["recipient"])


async def transfer(
    portal: Portal, here: dict[str, Any], to: str, who: str = COORDINATOR, **more: Any
) -> dict[str, Any]:
    given = {
        "recipient": here["id"], "expectedVersion": here["version"], "team": to, "fields": WHY,
        **more,
    }  # fmt: skip
    return await portal.do(who, "transferReferral", given, RECIPIENT)


async def places(portal: Portal, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Where it stands with each, by the id of the place."""
    nodes = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    return {node["id"]: node for node in nodes}


def faults(refused: dict[str, Any]) -> list[tuple[str, str]]:
    assert refused["__typename"] == "ValidationError", refused
    return [(error["path"][-1], error["code"]) for error in refused["errors"]]


async def test_a_marac_declines_with_a_code_and_the_first_one_hears_it(portal: Portal) -> None:
    row, here = await accepted(portal)
    there = (await transfer(portal, here, await another_marac(portal)))["recipient"]
    no_reason = await move(portal, COORDINATOR, there, "not_met_criteria")
    assert set(faults(no_reason)) == {("not_met_reason", "REQUIRED"), ("other_way", "REQUIRED")}
    says = (("not_met_reason", "lives_elsewhere"), ("other_way", "other_marac"))
    declined = await move(portal, COORDINATOR, there, "not_met_criteria", *says)
    assert (declined["recipient"]["state"], declined["recipient"]["open"]) == ("not_met", False)
    now = (await places(portal, row))[here["id"]]
    assert (now["state"], now["open"]) == ("accepted", True)
    again = await transfer(portal, now, await another_marac(portal))
    assert again["recipient"]["state"] == "submitted", again


async def test_the_first_marac_that_hears_it_after_all_asks_no_more(portal: Portal) -> None:
    row, here = await accepted(portal)
    there = (await transfer(portal, here, await another_marac(portal)))["recipient"]
    now = (await places(portal, row))[here["id"]]
    fields = (("meeting_on", str(MEETINGS[1])), ("defer_reason", "no_time"))
    assert (await move(portal, COORDINATOR, now, "defer", *fields))["recipient"]
    late = (await places(portal, row))[there["id"]]
    fields = (("meeting_on", THERE_ON), ("research_by", "2026-12-01"))
    refused = await move(portal, COORDINATOR, late, "accept", *fields)
    assert faults(refused) == [("recipient", "WRONG_STATE")]


async def test_a_marac_transfers_nothing_to_itself_nor_twice(portal: Portal) -> None:
    row, here = await accepted(portal)
    assert faults(await transfer(portal, here, team(*MARAC))) == [("team", "ADDRESSED")]
    first = await another_marac(portal)
    assert (await transfer(portal, here, first))["__typename"] == "RecipientPayload"
    now = (await places(portal, row))[here["id"]]
    assert faults(await transfer(portal, now, first)) == [("team", "ADDRESSED")]
    other = await transfer(portal, now, await another_marac(portal))
    assert [code for _, code in faults(other)] == ["ALREADY_ASKED"]


@pytest.mark.parametrize(("values", "code"), [([], "REQUIRED"), (["she wished it"], "NOT_A_CODE")])
async def test_a_transfer_says_why_in_a_code(portal: Portal, values: list[str], code: str) -> None:
    _, here = await accepted(portal)
    fields = [{"name": "transfer_reason", "values": values}] if values else []
    refused = await transfer(portal, here, await another_marac(portal), fields=fields)
    assert faults(refused) == [("transfer_reason", code)]


async def test_who_sits_there_or_sent_it_transfers_nothing(portal: Portal) -> None:
    row, here = await accepted(portal)
    there = await another_marac(portal)
    for who in (SENDER, FORCE):
        refused = await transfer(portal, here, there, who=who)
        assert refused["rule"] == "referral.recipient_answers", who
    hidden = await transfer(portal, here, there, who="uol.caseworker")
    assert (hidden["__typename"], hidden["path"]) == ("NotFound", ["input", "recipient"])
    assert len(await places(portal, row)) == 1


async def test_what_is_closed_or_not_met_goes_nowhere(portal: Portal) -> None:
    row = await gold(portal)
    await submit(portal, row)
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    says = (("not_met_reason", "under_age"), ("other_way", "mash"))
    over = (await move(portal, COORDINATOR, place, "not_met_criteria", *says))["recipient"]
    refused = await transfer(portal, over, await another_marac(portal))
    assert refused["__typename"] == "ValidationError", refused
    assert len(await places(portal, row)) == 1


async def test_a_team_that_has_ended_takes_nothing_over(portal: Portal, cases: Engines) -> None:
    _, here = await accepted(portal)
    there = await another_marac(portal)
    async with cases.owner.begin() as owner:
        ended = "UPDATE team SET ended_on = '2026-11-01' WHERE id = :id"
        await owner.execute(text(ended), {"id": there.partition(":")[2]})
    refused = await transfer(portal, here, there)
    assert refused["errors"][0]["path"] == ["input", "team"]
    assert "has ended" in refused["errors"][0]["message"]


async def test_of_two_transfers_at_once_one_is_made(portal: Portal) -> None:
    row, here = await accepted(portal)
    there = [await another_marac(portal) for _ in range(2)]
    both = await asyncio.gather(*(transfer(portal, here, each) for each in there))
    assert sorted(one["__typename"] for one in both) == ["Conflict", "RecipientPayload"]
    assert len(await places(portal, row)) == 2


async def test_taken_on_there_and_put_off_here_at_once_has_one_winner(portal: Portal) -> None:
    row, here = await accepted(portal)
    there = (await transfer(portal, here, await another_marac(portal)))["recipient"]
    now = (await places(portal, row))[here["id"]]
    takes = (("meeting_on", THERE_ON), ("research_by", "2026-12-01"))
    defers = (("meeting_on", str(MEETINGS[1])), ("defer_reason", "no_time"))
    both = await asyncio.gather(
        move(portal, COORDINATOR, there, "accept", *takes),
        move(portal, COORDINATOR, now, "defer", *defers),
    )
    won = [one["__typename"] == "RecipientPayload" for one in both]
    assert sorted(won) == [False, True], both
    state = (await places(portal, row))[here["id"]]["state"]
    assert state == ("transferred" if won[0] else "deferred")
