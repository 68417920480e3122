"""What an agreement has closed, an emergency disclosure opens: to its team, and to nobody else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, listed, see, sent, team
from support.reminding import told_of

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, COLLEAGUE = "wirral.idva", "wirral.lead"
PART = fixed("agreement-party", "wirral-marac/tww")
FILE = "query($id: ID!) { referralFile(id: $id, purpose: SAFETY) { handling flags } }"
TOTAL = """query { referrals { totalCount } caseTotals(by: PATHWAY, year: 2026) { key cases } }"""


async def suspended(cases: Engines, what: str) -> None:
    """Tomorrow's Women interrupts its part in the agreement, or goes on."""
    move = text(f"UPDATE agreement_party SET suspended_at = {what} WHERE id = :id")  # noqa: S608 - ours
    async with cases.owner.begin() as owner:
        assert (await owner.execute(move, {"id": PART})).rowcount == 1


@pytest.fixture
async def interrupted(cases: Engines) -> AsyncIterator[Engines]:
    """Afterwards all goes on, and nothing is disclosed."""
    yield cases
    await suspended(cases, "NULL")
    over = "UPDATE emergency_disclosure SET closed_at = ends_at WHERE to_team_id = :id"
    async with cases.owner.begin() as owner:
        await owner.execute(text(over), {"id": fixed("team", "/".join(FAMILY_SAFETY))})


async def disclosed(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    given = {
        "referral": row["id"], "team": team(*FAMILY_SAFETY), "reason": "THREAT_TO_LIFE",
        "hours": 24, "disclosureRead": True,
    }  # fmt: skip
    shows = "...on EmergencyDisclosurePayload { emergencyDisclosure { id version } }"
    done = await portal.do(SENDER, "discloseInEmergency", given, shows)
    assert done["__typename"] == "EmergencyDisclosurePayload", done
    return dict(done["emergencyDisclosure"])


async def opens(portal: Portal, who: str, row: dict[str, Any]) -> bool:
    return (await portal.ask(who, FILE, id=row["id"]))["referralFile"] is not None


async def test_a_case_that_a_suspension_has_closed_is_opened_by_a_disclosure(
    portal: Portal, interrupted: Engines
) -> None:
    row = await sent(portal)
    await suspended(interrupted, "now()")
    assert await see(portal, IDVA, row["id"]) is None
    made = await disclosed(portal, row)
    assert await opens(portal, IDVA, row)
    assert row["id"] in await listed(portal, IDVA)
    assert await see(portal, COLLEAGUE, row["id"]) is None, "she works in another team"
    given = {"id": made["id"], "expectedVersion": made["version"]}
    await portal.do(SENDER, "endEmergencyDisclosure", given)
    assert await see(portal, IDVA, row["id"]) is None


async def test_a_suspension_takes_nothing_that_was_disclosed_in_an_emergency(
    portal: Portal, interrupted: Engines
) -> None:
    row = await sent(portal)
    await disclosed(portal, row)
    part = f"AgreementParty:{PART}"
    would_stop = await listed(portal, IDVA, stopsWith=part)
    before = await listed(portal, IDVA), await listed(portal, COLLEAGUE)
    assert row["id"] not in would_stop
    assert row["id"] in await listed(portal, COLLEAGUE, stopsWith=part)
    await suspended(interrupted, "now()")
    after = await listed(portal, IDVA), await listed(portal, COLLEAGUE)
    assert before[0] - after[0] == would_stop
    assert row["id"] in before[1] - after[1]
    assert await opens(portal, IDVA, row)
    assert not await opens(portal, COLLEAGUE, row)


async def test_what_is_counted_is_what_is_listed(portal: Portal, interrupted: Engines) -> None:
    row = await sent(portal)
    await disclosed(portal, row)
    await suspended(interrupted, "now()")
    told = await portal.ask(IDVA, TOTAL)
    assert told["referrals"]["totalCount"] == len(await listed(portal, IDVA))
    assert ("wirral.idva", "referral_arrived") in await told_of(interrupted, row["id"])
