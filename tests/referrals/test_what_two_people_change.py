"""What differs by area is changed by two programme leads, from a day on."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal
from support.referring import REFERRAL, SENDER, draft, see, team

FIRST, SECOND = "pcc.programme", "pcc.administrator"
KNOWSLEY, SEFTON, DAY = "E08000011", "E08000014", "2026-12-01"
SCALE = "...on RiskScalePayload { riskScale { id version state holds validFrom answerNote } }"
TAKER = "...on PathwayTeamPayload { pathwayTeam { id version state holds validFrom } }"
GRADES = [
    {"grade": "bronze", "atLeast": 0},
    {"grade": "gold", "atLeast": 60, "highRisk": True},
]
HELD = """query($area: String!) { riskScales(filter: {area: $area, holds: true}) { nodes {
  validFrom grades { grade atLeast highRisk } } } }"""


def scale(**more: Any) -> dict[str, Any]:
    return {"tool": "MERIT", "area": KNOWSLEY, "highest": 120, "grades": GRADES, **more}


async def proposed(portal: Portal, **more: Any) -> dict[str, Any]:
    done = await portal.do(FIRST, "proposeRiskScale", scale(**more), SCALE)
    assert done["__typename"] == "RiskScalePayload", done
    return dict(done["riskScale"])


def of(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": row["id"], "expectedVersion": row["version"], **more}


async def confirmed(portal: Portal, **more: Any) -> dict[str, Any]:
    row = await proposed(portal, **more)
    done = await portal.do(SECOND, "confirmRiskScale", of(row), SCALE)
    assert done["__typename"] == "RiskScalePayload", done
    return dict(done["riskScale"])


async def assessed(portal: Portal, row: dict[str, Any], score: int) -> dict[str, Any]:
    now = await see(portal, SENDER, row["id"])
    given = {
        "id": row["id"], "expectedVersion": now["version"], "tool": "MERIT", "toolVersion": "3",
        "score": score, "assessedOn": portal.today.isoformat(),
    }  # fmt: skip
    return await portal.do(SENDER, "assessRisk", given, REFERRAL)


async def grades(portal: Portal, row: dict[str, Any]) -> list[str]:
    shown = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
      riskAssessments { grade } } }"""
    found = (await portal.ask(SENDER, shown, id=row["id"]))["referralFile"]
    return [risk["grade"] for risk in found["riskAssessments"]]


async def test_a_threshold_changes_on_its_day_and_earlier_assessments_keep_their_grade(
    portal: Portal,
) -> None:
    row = await draft(portal, area=KNOWSLEY)
    await confirmed(portal, validFrom=DAY)
    await assessed(portal, row, 65)
    later = Portal(portal.schema, portal.engine, date.fromisoformat(DAY))
    await assessed(later, row, 65)
    assert sorted(await grades(later, row)) == ["gold", "silver"]
    assert (await portal.ask(SENDER, HELD, area=KNOWSLEY))["riskScales"]["nodes"] == []
    [held] = (await later.ask(SENDER, HELD, area=KNOWSLEY))["riskScales"]["nodes"]
    assert [(one["grade"], one["atLeast"], one["highRisk"]) for one in held["grades"]] == [
        ("bronze", 0, False), ("gold", 60, True),
    ]  # fmt: skip


async def test_what_is_only_proposed_grades_nobody(portal: Portal) -> None:
    row = await draft(portal, area=SEFTON)
    waiting = await proposed(portal, area=SEFTON)
    assert (waiting["state"], waiting["holds"]) == ("PROPOSED", False)
    await assessed(portal, row, 65)
    assert await grades(portal, row) == ["silver"]
    alone = await portal.do(FIRST, "confirmRiskScale", of(waiting), SCALE)
    assert alone["rule"] == "reference.second_person"
    given = of(waiting, reason="No meeting has agreed to it.")
    done = (await portal.do(SECOND, "declineRiskScale", given, SCALE))["riskScale"]
    assert (done["state"], done["answerNote"]) == ("DECLINED", "No meeting has agreed to it.")


async def test_two_changes_do_not_begin_on_one_day(portal: Portal) -> None:
    first = await proposed(portal, tool="DASH", highest=24, validFrom="2027-02-01", grades=[
        {"grade": "standard", "atLeast": 0}])  # fmt: skip
    second = await proposed(portal, tool="DASH", highest=24, validFrom="2027-02-01", grades=[
        {"grade": "high", "atLeast": 0}])  # fmt: skip
    done = await portal.do(SECOND, "confirmRiskScale", of(first))
    assert done["__typename"] == "RiskScalePayload"
    refused = await portal.do(SECOND, "confirmRiskScale", of(second))
    assert refused["errors"][0]["code"] == "TAKEN"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"validFrom": "2026-11-15"}, ["validFrom"]),
        ({"area": "E99999999"}, ["area"]),
        ({"grades": []}, ["grades"]),
        ({"grades": [{"grade": "gold", "atLeast": 60}]}, ["grades"]),
        ({"grades": [*GRADES, {"grade": "gold", "atLeast": 90}]}, ["grades"]),
        ({"grades": [{"grade": "Gold", "atLeast": 0}]}, ["grades", "0", "grade"]),
        ({"grades": [*GRADES, {"grade": "most", "atLeast": 121}]}, ["grades", "2", "atLeast"]),
        ({"highest": 0, "grades": [{"grade": "low", "atLeast": 0}]}, ["highest"]),
    ],
)
async def test_a_scale_that_cannot_be_is_refused_with_its_place(
    portal: Portal, given: dict[str, Any], path: list[str]
) -> None:
    refused = await portal.do(FIRST, "proposeRiskScale", scale(**given))
    assert [error["path"] for error in refused["errors"]] == [["input", *path]]


async def test_another_team_takes_what_comes_from_an_area_from_its_day_on(portal: Portal) -> None:
    given = {
        "pathway": "isva", "area": SEFTON, "team": team("rasa", "ISVA service"), "validFrom": DAY,
    }  # fmt: skip
    row = (await portal.do(FIRST, "proposePathwayTeam", given, TAKER))["pathwayTeam"]
    alone = await portal.do(FIRST, "confirmPathwayTeam", of(row))
    assert alone["rule"] == "reference.second_person"
    done = (await portal.do(SECOND, "confirmPathwayTeam", of(row), TAKER))["pathwayTeam"]
    assert (done["state"], done["holds"], done["validFrom"]) == ("CONFIRMED", False, DAY)
    held = """query($area: String!) { pathwayTeams(filter: {area: $area, holds: true}) { nodes {
      team { name } } } }"""
    later = Portal(portal.schema, portal.engine, date.fromisoformat(DAY))
    assert (await portal.ask(SENDER, held, area=SEFTON))["pathwayTeams"]["nodes"] == []
    assert (await later.ask(SENDER, held, area=SEFTON))["pathwayTeams"]["nodes"] == [
        {"team": {"name": "ISVA service"}}
    ]


async def test_only_programme_leads_change_what_holds_in_an_area(portal: Portal) -> None:
    row = await proposed(portal, validFrom="2027-03-01")
    taker = {"pathway": "isva", "area": SEFTON, "team": team("rasa", "ISVA service")}
    for who in (SENDER, "marac.coordinator", "wirral.coordinator", "wirral.administrator"):
        for verb, given in (
            ("proposeRiskScale", scale()),
            ("confirmRiskScale", of(row)),
            ("declineRiskScale", of(row, reason="No.")),
            ("proposePathwayTeam", taker),
        ):
            refused = await portal.do(who, verb, given)
            assert refused["rule"] == "reference.programme_leads_change_it", (who, verb)
    unknown = await portal.do(FIRST, "proposePathwayTeam", {**taker, "pathway": uuid4().hex})
    assert unknown["errors"][0]["code"] == "UNKNOWN_PATHWAY"
