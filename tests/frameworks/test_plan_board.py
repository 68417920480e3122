"""The local delivery plan: 57 actions, whose they are, how they stand, what was said before."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from support.asking import Portal

from portal.frameworks.reference import plan_action_id
from portal.sample.partnership import agency_id
from portal.store.engines import Engines

LEAD = "pcc.programme"
SHOWN = (
    "...on PlanActionPayload { planAction { id version number rating ratingReason lastUpdate"
    " lastUpdateAt owner { shortName } updates { nodes { actionVersion rating text recordedAt"
    " owner { shortName } by { name } byAgency { shortName } } } } }"
)


async def action(portal: Portal, number: int, who: str = LEAD) -> dict[str, Any]:
    """A plan action by its number."""
    query = "query($id: ID!) { planAction(id: $id) { id version number } }"
    wanted = f"PlanAction:{plan_action_id(number)}"
    found: dict[str, Any] = (await portal.ask(who, query, id=wanted))["planAction"]
    return found


async def do(
    portal: Portal, verb: str, row: dict[str, Any], who: str = LEAD, **given: Any
) -> dict[str, Any]:
    """Run a verb on a plan action: the action as it is then, or the refusal."""
    given = {"id": row["id"], "expectedVersion": row["version"], **given}
    answer = await portal.do(who, verb, given, SHOWN)
    return {**answer, **answer.get("planAction", {})}


async def test_the_board_has_all_57_actions_whatever_is_known_of_them(portal: Portal) -> None:
    query = "{ planBoard { number title owner { name } rating lastUpdate linkedInitiatives } }"
    for who in ("wirral.viewer", "pcc.programme", "cps.liaison"):
        board = (await portal.ask(who, query))["planBoard"]
        assert [row["number"] for row in board] == list(range(1, 58))
        assert board[56] == {
            "number": 57, "title": "Action 57 (title not published)", "owner": None,
            "rating": None, "lastUpdate": None, "linkedInitiatives": 0,
        }  # fmt: skip


async def test_outside_the_partnership_the_plan_is_not_there(portal: Portal) -> None:
    query = "query($id: ID!) { planBoard { id } planActions { totalCount } node(id: $id) { id } }"
    wanted = f"PlanAction:{plan_action_id(1)}"
    for stranger in ("cheshire.viewer", "police.administrator", "pcc.auditor"):
        assert await portal.ask(stranger, query, id=wanted) == {
            "planBoard": [], "planActions": {"totalCount": 0}, "node": None,
        }  # fmt: skip


async def test_the_programme_lead_says_how_an_action_stands(portal: Portal) -> None:
    row = await do(
        portal, "updatePlanAction", await action(portal, 3), rating="GREEN", text="Begun."
    )
    assert (row["rating"], row["ratingReason"], row["lastUpdate"]) == ("GREEN", None, "Begun.")
    assert row["lastUpdateAt"] == "2026-11-16T09:00:00Z"
    row = await do(
        portal, "updatePlanAction", row, rating="RED", reason="No venue.", text="Stopped."
    )
    assert (row["rating"], row["ratingReason"]) == ("RED", "No venue.")
    newest, first = row["updates"]["nodes"]
    assert newest == {
        "actionVersion": 3, "rating": "RED", "text": "Stopped.", "owner": None,
        "recordedAt": "2026-11-16T09:00:00Z", "by": {"name": "Quentin Ayre"},
        "byAgency": {"shortName": "PCC"},
    }  # fmt: skip
    assert (first["actionVersion"], first["rating"], first["text"]) == (2, "GREEN", "Begun.")


@pytest.mark.parametrize("reason", [None, "", "  \n "])
async def test_red_needs_a_reason(portal: Portal, reason: str | None) -> None:
    row = await action(portal, 4)
    refused = await do(portal, "updatePlanAction", row, rating="RED", reason=reason, text="Stuck.")
    assert (refused["__typename"], refused["path"]) == ("ValidationError", ["input", "reason"])
    assert await action(portal, 4) == row, "nothing is half-saved"


async def test_every_fault_is_named_at_once(portal: Portal) -> None:
    row = await action(portal, 4)
    refused = await do(portal, "updatePlanAction", row, rating="RED", text=" ")
    assert [e["path"][1] for e in refused["errors"]] == ["text", "reason"]
    long = {"text": "x" * 2001, "reason": "y" * 1001}
    refused = await do(portal, "updatePlanAction", row, rating="GREEN", **long)
    assert [e["path"][1] for e in refused["errors"]] == ["text", "reason"]


async def test_the_same_words_again_are_an_update_too(portal: Portal) -> None:
    row = await action(portal, 5)
    for _ in range(2):
        row = await do(portal, "updatePlanAction", row, rating="AMBER", text="No change.")
    assert [u["actionVersion"] for u in row["updates"]["nodes"]] == [3, 2]


async def test_an_action_is_handed_to_the_agency_that_owns_it(portal: Portal) -> None:
    row = await do(portal, "updatePlanAction", await action(portal, 6), rating="BLUE", text="Done.")
    row = await do(portal, "handOverPlanAction", row, agency=f"Agency:{agency_id('sefton')}")
    assert row["owner"] == {"shortName": "Sefton"}
    assert row["lastUpdate"] == "Done.", "handing over says nothing of how it stands"
    query = (
        "query($filter: PlanActionFilter) {"
        " planActions(filter: $filter, orderBy: LATEST_CHANGE) { nodes { number } } }"
    )
    mine = {"owner": f"Agency:{agency_id('sefton')}", "rating": ["BLUE", "RED"], "owned": True}
    page = (await portal.ask("sefton.coordinator", query, filter=mine))["planActions"]
    assert page["nodes"] == [{"number": 6}]
    none = await portal.ask("sefton.coordinator", query, filter={**mine, "owned": False})
    assert none["planActions"]["nodes"] == []
    again = await do(portal, "handOverPlanAction", row, agency=f"Agency:{agency_id('sefton')}")
    assert again["version"] == row["version"]


async def test_only_a_partner_of_today_can_own_an_action(portal: Portal) -> None:
    row = await action(portal, 7)
    outside = await do(portal, "handOverPlanAction", row, agency=f"Agency:{agency_id('cheshire')}")
    assert (outside["__typename"], outside["path"]) == ("ValidationError", ["input", "agency"])
    unknown = await do(portal, "handOverPlanAction", row, agency=f"Agency:{agency_id('nobody')}")
    assert (unknown["__typename"], unknown["path"]) == ("NotFound", ["input", "agency"])


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("wirral.coordinator", "NotPermitted"),
        ("pcc.coordinator", "NotPermitted"),
        ("wirral.viewer", "NotPermitted"),
        ("cheshire.viewer", "NotFound"),
        ("police.administrator", "NotFound"),
        ("pcc.administrator", "NotFound"),  # administrators grant access and see no work
    ],
)
async def test_only_the_programme_lead_keeps_the_plan(
    portal: Portal, who: str, outcome: str
) -> None:
    row = await action(portal, 8)
    update = await do(portal, "updatePlanAction", row, who, rating="GREEN", text="Begun.")
    assert update["__typename"] == outcome
    agency = f"Agency:{agency_id('sefton')}"
    assert (await do(portal, "handOverPlanAction", row, who, agency=agency))[
        "__typename"
    ] == outcome
    if outcome == "NotPermitted":
        assert update["rule"] == "framework.programme_lead_manages"
    assert await action(portal, 8) == row


async def test_two_who_update_at_once(portal: Portal) -> None:
    row = await action(portal, 9)
    await do(portal, "updatePlanAction", row, rating="GREEN", text="First.")
    late = await do(portal, "updatePlanAction", row, rating="RED", reason="Late.", text="Second.")
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", row["version"] + 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plan_update SET text = 'never said'",
        "DELETE FROM plan_update",
        "INSERT INTO plan_update (id, plan_action_id, action_version, recorded_at)"
        " SELECT gen_random_uuid(), id, 99, now() FROM plan_action LIMIT 1",
        "DELETE FROM plan_action",
        "DELETE FROM framework_entry",
        "UPDATE self_assessment SET text = 'better'",
    ],
)
async def test_the_past_cannot_be_rewritten_through_the_apis_role(
    engines: Engines, statement: str
) -> None:
    async with engines.runtime.connect() as runtime:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await runtime.execute(text(statement))
