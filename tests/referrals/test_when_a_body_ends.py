"""A body ends and another takes over: its cases go along, to their last line, and none is lost."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal, the_schema
from support.databases import empty_database
from support.referring import (
    FAMILY_SAFETY,
    REFERRAL,
    SENDER,
    draft,
    listed,
    move,
    see,
    send,
    sent,
    team,
)

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.load import load_sample
from portal.sample.partnership import DAY, agency_id
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server

IDVA = "wirral.idva"
NAMED = """query($id: ID!) { referral(id: $id) { ownReference sender { shortName }
  recipients { nodes { agency { shortName } allocations { nodes { by { id } } } } } } }"""
OPENED = """{ consultations(filter: {ofOurRecords: true}, first: 50) {
  nodes { agency { shortName } purpose referral { id } } } }"""
FILE = "query($id: ID!) { referralFile(id: $id, purpose: SAFETY) { handling } }"


@pytest.fixture
async def engines(server: Server) -> AsyncIterator[Engines]:
    """A database of its own, since an agency ends in it."""
    async with empty_database(server, "a_body_ends") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
        yield engines


@pytest.fixture
def portal(engines: Engines) -> Portal:
    return Portal(the_schema(), engines.command)


async def ends(portal: Portal, old: str, successor: str) -> None:
    given = {
        "agency": f"Agency:{agency_id(old)}",
        "by": f"Agency:{agency_id(successor)}",
        "fromDay": str(DAY),
        "expectedVersion": 1,
    }
    done = await portal.do("pcc.administrator", "succeedAgency", given)
    assert done["__typename"] == "AgencyPayload", done


async def called(portal: Portal, who: str, row: dict[str, Any], name: str) -> None:
    given = {"referral": row["id"], "ownReference": name}
    done = await portal.do(who, "nameOwnReference", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done


async def test_the_successor_has_what_the_old_body_sent_with_all_that_hangs_on_it(
    portal: Portal,
) -> None:
    row, unsent = await sent(portal), await draft(portal, FAMILY_SAFETY)
    await called(portal, SENDER, row, "TWW 7")
    await portal.ask(IDVA, FILE, id=row["id"])
    before = await listed(portal, SENDER)
    await ends(portal, "tww", "savera")
    assert await listed(portal, SENDER) >= before >= {row["id"], unsent["id"]}
    assert before <= await listed(portal, "savera.caseworker")
    now = (await portal.ask("savera.caseworker", NAMED, id=row["id"]))["referral"]
    assert (now["ownReference"], now["sender"]) == ("TWW 7", {"shortName": "Savera"})
    found = (await portal.ask("savera.caseworker", OPENED))["consultations"]["nodes"]
    mine = [one for one in found if one["referral"] == {"id": row["id"]}]
    assert [(one["agency"]["shortName"], one["purpose"]) for one in mine] == [("Wirral", "SAFETY")]
    assert (await send(portal, await see(portal, SENDER, unsent["id"])))["referral"]


async def test_those_who_have_it_go_on_with_it_under_an_agreement_that_the_successor_is_in(
    portal: Portal,
) -> None:
    row = await sent(portal)
    await ends(portal, "tww", "savera")
    [recipient] = (await see(portal, IDVA, row["id"]))["recipients"]["nodes"]
    done = await move(portal, IDVA, recipient, "accept")
    assert done["recipient"]["state"] == "accepted", done


async def test_what_the_old_body_was_sent_is_read_by_a_successor_that_is_a_party_itself(
    portal: Portal,
) -> None:
    theirs = {"by": "savera.caseworker", "senderTeam": team("savera", "Casework")}
    row = await sent(portal, ("rasa", "ISVA service"), **theirs)
    await ends(portal, "rasa", "tww")
    now = await see(portal, "rasa.caseworker", row["id"])
    assert [one["agency"]["shortName"] for one in now["recipients"]["nodes"]] == ["TWW"]
    done = await move(portal, "rasa.caseworker", now["recipients"]["nodes"][0], "accept")
    assert done["recipient"]["state"] == "accepted", done


async def test_a_successor_that_is_no_party_reads_nothing_and_the_sender_sees_with_whom_it_lies(
    portal: Portal,
) -> None:
    row = await sent(portal)
    await ends(portal, "wirral", "sefton")
    assert await see(portal, IDVA, row["id"]) is None
    assert await see(portal, "sefton.coordinator", row["id"]) is None
    theirs = await see(portal, SENDER, row["id"])
    assert [one["agency"]["shortName"] for one in theirs["recipients"]["nodes"]] == ["Sefton"]


async def test_a_team_of_a_body_that_has_ended_is_sent_nothing_and_the_successor_is_named(
    portal: Portal, engines: Engines
) -> None:
    async with engines.owner.begin() as owner:
        over = "UPDATE agency SET ended_on = :day, successor_id = :new WHERE id = :old"
        given = {"day": DAY, "new": agency_id("sefton"), "old": agency_id("wirral")}
        await owner.execute(text(over), given)
    row = await draft(portal)
    given = {"id": row["id"], "expectedVersion": row["version"], "team": team(*FAMILY_SAFETY)}
    refused = await portal.do(SENDER, "addressReferral", given, REFERRAL)
    assert [error["code"] for error in refused["errors"]] == ["AGENCY_ENDED"]
    assert "Sefton" in refused["errors"][0]["message"]
