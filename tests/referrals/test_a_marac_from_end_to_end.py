"""A charity refers to a MARAC on MeRIT 74, the coordinator screens it, the IDVA referral appears by
itself, the force sees its part, and the university sees nothing.
"""

from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, followed, gold, said, submit
from support.referring import RECIPIENT, SENDER, move, see, team

from portal.sample.conferences import MARAC, MEETINGS
from portal.sample.partnership import agency_id, fixed
from portal.store.engines import Engines

FORCE, IDVA, UNIVERSITY = "police.caseworker", "wirral.idva", "uol.caseworker"
LIST = """query($day: Date!) { maracMeetings(filter: {fromDay: $day, toDay: $day}, first: 5) {
  nodes { id kind heldOn listings(first: 50) { nodes { referral { id reference } recipient { state }
    research(first: 10) { nodes { id version known agency { shortName } gateway } } } } } } }"""
FILE = """query($id: ID!, $purpose: OpeningPurpose!) { referralFile(id: $id, purpose: $purpose) {
  safeContact { allowed forbidden } riskAssessments { tool score grade } subjects { role }
  flags } }"""
ASKED = """query($after: String) {
  maracResearch(filter: {mine: true, answered: false}, first: 100, after: $after) {
    nodes { id version known referral { id } } pageInfo { hasNextPage endCursor } } }"""
KNOWS = "...on MaracResearchPayload { maracResearch { id known version } }"
ACCEPT = {"meeting_on": [str(MEETINGS[0])], "research_by": ["2026-11-24"]}


async def with_marac(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """The case's place with the MARAC, as its coordinator sees it."""
    nodes = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    [place] = [node for node in nodes if node["agency"]["shortName"] == "Wirral MARAC"]
    return dict(place)


async def screened(portal: Portal, row: dict[str, Any], **fields: list[str]) -> dict[str, Any]:
    """Take it on for a meeting."""
    place = await with_marac(portal, row)
    given = {
        "recipient": place["id"],
        "expectedVersion": place["version"],
        "move": "accept",
        "fields": said(**ACCEPT | fields),
    }
    return await portal.do(COORDINATOR, "moveReferral", given, RECIPIENT)


async def listed(portal: Portal, who: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A case on the meeting's list, as somebody sees it."""
    meetings = (await portal.ask(who, LIST, day=str(MEETINGS[0])))["maracMeetings"]["nodes"]
    found = [one for meeting in meetings for one in meeting["listings"]["nodes"]]
    return next((one for one in found if one["referral"]["id"] == row["id"]), None)


async def question(portal: Portal, who: str, row: dict[str, Any]) -> dict[str, Any]:
    """What somebody's agency is asked about a case."""
    nodes = await portal.to_the_end(who, ASKED)
    [found] = [node for node in nodes if node["referral"]["id"] == row["id"]]
    return dict(found)


async def answer(portal: Portal, who: str, asked: dict[str, Any], known: str) -> dict[str, Any]:
    """Say what one's agency knows."""
    given = {"id": asked["id"], "expectedVersion": asked["version"], "known": known}
    return await portal.do(who, "answerResearch", given, KNOWS)


async def accepted(portal: Portal) -> dict[str, Any]:
    """A case that was referred and taken on for the next meeting."""
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    done = await screened(portal, row)
    assert done["recipient"]["state"] == "accepted", done
    return row


async def test_from_the_charity_to_the_meeting_and_what_came_of_it(portal: Portal) -> None:
    row = await gold(portal)
    shown = {(p["agency"]["shortName"], p["part"]) for p in row["preview"]["parties"]}
    assert {("Wirral MARAC", "receiver"), ("Police", "representative")} <= shown
    sent = await submit(portal, row)
    assert sent["__typename"] == "ReferralPayload", sent
    [idva] = await followed(portal, SENDER, row)
    assert idva["outcome"] == "MADE"
    assert await see(portal, IDVA, idva["made"]["id"]) is not None
    assert await see(portal, FORCE, row["id"]) is None

    assert (await screened(portal, row))["recipient"]["turn"] == "receiver"
    place = await listed(portal, COORDINATOR, row)
    assert place is not None
    asked = {one["agency"]["shortName"] for one in place["research"]["nodes"]}
    assert asked == {"Police", "Wirral", "Probation"}

    theirs = await listed(portal, FORCE, row)
    assert theirs is not None
    assert [one["agency"]["shortName"] for one in theirs["research"]["nodes"]] == ["Police"]
    opened = {"id": row["id"], "purpose": "PREPARE_MEETING"}
    found = (await portal.ask(FORCE, FILE, **opened))["referralFile"]
    assert found["riskAssessments"] == [{"tool": "MERIT", "score": 74, "grade": "gold"}]
    assert await see(portal, FORCE, idva["made"]["id"]) is None

    done = await answer(portal, FORCE, await question(portal, FORCE, row), "KNOWN")
    assert done["maracResearch"]["known"] == "KNOWN", done
    place = await listed(portal, COORDINATOR, row)
    assert place is not None
    told = {one["agency"]["shortName"]: one["known"] for one in place["research"]["nodes"]}
    assert told == {"Police": "KNOWN", "Wirral": None, "Probation": None}

    recipient = await with_marac(portal, row)
    for name, fields in (
        ("research", (("known", "known"),)),
        ("finish_research", ()),
        ("hear", (("heard_on", str(MEETINGS[0])),)),
        ("no_actions", ()),
        ("close", (("outcome", "risk_reduced"),)),
    ):
        moved = await move(portal, COORDINATOR, recipient, name, *fields)
        assert moved["__typename"] == "RecipientPayload", moved
        recipient = moved["recipient"]
    assert recipient["state"] == "closed"
    late = await answer(portal, "wirral.idva", await question(portal, "wirral.idva", row), "KNOWN")
    assert [error["code"] for error in late["errors"]] == ["WRONG_STATE"], late
    assert (await see(portal, SENDER, row["id"]))["overall"] == "ENDED"


async def test_the_university_sees_nothing_of_it(portal: Portal) -> None:
    row = await accepted(portal)
    assert await see(portal, UNIVERSITY, row["id"]) is None
    assert await followed(portal, UNIVERSITY, row) == []
    assert await listed(portal, UNIVERSITY, row) is None
    opened = {"id": row["id"], "purpose": "PREPARE_MEETING"}
    assert (await portal.ask(UNIVERSITY, FILE, **opened))["referralFile"] is None
    assert await portal.to_the_end(UNIVERSITY, ASKED) == []
    meetings = (await portal.ask(UNIVERSITY, LIST, day=str(MEETINGS[0])))["maracMeetings"]
    assert meetings["nodes"] == []


async def test_a_meeting_that_there_is_not_is_refused_and_an_urgent_one_is_called(
    portal: Portal,
) -> None:
    row = await gold(portal)
    await submit(portal, row)
    refused = await screened(portal, row, meeting_on=["2026-11-27"])
    assert [error["code"] for error in refused["errors"]] == ["NO_MEETING"]
    assert (await with_marac(portal, row))["state"] == "submitted"
    fields = (("meeting_on", "2026-11-17"), ("urgent_reason", "release"))
    called = await move(
        portal, COORDINATOR, await with_marac(portal, row), "call_urgent_meeting", *fields
    )
    assert called["recipient"]["state"] == "urgent"
    [meeting] = (await portal.ask(FORCE, LIST, day="2026-11-17"))["maracMeetings"]["nodes"]
    assert (meeting["kind"], len(meeting["listings"]["nodes"])) == ("URGENT", 1)


async def test_put_off_it_moves_to_the_other_list(portal: Portal) -> None:
    row = await accepted(portal)
    fields = (("meeting_on", str(MEETINGS[1])), ("defer_reason", "no_time"))
    put_off = await move(portal, COORDINATOR, await with_marac(portal, row), "defer", *fields)
    assert put_off["recipient"]["state"] == "deferred", put_off
    assert await listed(portal, COORDINATOR, row) is None


async def test_an_agency_answers_for_itself_alone(portal: Portal) -> None:
    row = await accepted(portal)
    theirs = await question(portal, FORCE, row)
    hidden = await answer(portal, IDVA, theirs, "KNOWN")
    assert hidden["__typename"] == "NotFound"
    by_marac = await answer(portal, COORDINATOR, theirs, "KNOWN")
    assert by_marac["rule"] == "marac.own_agency_answers"
    done = await answer(portal, FORCE, theirs, "NOT_KNOWN")
    assert done["maracResearch"]["known"] == "NOT_KNOWN"
    stale = await answer(portal, FORCE, theirs, "KNOWN")
    assert stale["__typename"] == "Conflict"


async def test_only_its_coordinator_plans_a_marac(portal: Portal) -> None:
    marac = team(*MARAC)
    meeting = {"team": marac, "heldOn": "2026-12-24", "area": "E08000015"}
    seat = {"maracTeam": marac, "team": team("icb", "Safeguarding")}
    for who in (FORCE, IDVA, SENDER, UNIVERSITY):
        for mutation, given in (("addMaracMeeting", meeting), ("addMaracSeat", seat)):
            refused = await portal.do(who, mutation, given)
            assert refused["rule"] == "marac.coordinator_prepares", (who, mutation)
    added = await portal.do(COORDINATOR, "addMaracMeeting", meeting)
    assert added["__typename"] == "MaracMeetingPayload", added
    twice = await portal.do(COORDINATOR, "addMaracMeeting", meeting)
    assert [error["code"] for error in twice["errors"]] == ["TAKEN"]
    past = await portal.do(COORDINATOR, "addMaracMeeting", meeting | {"heldOn": "2026-11-12"})
    assert past["__typename"] == "ValidationError"


async def test_a_team_sits_there_from_one_meeting_to_another(portal: Portal) -> None:
    seats = "...on MaracSeatPayload { maracSeat { id version endsOn } }"
    given = {"maracTeam": team(*MARAC), "team": team("icb", "Safeguarding")}
    seat = (await portal.do(COORDINATOR, "addMaracSeat", given, seats))["maracSeat"]
    row = await accepted(portal)
    place = await listed(portal, COORDINATOR, row)
    assert place is not None
    assert "ICB" in {one["agency"]["shortName"] for one in place["research"]["nodes"]}
    ending = {"id": seat["id"], "expectedVersion": seat["version"], "endsOn": "2026-11-20"}
    early = ending | {"endsOn": "2026-11-01"}
    wrong = await portal.do(COORDINATOR, "endMaracSeat", early, seats)
    assert wrong["__typename"] == "ValidationError"
    theirs = await portal.do(FORCE, "endMaracSeat", ending, seats)
    assert theirs["__typename"] == "NotPermitted"
    done = await portal.do(COORDINATOR, "endMaracSeat", ending, seats)
    assert done["maracSeat"]["endsOn"] == "2026-11-20", done
    after = await listed(portal, COORDINATOR, await accepted(portal))
    assert after is not None
    assert "ICB" not in {one["agency"]["shortName"] for one in after["research"]["nodes"]}


async def test_a_team_seated_after_sending_does_not_get_a_case_whose_sender_never_saw_it(
    portal: Portal,
) -> None:
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    given = {"maracTeam": team(*MARAC), "team": team("rasa", "ISVA service")}
    assert (await portal.do(COORDINATOR, "addMaracSeat", given))["__typename"] == "MaracSeatPayload"
    await screened(portal, row)
    place = await listed(portal, COORDINATOR, row)
    assert place is not None
    gave = {one["agency"]["shortName"]: one["gateway"] for one in place["research"]["nodes"]}
    assert gave["RASA"] is None
    assert gave["Police"] is not None
    assert await see(portal, "rasa.caseworker", row["id"]) is None


async def test_who_sits_there_from_the_next_meeting_on_is_shown_before_it_is_sent(
    portal: Portal,
) -> None:
    given = {"maracTeam": team(*MARAC), "team": team("savera", "Training")}
    given["startsOn"] = str(MEETINGS[0])
    added = await portal.do(COORDINATOR, "addMaracSeat", given)
    assert added["__typename"] == "MaracSeatPayload", added
    shown = {
        (p["agency"]["shortName"], p["part"]) for p in (await gold(portal))["preview"]["parties"]
    }
    assert ("Savera", "representative") in shown


@pytest.mark.parametrize("who", [IDVA, FORCE])
async def test_what_a_marac_gave_is_closed_when_it_leaves_the_agreement(
    portal: Portal, cases: Engines, who: str
) -> None:
    row = await accepted(portal)
    assert await see(portal, who, row["id"]) is not None
    change = "UPDATE agreement_party SET left_at = {} WHERE agreement_id = :deal AND agency_id = :a"
    given = {"deal": fixed("agreement", "wirral-marac"), "a": agency_id("marac")}
    async with cases.owner.begin() as owner:
        await owner.execute(text(change.format("now()")), given)
    assert await see(portal, who, row["id"]) is None
    async with cases.owner.begin() as owner:
        await owner.execute(text(change.format("NULL")), given)
    assert await see(portal, who, row["id"]) is not None
