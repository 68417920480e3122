"""From the events of a suspect's matter to its hearings and action plans: worked out anew each
time, as its state is, so that what was recorded in error leaves nothing behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from portal.calendars.days import london
from portal.charging.codes import HearingKind, HearingState, PlanItemCode, PlanItemState
from portal.referrals.engine.machine import in_order
from portal.referrals.engine.pathway import Hold
from portal.referrals.engine.standing import Event, Standing, Value

RELIST = "relist"
_KINDS = {
    "first_hearing_magistrates": HearingKind.FIRST,
    "first_hearing_youth": HearingKind.FIRST,
    "send_to_crown_court": HearingKind.PLEA,
    "list_trial": HearingKind.TRIAL,
    RELIST: HearingKind.TRIAL,
}
"""What a move lists that names a day, and no kind of hearing."""
_OVER = frozenset({"stop", "acquittal"})


@dataclass(frozen=True)
class Listed:
    """A hearing as the events have it."""

    event: UUID
    held_on: date
    kind: HearingKind
    state: HearingState = HearingState.LISTED


@dataclass(frozen=True)
class Asked:
    """An item of an action plan as the events have it."""

    event: UUID
    code: PlanItemCode
    due_on: date
    state: PlanItemState = PlanItemState.OPEN
    ended_on: date | None = None


def hearings(standing: Standing, events: Sequence[Event]) -> list[Listed]:
    """Every hearing, as it was listed; a relisted trial keeps its old day beside the new one."""
    found: list[Listed] = []
    for event in in_order(standing.pathway, events):
        day = event.fields.get("hearing_on")
        if day is None:
            continue
        if event.name == RELIST:
            found = [_put_off(one) for one in found]
        said = event.fields.get("hearing_kind")
        kind = HearingKind(str(said)) if said else _KINDS.get(event.name, HearingKind.MENTION)
        found.append(Listed(UUID(str(event.id)), _day(day), kind))
    return _vacated(standing, found)


def _put_off(one: Listed) -> Listed:
    listed = one.kind is HearingKind.TRIAL and one.state is HearingState.LISTED
    return replace(one, state=HearingState.RELISTED) if listed else one


def _vacated(standing: Standing, found: list[Listed]) -> list[Listed]:
    """Once it has ended or was stopped, what was still to come is not held."""
    state = standing.state
    if not standing.spans or (state.hold is not Hold.ENDED and not _OVER & set(state.counts)):
        return found
    since = london(standing.spans[-1].since).date()
    return [
        replace(one, state=HearingState.VACATED)
        if one.state is HearingState.LISTED and one.held_on > since
        else one
        for one in found
    ]


def plan_items(standing: Standing, events: Sequence[Event]) -> list[Asked]:
    """Every item of every action plan, and what became of it."""
    found: list[Asked] = []
    for event in in_order(standing.pathway, events):
        on = london(event.at).date()
        codes = _codes(event.fields.get("plan_items"))
        if event.name in {"issue_action_plan", "review_needs_more"}:
            due = _day(event.fields["answer_by"])
            found += [Asked(UUID(str(event.id)), code, due) for code in codes]
        elif event.name == "plan_item_done":
            found = _ended(found, codes, PlanItemState.DONE, on)
        elif event.name == "plan_item_dated":
            found = _dated(found, codes, _day(event.fields["item_due"]))
        elif event.name == "answer_action_plan":
            missing = _codes(event.fields.get("items_open"))
            found = _ended(found, missing, PlanItemState.NOT_GIVEN, on)
            found = _ended(found, set(PlanItemCode), PlanItemState.DONE, on)
        elif event.name in {"finalise_plan_unanswered", "close_after_death"}:
            found = _ended(found, set(PlanItemCode), PlanItemState.NOT_GIVEN, on)
    return found


def _ended(
    found: list[Asked], codes: Iterable[PlanItemCode], state: PlanItemState, on: date
) -> list[Asked]:
    wanted = set(codes)
    return [
        replace(one, state=state, ended_on=on)
        if one.code in wanted and one.state is PlanItemState.OPEN
        else one
        for one in found
    ]


def _dated(found: list[Asked], codes: Iterable[PlanItemCode], due: date) -> list[Asked]:
    wanted = set(codes)
    return [
        replace(one, due_on=due) if one.code in wanted and one.state is PlanItemState.OPEN else one
        for one in found
    ]


def _codes(value: Value | None) -> list[PlanItemCode]:
    return [PlanItemCode(str(one)) for one in value] if isinstance(value, list | tuple) else []


def _day(value: Value) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
