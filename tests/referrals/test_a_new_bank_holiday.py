"""A bank holiday is proclaimed: the clocks that run give the day back, each case says so, and who
was to hear that it is late hears it a day later.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.commands import run
from support.conferring import COORDINATOR, gold, submit
from support.databases import environ_of
from support.referring import SENDER, move, see, sent
from support.reminding import remind, told_of

from portal.sample.conferences import MEETINGS
from portal.sample.partnership import DAY
from portal.store.engines import Engines
from portal.store.server import Server

IDVA = "wirral.idva"
TUESDAY, THURSDAY, FRIDAY = (DAY + timedelta(days=days) for days in (1, 3, 4))
STANDS = """query($id: ID!) { referral(id: $id) {
  recipients { nodes { id version dueAt clocks { nodes { name dueAt stoppedAt } } } }
  events { nodes { id name part byAgency { shortName } } } } }"""


@pytest.fixture
async def holiday(portal: Portal, cases: Engines) -> AsyncIterator[dict[str, Any]]:
    """A referral was sent on Monday; then Tuesday becomes a bank holiday."""
    row = await sent(portal)
    async with proclaimed(cases, TUESDAY):
        yield row


@asynccontextmanager
async def proclaimed(cases: Engines, day: date) -> AsyncIterator[None]:
    """A bank holiday that no library knows, for as long as the test lasts.

    The command reckons every case's clocks anew: those of the other tests are set back afterwards.
    """
    made = text(
        "INSERT INTO bank_holiday (id, day, name, holds, valid_from, state, updated_at, version)"
        " VALUES (gen_random_uuid(), :day, 'Proclaimed', true, :since, 'confirmed', now(), 1)"
    )
    async with cases.owner.begin() as owner:
        before = {"clocks": await owner.scalar(CLOCKS), "recipients": await owner.scalar(DUES)}
        await owner.execute(made, {"day": day, "since": DAY})
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text("DELETE FROM bank_holiday WHERE day = :day"), {"day": day})
            await owner.execute(text("DELETE FROM referral_event WHERE name = 'clocks_recomputed'"))
            await owner.execute(SET_BACK, {"was": before["clocks"]})
            await owner.execute(DUE_AS_BEFORE, {"was": before["recipients"]})


CLOCKS = text("SELECT json_agg(k)::text FROM running_clock k WHERE k.stopped_at IS NULL")
DUES = text("SELECT json_agg(p)::text FROM recipient p")
SET_BACK = text(
    "UPDATE running_clock k SET due_at = w.due_at, rungs = w.rungs, rungs_at = w.rungs_at,"
    " climbed = w.climbed, next_at = w.next_at, told = w.told, told_at = w.told_at"
    " FROM json_populate_recordset(NULL::running_clock, CAST(:was AS json)) w WHERE k.id = w.id"
    " AND k.stopped_at IS NULL AND (k.due_at, k.next_at) IS DISTINCT FROM (w.due_at, w.next_at)"
)
DUE_AS_BEFORE = text(
    "UPDATE recipient p SET due_at = w.due_at, events = w.events"
    " FROM json_populate_recordset(NULL::recipient, CAST(:was AS json)) w WHERE p.id = w.id"
    " AND p.events > w.events AND NOT EXISTS (SELECT FROM referral_event e"
    " WHERE e.recipient_id = p.id AND e.position > w.events)"
)
CLIMBS = text(
    "SELECT k.due_at, k.climbed, k.told, k.next_at FROM running_clock k"
    " WHERE k.referral_id = :case AND k.name = 'research' AND k.stopped_at IS NULL"
)
CLIMB = text(
    "SELECT climb(r, p, k, :moment) FROM running_clock k JOIN recipient p ON p.id = k.recipient_id"
    " JOIN referral r ON r.id = k.referral_id"
    " WHERE r.id = :case AND k.name = 'research' AND k.stopped_at IS NULL"
)


async def researching(portal: Portal) -> dict[str, Any]:
    """A case of a MARAC, whose representatives answer by the end of Tuesday, 24 November."""
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    nodes = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    [place] = [node for node in nodes if node["agency"]["shortName"] == "Wirral MARAC"]
    days = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
    done = await move(portal, COORDINATOR, place, "accept", *days)
    assert done["__typename"] == "RecipientPayload", done
    return row


async def recompute(server: Server, *more: str, who: str = "pcc.programme") -> Any:
    """The operator's command, in a thread, as it has a loop of its own."""
    environ = {**environ_of(server, "cases"), "PORTAL_TODAY": DAY.isoformat()}
    return await asyncio.to_thread(
        run, "clocks", "recompute", "--as", who, *more, environ=environ
    )  # fmt: skip


async def stands(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await portal.ask(SENDER, STANDS, id=row["id"]))["referral"]
    return found


def only_told(output: str) -> int:
    """How many clocks keep their day while the next person to hear hears at another time."""
    [count] = re.findall(r"\b(\d+) others? only tell", output)
    return int(count)


def dues(case: dict[str, Any]) -> list[str]:
    [recipient] = case["recipients"]["nodes"]
    clocks = recipient["clocks"]["nodes"]
    return [recipient["dueAt"], *(one["dueAt"] for one in clocks if one["stoppedAt"] is None)]


def reckoned(case: dict[str, Any]) -> dict[str, Any]:
    """The one event that says so."""
    [event] = [one for one in case["events"]["nodes"] if one["name"] == "clocks_recomputed"]
    return dict(event)


async def test_clocks_that_run_give_the_day_back_and_the_case_says_so(
    portal: Portal, server: Server, holiday: dict[str, Any]
) -> None:
    before = await stands(portal, holiday)
    assert {due[:10] for due in dues(before)} == {"2026-11-18", "2026-11-23"}
    ran = await recompute(server, "--dry-run")
    assert (ran.exit_code, "would run out at another time" in ran.output) == (0, True)
    assert dues(await stands(portal, holiday)) == dues(before)
    ran = await recompute(server)
    assert (ran.exit_code, "run out at another time" in ran.output) == (0, True), ran.output
    after = await stands(portal, holiday)
    assert {due[:10] for due in dues(after)} == {"2026-11-19", "2026-11-24"}
    event = reckoned(after)
    assert event["part"] == "none"
    assert event["byAgency"]["shortName"] == "PCC"
    assert (await recompute(server)).output.startswith("0 clocks run out at another time")
    assert len((await stands(portal, holiday))["events"]["nodes"]) == len(after["events"]["nodes"])


async def test_the_case_goes_on_from_there_and_nobody_takes_the_event_for_a_mistake(
    portal: Portal, server: Server, holiday: dict[str, Any]
) -> None:
    await recompute(server)
    event = reckoned(await stands(portal, holiday))
    given = {"event": event["id"], "reason": "not_done"}
    assert (await portal.do(SENDER, "correctReferral", given))["__typename"] == "NotPermitted"
    recipient = (await see(portal, IDVA, holiday["id"]))["recipients"]["nodes"][0]
    done = await move(portal, IDVA, recipient, "acknowledge")
    assert done["__typename"] == "RecipientPayload", done
    assert [due[:10] for due in dues(await stands(portal, holiday))] == ["2026-11-24"] * 2


async def test_who_is_to_hear_that_it_is_late_hears_it_a_day_later(
    portal: Portal, cases: Engines, server: Server, holiday: dict[str, Any]
) -> None:
    await recompute(server)
    late = (IDVA, "referral_late")
    await remind(cases, THURSDAY)
    assert late not in await told_of(cases, holiday["id"])
    await remind(cases, FRIDAY)
    assert late in await told_of(cases, holiday["id"])


async def test_only_those_who_keep_the_calendars_recompute(
    portal: Portal, cases: Engines, server: Server, holiday: dict[str, Any]
) -> None:
    before = dues(await stands(portal, holiday))
    for who in ("wirral.idvalead", "wirral.administrator", "marac.coordinator"):
        ran = await recompute(server, who=who)
        assert ran.exit_code == 1
        assert "Only those who keep the partnership's calendars" in ran.output
        async with portal.context(who).acting() as session:
            read = await session.execute(text("SELECT * FROM running_clocks(NULL, 10)"))
            assert read.all() == []
    assert dues(await stands(portal, holiday)) == before


async def test_what_is_due_on_a_named_day_stays_so_and_only_the_next_to_hear_hears_later(
    portal: Portal, cases: Engines, server: Server
) -> None:
    row = await researching(portal)
    case = {"case": UUID(row["id"].rpartition(":")[2])}
    wednesday, midnight = date(2026, 11, 25), datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    async with cases.owner.begin() as owner:
        await owner.execute(CLIMB, case | {"moment": midnight + timedelta(hours=9)})
        before = (await owner.execute(CLIMBS, case)).one()
    assert tuple(before[:3]) == (midnight, 2, "team_inbox")
    assert before.next_at == midnight + timedelta(days=1)
    async with proclaimed(cases, wednesday):
        ran = await recompute(server)
        assert ran.exit_code == 0, ran.output
        async with cases.owner.connect() as owner:
            after = (await owner.execute(CLIMBS, case)).one()
        assert reckoned(await stands(portal, row))["part"] == "none"
        assert only_told(ran.output) > 0
        assert only_told((await recompute(server)).output) == 0
    assert tuple(after[:3]) == tuple(before[:3])  # who has heard does not hear of it twice
    assert after.next_at == midnight + timedelta(days=2)


async def test_a_case_that_was_reckoned_for_a_test_is_afterwards_as_it_was(
    portal: Portal, cases: Engines, server: Server
) -> None:
    row = await sent(portal)
    before = await stands(portal, row)
    async with proclaimed(cases, TUESDAY):
        assert (await recompute(server)).exit_code == 0
        assert dues(await stands(portal, row)) != dues(before)
    after = await stands(portal, row)
    assert (dues(after), after["events"]) == (dues(before), before["events"])
    assert (await recompute(server, "--dry-run")).output.startswith("0 clocks")
