"""How the local plan's actions are shown, with what was said of them before."""

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

import portal.initiatives.shown  # noqa: F401 - it names the enum Rating, before a type here uses it
from portal.agencies.api import Agency, Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.frameworks import tables
from portal.frameworks.shown import OF_ENTRY, FrameworkEntry, mapped, mapped_live
from portal.initiatives.tables import Rating
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


class PlanActionOrder(Enum):
    """How plan actions are sorted."""

    NUMBER = "number"
    """By number."""
    LATEST_CHANGE = "latest_change"
    """What changed last, first."""


class PlanUpdateOrder(Enum):
    """How the updates of a plan action are sorted."""

    NEWEST = "newest"
    """The newest first."""


PLAN_UPDATES = Listing(
    None,
    PlanUpdateOrder,
    {PlanUpdateOrder.NEWEST: Order(lambda u: [u.recorded_at, u.action_version], descending=True)},
    PlanUpdateOrder.NEWEST,
)


@reads(tables.PlanUpdate)
class PlanUpdate(Node):
    """How a plan action stood after one change."""

    action_version: int = column("The version of the plan action that it describes.")
    owner: Agency | None = one("Who owned it.", "owner_agency_id")
    rating: Rating | None = column("How it stood.")
    rating_reason: str | None = column("Why it had this rating.")
    text: str | None = column("What was last said of it.")
    by: Membership | None = one("Who changed it; null when a program did.", "by_id")
    by_agency: Agency | None = one("For which agency.", "by_agency_id")
    recorded_at: datetime = column("When it was changed.")


@filter_input
class PlanActionFilter:
    """Which plan actions."""

    owner: strawberry.ID | None = where(
        "Owned by this agency.", lambda action, agency, _: action.owner_agency_id == agency
    )
    owned: bool | None = where(
        "With an owner (true), or without (false).",
        lambda action, owned, _: action.owner_agency_id.is_not(None) == owned,
    )
    rating: list[Rating] | None = where(
        "With one of these ratings.", lambda action, some, _: action.rating == func.any(some)
    )
    updated_since: datetime | None = where(
        "Changed at or after this instant.", lambda action, at, _: action.updated_at >= at
    )


PLAN_ACTIONS = Listing(
    PlanActionFilter,
    PlanActionOrder,
    {
        PlanActionOrder.NUMBER: Order(lambda action: [action.number]),
        PlanActionOrder.LATEST_CHANGE: Order(lambda action: [action.updated_at], descending=True),
    },
    PlanActionOrder.NUMBER,
)


def _title_of(action: Columns, _: Ask) -> ColumnElement[str]:
    entry = tables.FrameworkEntry
    chosen = select(col(entry.title)).where(col(entry.id) == action.entry_id)
    return chosen.correlate(action.entry_id.table).scalar_subquery()


@reads(tables.PlanAction)
class PlanAction(Node):
    """An action of the local delivery plan, as it stands."""

    number: int = column("Its number in the plan.")
    title: str = sql("What it is called; its number where the title is not published.", _title_of)
    entry: FrameworkEntry = one("The framework entry that initiatives are mapped to.", "entry_id")
    owner: Agency | None = one("The agency that owns it; null while none does.", "owner_agency_id")
    rating: Rating | None = column("How it stands, as last set; null while nobody has said.")
    rating_reason: str | None = column("Why it has this rating.")
    last_update: str | None = column("What was last said of it.")
    last_update_at: datetime | None = column("When that was said.")
    linked_initiatives: int = sql(
        "How many initiatives serve it, whatever their stage, of those you may see.",
        lambda action, _: mapped(OF_ENTRY, action.entry_id),
    )
    live_initiatives: int = sql(
        "How many of them are live now.", lambda action, _: mapped_live(OF_ENTRY, action.entry_id)
    )
    updates: Connection[PlanUpdate] = many(
        "How it stood after each change.",
        PLAN_UPDATES,
        lambda action, update, _: update.plan_action_id == action.id,
    )
    history: Connection[HistoryEntry] = own_history()
    updated_at: datetime = column("When it was last changed, its owner included.")
    version: int = column("Pass it as `expectedVersion` with a change.")
