"""Risks in GraphQL: type, list, mutations."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import and_, false, func, literal_column

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Team
from portal.reading.declare import (
    Listing,
    Node,
    Order,
    column,
    filter_input,
    one,
    reads,
    sql,
    where,
)
from portal.risks import tables, verbs
from portal.risks.tables import RiskState

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative


class RiskOrder(Enum):
    """How risks are sorted."""

    SCORE = "score"
    """The worst first."""
    NEWEST = "newest"
    """The newest first."""


@reads(tables.Risk)
class Risk(Node):
    """What could go wrong with an initiative, and what is done about it."""

    title: str = column("What could go wrong.")
    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative.", "initiative_id"
    )
    likelihood: int = column("How likely it is, from 1 (very low) to 5 (very high).")
    impact: int = column("How bad it would be, from 1 (very low) to 5 (very high).")
    score: int = sql(
        "Likelihood times impact, 1 to 25.", lambda row, _: row.likelihood * row.impact
    )
    mitigation: str = column("What is done about it; plain text.")
    owner_team: Team = one("The team that watches it.", "owner_team_id")
    owner_agency: Agency = one("That team's agency.", "owner_agency_id")
    state: RiskState = column("Whether it still has to be watched.")
    closed_reason: str | None = column("Why it need not be watched any more.")
    review_on: date | None = column("The day to look at it again.")
    review_due: bool = sql(
        "Whether it is open and the day to look at it again has come.",
        lambda row, ask: and_(
            row.state == literal_column("'open'"),
            func.coalesce(row.review_on <= ask.today, false()),
        ),
    )
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class RiskFilter:
    """Which risks."""

    state: RiskState | None = where("In this state.", lambda row, state, _: row.state == state)


RISKS = Listing(
    RiskFilter,
    RiskOrder,
    {
        RiskOrder.SCORE: Order(lambda row: [row.likelihood * row.impact], descending=True),
        RiskOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
    },
    RiskOrder.SCORE,
)


@strawberry.type
class RiskMutations:
    """Adding risks and assessing them anew."""

    add_risk = mutation(verbs.add_risk, Risk, needs="initiatives:edit")
    change_risk = mutation(verbs.change_risk, Risk, needs="initiatives:edit")
    close_risk = mutation(verbs.close_risk, Risk, needs="initiatives:edit")
    reopen_risk = mutation(verbs.reopen_risk, Risk, needs="initiatives:edit")
