"""A sender takes its case back from all, whoever had said no; and who lost it alters nothing."""

from typing import Any

from support.asking import Portal
from support.referring import FAMILY_SAFETY, RECIPIENT, REFERRAL, SENDER, move, see, sent, team
from support.transferring import IDVA, ISVA, NEW, opens, place, taken_on, transfer

STEPS = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  agency { shortName } events { nodes { id name } } } } } }"""
NO_ROOM = ("decline_reason", "no_capacity")


async def take_back(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """The sender says that it is unsafe."""
    now = await see(portal, SENDER, row["id"])
    why = [{"name": "withdraw_reason", "values": ["unsafe"]}]
    given = {"id": row["id"], "expectedVersion": now["version"], "fields": why}
    return await portal.do(SENDER, "withdrawReferral", given, REFERRAL)


async def mistaken(
    portal: Portal, who: str, row: dict[str, Any], agency: str, name: str
) -> dict[str, Any]:
    """Somebody says that this step at that agency was recorded in error."""
    nodes = (await portal.ask(who, STEPS, id=row["id"]))["referral"]["recipients"]["nodes"]
    [step] = [
        each["id"]
        for one in nodes
        if one["agency"]["shortName"] == agency
        for each in one["events"]["nodes"]
        if each["name"] == name
    ]
    given = {"event": step, "reason": "wrong_case"}
    return await portal.do(who, "correctReferral", given, RECIPIENT)


async def disclosed(portal: Portal, row: dict[str, Any], to: tuple[str, str]) -> None:
    """The sender lets a team see it for an emergency."""
    given = {
        "referral": row["id"], "team": team(*to), "reason": "THREAT_TO_LIFE", "hours": 24,
        "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(SENDER, "discloseInEmergency", given)
    assert done["__typename"] == "EmergencyDisclosurePayload", done


async def test_one_team_that_declined_leaves_it_with_no_other(portal: Portal) -> None:
    row = await sent(portal, FAMILY_SAFETY, NEW)
    declined = await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "decline", NO_ROOM)
    assert declined["recipient"]["hold"] == "ENDED", declined
    done = await take_back(portal, row)
    assert done["__typename"] == "ReferralPayload", done
    assert done["referral"]["overall"] == "WITHDRAWN"
    assert [await see(portal, who, row["id"]) for who in (IDVA, ISVA)] == [None, None]


async def test_what_passed_on_before_anybody_began_is_taken_back_from_both(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    assert (await take_back(portal, row))["referral"]["overall"] == "WITHDRAWN"
    assert [await see(portal, who, row["id"]) for who in (IDVA, ISVA)] == [None, None]


async def test_what_was_begun_before_it_passed_on_is_not_taken_back(portal: Portal) -> None:
    row = await taken_on(portal)
    await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "start")
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    assert (await take_back(portal, row))["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
    assert await opens(portal, ISVA, row)


async def test_what_the_only_team_declined_is_not_taken_back(portal: Portal) -> None:
    row = await sent(portal, FAMILY_SAFETY)
    await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "decline", NO_ROOM)
    assert (await take_back(portal, row))["errors"][0]["code"] == "IMPOSSIBLE_MOVE"


async def test_who_lost_it_and_sees_it_for_an_emergency_marks_nothing_as_a_mistake(
    portal: Portal,
) -> None:
    row = await taken_on(portal)
    await take_back(portal, row)
    await disclosed(portal, row, FAMILY_SAFETY)
    assert await opens(portal, IDVA, row)
    refused = await mistaken(portal, IDVA, row, "Wirral", "accept")
    assert refused["errors"] == [
        {
            "path": ["input", "event"],
            "message": "It is not with this team now.",
            "code": "WRONG_STATE",
        }
    ]


async def test_nor_does_a_team_that_is_asked_no_more(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "acknowledge")
    await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "start")
    await disclosed(portal, row, NEW)
    refused = await mistaken(portal, ISVA, row, "RASA", "acknowledge")
    assert refused["errors"][0]["code"] == "WRONG_STATE"
    assert (await place(portal, SENDER, row, "RASA"))["state"] == "acknowledged"


async def test_a_withdrawal_by_mistake_leaves_the_asked_team_asked(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await take_back(portal, row)
    assert await see(portal, ISVA, row["id"]) is None
    done = await mistaken(portal, SENDER, row, "Wirral", "withdraw")
    assert done["recipient"]["state"] == "accepted", done
    assert (await place(portal, ISVA, row, "RASA"))["open"] is True
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    assert (await place(portal, SENDER, row, "Wirral"))["state"] == "transferred"
    assert await opens(portal, ISVA, row)
    assert not await opens(portal, IDVA, row)
