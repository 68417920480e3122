"""Whatever a sender and teams do with a case one after the other, mistakes and second thoughts
among it: as long as it goes on somebody who can act has it, nobody sees it who lost it, and its
events tell where it is.
"""

from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from support.asking import Portal
from support.referring import RECIPIENT, REFERRAL, SENDER, move, see, sent
from support.transferring import IDVA, ISVA, opens, place, taken_on, transfer
from support.wandering import TEAMS, Wanderer, name_of, stands

from portal.calendars.days import Calendar
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Hold, Part
from portal.referrals.engine.standing import Event
from portal.referrals.tables import Recipient, ReferralEvent
from portal.store.engines import Engines


async def somebody_has_her(walk: Wanderer, asked: int) -> None:
    case = await stands(walk.portal, SENDER, walk.case)
    assert case
    sees = {name: await opens(walk.portal, who, {"id": walk.case})
            for name, (who, _) in TEAMS.items()}  # fmt: skip
    places = case["recipients"]["nodes"]
    told = (walk.done, case)
    assert not any(sees[name_of(one)] for one in places if one["lostAt"]), told
    has = [one for one in places if one["open"]]
    assert all(sees[name_of(one)] for one in has), told
    assert bool(has) == (case["overall"] in {"WAITING", "IN_HAND"}), told
    assert all(walk.possible(one) or one["state"] == "returned" for one in has), told
    assert len([one for one in has if one["hold"] == "TAKEN"]) <= asked, told


async def its_events_tell_where_it_is(walk: Wanderer, cases: Engines) -> None:
    referral = UUID(walk.case.removeprefix("Referral:"))
    found = select(Recipient).where(col(Recipient.referral_id) == referral)
    happened = select(ReferralEvent).where(col(ReferralEvent.referral_id) == referral)
    happened = happened.order_by(col(ReferralEvent.recorded_at), col(ReferralEvent.position))
    async with AsyncSession(cases.owner) as db:
        places, rows = (
            list((await db.execute(found)).scalars()),
            list((await db.execute(happened)).scalars()),
        )
    for one in places:
        events = [
            Event(id=row.id, name=row.name, at=row.at, part=Part(row.part), fields={},
                  error_of=row.error_of_id)
            for row in rows if row.recipient_id == one.id
        ]  # fmt: skip
        told = replay(walk.way, events, Calendar())
        assert (one.state, one.turn, one.hold) == (told.state.name, told.turn, told.hold), walk.done
        assert (one.passed_at is not None) == (told.state.name == "transferred"), walk.done
        asked = [
            other for other in places
            if (other.from_id, other.lost_at, other.hold) == (one.id, None, Hold.ASKED)
        ]  # fmt: skip
        waits = told.pending is not None and one.lost_at is None
        assert len(asked) == waits, (walk.done, asked)


@pytest.mark.parametrize("seed", range(24))
async def test_as_long_as_it_goes_on_somebody_who_can_act_has_her(
    portal: Portal, cases: Engines, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same at every run
    teams = chance.sample([one for _, one in TEAMS.values()], chance.choice((1, 1, 2)))
    row = await sent(portal, *teams)
    walk = Wanderer(portal, row["id"], chance)
    for _ in range(30):
        if await walk.step():
            await somebody_has_her(walk, len(teams))
            await its_events_tell_where_it_is(walk, cases)
    assert walk.done


async def test_a_case_has_ended_though_another_team_was_once_asked_to_take_it_over(
    portal: Portal,
) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    has = await place(portal, IDVA, row, "Wirral")
    done = await move(portal, IDVA, has, "close", ("outcome", "needs_met"))
    assert done["__typename"] == "RecipientPayload", done
    assert (await see(portal, SENDER, row["id"]))["overall"] == "ENDED"


async def test_a_team_is_asked_again_where_it_was_a_mistake_that_ended_the_wait(
    portal: Portal,
) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    begun = await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "start")
    assert begun["__typename"] == "RecipientPayload", begun
    assert not await opens(portal, ISVA, row)
    seen = await stands(portal, IDVA, row["id"])
    assert seen
    [start] = [
        one["id"]
        for where in seen["recipients"]["nodes"]
        for one in where["events"]["nodes"]
        if one["name"] == "start"
    ]
    wrong = {"event": start, "reason": "not_done"}
    done = await portal.do(IDVA, "correctReferral", wrong, RECIPIENT)
    assert done["__typename"] == "RecipientPayload", done
    taken = await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    assert taken["__typename"] == "RecipientPayload", taken
    assert not await opens(portal, IDVA, row)


async def test_what_was_taken_back_is_not_taken_back_again(portal: Portal) -> None:
    row = await sent(portal)
    why = [{"name": "withdraw_reason", "values": ["unsafe"]}]
    done = await portal.do(
        SENDER, "withdrawReferral",
        {"id": row["id"], "expectedVersion": row["version"], "fields": why}, REFERRAL,
    )  # fmt: skip
    again = {"id": row["id"], "expectedVersion": done["referral"]["version"], "fields": why}
    refused = await portal.do(SENDER, "withdrawReferral", again, REFERRAL)
    assert refused["message"] == "It has been taken back already."
