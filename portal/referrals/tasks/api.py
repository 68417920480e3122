"""The actions of a case in GraphQL: that something is to be done, by whom and by when. What it is,
only the full view says.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, and_, literal_column, select

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership, Team
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
from portal.referrals import codes, details
from portal.referrals.codes import CaseActionState
from portal.referrals.marking import MARKING, marking
from portal.referrals.tasks import verbs as case_actions
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.referrals.api import Referral

_OPEN: ColumnElement[str] = literal_column(f"'{CaseActionState.OPEN}'")


class CaseActionOrder(Enum):
    """How actions of cases are sorted."""

    DUE = "due"
    """What is due first, first."""
    NEWEST = "newest"
    """The newest first."""


def _overdue(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return and_(row.state == _OPEN, row.due_on < ask.today)


@reads(details.CaseAction)
class CaseAction(Node):
    """That a team of a party does something in a case by a day. What, the full view says."""

    handling: str = sql(MARKING, marking)
    referral: Annotated["Referral", strawberry.lazy("portal.referrals.api")] = one(
        "The case.", "referral_id"
    )
    team: Team = one("The team that does it.", "team_id")
    agency: Agency = one("That team's agency.", "agency_id")
    allocated_to: Membership | None = one(
        "Who in the team does it; null while it is on the team's unallocated list.",
        "allocated_to_id",
    )
    due_on: date = column("The day by which it is to be done.")
    recorded_late: bool = column("Whether that day had passed when it was written down.")
    state: CaseActionState = column("How far it has come.")
    overdue: bool = sql("Whether it is open and its day has passed.", _overdue)
    added_by_agency: Agency = one("The agency that added it.", "added_by_agency_id")
    created_at: datetime = column("When it was added.")
    ended_at: datetime | None = column("When it was said to be done, or not to be done.")
    version: int = column("Pass it as `expectedVersion` with a change.")


def _is(name: str) -> Callable[[Columns, Any, Ask], ColumnElement[bool]]:
    return lambda row, wanted, _: row[name] == wanted


@filter_input
class CaseActionFilter:
    """Which actions of cases."""

    referral: strawberry.ID | None = where("Of this case.", _is("referral_id"))
    team: strawberry.ID | None = where("For this team.", _is("team_id"))
    agency: strawberry.ID | None = where("For a team of this agency.", _is("agency_id"))
    allocated_to: strawberry.ID | None = where("Allocated to this member.", _is("allocated_to_id"))
    allocated: bool | None = where(
        "Whether it is allocated; false is the unallocated list.",
        lambda row, allocated, _: row.allocated_to_id.is_not(None) == allocated,
    )
    state: CaseActionState | None = where("That have come so far.", _is("state"))
    overdue: bool | None = where(
        "Whether it is open and its day has passed.",
        lambda row, wanted, ask: _overdue(row, ask) == wanted,
    )


CASE_ACTIONS = Listing(
    CaseActionFilter,
    CaseActionOrder,
    {
        CaseActionOrder.DUE: Order(lambda row: [row.due_on]),
        CaseActionOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
    },
    CaseActionOrder.DUE,
)


@value_type
class FileAction:
    """What is to be done in a case, as the full view says it."""

    action: CaseAction | None = one("The same in `caseActions`.", "action_id")
    team: Team = one("The team that does it.", "team_id")
    due_on: date = column("The day by which it is to be done.")
    state: CaseActionState = column("How far it has come.")
    code: codes.CaseActionCode = column("What is to be done.")
    not_done_reason: codes.NotDoneReason | None = column("Why it will not be done, if it won't.")


def file_actions(row: Columns, _: Ask) -> Select[Any]:
    """The actions of a case for its full view, as they are due."""
    said, action = table_of(details.CaseActionCodes).c, table_of(details.CaseAction)
    of_it = (action.c.team_id, action.c.due_on, action.c.state)
    found = select(said.action_id, *of_it, said.code, said.not_done_reason)
    found = found.join(action, action.c.id == said.action_id)
    return found.where(said.referral_id == row.id).order_by(action.c.due_on, action.c.id)


@strawberry.type
class CaseActionQueries:
    """What is to be done in cases."""

    case_actions: Connection[CaseAction] = many(
        "The actions of the cases that you may see.", CASE_ACTIONS
    )
    case_action: CaseAction | None = by_id("One action of a case.")


_WORK = "referrals:work"


@strawberry.type
class CaseActionMutations:
    """Adding actions to a case, and saying what became of them."""

    add_case_action = mutation(case_actions.add_case_action, CaseAction, needs=_WORK)
    change_case_action = mutation(case_actions.change_case_action, CaseAction, needs=_WORK)
    allocate_case_action = mutation(case_actions.allocate_case_action, CaseAction, needs=_WORK)
    finish_case_action = mutation(case_actions.finish_case_action, CaseAction, needs=_WORK)
    drop_case_action = mutation(case_actions.drop_case_action, CaseAction, needs=_WORK)
    reopen_case_action = mutation(case_actions.reopen_case_action, CaseAction, needs=_WORK)
