"""A body that is not on the portal takes part, too: that it was asked, on which day and how, is
kept for who asked it and for the sender, and not which body it is.
"""

from typing import Any

import pytest
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, draft, see, sent, team

IDVA, STRANGER = "wirral.idva", "police.caseworker"
DISCLOSED = team("police", "Protecting vulnerable people")
SHOWS = """...on OutsideReferralPayload { outsideReferral { id version body route referredOn
  agency { shortName } by { id } } }"""
LISTED = """query($case: ID!) { outsideReferrals(filter: {referral: $case}) {
  totalCount nodes { id body } } }"""


async def refer(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {
        "referral": row["id"], "body": "GP", "route": "PHONE", "referredOn": "2026-11-16", **more,
    }  # fmt: skip
    return await portal.do(who, "referOutside", given, SHOWS)


async def referred(portal: Portal, who: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    done = await refer(portal, who, row, **more)
    assert done["__typename"] == "OutsideReferralPayload", done
    found: dict[str, Any] = done["outsideReferral"]
    return found


async def counted(portal: Portal, who: str, row: dict[str, Any]) -> int:
    listed = (await portal.ask(who, LISTED, case=row["id"]))["outsideReferrals"]
    assert listed["totalCount"] == len(listed["nodes"])
    return int(listed["totalCount"])


async def test_a_sender_refers_a_draft_outside_and_nobody_else_learns_of_it(
    portal: Portal,
) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    done = await referred(portal, SENDER, row, body="SOLICITOR", route="SHE_ASKS_HERSELF")
    assert (done["agency"]["shortName"], done["referredOn"]) == ("TWW", "2026-11-16")
    assert await counted(portal, SENDER, row) == 1
    for who in (IDVA, STRANGER, "tww.signatory"):
        assert await counted(portal, who, row) == 0, who


async def test_what_the_recipient_does_its_sender_learns_and_not_the_other_way_round(
    portal: Portal,
) -> None:
    row = await sent(portal)
    await referred(portal, IDVA, row, body="REFUGE")
    assert [await counted(portal, who, row) for who in (IDVA, SENDER)] == [1, 1]
    await referred(portal, SENDER, row)
    assert [await counted(portal, who, row) for who in (IDVA, SENDER)] == [1, 2]


async def test_what_was_a_mistake_is_taken_back_by_who_made_it(portal: Portal) -> None:
    row = await sent(portal)
    made = await referred(portal, IDVA, row)
    given = {"id": made["id"], "expectedVersion": made["version"]}
    refused = await portal.do(SENDER, "deleteOutsideReferral", given)
    assert refused["rule"] == "outside.writer_takes_back"
    stale = await portal.do(IDVA, "deleteOutsideReferral", {**given, "expectedVersion": 9})
    assert stale["__typename"] == "Conflict"
    done = await portal.do(IDVA, "deleteOutsideReferral", given)
    assert done["__typename"] == "DeletedPayload"
    assert await counted(portal, SENDER, row) == 0
    again = await portal.do(IDVA, "deleteOutsideReferral", given)
    assert again["__typename"] == "NotFound"


@pytest.mark.parametrize("day", ["2026-11-17", "2025-11-14"])
async def test_a_day_that_cannot_be_is_refused(portal: Portal, day: str) -> None:
    refused = await refer(portal, SENDER, await draft(portal), referredOn=day)
    [error] = refused["errors"]
    assert error["path"] == ["input", "referredOn"]


async def test_only_who_has_the_case_and_works_on_it_refers_it(portal: Portal) -> None:
    row = await sent(portal)
    assert (await refer(portal, STRANGER, row))["__typename"] == "NotFound"
    refused = await refer(portal, "tww.protection", row)
    assert refused["rule"] == "outside.parties_refer"


async def test_who_has_it_in_an_emergency_only_reads(portal: Portal) -> None:
    row = await draft(portal)
    given = {
        "referral": row["id"], "team": DISCLOSED, "reason": "MISSING", "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(SENDER, "discloseInEmergency", given)
    assert done["__typename"] == "EmergencyDisclosurePayload", done
    refused = await refer(portal, STRANGER, row)
    assert refused["rule"] == "outside.parties_refer"


async def test_what_was_taken_back_is_referred_nowhere(portal: Portal) -> None:
    row = await sent(portal)
    why = [{"name": "withdraw_reason", "values": ["unsafe"]}]
    given = {"id": row["id"], "expectedVersion": row["version"], "fields": why}
    done = await portal.do(SENDER, "withdrawReferral", given)
    assert done["__typename"] == "ReferralPayload", done
    refused = await refer(portal, SENDER, await see(portal, SENDER, row["id"]))
    assert refused["errors"][0]["code"] == "WRONG_STATE"
