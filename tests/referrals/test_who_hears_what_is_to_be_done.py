"""What is to be done in a case is heard of by whoever does it: when it is given, a week before its
day, and the day after; each once, and without a word of the case.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from support.asking import Portal
from support.referring import FAMILY_SAFETY, OUTREACH, SENDER, member, sent, team
from support.reminding import posted_to_teams, remind, told_of

from portal.sample.partnership import DAY
from portal.store.engines import Engines

IDVA, LEAD = "wirral.idva", "wirral.idvalead"
GIVEN, SOON, LATE = "action_assigned", "action_due", "action_late"
DUE = DAY + timedelta(days=10)
WEEK_BEFORE, DAY_AFTER = DUE - timedelta(days=7), DUE + timedelta(days=1)
ACTION = "...on CaseActionPayload { caseAction { id version } }"
SUSPEND = (
    "UPDATE agreement SET suspended_at = {} WHERE id ="
    " (SELECT agreement_id FROM recipient WHERE referral_id = :id)"
)


async def made(portal: Portal, who: str, verb: str, **given: Any) -> dict[str, Any]:
    done = await portal.do(who, verb, given, ACTION)
    assert done["__typename"] == "CaseActionPayload", done
    found: dict[str, Any] = done["caseAction"]
    return found


async def added(portal: Portal, row: dict[str, Any], who: str = SENDER, **more: Any) -> Any:
    """An action for the family safety unit, due in ten days."""
    usual = {"code": "SAFETY_PLAN", "team": team(*FAMILY_SAFETY), "dueOn": DUE.isoformat()}
    return await made(portal, who, "addCaseAction", referral=row["id"], **usual | more)


def of(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": action["id"], "expectedVersion": action["version"], **more}


async def told(cases: Engines, row: dict[str, Any], *days: date) -> list[tuple[str, str]]:
    """Who was told of something to be done, once each of these days has come."""
    for day in days:
        await remind(cases, day)
    return [one for one in await told_of(cases, row["id"]) if one[1] in {GIVEN, SOON, LATE}]


async def test_a_team_hears_of_work_that_others_give_it_and_a_doer_of_their_own(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    action = await added(portal, row)
    assert await told(cases, row) == [(IDVA, GIVEN), (LEAD, GIVEN)]
    assert "family-safety-unit@wirral.example" in await posted_to_teams(cases)
    await made(portal, LEAD, "allocateCaseAction", **of(action, allocatedTo=member(IDVA)))
    assert (await told(cases, row))[2:] == [(IDVA, GIVEN)]


async def test_who_gives_themselves_something_to_do_is_told_nothing(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await added(portal, row, SENDER, team=team(*OUTREACH), code="SHARE_BACK")
    await added(portal, row, IDVA, allocatedTo=member(IDVA))
    assert await told(cases, row) == []


async def test_a_refused_action_tells_nobody(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    given = {"referral": row["id"], "code": "SAFETY_PLAN", "team": team("savera", "Casework")}
    done = await portal.do(SENDER, "addCaseAction", {**given, "dueOn": DUE.isoformat()})
    assert done["__typename"] == "ValidationError"
    assert await told(cases, row) == []


async def test_it_is_called_due_a_week_before_and_late_the_day_after_each_once(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await added(portal, row, IDVA, allocatedTo=member(IDVA))
    assert await told(cases, row, WEEK_BEFORE - timedelta(days=1)) == []
    await remind(cases, WEEK_BEFORE, workers=4)
    assert await told(cases, row, DUE) == [(IDVA, SOON)]
    await remind(cases, DAY_AFTER, workers=4)
    heard = await told(cases, row, DAY_AFTER + timedelta(days=1))
    assert heard == [(IDVA, SOON), (IDVA, LATE)]


async def test_a_new_day_begins_anew_and_what_is_done_is_never_late(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    action = await added(portal, row, IDVA, allocatedTo=member(IDVA))
    await remind(cases, WEEK_BEFORE)
    later = DUE + timedelta(days=20)
    action = await made(portal, IDVA, "changeCaseAction", **of(action, dueOn=later.isoformat()))
    assert await told(cases, row, DAY_AFTER) == [(IDVA, SOON)]
    assert await told(cases, row, later - timedelta(days=1)) == [(IDVA, SOON)] * 2
    await made(portal, IDVA, "finishCaseAction", **of(action))
    assert await told(cases, row, later + timedelta(days=1)) == [(IDVA, SOON)] * 2


async def test_while_the_agreement_is_suspended_nobody_hears_and_afterwards_they_do(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await added(portal, row, IDVA, allocatedTo=member(IDVA))
    case = {"id": row["id"].rpartition(":")[2]}
    async with cases.owner.begin() as owner:
        await owner.execute(text(SUSPEND.format("now()")), case)
    assert await told(cases, row, WEEK_BEFORE) == []
    async with cases.owner.begin() as owner:
        await owner.execute(text(SUSPEND.format("NULL")), case)
    assert await told(cases, row, WEEK_BEFORE) == [(IDVA, SOON)]


async def test_the_words_say_neither_what_it_is_nor_in_which_case(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await added(portal, row)
    await remind(cases, DAY_AFTER)
    of_case = text(
        "SELECT DISTINCT says FROM notice WHERE referral_id = :id AND kind = ANY (:kinds)"
    )
    given = {"id": row["id"].rpartition(":")[2], "kinds": [GIVEN, LATE]}
    async with cases.owner.connect() as owner:
        says = set((await owner.execute(of_case, given)).scalars())
    assert says == {
        "Something is to be done in a case, for Family safety unit, by 26 November 2026.",
        "Late: something to be done in a case, for Family safety unit, by 26 November 2026.",
    }
