"""What differs by area and date changes by two people; what held before holds until its day."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from auth.tables import Area
from portal.acting.checks import refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.calendars.limits import parse
from portal.errors import Finding
from portal.marac.rules.tables import MaracRoute, MaracRule, RepeatTrigger
from portal.marac.tables import RepeatAnchor
from portal.proposals.access import may_keep
from portal.proposals.tables import ProposalState
from portal.proposals.verbs import Reason, confirm, day_fault, decline, must_begin_alone
from portal.referrals.engine.pathway import RepeatRule, Routes

RuleId = Annotated[UUID, Ref("MaracRule")]
MOST_INCIDENTS, MOST_MONTHS = 99, 60


async def propose_marac_rule(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    routes: Annotated[list[MaracRoute], "By which routes cases are taken; at least one."],
    fewest_incidents: Annotated[
        int, "How many incidents within twelve months mark a potential escalation, 1 to 99."
    ],
    repeat_months: Annotated[int, "Within how many months something new is a repeat, 1 to 60."],
    repeat_trigger: Annotated[RepeatTrigger, "What has to happen again for it."],
    repeat_anchor: Annotated[RepeatAnchor, "From when the months are counted."],
    area: Annotated[
        str | None,
        "Where the victim lives, by its ONS code; null wherever an area has no rule of its own.",
    ] = None,
    valid_from: Annotated[date | None, "The first day, today or to come; today if absent."] = None,
) -> MaracRule:
    """Propose by which routes MARACs take cases of an area from a day on, and what a repeat is; a
    second person confirms it. Cases that were sent before stay as they were taken.
    """
    may_keep(work.caller)
    day = valid_from or work.today
    unknown = None
    if area is not None and await work.db.get(Area, area) is None:
        unknown = Finding(("area",), f"There is no area {area!r}. See `areas` for their codes.")
    numbers = _number_faults(fewest_incidents, repeat_months)
    refuse(day_fault(day, work.today), unknown, *_route_faults(routes), *numbers)
    rule = MaracRule(
        area_code=area, routes=list(routes), fewest_incidents=fewest_incidents,
        repeat_months=repeat_months, repeat_trigger=repeat_trigger, repeat_anchor=repeat_anchor,
        valid_from=day, proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(rule)
    return rule


def _route_faults(routes: list[MaracRoute]) -> Iterator[Finding]:
    if not routes:
        says = "Name at least one route: where none is open no case could be sent."
        yield Finding(("routes",), says, "REQUIRED")
    if len(set(routes)) < len(routes):
        yield Finding(("routes",), "Name each route once.", "TWICE")


def _number_faults(incidents: int, months: int) -> Iterator[Finding]:
    if not 1 <= incidents <= MOST_INCIDENTS:
        says = f"Give a number from 1 to {MOST_INCIDENTS}."
        yield Finding(("fewestIncidents",), says, "OUT_OF_RANGE")
    if not 1 <= months <= MOST_MONTHS:
        yield Finding(("repeatMonths",), f"Give 1 to {MOST_MONTHS} months.", "OUT_OF_RANGE")


async def confirm_marac_rule(work: Work, id: RuleId, expected_version: int) -> MaracRule:
    """Confirm, as a second person, what holds for MARACs in an area from its first day on."""
    rule = await work.seen(MaracRule, id)
    may_keep(work.caller)
    await must_begin_alone(work, rule, area_code=rule.area_code)
    return await confirm(work, rule, expected_version)


async def decline_marac_rule(
    work: Work, id: RuleId, expected_version: int, reason: Reason
) -> MaracRule:
    """Decline what was proposed for MARACs in an area, or take back your own proposal."""
    rule = await work.seen(MaracRule, id)
    may_keep(work.caller)
    return await decline(work, rule, expected_version, reason)


async def confirmed(work: Work) -> list[MaracRule]:
    """What two people have laid down for whatever area and day, the latest first."""
    found = select(MaracRule).where(col(MaracRule.state) == ProposalState.CONFIRMED)
    rules = await work.db.execute(found.order_by(col(MaracRule.valid_from).desc()))
    return list(rules.scalars())


def routes_of(rule: MaracRule) -> Routes:
    """As a pathway's file would say it."""
    return Routes(
        open=tuple(rule.routes),
        valid_from=rule.valid_from,
        area=rule.area_code,
        incidents=rule.fewest_incidents,
    )


def repeats_of(rule: MaracRule) -> RepeatRule:
    """As a pathway's file would say it."""
    return RepeatRule(
        within=parse(f"{rule.repeat_months} months"),
        trigger=rule.repeat_trigger,
        anchor=rule.repeat_anchor,
        valid_from=rule.valid_from,
        area=rule.area_code,
    )
