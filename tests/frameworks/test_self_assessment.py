"""An agency says how far it has come with each of the 4 Ps; what it said before stays."""

from typing import Any

import pytest
from support.asking import Portal
from support.mapping import entry

from portal.sample.partnership import agency_id

SHOWN = (
    "...on SelfAssessmentPayload { selfAssessment { id level text assessedOn latest"
    " agency { shortName } entry { code } by { id } recordedAt } }"
)
LISTED = (
    "query($filter: SelfAssessmentFilter) { selfAssessments(filter: $filter) {"
    " totalCount nodes { level assessedOn latest agency { shortName } entry { code } } } }"
)


def said(code: str = "PREPARE", **more: Any) -> dict[str, Any]:
    """An assessment."""
    return {
        "entry": entry("four_ps", code), "level": "STARTED", "text": "Two of five steps taken.",
        "assessedOn": "2026-10-01", **more,
    }  # fmt: skip


async def test_a_coordinator_assesses_their_own_agency(portal: Portal) -> None:
    answer = await portal.do("police.coordinator", "assessOurselves", said(), SHOWN)
    made = answer["selfAssessment"]
    assert (made["level"], made["assessedOn"]) == ("STARTED", "2026-10-01")
    assert (made["agency"], made["entry"]) == ({"shortName": "Police"}, {"code": "PREPARE"})
    query = "query($id: ID!) { node(id: $id) { ...on SelfAssessment { text } } }"
    seen = await portal.ask("wirral.viewer", query, id=made["id"])
    assert seen["node"] == {"text": "Two of five steps taken."}
    for stranger in ("cheshire.viewer", "police.administrator"):
        assert (await portal.ask(stranger, query, id=made["id"]))["node"] is None
        assert (await portal.ask(stranger, LISTED))["selfAssessments"]["totalCount"] == 0


async def test_a_later_assessment_supersedes_and_the_earlier_one_stays(portal: Portal) -> None:
    for level, day in (
        ("STARTED", "2025-10-01"),
        ("ESTABLISHED", "2026-10-01"),
        ("NOT_STARTED", "2024-10-01"),
    ):
        given = said("PURSUE", level=level, assessedOn=day)
        assert (await portal.do("wirral.coordinator", "assessOurselves", given))[
            "__typename"
        ] == "SelfAssessmentPayload"
    about = {"agency": f"Agency:{agency_id('wirral')}", "entry": entry("four_ps", "PURSUE")}
    page = (await portal.ask("sefton.coordinator", LISTED, filter=about))["selfAssessments"]
    assert [(n["level"], n["latest"]) for n in page["nodes"]] == [
        ("ESTABLISHED", True), ("STARTED", False), ("NOT_STARTED", False),
    ]  # fmt: skip
    latest = {**about, "latest": True}
    page = (await portal.ask("sefton.coordinator", LISTED, filter=latest))["selfAssessments"]
    assert [n["assessedOn"] for n in page["nodes"]] == ["2026-10-01"]
    other = {**about, "agency": f"Agency:{agency_id('sefton')}"}
    page = (await portal.ask("sefton.coordinator", LISTED, filter=other))["selfAssessments"]
    assert page["nodes"] == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (said(text="  "), "text"),
        (said(text="x" * 4001), "text"),
        (said(assessedOn="2026-11-17"), "assessedOn"),
        (said(assessedOn="2024-02-29"), "assessedOn"),
        (said(entry=entry("plan", 1)), "entry"),
        (said(entry=entry("pillars", 1)), "entry"),
    ],
)
async def test_an_assessment_says_something_of_a_p_on_a_day_that_was(
    portal: Portal, given: dict[str, Any], field: str
) -> None:
    refused = await portal.do("police.coordinator", "assessOurselves", given)
    assert (refused["__typename"], refused["path"]) == ("ValidationError", ["input", field])


async def test_others_do_not_assess(portal: Portal) -> None:
    for who in ("wirral.viewer", "police.contributor", "pcc.administrator", "cheshire.viewer"):
        refused = await portal.do(who, "assessOurselves", said())
        assert refused["__typename"] == "NotPermitted"
        assert refused["rule"] == "framework.own_assessment"
    made = await portal.do("pcc.programme", "assessOurselves", said())
    assert made["__typename"] == "SelfAssessmentPayload"
