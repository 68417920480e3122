"""Who has left an initiative leaves what was done there as it is."""

from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, committed, done, live, of
from support.joint_work import RASA_TEAM
from support.writing import plain

RASA = "rasa.coordinator"
SHOWN = "...on ActionPayload { action { id version title state } }"


async def finished(portal: Portal, how: str) -> dict[str, Any]:
    """What RASA finished before its part ended; it sees the initiative still."""
    row = await live(portal, visibility="PARTNERSHIP")
    partner = await committed(portal, row)
    given = {"initiative": row["id"], "title": "Ours", "ownerTeam": RASA_TEAM,
             "dueOn": "2026-12-01"}  # fmt: skip
    action = (await portal.do(RASA, "addAction", given, SHOWN))["action"]
    action = (await portal.do(RASA, "finishAction", of(action), SHOWN))["action"]
    if how == "left":
        await done(portal, RASA, "leaveInitiative", **of(partner))
    else:
        await done(portal, LEAD, "removePartner", **of(partner, reason="Over."))
    return action


@pytest.mark.parametrize("how", ["left", "removed"])
@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("changeAction", {"title": "Theirs"}),
        ("reopenAction", {"reason": "Again."}),
        ("reassignAction", {"ownerTeam": RASA_TEAM}),
        ("allocateAction", {}),
        ("startAction", {}),
    ],
)
async def test_a_former_partner_changes_no_finished_action(
    portal: Portal, how: str, mutation: str, given: dict[str, str]
) -> None:
    action = await finished(portal, how)
    for who in (RASA, "rasa.contributor"):
        refused = await portal.do(who, mutation, of(action, **given))
        assert refused["__typename"] == "NotPermitted", refused
        assert refused["rule"] == "action.taking_part_updates"


@pytest.mark.parametrize("how", ["left", "removed"])
async def test_nor_does_its_sql(portal: Portal, how: str) -> None:
    action = await finished(portal, how)
    async with portal.context(RASA).acting() as session:
        given = {"id": plain(action)}
        seen = "SELECT count(*) FROM action WHERE id = :id"
        assert (await session.execute(text(seen), given)).scalar_one() == 1
        changed = await session.execute(
            text("UPDATE action SET title = 'Theirs' WHERE id = :id"), given
        )
        assert changed.rowcount == 0
        await session.rollback()


async def test_the_lead_goes_on_with_it(portal: Portal) -> None:
    action = await finished(portal, "left")
    answer = await portal.do(LEAD, "changeAction", of(action, title="Lit"), SHOWN)
    assert answer["action"]["title"] == "Lit"


async def test_who_comes_back_works_on_it_again(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    partner = await committed(portal, row)
    given = {"initiative": row["id"], "title": "Ours", "ownerTeam": RASA_TEAM,
             "dueOn": "2026-12-01"}  # fmt: skip
    action = (await portal.do(RASA, "addAction", given, SHOWN))["action"]
    action = (await portal.do(RASA, "finishAction", of(action), SHOWN))["action"]
    await done(portal, RASA, "leaveInitiative", **of(partner))
    await committed(portal, row)
    answer = await portal.do(RASA, "changeAction", of(action, title="Ours again"), SHOWN)
    assert answer["action"]["title"] == "Ours again"
