"""Milestones in GraphQL: type, list, mutations."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import and_

from portal.acting.exposed import mutation
from portal.milestones import tables, verbs
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

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative


class MilestoneOrder(Enum):
    """How milestones are sorted."""

    DUE = "due"
    """What is due first, first."""


@reads(tables.Milestone)
class Milestone(Node):
    """Something an initiative wants to have reached by a day."""

    title: str = column("What is to be reached.")
    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative.", "initiative_id"
    )
    due_on: date = column("The day by which it is to be reached.")
    reached_on: date | None = column("The day it was reached.")
    overdue: bool = sql(
        "Whether its day has passed and it has not been reached.",
        lambda row, ask: and_(row.reached_on.is_(None), row.due_on < ask.today),
    )
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class MilestoneFilter:
    """Which milestones."""

    reached: bool | None = where(
        "Whether it has been reached.",
        lambda row, reached, _: row.reached_on.is_not(None) == reached,
    )


MILESTONES = Listing(
    MilestoneFilter,
    MilestoneOrder,
    {MilestoneOrder.DUE: Order(lambda row: [row.due_on])},
    MilestoneOrder.DUE,
)


@strawberry.type
class MilestoneMutations:
    """Adding milestones and reporting on them."""

    add_milestone = mutation(verbs.add_milestone, Milestone, needs="initiatives:edit")
    change_milestone = mutation(verbs.change_milestone, Milestone, needs="initiatives:edit")
    reach_milestone = mutation(verbs.reach_milestone, Milestone, needs="initiatives:edit")
    unreach_milestone = mutation(verbs.unreach_milestone, Milestone, needs="initiatives:edit")
