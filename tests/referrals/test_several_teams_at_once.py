"""Several teams are asked at once: each answers for itself, the whole stands by a stated rule, and
what is taken back leaves behind who had opened it.
"""

from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    REFERRAL,
    SENDER,
    draft,
    member,
    move,
    see,
    send,
    sent,
)

from portal.agreements.categories import DataCategory
from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, RASA, SAVERA = "wirral.idva", "rasa.caseworker", "savera.caseworker"
SERVICE, CASEWORK = ("rasa", "ISVA service"), ("savera", "Casework")
WHO = {"Wirral": IDVA, "RASA": RASA, "Savera": SAVERA}
WITHDRAWN = [{"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}]
FILE = "query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { flags reasons } }"
LOOKS = """query($case: ID!) { consultations(filter: {referral: $case}) {
  nodes { agency { shortName } } } }"""
SHOWN = """query($id: ID!) { referral(id: $id) { preview { parties {
  part categories gateway agreement agency { shortName } } } } }"""
QUEUE = """query($allocated: Boolean, $after: String) { queue(
  filter: {open: true, allocated: $allocated}, orderBy: NEWEST, first: 100, after: $after) {
  nodes { referral { id } } pageInfo { hasNextPage endCursor } } }"""


async def at(portal: Portal, row: dict[str, Any], agency: str) -> dict[str, Any]:
    """Where it stands with an agency, as that sees it."""
    places = (await see(portal, WHO[agency], row["id"]))["recipients"]["nodes"]
    return next(one for one in places if one["agency"]["shortName"] == agency)


async def says(portal: Portal, row: dict[str, Any], agency: str, name: str, *said: Any) -> str:
    """An agency's step, and where the whole stands after it."""
    done = await move(portal, WHO[agency], await at(portal, row, agency), name, *said)
    assert done["__typename"] == "RecipientPayload", done
    stands: str = (await see(portal, SENDER, row["id"]))["overall"]
    return stands


NO = ("decline_reason", "no_capacity")


async def test_each_answers_for_itself_and_the_first_yes_takes_it_in_hand(portal: Portal) -> None:
    row = await sent(portal, FAMILY_SAFETY, SERVICE, CASEWORK)
    assert await says(portal, row, "Wirral", "decline", NO) == "WAITING"
    assert await says(portal, row, "RASA", "accept") == "IN_HAND"
    assert await says(portal, row, "Savera", "put_on_waiting_list") == "IN_HAND"
    places = (await see(portal, SENDER, row["id"]))["recipients"]["nodes"]
    assert {one["agency"]["shortName"]: one["state"] for one in places} == {
        "Wirral": "declined", "RASA": "accepted", "Savera": "waiting_list",
    }  # fmt: skip
    assert await says(portal, row, "RASA", "start") == "IN_HAND"
    assert await says(portal, row, "RASA", "close", ("outcome", "needs_met")) == "IN_HAND"
    assert await says(portal, row, "Savera", "decline", NO) == "ENDED"


async def test_a_return_for_information_is_one_teams_and_holds_up_no_other(
    portal: Portal,
) -> None:
    row = await sent(portal, FAMILY_SAFETY, SERVICE)
    assert await says(portal, row, "Wirral", "return_for_information", ("return_reasons", "wishes"))
    assert (await at(portal, row, "Wirral"))["turn"] == "sender"
    assert (await at(portal, row, "RASA"))["state"] == "sent"
    assert await says(portal, row, "RASA", "accept") == "IN_HAND"
    answered = await move(portal, SENDER, await at(portal, row, "Wirral"), "answer")
    assert answered["recipient"]["state"] == "acknowledged"


async def test_who_waits_for_room_is_told_when_and_begins_from_there(portal: Portal) -> None:
    row = await sent(portal)
    expected = ("expected_on", "2026-12-01")
    assert await says(portal, row, "Wirral", "put_on_waiting_list", expected) == "IN_HAND"
    assert await says(portal, row, "Wirral", "start") == "IN_HAND"


@pytest.mark.parametrize("started", [False, True])
async def test_it_is_taken_back_from_all_or_once_one_has_begun_from_none(
    portal: Portal, started: bool
) -> None:
    row = await sent(portal, FAMILY_SAFETY, SERVICE)
    await says(portal, row, "RASA", "accept")
    if started:
        await says(portal, row, "RASA", "start")
    row = await see(portal, SENDER, row["id"])
    given = {"id": row["id"], "expectedVersion": row["version"], "fields": WITHDRAWN}
    done = await portal.do(SENDER, "withdrawReferral", given, REFERRAL)
    seen = [await see(portal, who, row["id"]) is not None for who in (IDVA, RASA)]
    if started:
        assert done["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
        assert "ask_to_close" in done["message"]
        assert seen == [True, True]
    else:
        assert done["referral"]["overall"] == "WITHDRAWN"
        assert seen == [False, False]


async def test_who_opened_what_was_taken_back_its_owner_still_reads(portal: Portal) -> None:
    row = await sent(portal)
    assert (await portal.ask(IDVA, FILE, id=row["id"]))["referralFile"]
    given = {"id": row["id"], "expectedVersion": row["version"], "fields": WITHDRAWN}
    assert (await portal.do(SENDER, "withdrawReferral", given, REFERRAL))["referral"]
    assert (await portal.ask(IDVA, FILE, id=row["id"]))["referralFile"] is None
    looks = (await portal.ask(SENDER, LOOKS, case=row["id"]))["consultations"]["nodes"]
    assert {"agency": {"shortName": "Wirral"}} in looks


async def test_the_preview_says_what_each_would_see_and_that_is_what_they_see(
    portal: Portal,
) -> None:
    row = await draft(portal, FAMILY_SAFETY, SERVICE, ("tww", "Information governance"))
    said = {"reasons": ["DOMESTIC_ABUSE"], "flags": ["CHILDREN"]}
    change = {"id": row["id"], "expectedVersion": row["version"]}
    assert (await portal.do(SENDER, "describeReferral", change | said, REFERRAL))["referral"]
    row = await see(portal, SENDER, row["id"])
    parties = (await portal.ask(SENDER, SHOWN, id=row["id"]))["referral"]["preview"]["parties"]
    told = {one["agency"]["shortName"]: one for one in parties if one["part"] == "receiver"}
    assert {name: one["agreement"] is None for name, one in told.items()} == {
        "Wirral": False, "RASA": False, "TWW": True,
    }  # fmt: skip
    assert "reasons" in told["Wirral"]["categories"]
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    for name in ("Wirral", "RASA"):
        seen = (await portal.ask(WHO[name], FILE, id=row["id"]))["referralFile"]
        for field, value in said.items():
            expected = value if field in told[name]["categories"] else None
            assert seen[field] == expected, (name, field)


async def test_what_an_agreement_leaves_out_the_preview_leaves_out_and_its_token_ends(
    portal: Portal, cases: Engines
) -> None:
    change = text("UPDATE agreement_version SET categories = :some WHERE agreement_id = :deal")
    deal, every = fixed("agreement", "wirral-marac"), [one.value for one in DataCategory]
    row = await draft(portal, FAMILY_SAFETY)
    try:
        async with cases.owner.begin() as owner:
            fewer = [one for one in every if one != "reasons"]
            await owner.execute(change, {"some": fewer, "deal": deal})
        assert (await send(portal, row))["__typename"] == "Conflict"
        parties = (await portal.ask(SENDER, SHOWN, id=row["id"]))["referral"]["preview"]["parties"]
        [receiver] = [one for one in parties if one["part"] == "receiver"]
        assert set(receiver["categories"]) == {*every} - {"reasons"}
        row = await see(portal, SENDER, row["id"])
        assert (await send(portal, row))["__typename"] == "ReferralPayload"
        assert (await portal.ask(IDVA, FILE, id=row["id"]))["referralFile"]["reasons"] is None
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(change, {"some": every, "deal": deal})


async def test_what_nobody_in_the_team_has_yet_is_on_its_unallocated_list(portal: Portal) -> None:
    row = await sent(portal)

    async def queue(*, allocated: bool) -> bool:
        nodes = await portal.to_the_end(IDVA, QUEUE, allocated=allocated)
        return row["id"] in {one["referral"]["id"] for one in nodes}

    assert (await queue(allocated=False), await queue(allocated=True)) == (True, False)
    place = await at(portal, row, "Wirral")
    given = {
        "recipient": place["id"], "expectedVersion": place["version"],
        "allocatedTo": member("wirral.idva"),
    }  # fmt: skip
    done = await portal.do(IDVA, "allocateReferral", given)
    assert done["__typename"] == "RecipientPayload", done
    assert (await queue(allocated=False), await queue(allocated=True)) == (False, True)
