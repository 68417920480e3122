"""How an initiative comes along: guarded moves, ratings with reasons, amber when it is late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import DATED, LEAD, done, live, log, of, read, refused

from portal.initiatives.stages import MOVES, REOPENING
from portal.initiatives.tables import Stage
from portal.sample.partnership import DAY, team_id
from portal.store.engines import Engines

WHY = "Agreed by the board."
WAYS: dict[Stage, tuple[str, ...]] = {
    Stage.PROPOSED: (),
    Stage.APPROVED: ("APPROVED",),
    Stage.LIVE: ("APPROVED", "LIVE"),
    Stage.PAUSED: ("APPROVED", "LIVE", "PAUSED"),
    Stage.COMPLETE: ("APPROVED", "LIVE", "COMPLETE"),
    Stage.CLOSED: ("APPROVED", "LIVE", "COMPLETE", "CLOSED"),
    Stage.CANCELLED: ("CANCELLED",),
}


async def at(portal: Portal, stage: Stage) -> dict[str, Any]:
    """An initiative that has come to this stage."""
    row = await log(portal, **DATED)
    for step in WAYS[stage]:
        row = await done(portal, LEAD, "moveInitiative", **of(row, to=step))
    return row


@pytest.mark.parametrize("stage", Stage)
async def test_it_moves_where_it_can_and_nowhere_else(portal: Portal, stage: Stage) -> None:
    row = await at(portal, stage)
    assert row["possibleStages"] == [to.name for to in MOVES[stage]]
    for to in Stage:
        given = of(row, to=to.name, reason=WHY)
        if to in MOVES[stage]:
            other = await at(portal, stage)
            moved = await done(portal, LEAD, "moveInitiative", **of(other, to=to.name, reason=WHY))
            assert moved["stage"] == to.name
        else:
            answer = await refused(portal, LEAD, "moveInitiative", **given)
            assert all(possible.name in answer["faults"]["to"] for possible in MOVES[stage])


@pytest.mark.parametrize(("before", "to"), sorted(REOPENING))
async def test_reopening_needs_a_reason(portal: Portal, before: Stage, to: Stage) -> None:
    row = await at(portal, before)
    for reason in (None, "  "):
        answer = await refused(portal, LEAD, "moveInitiative", **of(row, to=to.name, reason=reason))
        assert list(answer["faults"]) == ["reason"]
    again = of(row, to=to.name, reason="New money.")
    assert (await done(portal, LEAD, "moveInitiative", **again))["stage"] == to.name


@pytest.mark.parametrize(
    "known",
    [
        DATED,
        {"timing": "OPEN_ENDED", "reviewOn": "2027-06-01"},
        {"timing": "UNKNOWN", "timingSource": "Annual report 2023"},
    ],
)
async def test_approval_needs_dates_or_why_there_are_none(
    portal: Portal, known: dict[str, Any]
) -> None:
    row = await log(portal, startsOn="2026-09-01")
    answer = await refused(portal, LEAD, "moveInitiative", **of(row, to="APPROVED"))
    assert list(answer["faults"]) == ["to"]
    row = await done(portal, LEAD, "changeInitiative", **of(row, **known))
    moved = await done(portal, LEAD, "moveInitiative", **of(row, to="APPROVED"))
    assert moved["stage"] == "APPROVED"


async def test_every_move_is_kept_newest_first(portal: Portal) -> None:
    row = await live(portal)
    later = replace(portal, today=DAY + timedelta(days=1))
    await done(later, LEAD, "moveInitiative", **of(row, to="PAUSED", reason="Staff are ill."))
    shows = (
        "stageMoves { totalCount nodes { fromStage toStage reason movedAt movedBy { id }"
        " movedByAgency { shortName } initiative { id } } }"
    )
    moves = (await read(portal, LEAD, row["id"], shows))["stageMoves"]
    assert moves["totalCount"] == 3
    newest = moves["nodes"][0]
    assert (newest["fromStage"], newest["toStage"]) == ("LIVE", "PAUSED")
    assert (newest["reason"], newest["movedAt"]) == ("Staff are ill.", "2026-11-17T09:00:00Z")
    assert newest["movedBy"] is not None
    assert (newest["movedByAgency"], newest["initiative"]) == (
        {"shortName": "Wirral"},
        {"id": row["id"]},
    )


async def test_red_needs_a_reason_and_every_rating_is_kept(portal: Portal) -> None:
    row = await live(portal)
    for reason in (None, "", " \n"):
        red = of(row, rating="RED", reason=reason)
        answer = await refused(portal, LEAD, "rateInitiative", **red)
        assert list(answer["faults"]) == ["reason"]
    row = await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN"))
    later = replace(portal, today=DAY + timedelta(days=1))
    row = await done(later, LEAD, "rateInitiative", **of(row, rating="RED", reason="No staff."))
    assert (row["rating"], row["shownRating"]) == ("RED", {"rating": "RED", "automatic": False})
    shows = "ratingSets { nodes { rating reason setBy { id } setByAgency { shortName } } }"
    sets = (await read(portal, LEAD, row["id"], shows))["ratingSets"]
    assert [(s["rating"], s["reason"]) for s in sets["nodes"]] == [
        ("RED", "No staff."),
        ("GREEN", None),
    ]


async def test_the_same_rating_twice_is_two_changes(portal: Portal) -> None:
    row = await live(portal)
    first = await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN", reason="One."))
    await refused(portal, LEAD, "rateInitiative", "Conflict", **of(row, rating="GREEN"))
    again = await done(portal, LEAD, "rateInitiative", **of(first, rating="GREEN", reason="Two."))
    assert again["version"] == first["version"] + 1


SHOWN = "rating shownRating { rating automatic }"
FILTERED = (
    "query($id: String, $ratings: [Rating!]) {"
    " initiatives(filter: {text: $id, rating: $ratings}) { nodes { id } } }"
)


async def shown(portal: Portal, row: dict[str, Any]) -> tuple[str, bool]:
    """The rating that is shown; the filter finds the initiative under it and under no other."""
    seen = (await read(portal, LEAD, row["id"], SHOWN))["shownRating"]
    for rating in ("NOT_STARTED", "RED", "AMBER", "GREEN", "BLUE"):
        found = await portal.ask(LEAD, FILTERED, id=row["reference"], ratings=[rating])
        assert bool(found["initiatives"]["nodes"]) is (rating == seen["rating"])
    return seen["rating"], seen["automatic"]


@pytest.mark.parametrize("rating", ["NOT_STARTED", "GREEN", "AMBER", "RED", "BLUE"])
async def test_past_its_last_day_green_and_not_started_show_as_amber(
    portal: Portal, rating: str
) -> None:
    row = await live(portal)
    row = await done(portal, LEAD, "rateInitiative", **of(row, rating=rating, reason="As agreed."))
    assert await shown(portal, row) == (rating, False)
    after = replace(portal, today=DAY.replace(year=2027))
    late = rating in {"NOT_STARTED", "GREEN"}
    assert await shown(after, row) == ("AMBER" if late else rating, late)
    assert (await read(after, LEAD, row["id"], "rating"))["rating"] == rating  # as last set
    await done(after, LEAD, "moveInitiative", **of(row, to="COMPLETE"))
    assert await shown(after, row) == (rating, False)


async def test_an_overdue_action_makes_it_amber_until_it_is_done(
    portal: Portal, engines: Engines
) -> None:
    row = await live(portal)
    row = await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN"))
    values = {
        "initiative": row["id"].removeprefix("Initiative:"),
        "team": team_id("wirral", "Community safety"),
        "due": DAY,
    }
    async with engines.owner.begin() as owner:
        await owner.execute(text(ACTION), values)
    assert await shown(portal, row) == ("GREEN", False)
    tomorrow = replace(portal, today=DAY + timedelta(days=1))
    assert await shown(tomorrow, row) == ("AMBER", True)
    async with engines.owner.begin() as owner:
        finished = "UPDATE action SET state = 'done', done_on = due_on WHERE initiative_id = :id"
        await owner.execute(text(finished), {"id": values["initiative"]})
    assert await shown(tomorrow, row) == ("GREEN", False)


async def test_a_late_milestone_makes_it_amber_until_it_is_reached(portal: Portal) -> None:
    row = await live(portal)
    row = await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN"))
    given = {"initiative": row["id"], "title": "Ten stations lit", "dueOn": DAY.isoformat()}
    shows = "...on MilestonePayload { milestone { id version } }"
    milestone = (await portal.do(LEAD, "addMilestone", given, shows))["milestone"]
    assert await shown(portal, row) == ("GREEN", False)
    tomorrow = replace(portal, today=DAY + timedelta(days=1))
    assert await shown(tomorrow, row) == ("AMBER", True)
    row = await done(tomorrow, LEAD, "moveInitiative", **of(row, to="COMPLETE"))
    assert await shown(tomorrow, row) == ("GREEN", False)  # nothing more is waited for
    row = await done(tomorrow, LEAD, "moveInitiative", **of(row, to="LIVE", reason="One more."))
    assert await shown(tomorrow, row) == ("AMBER", True)
    await portal.do(LEAD, "reachMilestone", of(milestone), shows)
    assert await shown(tomorrow, row) == ("GREEN", False)


ACTION = (
    "INSERT INTO action (id, initiative_id, title, detail, owner_team_id, owner_agency_id, due_on,"
    " state, created_at, updated_at, version, acl, created_by_id)"
    " SELECT gen_random_uuid(), :initiative, 'Fit lights', '', :team, lead_agency_id, :due,"
    " 'open', now(), now(), 1, '{}', gen_random_uuid() FROM initiative WHERE id = :initiative"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE initiative SET ends_on = starts_on - 1 WHERE id = :id",
        "UPDATE initiative SET ends_on = NULL WHERE id = :id",
        "UPDATE initiative SET timing = 'open_ended' WHERE id = :id",
        "UPDATE initiative SET timing = 'unknown' WHERE id = :id",
        "UPDATE initiative SET sent_at = NULL WHERE id = :id",
        "UPDATE initiative SET title = ' ' WHERE id = :id",
        "UPDATE rating_set SET rating = 'red', reason = NULL WHERE initiative_id = :id",
        "UPDATE stage_move SET from_stage = 'closed' WHERE initiative_id = :id",
        "UPDATE stage_move SET from_stage = to_stage WHERE initiative_id = :id",
    ],
)
async def test_the_database_says_it_too(portal: Portal, engines: Engines, statement: str) -> None:
    row = await live(portal)
    await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN"))
    async with engines.owner.connect() as owner:
        with pytest.raises(DBAPIError, match="violates check constraint"):
            await owner.execute(text(statement), {"id": row["id"].removeprefix("Initiative:")})


async def test_the_database_keeps_no_initiative_without_a_lead(
    portal: Portal, engines: Engines
) -> None:
    row = await live(portal)
    leaderless = text("UPDATE initiative SET lead_agency_id = NULL WHERE id = :id")
    async with engines.owner.connect() as owner:
        with pytest.raises(DBAPIError, match="null value in column"):
            await owner.execute(leaderless, {"id": row["id"].removeprefix("Initiative:")})
