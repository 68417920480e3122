"""What a prosecutor still needs is late: the police hear of it once for each day."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text
from support.asking import Portal
from support.charging import LIAISON, OFFICER, goes, on, registered
from support.reminding import KEYS, remind, told_of

from portal.store.engines import Engines

DUE, NEW_DAY = date(2026, 11, 20), date(2026, 11, 26)
LATE, ONE = "action_late", timedelta(days=1)
FILE = {"colour": "green", "test": "full_code"}


async def asked(portal: Portal) -> str:
    """A matter of which a prosecutor needs a phone and a medical report by the twentieth."""
    case: str = (await registered(portal))["id"]
    await goes(portal, OFFICER, case, 2, "submit", **FILE)
    await goes(portal, LIAISON, case, 2, "accept_file")
    needs = {"plan_items": ["phone", "medical"], "answer_by": str(DUE)}
    await goes(portal, LIAISON, case, 2, "issue_action_plan", **needs)
    return case


async def late(cases: Engines, case: str, day: date, workers: int = 1) -> list[str]:
    """Who has heard by a day that an item is late."""
    await remind(cases, day, workers)
    return [who for who, kind in await told_of(cases, case) if kind == LATE]


async def test_the_police_hear_once_of_all_that_was_due_on_a_day_and_not_on_that_day(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    assert await late(cases, case, DUE) == []
    heard = await late(cases, case, DUE + ONE, workers=4)
    assert heard == [OFFICER]
    assert await late(cases, case, DUE + 3 * ONE) == heard


async def test_an_item_with_a_day_of_its_own_is_late_by_itself(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    dated = {"plan_items": ["medical"], "item_due": str(DUE - 2 * ONE)}
    await goes(portal, LIAISON, case, 2, "plan_item_dated", **dated)
    assert await late(cases, case, DUE) == [OFFICER]
    assert await late(cases, case, DUE + ONE) == [OFFICER] * 2


async def test_what_is_late_of_a_matter_that_ended_is_called_by_nobody(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    done = text("UPDATE recipient SET is_open = false WHERE referral_id = :id")
    async with cases.owner.begin() as owner:
        await owner.execute(done, {"id": UUID(case.rpartition(":")[2])})
    assert await late(cases, case, DUE + ONE) == []


async def test_what_was_brought_is_not_late_and_a_new_day_begins_anew(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    sooner = {"plan_items": ["medical"], "item_due": str(DUE - ONE)}
    await goes(portal, LIAISON, case, 2, "plan_item_dated", **sooner)
    await goes(portal, OFFICER, case, 2, "plan_item_done", plan_items=["medical"])
    assert await late(cases, case, DUE) == []
    assert (await late(cases, case, DUE + ONE)).count(OFFICER) == 1
    later = on(portal, str(DUE + 2 * ONE))
    dated = {"plan_items": ["phone"], "item_due": str(NEW_DAY)}
    await goes(later, LIAISON, case, 2, "plan_item_dated", **dated)
    assert (await late(cases, case, NEW_DAY)).count(OFFICER) == 1
    assert (await late(cases, case, NEW_DAY + ONE)).count(OFFICER) == 2


async def test_the_notice_says_neither_what_is_needed_nor_of_whom(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    await late(cases, case, DUE + ONE)
    words = text("SELECT says FROM notice WHERE referral_id = :id AND kind = :kind")
    given = {"id": UUID(case.rpartition(":")[2]), "kind": LATE}
    async with cases.owner.connect() as owner:
        said = set((await owner.execute(words, given)).scalars())
    team = "Protecting vulnerable people"
    assert said == {f"Late: something that prosecutors need of {team}, by 20 November 2026."}


async def test_where_nobody_of_the_police_team_is_there_and_it_has_no_inbox_the_prosecutors_hear(
    portal: Portal, cases: Engines
) -> None:
    case = await asked(portal)
    away = text(
        "DELETE FROM team_member m USING team t WHERE t.id = m.team_id AND t.id ="
        " (SELECT sender_team_id FROM referral WHERE id = :id)"
    )
    no_inbox = text(
        "UPDATE team SET inbox = NULL WHERE id ="
        " (SELECT sender_team_id FROM referral WHERE id = :id)"
    )
    async with cases.owner.connect() as owner:
        given = {"id": UUID(case.rpartition(":")[2])}
        await owner.execute(away, given)
        await owner.execute(no_inbox, given)
        await owner.execute(
            text("SELECT remind_of_plan_items(:at)"),
            {"at": datetime.combine(DUE + ONE, time(9), UTC)},
        )
        found = await owner.execute(
            text(
                "SELECT DISTINCT p.name FROM notice n JOIN person p ON p.id = n.person_id"
                " WHERE n.referral_id = :id AND n.kind = 'action_late'"
            ),
            given,
        )
        heard = {KEYS[name] for name in found.scalars()}
        await owner.rollback()
    assert heard == {LIAISON}
