"""The rows of hearings and action plans follow what the events of a suspect's matter say, and so
does what whoever supports the victim is shown.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Date, Text, Uuid, literal
from sqlmodel import col, func, select

from portal.acting.work import Work
from portal.charging.codes import HearingState
from portal.charging.courts import hearings, plan_items
from portal.charging.tables import Hearing, OfTrack, PlanItem
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.tables import Recipient


async def keep(
    work: Work, recipient: Recipient, standing: Standing, events: Sequence[Event]
) -> None:
    """Let the rows beside a suspect's track say what the events say."""
    if recipient.suspect is None:
        return
    of: dict[str, Any] = {"referral_id": recipient.referral_id, "recipient_id": recipient.id}
    listed = [
        Hearing(event_id=one.event, held_on=one.held_on, kind=one.kind, state=one.state, **of)
        for one in hearings(standing, events)
    ]
    await _sync(work, recipient, Hearing, listed, ("event_id",), ("held_on", "kind", "state"))
    asked = [
        PlanItem(
            event_id=one.event, code=one.code, due_on=one.due_on, state=one.state,
            ended_on=one.ended_on, **of,
        )
        for one in plan_items(standing, events)
    ]  # fmt: skip
    told = ("due_on", "state", "ended_on")
    await _sync(work, recipient, PlanItem, asked, ("event_id", "code"), told)
    await show(work, recipient, standing, events)


async def show(work: Work, track: Recipient, standing: Standing, events: Sequence[Event]) -> None:
    """Let those who support her see where she was told that it stands; days in court only once
    she knows how it got there.
    """
    told = standing.told
    if track.suspect is None or told is None:
        return
    listed = hearings(standing, events) if told is standing.state else []
    days = sorted({one.held_on for one in listed if one.state is HearingState.LISTED})
    await work.db.flush()
    await work.db.execute(
        select(
            func.show_supporters(
                literal(track.id, Uuid),
                literal(told.name, Text),
                literal(told.victim or told.says, Text),
                literal(days, ARRAY(Date)),
            )
        )
    )


async def _sync(  # noqa: PLR0913, PLR0917 - what two lists of rows are compared by
    work: Work,
    recipient: Recipient,
    model: type[OfTrack],
    wanted: Sequence[OfTrack],
    key: tuple[str, ...],
    told: tuple[str, ...],
) -> None:
    found = select(model).where(col(model.recipient_id) == recipient.id)
    there = {_of(row, key): row for row in (await work.db.execute(found)).scalars()}
    for row in wanted:
        known = there.pop(_of(row, key), None)
        if known is None:
            work.db.add(row)
            continue
        for name in told:
            setattr(known, name, getattr(row, name))
    for gone in there.values():
        await work.db.delete(gone)


def _of(row: OfTrack, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in key)
