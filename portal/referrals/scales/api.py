"""In GraphQL: what risk tools' scores mean by area and date, and what two people change."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlmodel import col

from portal.acting.exposed import mutation
from portal.agencies.api import Area, Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
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
    value_type,
    values,
    where,
)
from portal.referrals.codes import RiskTool
from portal.referrals.follow.api import PathwayTeam
from portal.referrals.scales import tables as scales
from portal.referrals.scales import verbs as scaling

MOST = scaling.MOST


class RiskScaleOrder(Enum):
    """How scales are sorted."""

    TOOL = "tool"
    """By tool, then area, the earliest first."""


@value_type
class RiskGrade:
    """From which score on a tool gives a grade."""

    grade: str = column("The grade.")
    at_least: int = column("The lowest score that gives it.")
    high_risk: bool = column("Whether it is visible high risk, and goes to a MARAC.")


def _grades(scale: Columns, _: Ask) -> Select[*tuple[Any, ...]]:
    step = scales.RiskThreshold
    listed = select(col(step.grade), col(step.at_least), col(step.high_risk))
    return listed.where(col(step.risk_scale_id) == scale.id).order_by(col(step.at_least))


def _holds(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return latest(row, scales.RiskScale, ask.today, "tool", "area_code")


@reads(scales.RiskScale)
class RiskScale(Node):
    """What a risk tool's scores mean in an area from a day on. Earlier assessments keep theirs."""

    tool: RiskTool = column("The tool.")
    area: Area | None = one("Where; null: wherever an area has none of its own.", "area_code")
    highest: int = column("The tool's highest score.")
    grades: list[RiskGrade] = values("Its grades, the lowest first.", _grades, MOST)
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("From when on.")
    holds: bool = sql("Whether scores of today are graded by it.", _holds)
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


@filter_input
class RiskScaleFilter:
    """Which scales."""

    tool: RiskTool | None = where("Of this tool.", lambda row, tool, _: row.tool == tool)
    area: str | None = where("Of this area's own.", lambda row, code, _: row.area_code == code)
    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "By which scores of today are graded, or not.", lambda row, so, ask: _holds(row, ask) == so
    )


SCALES = Listing(
    RiskScaleFilter,
    RiskScaleOrder,
    {
        RiskScaleOrder.TOOL: Order(
            lambda row: [cast(row.tool, Text), func.coalesce(row.area_code, ""), row.valid_from]
        )
    },
    RiskScaleOrder.TOOL,
)


@strawberry.type
class ScaleQueries:
    """What scores mean."""

    risk_scales: Connection[RiskScale] = many(
        "What risk tools' scores mean by area, also what they meant, and what is proposed.", SCALES
    )


_KEEP = "frameworks:manage"


@strawberry.type
class ScaleMutations:
    """What two people change."""

    propose_risk_scale = mutation(scaling.propose_risk_scale, RiskScale, needs=_KEEP)
    confirm_risk_scale = mutation(scaling.confirm_risk_scale, RiskScale, needs=_KEEP)
    decline_risk_scale = mutation(scaling.decline_risk_scale, RiskScale, needs=_KEEP)
    propose_pathway_team = mutation(scaling.propose_pathway_team, PathwayTeam, needs=_KEEP)
    confirm_pathway_team = mutation(scaling.confirm_pathway_team, PathwayTeam, needs=_KEEP)
    decline_pathway_team = mutation(scaling.decline_pathway_team, PathwayTeam, needs=_KEEP)
