"""A program opens a case for somebody who let it: both are written down, and nobody else is."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text
from support.dashboard import Dashboard, add_dashboard
from support.visiting import Pages

from auth.roles import Scope
from portal.sample.partnership import membership_id

WHO = "wirral.idva"
LISTED = '{ referrals(filter: {reference: "RF-Q9D3HB"}) { nodes { id } } }'
OPENED = """query($id: ID!) { referralFile(id: $id, purpose: SAFETY) {
  safeContact { allowed } referral { reference } } }"""
ROWS = text(
    "SELECT c.principal_id, c.person_id = m.person_id, c.purpose FROM consultation c"
    " JOIN membership m ON m.id = c.principal_id WHERE c.client_id = :program"
)


@pytest.fixture(scope="module")
async def planner(shown: Pages) -> AsyncIterator[Dashboard]:
    """A program of Wirral's, let in for what the IDVA who answers for it may do."""
    key = ECKey.generate_key("P-256")
    scopes = (Scope.INITIATIVES_READ, Scope.REFERRALS_SUMMARY, Scope.REFERRALS_READ)
    with httpx2.Client() as http:
        program = await add_dashboard(shown.engines, key, WHO, scopes)
        yield Dashboard(shown.url, program, key, http)


async def token(shown: Pages, planner: Dashboard, scope: str) -> str:
    """What it gets for these scopes once the IDVA said yes."""
    visitor = await shown.visitor(WHO)
    back = visitor.send(planner.push(scope=scope), decision="yes")
    given: str = planner.redeem(back.headers["location"])["access_token"]
    return given


async def written(shown: Pages, planner: Dashboard) -> list[tuple[object, ...]]:
    """Each opening by the program."""
    async with shown.engines.owner.connect() as owner:
        found = await owner.execute(ROWS, {"program": planner.client_id})
        return [tuple(row) for row in found]


async def test_a_case_that_a_program_opens_for_somebody_names_both(
    shown: Pages, planner: Dashboard
) -> None:
    given = await token(shown, planner, "openid initiatives:read referrals:summary referrals:read")
    [row] = planner.ask(given, LISTED).json()["data"]["referrals"]["nodes"]
    assert await written(shown, planner) == []
    opened = planner.ask(given, OPENED, id=row["id"]).json()["data"]["referralFile"]
    assert opened["safeContact"] == {"allowed": ["TEXT", "CALL"]}
    assert await written(shown, planner) == [(membership_id(WHO), True, "safety")]


async def test_a_program_that_may_see_that_there_are_cases_opens_none(
    shown: Pages, planner: Dashboard
) -> None:
    before = await written(shown, planner)
    given = await token(shown, planner, "openid initiatives:read referrals:summary")
    [row] = planner.ask(given, LISTED).json()["data"]["referrals"]["nodes"]
    assert planner.ask(given, OPENED, id=row["id"]).json()["data"]["referralFile"] is None
    assert await written(shown, planner) == before
