"""By which of four routes a case goes to a MARAC is checked where the victim lives."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import gold, submit
from support.referring import REFERRAL, SENDER, see

from portal.store.engines import Engines

LIVERPOOL = "E08000012"
SCALE = (
    "INSERT INTO risk_scale (id, tool, area_code, highest, valid_from, state, updated_at, version)"
    " VALUES (:id, 'merit', :area, 120, '2026-01-01', 'confirmed', now(), 1)"
)
GRADE = (
    "INSERT INTO risk_threshold (id, risk_scale_id, highest, grade, at_least, high_risk)"
    " VALUES (:id, :scale, 120, :grade, :from, :high)"
)

GONE = (
    "DELETE FROM risk_threshold WHERE risk_scale_id = :id",
    "DELETE FROM risk_scale WHERE id = :id",
)


@pytest.fixture
async def gold_from_80(cases: Engines) -> AsyncIterator[None]:
    """In Liverpool, and there alone, MeRIT is gold from 80 on."""
    scale = uuid4()
    async with cases.owner.begin() as owner:
        await owner.execute(text(SCALE), {"id": scale, "area": LIVERPOOL})
        for grade, at_least in (("silver", 0), ("gold", 80)):
            row = {"id": uuid4(), "scale": scale, "grade": grade, "from": at_least}
            await owner.execute(text(GRADE), row | {"high": grade == "gold"})
    yield
    async with cases.owner.begin() as owner:
        for gone in GONE:
            await owner.execute(text(gone), {"id": scale})


def fault(refused: dict[str, Any]) -> tuple[str, str]:
    """The one field that was at fault, and its code."""
    assert refused["__typename"] == "ValidationError", refused
    [error] = refused["errors"]
    return error["path"][-1], error["code"]


async def test_a_score_below_the_boroughs_threshold_is_no_visible_high_risk(portal: Portal) -> None:
    row = await gold(portal, score=71)
    refused = await submit(portal, row)
    assert fault(refused) == ("route", "ROUTE_NOT_MET")
    says = refused["errors"][0]["message"]
    assert "MERIT from 72" in says
    assert "professional_judgement, potential_escalation, repeat" in says
    assert (await see(portal, SENDER, row["id"]))["overall"] == "DRAFT"
    judged = {"route": ["professional_judgement"], "judgement_reasons": ["fear", "control"]}
    sent = await submit(portal, row, **judged)
    assert sent["__typename"] == "ReferralPayload", sent


async def test_liverpool_takes_no_case_for_escalation_and_says_what_it_takes(
    portal: Portal,
) -> None:
    row = await gold(portal, area=LIVERPOOL)
    refused = await submit(portal, row, route=["potential_escalation"], incidents=["5"])
    assert fault(refused) == ("route", "ROUTE_CLOSED")
    assert refused["errors"][0]["message"].endswith("visible_high_risk, professional_judgement.")
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"


async def test_two_incidents_are_no_escalation_and_three_are(portal: Portal) -> None:
    row = await gold(portal, score=40)
    escalates = {"route": ["potential_escalation"]}
    refused = await submit(portal, row, **escalates, incidents=["2"])
    assert fault(refused) == ("incidents", "ROUTE_NOT_MET")
    sent = await submit(portal, row, **escalates, incidents=["3"])
    assert sent["__typename"] == "ReferralPayload", sent


async def test_a_case_that_does_not_say_where_she_lives_says_so_first(portal: Portal) -> None:
    row = await gold(portal, area=None)
    assert fault(await submit(portal, row)) == ("id", "AREA_NEEDED")


@pytest.mark.usefixtures("gold_from_80")
async def test_it_is_the_borough_where_she_lives_and_not_where_it_was_thought(
    portal: Portal,
) -> None:
    row = await gold(portal)
    given = {"id": row["id"], "expectedVersion": row["version"], "area": LIVERPOOL}
    assert (await portal.do(SENDER, "changeReferral", given, REFERRAL))["referral"]
    refused = await submit(portal, await see(portal, SENDER, row["id"]))
    assert fault(refused) == ("route", "ROUTE_NOT_MET")
    assert "MERIT from 80" in refused["errors"][0]["message"]
