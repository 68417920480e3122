"""Actions in GraphQL: type, lists, counts, mutations."""

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlmodel import col

from auth.tables import AreaPart
from portal.acting.exposed import mutation
from portal.actions import handing, tables, verbs
from portal.actions.tables import UNFINISHED, ActionState
from portal.agencies.api import Agency, Membership, Team
from portal.initiatives.tables import InitiativeArea
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    by_id,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    value_type,
    where,
)
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative


class ActionOrder(Enum):
    """How actions are sorted."""

    DUE = "due"
    """What is due first, first."""
    NEWEST = "newest"
    """The newest first."""
    LATEST_CHANGE = "latest_change"
    """What changed last, first."""


class ActionMoveOrder(Enum):
    """How an action's moves are sorted."""

    OLDEST = "oldest"
    """The oldest first."""


# Literals, not bound values: else PostgreSQL cannot see that an index of unfinished actions serves.
_UNFINISHED: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in UNFINISHED]


def unfinished(row: Columns) -> ColumnElement[bool]:
    """Open or in progress."""
    found: ColumnElement[bool] = row.state.in_(_UNFINISHED)
    return found


def overdue(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Not finished, and its day has passed in London."""
    return and_(unfinished(row), row.due_on < ask.today)


MOVES = Listing(
    None,
    ActionMoveOrder,
    {ActionMoveOrder.OLDEST: Order(lambda move: [move.action_version])},
    ActionMoveOrder.OLDEST,
)


@reads(tables.ActionMove)
class ActionMove(Node):
    """An action came to a state."""

    state: ActionState = column("The state it came to.")
    note: str | None = column("What was said: what came of it, or why it was dropped or reopened.")
    moved_by: Membership | None = one("Who said so; null for a program.", "moved_by_id")
    moved_by_agency: Agency = one("The agency of whoever said so.", "moved_by_agency_id")
    moved_at: datetime = column("When.")


@reads(tables.Action)
class Action(Node):
    """What a team of the lead or of a partner does by a day."""

    title: str = column("What is to be done.")
    detail: str = column("More about it; plain text.")
    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative it serves.", "initiative_id"
    )
    owner_team: Team = one("The team that does it.", "owner_team_id")
    owner_agency: Agency = one("That team's agency.", "owner_agency_id")
    allocated_to: Membership | None = one(
        "Who in the team does it; null while it is on the team's unallocated list.",
        "allocated_to_id",
    )
    due_on: date = column("The day by which it is to be done.")
    state: ActionState = column("How far it has come.")
    overdue: bool = sql("Whether its day has passed and it is neither done nor dropped.", overdue)
    done_on: date | None = column("The day it was done.")
    done_note: str | None = column("What came of it.")
    not_done_reason: str | None = column("Why it will not be done.")
    evidence_url: str | None = column("A link to what shows it.")
    moves: Connection[ActionMove] = many(
        "How it came to its state, oldest first.",
        MOVES,
        lambda row, move, _: move.action_id == row.id,
    )
    created_at: datetime = column("When it was added.")
    created_by: Membership | None = one("Who added it; null for a program.", "created_by_id")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


def _within(row: Columns, area: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    wider = select(col(AreaPart.whole_code)).where(col(AreaPart.part_code) == area)
    covers = col(InitiativeArea.area_code)
    covering = select(col(InitiativeArea.initiative_id)).where(
        or_(covers == area, covers.in_(wider))
    )
    found: ColumnElement[bool] = row.initiative_id.in_(covering)
    return found


def _contains(row: Columns, text: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    sought = func.lower(text)
    return or_(
        func.strpos(func.lower(row.title), sought) > 0,
        func.strpos(func.lower(row.detail), sought) > 0,
    )


def _is(name: str) -> Callable[[Columns, Any, Ask], ColumnElement[bool]]:
    return lambda row, wanted, _: row[name] == wanted


@filter_input
class ActionFilter:
    """Which actions."""

    initiative: strawberry.ID | None = where("Of this initiative.", _is("initiative_id"))
    team: strawberry.ID | None = where("Owned by this team.", _is("owner_team_id"))
    agency: strawberry.ID | None = where("Owned by this agency's teams.", _is("owner_agency_id"))
    allocated_to: strawberry.ID | None = where("Allocated to this member.", _is("allocated_to_id"))
    allocated: bool | None = where(
        "Whether it is allocated; false is the unallocated list.",
        lambda row, allocated, _: row.allocated_to_id.is_not(None) == allocated,
    )
    mine: bool | None = where(
        "Whether it is with one of your teams, allocated to you or not; never for a program.",
        lambda row, mine, ask: (row.owner_team_id == func.any(ask.teams)) == mine,
    )
    state: list[ActionState] | None = where(
        "In one of these states.", lambda row, states, _: row.state == func.any(states)
    )
    unfinished: bool | None = where(
        "Whether it is open or in progress.", lambda row, wanted, _: unfinished(row) == wanted
    )
    overdue: bool | None = where(
        "Whether its day has passed and it is neither done nor dropped.",
        lambda row, wanted, ask: overdue(row, ask) == wanted,
    )
    due_from: date | None = where(
        "Due on this day or later.", lambda row, day, _: row.due_on >= day
    )
    due_to: date | None = where(
        "Due on this day or earlier.", lambda row, day, _: row.due_on <= day
    )
    area: str | None = where(
        "Of initiatives that cover the area with this ONS code, alone or within a wider one.",
        _within,
    )
    text: str | None = where("This text in title or detail.", _contains)
    updated_since: datetime | None = where(
        "Changed at this instant or later.", lambda row, since, _: row.updated_at >= since
    )


ACTIONS = Listing(
    ActionFilter,
    ActionOrder,
    {
        ActionOrder.DUE: Order(lambda row: [row.due_on]),
        ActionOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        ActionOrder.LATEST_CHANGE: Order(lambda row: [row.updated_at], descending=True),
    },
    ActionOrder.DUE,
)


@value_type
class ActionCounts:
    """How many actions stand where."""

    open: int = column("Open or in progress.")
    overdue: int = column("Those of them whose day has passed.")
    done: int = column("Done.")
    not_done: int = column("Dropped, with a reason.")


def counts_of(initiative: Columns, ask: Ask) -> Select[Any]:
    """The counts of an initiative's actions."""
    row = table_of(tables.Action).alias()
    counted = {
        "open": unfinished(row.c),
        "overdue": overdue(row.c, ask),
        "done": row.c.state == literal_column("'done'"),
        "not_done": row.c.state == literal_column("'not_done'"),
    }
    counts: list[Any] = [func.count().filter(which).label(name) for name, which in counted.items()]
    return select(*counts).where(row.c.initiative_id == initiative.id)


@strawberry.type
class ActionQueries:
    """Who does what by when."""

    actions: Connection[Action] = many("The actions you may see, over all initiatives.", ACTIONS)
    action: Action | None = by_id("One action.")


@strawberry.type
class ActionMutations:
    """Adding actions, reporting on them, passing them on."""

    add_action = mutation(verbs.add_action, Action, needs="initiatives:contribute")
    change_action = mutation(verbs.change_action, Action, needs="initiatives:contribute")
    allocate_action = mutation(verbs.allocate_action, Action, needs="initiatives:contribute")
    reassign_action = mutation(verbs.reassign_action, Action, needs="initiatives:contribute")
    start_action = mutation(verbs.start_action, Action, needs="initiatives:contribute")
    finish_action = mutation(verbs.finish_action, Action, needs="initiatives:contribute")
    drop_action = mutation(verbs.drop_action, Action, needs="initiatives:contribute")
    reopen_action = mutation(verbs.reopen_action, Action, needs="initiatives:contribute")
    hand_over_work = mutation(handing.hand_over_work, Membership, needs="initiatives:contribute")
