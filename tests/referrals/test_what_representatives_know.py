"""Each agency that sits at a MARAC says for itself whether it knows the people of a case, to the
MARAC that asks and to nobody else; where a case moves to another MARAC, that one asks anew.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import RECIPIENT, SENDER, move, see, team

from portal.sample.conferences import MARAC, MEETINGS, SEATS
from portal.store.engines import Engines

FORCE, IDVA = "police.caseworker", "wirral.idva"
THERE_ON = "2026-12-03"
QUESTIONS = """query($case: ID!) { maracResearch(filter: {referral: $case}) { nodes {
  id version known givenAt agency { shortName } team { id } } } }"""
FILE = """query($id: ID!) { referralFile(id: $id, purpose: PREPARE_MEETING) { flags } }"""
KNOWS = "...on MaracResearchPayload { maracResearch { id version known } }"


async def listed(portal: Portal, place: dict[str, Any], day: str) -> dict[str, Any]:
    """A case is taken on for a meeting."""
    fields = (("meeting_on", day), ("research_by", "2026-11-24"))
    done = await move(portal, COORDINATOR, place, "accept", *fields)
    assert done["__typename"] == "RecipientPayload", done
    return dict(done["recipient"])


async def accepted(portal: Portal) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case that was taken on for the next meeting, and its place there."""
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    return row, await listed(portal, place, str(MEETINGS[0]))


async def asked(portal: Portal, who: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What somebody sees of who is asked about a case."""
    nodes: list[dict[str, Any]] = (await portal.ask(who, QUESTIONS, case=row["id"]))[
        "maracResearch"
    ]["nodes"]
    return nodes


async def answer(
    portal: Portal, who: str, question: dict[str, Any], known: str = "KNOWN"
) -> dict[str, Any]:
    given = {"id": question["id"], "expectedVersion": question["version"], "known": known}
    return await portal.do(who, "answerResearch", given, KNOWS)


async def opens(portal: Portal, who: str, row: dict[str, Any]) -> bool:
    """Whether somebody is shown the full view."""
    return (await portal.ask(who, FILE, id=row["id"]))["referralFile"] is not None


async def moved(portal: Portal, row: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    """She moved: her case is on the list of another MARAC, where the force sits as well."""
    made = await portal.do(
        "marac.administrator",
        "addTeam",
        {"name": f"MARAC {uuid4()}"[:40]},
        "...on TeamPayload { team { id } }",
    )
    there = made["team"]["id"]
    for verb, given in (
        ("addMaracSeat", {"maracTeam": there, "team": team(*SEATS[0])}),
        ("addMaracMeeting", {"team": there, "heldOn": THERE_ON, "area": "E08000012"}),
    ):
        assert (await portal.do(COORDINATOR, verb, given))["__typename"].endswith("Payload")
    given = {
        "recipient": here["id"], "expectedVersion": here["version"], "team": there,
        "fields": [{"name": "transfer_reason", "values": ["moved_area"]}],
    }  # fmt: skip
    done = await portal.do(COORDINATOR, "transferReferral", given, RECIPIENT)
    assert done["__typename"] == "RecipientPayload", done
    return await listed(portal, done["recipient"], THERE_ON)


async def test_an_answer_is_said_anew_until_the_case_is_heard(portal: Portal) -> None:
    row, place = await accepted(portal)
    [mine] = await asked(portal, FORCE, row)
    first = (await answer(portal, FORCE, mine, "NOT_KNOWN"))["maracResearch"]
    again = (await answer(portal, FORCE, first, "KNOWN"))["maracResearch"]
    assert again["known"] == "KNOWN"
    fields = (("meeting_on", THERE_ON), ("urgent_reason", "release"))
    done = await move(portal, COORDINATOR, place, "call_urgent_meeting", *fields)
    heard = (("heard_on", "2026-11-16"),)
    done = await move(portal, COORDINATOR, done["recipient"], "hear", *heard)
    assert done["recipient"]["state"] == "heard", done
    late = await answer(portal, FORCE, again, "NOT_KNOWN")
    assert [error["code"] for error in late["errors"]] == ["WRONG_STATE"]
    assert "tell the MARAC's coordinator" in late["errors"][0]["message"]


async def test_before_it_is_on_a_list_nobody_is_asked(portal: Portal) -> None:
    row = await gold(portal)
    await submit(portal, row)
    assert await asked(portal, COORDINATOR, row) == []
    assert await asked(portal, FORCE, row) == []


async def test_of_two_who_answer_at_once_one_is_heard(portal: Portal) -> None:
    row, _ = await accepted(portal)
    [mine] = await asked(portal, FORCE, row)
    both = await asyncio.gather(
        *(answer(portal, FORCE, mine, known) for known in ("KNOWN", "NOT_KNOWN"))
    )
    assert sorted(one["__typename"] for one in both) == ["Conflict", "MaracResearchPayload"]


async def test_what_one_agency_knows_no_other_reads(portal: Portal) -> None:
    row, _ = await accepted(portal)
    [mine] = await asked(portal, FORCE, row)
    await answer(portal, FORCE, mine)
    for who, sees in ((IDVA, {"Wirral"}), (SENDER, set()), ("uol.caseworker", set())):
        assert {one["agency"]["shortName"] for one in await asked(portal, who, row)} == sees, who
        refused = await answer(portal, who, mine)
        assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "id"])


async def test_for_a_team_that_was_not_given_it_nobody_answers(portal: Portal) -> None:
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    seat = {"maracTeam": team(*MARAC), "team": team("savera", "Casework")}
    shown = "...on MaracSeatPayload { maracSeat { id version } }"
    seated = (await portal.do(COORDINATOR, "addMaracSeat", seat, shown))["maracSeat"]
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    try:
        await listed(portal, place, str(MEETINGS[0]))
    finally:
        ending = {"id": seated["id"], "expectedVersion": seated["version"]}
        await portal.do(COORDINATOR, "endMaracSeat", ending | {"endsOn": "2026-11-16"})
    [theirs] = [
        one for one in await asked(portal, COORDINATOR, row) if one["team"]["id"] == seat["team"]
    ]
    assert theirs["givenAt"] is None
    refused = await answer(portal, "savera.caseworker", theirs)
    if refused["__typename"] != "NotFound":  # where another team of theirs has the case
        assert [error["code"] for error in refused["errors"]] == ["WRONG_STATE"], refused
    refused = await answer(portal, COORDINATOR, theirs)
    assert refused["rule"] == "marac.own_agency_answers"


async def test_a_team_sits_there_once_and_no_marac_at_itself(portal: Portal) -> None:
    for agency, name, code in ((*MARAC, "OWN_TEAM"), (*SEATS[0], "TAKEN")):
        seat = {"maracTeam": team(*MARAC), "team": team(agency, name)}
        refused = await portal.do(COORDINATOR, "addMaracSeat", seat)
        found = [(error["path"][-1], error["code"]) for error in refused["errors"]]
        assert found == [("team", code)]


async def test_the_marac_of_where_she_lives_now_asks_anew_who_sits_at_both(
    portal: Portal,
) -> None:
    row, here = await accepted(portal)
    [before] = await asked(portal, FORCE, row)
    await answer(portal, FORCE, before, "NOT_KNOWN")
    await moved(portal, row, here)
    both = await asked(portal, FORCE, row)
    assert {one["known"] for one in both} == {"NOT_KNOWN", None}
    [old] = [one for one in both if one["known"]]
    [new] = [one for one in both if not one["known"]]
    assert (await answer(portal, FORCE, new))["maracResearch"]["known"] == "KNOWN"
    gone = await answer(portal, FORCE, old)
    assert [error["code"] for error in gone["errors"]] == ["WRONG_STATE"]


async def test_who_sits_at_the_first_marac_alone_keeps_the_summary_and_no_more(
    portal: Portal,
) -> None:
    row, here = await accepted(portal)
    assert await opens(portal, IDVA, row)
    assert await opens(portal, FORCE, row)
    await moved(portal, row, here)
    assert await see(portal, IDVA, row["id"]) is not None
    assert not await opens(portal, IDVA, row)
    assert await opens(portal, FORCE, row)


async def test_half_an_answer_is_not_stored(cases: Engines) -> None:
    half = text("UPDATE marac_research SET answered_at = now(), known = NULL")
    async with cases.owner.connect() as owner:
        with pytest.raises(Exception, match="violates check constraint"):
            await owner.execute(half)
