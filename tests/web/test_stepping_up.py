"""What grants access to others asks for a fresh proof, also of a program (RFC 9470)."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text
from support.dashboard import Dashboard, add_dashboard
from support.visiting import COOKIE, Pages

from auth.roles import Scope
from portal.sample.partnership import agency_id

WHO = "wirral.coordinator"
HAND_OVER = "mutation($input: HandOverLeadInput!) { handOverLead(input: $input) { __typename } }"


@pytest.fixture
async def planner(shown: Pages) -> AsyncIterator[Dashboard]:
    key = ECKey.generate_key("P-256")
    client_id = await add_dashboard(shown.engines, key, WHO, (Scope.INITIATIVES_EDIT,))
    with httpx2.Client() as http:
        yield Dashboard(shown.url, client_id, key, http)


def hand_over(planner: Dashboard, token: str) -> httpx2.Response:
    """An initiative that there is not: what counts is whether anybody looks for it."""
    given: dict[str, Any] = {
        "id": f"Initiative:{uuid4()}",
        "expectedVersion": 1,
        "agency": f"Agency:{agency_id('rasa')}",
        "idempotencyKey": str(uuid4()),
    }
    return planner.ask(token, HAND_OVER, input=given)


async def test_a_program_is_told_what_is_missing_and_asks_its_person_for_it(shown, planner):
    visitor = await shown.visitor(WHO)
    async with shown.engines.owner.begin() as owner:
        await owner.execute(
            text("UPDATE browser_session SET started_at = :ago, authenticated_at = :ago,"
                 " expires_at = expires_at - interval '20 minutes'"),
            {"ago": datetime.now(UTC) - timedelta(minutes=20)},
        )  # fmt: skip
    back = visitor.send(planner.push(scope="initiatives:edit"), decision="yes")
    token = planner.redeem(back.headers["location"])["access_token"]

    refused = hand_over(planner, token)
    assert refused.status_code == 401
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', refused.headers["www-authenticate"]))
    assert challenge["error"] == "insufficient_user_authentication"

    wanted = {name: challenge[name] for name in ("acr_values", "max_age")}
    address = planner.push(scope="initiatives:edit", **wanted)
    assert visitor.get(address).headers["location"].startswith("/sign-in/again?next=")
    visitor.cookies[COOKIE] = await shown.cookie(WHO)
    back = visitor.send(address, decision="yes")
    token = planner.redeem(back.headers["location"])["access_token"]
    answer = hand_over(planner, token)
    assert answer.status_code == 200
    assert answer.json()["data"]["handOverLead"]["__typename"] == "NotFound"
