"""Somebody writes while who may see it is narrowed: what they wrote is narrowed too."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, agency, done, log, of

from portal.store.engines import Engines

WRITERS = ("rasa.contributor", "rasa.coordinator")
SEEN = "query($id: ID!) { node(id: $id) { id } }"


async def shared_with(portal: Portal, *partners: str) -> dict[str, Any]:
    """An initiative that the whole partnership sees, with these committed."""
    row = await log(portal, visibility="PARTNERSHIP")
    for name in partners:
        asked = {"initiative": row["id"], "agency": agency(name), "parts": ["SUPPORT"]}
        partner = await done(portal, LEAD, "invitePartner", **asked)
        await done(portal, f"{name}.coordinator", "acceptInvitation", **of(partner))
    return row


async def comment(portal: Portal, who: str, row: dict[str, Any]) -> dict[str, Any]:
    """What a comment's writer is told."""
    shown = "...on CommentPayload { comment { id } }"
    return await portal.do(who, "addComment", {"initiative": row["id"], "text": "Now"}, shown)


@pytest.mark.parametrize("round_", range(4))
async def test_a_comment_written_while_sight_narrows_is_narrowed_too(
    portal: Portal, round_: int
) -> None:
    row = await shared_with(portal, "rasa")
    narrowed = portal.do(LEAD, "shareInitiative", of(row, visibility="PARTNERS"))
    said = [comment(portal, who, row) for who in WRITERS for _ in range(3)]
    answers = await asyncio.gather(narrowed, *said)
    ids = [answer["comment"]["id"] for answer in answers[1:] if "comment" in answer]
    for written in ids:
        assert (await portal.ask("sefton.coordinator", SEEN, id=written))["node"] is None
        assert (await portal.ask("wirral.viewer", SEEN, id=written))["node"] is not None


async def test_what_waits_for_narrowing_to_end_is_narrowed(
    portal: Portal, engines: Engines
) -> None:
    """The same, step by step: the narrowing is under way, the comment comes, the narrowing ends."""
    row = await shared_with(portal, "rasa")
    narrow = text("UPDATE initiative SET visibility = 'partners' WHERE reference = :reference")
    async with engines.owner.connect() as owner:
        await owner.execute(narrow, {"reference": row["reference"]})
        waiting = asyncio.create_task(comment(portal, "rasa.contributor", row))
        await asyncio.sleep(0.5)
        await owner.commit()
    written = (await waiting)["comment"]["id"]
    assert (await portal.ask("sefton.coordinator", SEEN, id=written))["node"] is None
    assert (await portal.ask("wirral.viewer", SEEN, id=written))["node"] is not None


async def test_partners_who_leave_while_the_lead_shares_are_all_answered(portal: Portal) -> None:
    """They lock the same rows, in one order: none is told of a fault."""
    names = ("rasa", "savera", "ariel")
    row = await shared_with(portal, *names)
    query = "query($id: ID!) { initiative(id: $id) { partners { nodes { id agency { id } } } } }"
    nodes = (await portal.ask(LEAD, query, id=row["id"]))["initiative"]["partners"]["nodes"]
    by_agency = {node["agency"]["id"]: node["id"] for node in nodes}
    leaving = [
        portal.do(
            f"{name}.coordinator",
            "leaveInitiative",
            {"id": by_agency[agency(name)], "expectedVersion": 2},
        )
        for name in names
    ]
    sharing = portal.do(LEAD, "shareInitiative", of(row, visibility="PUBLIC"))
    answers = await asyncio.gather(sharing, *leaving)
    assert [answer["__typename"] for answer in answers[1:]] == ["PartnerPayload"] * len(names)
    assert answers[0]["__typename"] in {"InitiativePayload", "Conflict"}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_last_day_of_all_are_refused(portal: Portal, day: str) -> None:
    answer = await portal.do(LEAD, "logInitiative", {"title": "For ever", "startsOn": day})
    assert answer["errors"][0]["code"] == "UNSTORABLE"


async def test_an_offer_alone_keeps_no_sight(portal: Portal) -> None:
    row = await shared_with(portal)
    offer = {"initiative": row["id"], "parts": ["SUPPORT"]}
    assert (await portal.do("sefton.coordinator", "offerContribution", offer))["__typename"]
    await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERS"))
    assert (await portal.ask("sefton.coordinator", SEEN, id=row["id"]))["node"] is None
