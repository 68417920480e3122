"""What the database keeps and refuses by itself, whatever the portal's code says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal
from support.joint_work import ASKED, LEAD, PARTNER, STRANGER, added, joint_initiative, member, of

from portal.sample.partnership import agency_id, membership_id, team_id
from portal.store.engines import Engines


def row_id(shown: str) -> UUID:
    """The row behind an id of the API."""
    return UUID(shown.split(":")[1])


@asynccontextmanager
async def as_somebody(portal: Portal, who: str) -> AsyncIterator[AsyncSession]:
    """Bare SQL with this person's keys; nothing of it stays."""
    async with portal.context(who).acting() as session:
        yield session
        await session.rollback()


async def test_every_step_leaves_who_did_what_and_what_stood_there(
    portal: Portal, engines: Engines
) -> None:
    action = await added(portal, await joint_initiative(portal))
    await portal.do(PARTNER, "changeAction", of(action, title="Other", dueOn="2026-12-24"))
    kept = text(
        "SELECT c.verb, c.kind, c.actor_id, h.before, h.after FROM change c"
        " JOIN history h ON h.change_id = c.id WHERE c.object_id = :id ORDER BY c.txid, c.version"
    )
    async with engines.owner.connect() as owner:
        steps = (await owner.execute(kept, {"id": row_id(action["id"])})).all()
    assert [(s.verb, s.kind, s.actor_id) for s in steps] == [
        ("add_action", "created", membership_id(LEAD)),
        ("change_action", "updated", membership_id(PARTNER)),
    ]
    assert steps[1].before == {"title": "Train the staff", "due_on": "2026-12-01"}
    assert steps[1].after == {"title": "Other", "due_on": "2026-12-24"}


async def test_a_refusal_is_in_the_audit(portal: Portal, engines: Engines) -> None:
    action = await added(portal, await joint_initiative(portal))
    await portal.do(ASKED, "finishAction", of(action))
    line = text(
        "SELECT rule FROM audit_line WHERE principal_id = :who AND verb = 'finish_action'"
        " AND outcome = 'refused'"
    )
    async with engines.owner.connect() as owner:
        rules = (await owner.execute(line, {"who": membership_id(ASKED)})).scalars().all()
    assert "action.owner_updates" in rules


@pytest.mark.parametrize(
    ("who", "changed"), [(LEAD, 1), (PARTNER, 1), (ASKED, 0), ("wirral.viewer", 0), (STRANGER, 0)]
)
async def test_row_rules_let_owner_and_lead_write(portal: Portal, who: str, changed: int) -> None:
    action = await added(portal, await joint_initiative(portal))
    update = text("UPDATE action SET title = 'Forged' WHERE id = :id")
    async with as_somebody(portal, who) as session:
        done = await session.execute(update, {"id": row_id(action["id"])})
        assert done.rowcount == changed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("who", "agency", "team"),
    [
        (PARTNER, "wirral", "Community safety"),
        (ASKED, "savera", "Training"),
        (LEAD, "sefton", "Community safety"),
        (STRANGER, "sefton", "Community safety"),
    ],
)
async def test_row_rules_refuse_an_action_of_nobody_who_takes_part(
    portal: Portal, who: str, agency: str, team: str
) -> None:
    initiative = await joint_initiative(portal)
    insert = text(
        "INSERT INTO action (id, initiative_id, title, detail, owner_team_id, owner_agency_id,"
        " due_on, state, created_at, updated_at, created_by_id, version, acl) VALUES"
        " (gen_random_uuid(), :i, 'Forged', '', :team, :agency, '2026-12-01', 'open', now(), now(),"
        " :who, 1, '{}')"
    )
    values = {
        "i": row_id(initiative),
        "team": team_id(agency, team),
        "agency": agency_id(agency),
        "who": membership_id(who),
    }
    async with as_somebody(portal, who) as session:
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(insert, values)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'done'",
        "done_on = '2026-11-16'",
        "state = 'not_done'",
        "state = 'not_done', not_done_reason = ' '",
        "not_done_reason = 'No money'",
        "title = ' '",
        "evidence_url = 'javascript:alert(1)'",
        "state = 'forgotten'",
        "allocated_to_id = '{other}'",
        "owner_agency_id = '{wirral}'",
    ],
)
async def test_the_database_refuses_what_is_never_true(portal: Portal, change: str) -> None:
    action = await added(portal, await joint_initiative(portal))
    other, wirral = row_id(member(LEAD)), agency_id("wirral")
    update = f"UPDATE action SET {change.format(other=other, wirral=wirral)} WHERE id = :id"  # noqa: S608 - the list above
    async with as_somebody(portal, LEAD) as session:
        with pytest.raises(DBAPIError, match=r"violates (check|foreign key) constraint"):
            await session.execute(text(update), {"id": row_id(action["id"])})


async def test_moves_are_made_in_ones_own_name(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    action = await added(portal, initiative)
    insert = text(
        "INSERT INTO action_move (id, initiative_id, action_id, action_version, state, moved_by_id,"
        " moved_by_agency_id, moved_at, updated_at, version, acl) VALUES"
        " (gen_random_uuid(), :i, :a, 9, 'done', :by, :agency, now(), now(), 1, '{}')"
    )
    values = {"i": row_id(initiative), "a": row_id(action["id"]), "agency": agency_id("rasa")}
    for who, by in ((PARTNER, LEAD), (ASKED, ASKED), (STRANGER, STRANGER)):
        async with as_somebody(portal, who) as session:
            with pytest.raises(DBAPIError, match="row-level security"):
                await session.execute(insert, {**values, "by": membership_id(by)})
