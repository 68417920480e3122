"""Where the agreement wants it, whose case it is says yes before somebody else has it: each time,
for each team, and nobody else hears of it.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    RECIPIENT,
    REFERRAL,
    SENDER,
    draft,
    move,
    see,
    send,
    sent,
    team,
)
from support.reminding import told_of

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, ISVA, SAVERA = "wirral.idva", "rasa.caseworker", "savera.caseworker"
SERVICE, CASEWORK = ("rasa", "ISVA service"), ("savera", "Casework")
RULE = "UPDATE agreement_version SET onward_rule = :rule WHERE agreement_id = :id"
SHOWS = """...on OnwardRequestPayload { onwardRequest { id version answer agency { shortName }
  toTeam { name } askedBy { id } answeredBy { id } handling } }"""
ASKED = """query($case: ID, $waits: Boolean) { onwardRequests(
  filter: {referral: $case, waits: $waits}) { nodes { id answer agency { shortName } } } }"""


@pytest.fixture(autouse=True)
async def owner_asked(cases: Engines) -> AsyncIterator[None]:
    """The agreement by which Wirral has what Tomorrow's Women send wants the sender's yes."""
    given = {"id": fixed("agreement", "wirral-marac")}
    async with cases.owner.begin() as owner:
        await owner.execute(text(RULE), given | {"rule": "ask_owner"})
    yield
    async with cases.owner.begin() as owner:
        await owner.execute(text(RULE), given | {"rule": "parties"})


async def ask(
    portal: Portal, row: dict[str, Any], to: tuple[str, str] = SERVICE, who: str = IDVA
) -> dict[str, Any]:
    given = {"referral": row["id"], "team": team(*to)}
    return await portal.do(who, "askToPassOn", given, SHOWS)


async def answer(
    portal: Portal, asked: dict[str, Any], says: str = "YES", who: str = SENDER
) -> dict[str, Any]:
    one = asked.get("onwardRequest", asked)
    given = {"id": one["id"], "expectedVersion": one["version"], "answer": says}
    return await portal.do(who, "answerOnwardRequest", given, SHOWS)


async def onward(portal: Portal, row: dict[str, Any], *to: tuple[str, str]) -> dict[str, Any]:
    mine = {"by": IDVA, "senderTeam": team(*FAMILY_SAFETY), "onwardFrom": row["id"]}
    return await draft(portal, *(to or (SERVICE,)), **mine)


async def listed(portal: Portal, who: str, row: dict[str, Any], **more: bool) -> list[str | None]:
    found = await portal.ask(who, ASKED, case=row["id"], **more)
    return [one["answer"] for one in found["onwardRequests"]["nodes"]]


async def test_without_the_owners_yes_it_goes_nowhere_and_with_it_once(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    row = await onward(portal, first)
    refused = await send(portal, row, by=IDVA)
    [error] = refused["errors"]
    assert (error["code"], error["path"]) == ("ASK_OWNER", ["input", "id"])
    assert "Tomorrow's Women Wirral" in error["message"]
    assert "`askToPassOn`" in error["message"]
    assert (await see(portal, IDVA, row["id"]))["overall"] == "DRAFT"
    assert await see(portal, ISVA, row["id"]) is None

    asked = await ask(portal, first)
    assert asked["onwardRequest"]["answer"] is None, asked
    assert (await send(portal, row, by=IDVA))["errors"][0]["code"] == "ASK_OWNER"
    assert (await answer(portal, asked))["onwardRequest"]["answer"] == "YES"
    assert (await send(portal, row, by=IDVA))["__typename"] == "ReferralPayload"
    assert (await see(portal, ISVA, row["id"]))["overall"] == "WAITING"

    again = await onward(portal, first)
    assert (await send(portal, again, by=IDVA))["errors"][0]["code"] == "ASK_OWNER"
    await answer(portal, await ask(portal, first))
    assert (await send(portal, again, by=IDVA))["__typename"] == "ReferralPayload"


async def test_a_yes_is_for_the_team_that_was_named(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    await answer(portal, await ask(portal, first))
    for to in ((CASEWORK,), (SERVICE, CASEWORK)):
        row = await onward(portal, first, *to)
        refused = await send(portal, row, by=IDVA)
        assert refused["errors"][0]["code"] == "ASK_OWNER"
        assert "Casework" in refused["errors"][0]["message"]
        assert await see(portal, SAVERA, row["id"]) is None
    await answer(portal, await ask(portal, first, CASEWORK))
    assert (await send(portal, row, by=IDVA))["__typename"] == "ReferralPayload"


async def test_a_no_and_a_yes_that_was_taken_back_let_nothing_go(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    row = await onward(portal, first)
    asked = await ask(portal, first)
    said = await answer(portal, asked, "NO")
    assert (await send(portal, row, by=IDVA))["errors"][0]["code"] == "ASK_OWNER"
    said = await answer(portal, said["onwardRequest"], "YES")
    await answer(portal, said["onwardRequest"], "NO")
    assert (await send(portal, row, by=IDVA))["errors"][0]["code"] == "ASK_OWNER"
    stale = await answer(portal, asked)
    assert stale["__typename"] == "Conflict"


async def test_a_transfer_waits_for_it_too(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    [place] = first["recipients"]["nodes"]
    at = (await move(portal, IDVA, place, "accept"))["recipient"]
    given = {
        "recipient": at["id"], "expectedVersion": at["version"], "team": team(*SERVICE),
        "fields": [{"name": "transfer_reason", "values": ["moved_area"]}],
    }  # fmt: skip
    refused = await portal.do(IDVA, "transferReferral", given, RECIPIENT)
    [error] = refused["errors"]
    assert (error["code"], error["path"]) == ("ASK_OWNER", ["input", "team"])
    assert await see(portal, ISVA, first["id"]) is None
    await answer(portal, await ask(portal, first))
    done = await portal.do(IDVA, "transferReferral", given, RECIPIENT)
    assert done["__typename"] == "RecipientPayload", done
    assert await see(portal, ISVA, first["id"]) is not None


async def test_each_side_hears_of_it_and_finds_it_and_nobody_else_does(
    portal: Portal, cases: Engines
) -> None:
    first = await sent(portal, FAMILY_SAFETY, CASEWORK)
    before = await told_of(cases, first["id"])
    asked = await ask(portal, first)
    heard = (await told_of(cases, first["id"]))[len(before) :]
    assert (SENDER, "referral_yours") in heard
    assert {who.split(".")[0] for who, _ in heard} == {"tww"}
    for who in (SENDER, IDVA):
        assert await listed(portal, who, first, waits=True) == [None]
    for stranger in (SAVERA, ISVA, "police.caseworker", "wirral.viewer", "uol.caseworker"):
        assert await listed(portal, stranger, first) == []
        assert (await answer(portal, asked, who=stranger))["__typename"] == "NotFound"
    await answer(portal, asked)
    heard = (await told_of(cases, first["id"]))[len(before) + len(heard) :]
    assert (IDVA, "referral_yours") in heard
    assert {who.split(".")[0] for who, _ in heard} == {"wirral"}
    assert await listed(portal, SENDER, first, waits=True) == []
    assert await listed(portal, IDVA, first, waits=False) == ["YES"]


async def test_who_asks_does_not_answer_and_whose_case_it_is_does_not_ask(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    asked = await ask(portal, first)
    refused = await answer(portal, asked, who=IDVA)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "onward.owner_answers")
    refused = await ask(portal, first, who=SENDER)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "onward.recipients_ask")


async def test_nobody_is_asked_twice_or_where_nobody_need_be(
    portal: Portal, cases: Engines
) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    await ask(portal, first)
    assert (await ask(portal, first))["errors"][0]["code"] == "TWICE"
    for free in (("tww", "Outreach"), ("wirral", "Early help")):
        refused = await ask(portal, first, free)
        assert refused["errors"][0]["path"] == ["input", "team"]
        row = await onward(portal, first, free)
        assert (await send(portal, row, by=IDVA))["__typename"] == "ReferralPayload"


async def test_one_yes_serves_one_of_two_who_send_at_once(portal: Portal) -> None:
    for _ in range(3):
        first = await sent(portal, FAMILY_SAFETY)
        await answer(portal, await ask(portal, first))
        rows = [await onward(portal, first) for _ in range(2)]
        answers = await asyncio.gather(*(send(portal, row, by=IDVA) for row in rows))
        assert sorted(one["__typename"] for one in answers) == [
            "ReferralPayload",
            "ValidationError",
        ]
        seen = [await see(portal, ISVA, row["id"]) is not None for row in rows]
        assert sorted(seen) == [False, True]


async def test_who_lost_the_case_asks_no_more(portal: Portal) -> None:
    row = await sent(portal, FAMILY_SAFETY)
    asked = await ask(portal, row)
    given = {
        "id": row["id"], "expectedVersion": row["version"],
        "fields": [{"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}],
    }  # fmt: skip
    assert (await portal.do(SENDER, "withdrawReferral", given, REFERRAL))["referral"]
    assert (await ask(portal, row, CASEWORK))["__typename"] == "NotFound"
    assert await listed(portal, IDVA, row) == []
    assert asked["onwardRequest"]["handling"].startswith("OFFICIAL-SENSITIVE")
