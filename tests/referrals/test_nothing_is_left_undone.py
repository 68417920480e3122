"""A MARAC's actions are complete when each is done, or given up with a reason, and not before."""

from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import move, see, team

from portal.sample.conferences import MEETINGS
from portal.sample.partnership import agency_id, fixed
from portal.store.engines import Engines

FORCE = "police.caseworker"
ACTION = "...on CaseActionPayload { caseAction { id version state } }"


async def heard(portal: Portal) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case that the meeting has heard, and its place with the MARAC."""
    row = await gold(portal)
    await submit(portal, row)
    nodes = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    [place] = [node for node in nodes if node["agency"]["shortName"] == "Wirral MARAC"]
    for name, fields in (
        ("accept", (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))),
        ("research", (("known", "known"),)),
        ("finish_research", ()),
        ("hear", (("heard_on", str(MEETINGS[0])),)),
    ):
        place = await moved(portal, place, name, *fields)
    return row, place


async def moved(
    portal: Portal, place: dict[str, Any], name: str, *fields: tuple[str, str]
) -> dict[str, Any]:
    done = await move(portal, COORDINATOR, place, name, *fields)
    assert done["__typename"] == "RecipientPayload", done
    return dict(done["recipient"])


async def agreed(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """Something that the police are to do."""
    given = {
        "referral": row["id"], "code": "SAFETY_PLAN", "dueOn": "2026-11-30",
        "team": team("police", "Protecting vulnerable people"),
    }  # fmt: skip
    done = await portal.do(COORDINATOR, "addCaseAction", given, ACTION)
    assert done["__typename"] == "CaseActionPayload", done
    return dict(done["caseAction"])


@pytest.mark.parametrize(
    ("verb", "more"), [("finishCaseAction", {}), ("dropCaseAction", {"reason": "NOT_POSSIBLE"})]
)
async def test_while_an_action_is_open_they_are_not_complete(
    portal: Portal, verb: str, more: dict[str, str]
) -> None:
    row, place = await heard(portal)
    action = await agreed(portal, row)
    refused = await move(portal, COORDINATOR, place, "no_actions")
    assert [error["code"] for error in refused["errors"]] == ["WRONG_STATE"], refused
    place = await moved(portal, place, "open_actions")
    refused = await move(portal, COORDINATOR, place, "complete_actions")
    [error] = refused["errors"]
    assert (error["path"][-1], error["code"]) == ("move", "WRONG_STATE")
    assert "something by Merseyside Police" in error["message"]
    given = {"id": action["id"], "expectedVersion": action["version"], **more}
    done = await portal.do(FORCE, verb, given, ACTION)
    assert done["__typename"] == "CaseActionPayload", done
    place = await moved(portal, place, "complete_actions")
    place = await moved(portal, place, "close", ("outcome", "risk_reduced"))
    assert place["state"] == "closed"


async def test_who_left_the_agreement_holds_nobody_up(portal: Portal, cases: Engines) -> None:
    row, place = await heard(portal)
    await agreed(portal, row)
    place = await moved(portal, place, "open_actions")
    change = "UPDATE agreement_party SET left_at = {} WHERE agreement_id = :deal AND agency_id = :a"
    given = {"deal": fixed("agreement", "wirral-marac"), "a": agency_id("police")}
    async with cases.owner.begin() as owner:
        changed = await owner.execute(text(change.format("now()")), given)
        assert changed.rowcount == 1
    try:
        assert (await moved(portal, place, "complete_actions"))["state"] == "actions_complete"
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(change.format("NULL")), given)
