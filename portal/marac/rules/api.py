"""In GraphQL: by which routes MARACs take cases, what a repeat is, and what two people change."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, func

from portal.acting.exposed import mutation
from portal.agencies.api import Area, Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.marac.rules import tables, verbs
from portal.marac.rules.tables import MaracRoute, RepeatTrigger
from portal.marac.tables import RepeatAnchor
from portal.proposals.holding import latest
from portal.proposals.tables import ProposalState
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)


class MaracRuleOrder(Enum):
    """How rules are sorted."""

    AREA = "area"
    """By area, the earliest first; before them what holds where an area has none."""


def _holds(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return latest(row, tables.MaracRule, ask.today, "area_code")


@reads(tables.MaracRule)
class MaracRule(Node):
    """By which routes MARACs take cases of an area from a day on, and what a repeat is there. Where
    there is none, the pathway's file says it (`portal pathways show marac`).
    """

    area: Area | None = one(
        "Where the victim lives; null: wherever an area has no rule of its own.", "area_code"
    )
    routes: list[MaracRoute] = column("By which routes cases are taken.")
    fewest_incidents: int = column(
        "How many incidents within twelve months mark a potential escalation."
    )
    repeat_months: int = column("Within how many months something new is a repeat.")
    repeat_trigger: RepeatTrigger = column("What has to happen again for it.")
    repeat_anchor: RepeatAnchor = column("From when the months are counted.")
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("From when on.")
    holds: bool = sql("Whether cases that are sent today go by it.", _holds)
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


@filter_input
class MaracRuleFilter:
    """Which rules."""

    area: str | None = where("Of this area's own.", lambda row, code, _: row.area_code == code)
    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "By which cases of today go, or not.", lambda row, so, ask: _holds(row, ask) == so
    )


_LISTED = Listing(
    MaracRuleFilter,
    MaracRuleOrder,
    {MaracRuleOrder.AREA: Order(lambda row: [func.coalesce(row.area_code, ""), row.valid_from])},
    MaracRuleOrder.AREA,
)
_KEEP = "frameworks:manage"


@strawberry.type
class MaracRuleQueries:
    """What holds for MARACs by area."""

    marac_rules: Connection[MaracRule] = many(
        "By which routes MARACs take cases and what a repeat is, by area: what two people have laid"
        " down, what held before, and what is proposed.",
        _LISTED,
    )


@strawberry.type
class MaracRuleMutations:
    """What two people change."""

    propose_marac_rule = mutation(verbs.propose_marac_rule, MaracRule, needs=_KEEP)
    confirm_marac_rule = mutation(verbs.confirm_marac_rule, MaracRule, needs=_KEEP)
    decline_marac_rule = mutation(verbs.decline_marac_rule, MaracRule, needs=_KEEP)
