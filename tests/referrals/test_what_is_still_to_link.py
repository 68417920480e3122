"""A MARAC's coordinator has a list of cases that their senders believe to be repeats, links each or
says that it is none, and takes a link back that was a mistake. Nobody else learns of any of it.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import RECIPIENT, SENDER, move, see, team

from portal.sample.partnership import fixed
from portal.store.engines import Engines

SPRING, SUMMER = (f"Referral:{fixed('referral', key)}" for key in ("spring", "summer"))
LINK = "...on MaracRepeatPayload { maracRepeat { id version takenBackReason takenBackAt } }"
BELIEF = "...on MaracBeliefPayload { maracBelief { id version waiting linked judgement } }"
BELIEFS = """query($case: ID, $waiting: Boolean) {
  maracBeliefs(filter: {referral: $case, waiting: $waiting}) {
    totalCount nodes { id version waiting linked judgement recipient { id } } } }"""
REPEATS = """query($case: ID, $back: Boolean) {
  maracRepeats(filter: {referral: $case, takenBack: $back}) { totalCount nodes {
    id earlier { id } takenBackReason takenBackBy { id } } } }"""
FILED = """query($id: ID!) { referral(id: $id) { version overall events { nodes { name } }
  recipients { nodes { version state dueAt clocks { nodes { name dueAt } } } } } }"""
STRANGERS = (
    SENDER,
    "police.caseworker",
    "wirral.idva",
    "wirral.coordinator",
    "marac.administrator",
)


async def believed(portal: Portal) -> dict[str, Any]:
    """A case that came as a repeat of one that the sender had."""
    row = await gold(portal, score=40)
    done = await submit(portal, row, route=["repeat"], repeat_of=["RF-M2X7VN"])
    assert done["__typename"] == "ReferralPayload", done
    return row


async def belief_of(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    [found] = (await portal.ask(COORDINATOR, BELIEFS, case=row["id"]))["maracBeliefs"]["nodes"]
    return dict(found)


async def waits(portal: Portal, row: dict[str, Any]) -> bool:
    """Whether it stands on the list of those still to link."""
    found = await portal.ask(COORDINATOR, BELIEFS, case=row["id"], waiting=True)
    return bool(found["maracBeliefs"]["totalCount"])


async def linked(portal: Portal, row: dict[str, Any], earlier: str = SPRING) -> dict[str, Any]:
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    given = {"recipient": place["id"], "earlier": earlier}
    return await portal.do(COORDINATOR, "linkRepeat", given, LINK)


async def taken_back(
    portal: Portal, link: dict[str, Any], who: str = COORDINATOR, **more: Any
) -> dict[str, Any]:
    given = {
        "id": link["id"], "expectedVersion": link["version"], "reason": "WRONG_CASE", **more,
    }  # fmt: skip
    return await portal.do(who, "takeBackRepeat", given, LINK)


async def judged(
    portal: Portal, row: dict[str, Any], who: str = COORDINATOR, **more: Any
) -> dict[str, Any]:
    belief = await belief_of(portal, row)
    given = {
        "id": belief["id"], "expectedVersion": belief["version"], "reason": "OTHER_PEOPLE", **more,
    }  # fmt: skip
    return await portal.do(who, "judgeNoRepeat", given, BELIEF)


def code(refused: dict[str, Any]) -> str:
    assert refused["__typename"] == "ValidationError", refused
    [error] = refused["errors"]
    assert error["path"] == ["input", "id"]
    return str(error["code"])


async def test_what_a_sender_believes_waits_until_it_is_linked(portal: Portal) -> None:
    row, plain = await believed(portal), await gold(portal)
    await submit(portal, plain)
    assert await waits(portal, row)
    assert (await portal.ask(COORDINATOR, BELIEFS, case=plain["id"]))["maracBeliefs"]["nodes"] == []
    assert (await linked(portal, row))["__typename"] == "MaracRepeatPayload"
    assert not await waits(portal, row)
    belief = await belief_of(portal, row)
    assert (belief["waiting"], belief["linked"], belief["judgement"]) == (False, True, None)


async def test_a_draft_is_on_nobodys_list(portal: Portal) -> None:
    row = await gold(portal, score=40)
    found = (await portal.ask(COORDINATOR, BELIEFS, case=row["id"]))["maracBeliefs"]
    assert found["totalCount"] == 0


async def test_a_mistaken_link_is_taken_back_and_the_case_waits_again(portal: Portal) -> None:
    row = await believed(portal)
    wrong = (await linked(portal, row, SUMMER))["maracRepeat"]
    before = await portal.ask(COORDINATOR, FILED, id=row["id"])
    done = (await taken_back(portal, wrong))["maracRepeat"]
    assert (done["takenBackReason"], bool(done["takenBackAt"])) == ("WRONG_CASE", True)
    assert await waits(portal, row)
    assert await portal.ask(COORDINATOR, FILED, id=row["id"]) == before
    assert (await linked(portal, row, SPRING))["__typename"] == "MaracRepeatPayload"
    assert not await waits(portal, row)
    [stands] = (await portal.ask(COORDINATOR, REPEATS, case=row["id"], back=False))["maracRepeats"][
        "nodes"
    ]
    assert stands["earlier"] == {"id": SPRING}
    [kept] = (await portal.ask(COORDINATOR, REPEATS, case=row["id"], back=True))["maracRepeats"][
        "nodes"
    ]
    assert (kept["earlier"], kept["takenBackReason"]) == ({"id": SUMMER}, "WRONG_CASE")
    assert kept["takenBackBy"] is not None


async def test_what_was_taken_back_by_mistake_is_linked_anew(portal: Portal) -> None:
    row = await believed(portal)
    link = (await linked(portal, row))["maracRepeat"]
    await taken_back(portal, link)
    again = await linked(portal, row)
    assert again["__typename"] == "MaracRepeatPayload", again
    assert again["maracRepeat"]["id"] != link["id"]


async def test_a_link_is_taken_back_once_and_as_it_was_last_read(portal: Portal) -> None:
    link = (await linked(portal, await believed(portal)))["maracRepeat"]
    stale = await taken_back(portal, link, expectedVersion=7)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", link["version"])
    done = (await taken_back(portal, link))["maracRepeat"]
    assert code(await taken_back(portal, done)) == "WRONG_STATE"


async def test_of_two_who_take_it_back_at_once_one_does(portal: Portal) -> None:
    link = (await linked(portal, await believed(portal)))["maracRepeat"]
    both = await asyncio.gather(*(taken_back(portal, link) for _ in range(2)))
    assert sorted(one["__typename"] for one in both) == ["Conflict", "MaracRepeatPayload"]


async def test_of_two_who_link_the_same_at_once_one_does(portal: Portal) -> None:
    row = await believed(portal)
    both = await asyncio.gather(*(linked(portal, row) for _ in range(2)))
    assert sorted(one["__typename"] for one in both) == ["MaracRepeatPayload", "ValidationError"]


async def test_a_case_is_judged_to_be_no_repeat_and_waits_no_longer(portal: Portal) -> None:
    row = await believed(portal)
    done = (await judged(portal, row))["maracBelief"]
    assert (done["judgement"], done["waiting"], done["linked"]) == ("OTHER_PEOPLE", False, False)
    assert not await waits(portal, row)
    assert code(await judged(portal, row)) == "WRONG_STATE"
    after_all = await linked(portal, row)
    assert after_all["__typename"] == "MaracRepeatPayload", after_all
    assert (await belief_of(portal, row))["linked"]


async def test_what_is_linked_cannot_be_judged_to_be_none(portal: Portal) -> None:
    row = await believed(portal)
    link = (await linked(portal, row))["maracRepeat"]
    refused = await judged(portal, row)
    assert code(refused) == "WRONG_STATE"
    assert "takeBackRepeat" in refused["errors"][0]["message"]
    await taken_back(portal, link)
    assert (await judged(portal, row))["maracBelief"]["judgement"] == "OTHER_PEOPLE"
    stale = await judged(portal, row, expectedVersion=1)
    assert stale["__typename"] == "Conflict"


@pytest.mark.parametrize("who", STRANGERS)
async def test_nobody_else_sees_the_list_or_decides(portal: Portal, who: str) -> None:
    row = await believed(portal)
    link = (await linked(portal, row))["maracRepeat"]
    assert (await portal.ask(who, BELIEFS))["maracBeliefs"]["totalCount"] == 0
    for refused in (await taken_back(portal, link, who), await judged(portal, row, who)):
        assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "id"])


async def test_the_sender_reads_the_same_whatever_the_coordinator_makes_of_it(
    portal: Portal,
) -> None:
    row = await believed(portal)
    before = await portal.ask(SENDER, FILED, id=row["id"])
    link = (await linked(portal, row))["maracRepeat"]
    await taken_back(portal, link)
    await judged(portal, row)
    assert await portal.ask(SENDER, FILED, id=row["id"]) == before


async def test_what_was_withdrawn_is_on_the_list_no_more(portal: Portal) -> None:
    row = await believed(portal)
    now = await see(portal, SENDER, row["id"])
    given = {
        "id": row["id"], "expectedVersion": now["version"],
        "fields": [{"name": "withdraw_reason", "values": ["sent_in_error"]}],
    }  # fmt: skip
    done = await portal.do(SENDER, "withdrawReferral", given)
    assert done["__typename"] == "ReferralPayload", done
    assert not await waits(portal, row)


async def test_what_did_not_meet_the_criteria_may_still_be_linked(portal: Portal) -> None:
    row = await believed(portal)
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    fields = (("not_met_reason", "below_threshold"), ("other_way", "idva"))
    done = await move(portal, COORDINATOR, place, "not_met_criteria", *fields)
    assert done["__typename"] == "RecipientPayload", done
    assert await waits(portal, row)


async def asked_of(portal: Portal, row: dict[str, Any], to: str) -> dict[str, Any]:
    """She moved: another team is asked to take the case over."""
    [here] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    given = {
        "recipient": here["id"], "expectedVersion": here["version"], "team": to,
        "fields": [{"name": "transfer_reason", "values": ["moved_area"]}], "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(COORDINATOR, "transferReferral", given, RECIPIENT)
    assert done["__typename"] == "RecipientPayload", done
    return dict(done["recipient"])


async def test_another_marac_that_takes_it_over_judges_it_for_itself(portal: Portal) -> None:
    made = await portal.do(
        "marac.administrator",
        "addTeam",
        {"name": f"MARAC {uuid4()}"[:40]},
        "...on TeamPayload { team { id } }",
    )
    row = await believed(portal)
    first = await belief_of(portal, row)
    there = await asked_of(portal, row, made["team"]["id"])
    meeting = {"team": made["team"]["id"], "heldOn": "2026-12-03", "area": "E08000012"}
    await portal.do(COORDINATOR, "addMaracMeeting", meeting)
    fields = (("meeting_on", "2026-12-03"), ("research_by", "2026-12-01"))
    assert (await move(portal, COORDINATOR, there, "accept", *fields))["recipient"]
    beliefs = (await portal.ask(COORDINATOR, BELIEFS, case=row["id"]))["maracBeliefs"]["nodes"]
    assert {(one["id"] == first["id"], one["waiting"]) for one in beliefs} == {
        (True, False), (False, True),
    }  # fmt: skip
    [new] = [one for one in beliefs if one["id"] != first["id"]]
    assert new["recipient"]["id"] == there["id"]


async def test_what_goes_to_another_body_waits_there_for_its_own_coordinator(
    portal: Portal, cases: Engines
) -> None:
    row = await believed(portal)
    there = await asked_of(portal, row, team("rasa", "ISVA service"))
    found = "SELECT id FROM marac_belief WHERE recipient_id = :id"
    async with cases.owner.connect() as owner:
        given = {"id": there["id"].partition(":")[2]}
        assert len((await owner.execute(text(found), given)).all()) == 1
    assert (await portal.ask(COORDINATOR, BELIEFS, case=row["id"]))["maracBeliefs"][
        "totalCount"
    ] == 1


async def test_half_a_judgement_is_not_stored(cases: Engines) -> None:
    for table, column in (("marac_belief", "judged_at"), ("marac_repeat", "taken_back_at")):
        async with cases.owner.connect() as owner:
            half = text(f"UPDATE {table} SET {column} = now()")  # noqa: S608 - our own names
            with pytest.raises(Exception, match="violates check constraint"):
                await owner.execute(half)
