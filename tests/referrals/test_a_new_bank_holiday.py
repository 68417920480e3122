"""A bank holiday is proclaimed: the clocks that run give the day back, each case says so, and who
was to hear that it is late hears it a day later.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.commands import run
from support.databases import environ_of
from support.referring import SENDER, move, see, sent
from support.reminding import remind, told_of

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
    proclaimed = text(
        "INSERT INTO bank_holiday (id, day, name, holds, valid_from, state, updated_at, version)"
        " VALUES (gen_random_uuid(), :day, 'Proclaimed', true, :since, 'confirmed', now(), 1)"
    )
    async with cases.owner.begin() as owner:
        await owner.execute(proclaimed, {"day": TUESDAY, "since": DAY})
    yield row
    async with cases.owner.begin() as owner:
        await owner.execute(text("DELETE FROM bank_holiday WHERE day = :day"), {"day": TUESDAY})


async def recompute(server: Server, *more: str, who: str = "pcc.programme") -> Any:
    """The operator's command, in a thread, as it has a loop of its own."""
    environ = {**environ_of(server, "cases"), "PORTAL_TODAY": DAY.isoformat()}
    return await asyncio.to_thread(
        run, "clocks", "recompute", "--as", who, *more, environ=environ
    )  # fmt: skip


async def stands(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await portal.ask(SENDER, STANDS, id=row["id"]))["referral"]
    return found


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
    assert "0 clocks run out at another time" in (await recompute(server)).output
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
