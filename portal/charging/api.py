"""Hearings, action plans and support in GraphQL: what a liaison works by each day."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy import case as sql_case

from portal.acting.exposed import mutation
from portal.charging import codes, tables, verbs
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
from portal.referrals import details
from portal.referrals import tables as tables_of_case
from portal.referrals.api import Recipient, Referral
from portal.referrals.marking import MARKING, marking
from portal.store.rules import table_of


def _is(name: str) -> Callable[[Columns, Any, Ask], ColumnElement[bool]]:
    return lambda row, wanted, _: row[name] == wanted


def _constant(code: Enum) -> ColumnElement[str]:
    return literal_column(f"'{code.value}'")


class HearingOrder(Enum):
    """How hearings are sorted."""

    DAY = "day"
    """The next first."""


class PlanItemOrder(Enum):
    """How items of action plans are sorted."""

    DUE = "due"
    """What is due first, first."""


class VictimSupportOrder(Enum):
    """How victims' support is sorted."""

    VICTIM = "victim"
    """The first victim first."""


def _supported(row: Columns) -> ColumnElement[int]:
    support = table_of(tables.VictimSupport).alias()
    yes = _constant(codes.Supporter.YES)
    found = select(func.count()).where(
        support.c.referral_id == row.referral_id, support.c.answer == yes
    )
    return found.correlate(row.referral_id.table).scalar_subquery()


def _victims(row: Columns) -> ColumnElement[int]:
    who = table_of(details.Subject).alias()
    victim: ColumnElement[str] = literal_column("'victim'")
    found = select(func.count()).where(who.c.referral_id == row.referral_id, who.c.role == victim)
    return found.correlate(row.referral_id.table).scalar_subquery()


def _unsupported(row: Columns, _: Ask) -> ColumnElement[bool]:
    """Whoever has a hearing and no supporter counts, whatever nobody has asked her. NULL for whom
    her support and the number of victims are not open: nothing to be counted is no answer.
    """
    case = table_of(tables_of_case.Referral).alias()
    found = select(case.c.id).where(case.c.id == row.referral_id)
    for category in ("wishes", "identity_link"):
        keys: ColumnElement[Any] = literal_column(f"(SELECT caller_keys('{category}'))")
        found = found.where(case.c.full_acl.bool_op("&&")(keys))
    is_open = found.correlate(row.referral_id.table).exists()
    return sql_case((is_open, _supported(row) < func.greatest(_victims(row), 1)))


@reads(tables.Hearing)
class Hearing(Node):
    """A day in court, in one suspect's matter."""

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    track: Recipient | None = one("The suspect's matter, and where it stands.", "recipient_id")
    held_on: date = column("The day.")
    kind: codes.HearingKind = column("What kind of hearing.")
    state: codes.HearingState = column("What became of it.")
    without_supporter: bool | None = sql(
        "Whether a victim of the case has no supporter, or nobody knows of one; null where what she"
        " said of it is not open to you.",
        _unsupported,
        nullable=True,
    )


@filter_input
class HearingFilter:
    """Which hearings."""

    referral: strawberry.ID | None = where("Of this case.", _is("referral_id"))
    track: strawberry.ID | None = where("Of this suspect's matter.", _is("recipient_id"))
    kind: codes.HearingKind | None = where("Of this kind.", _is("kind"))
    state: codes.HearingState | None = where("Of which this became.", _is("state"))
    within_days: int | None = where(
        "Listed from today until so many days ahead.",
        lambda row, days, ask: and_(
            row.state == _constant(codes.HearingState.LISTED),
            row.held_on >= ask.today,
            row.held_on <= ask.today + days,
        ),
    )
    without_supporter: bool | None = where(
        "Whether a victim of the case has no supporter, or nobody knows of one.",
        lambda row, without, ask: _unsupported(row, ask) == without,
    )


HEARINGS = Listing(
    HearingFilter,
    HearingOrder,
    {HearingOrder.DAY: Order(lambda row: [row.held_on])},
    HearingOrder.DAY,
)


def _overdue(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return and_(row.state == _constant(codes.PlanItemState.OPEN), row.due_on < ask.today)


@reads(tables.PlanItem)
class PlanItem(Node):
    """Something that a prosecutor still needs; what it shows is kept nowhere here."""

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    track: Recipient | None = one("The suspect's matter, and where it stands.", "recipient_id")
    code: codes.PlanItemCode = column("What is needed.")
    due_on: date = column("The day by which it is.")
    state: codes.PlanItemState = column("How far it has come.")
    ended_on: date | None = column("The day on which it was given, or given up.")
    escalated: bool = sql("Whether its day has passed, and it is still open.", _overdue)


@filter_input
class PlanItemFilter:
    """Which items of action plans."""

    referral: strawberry.ID | None = where("Of this case.", _is("referral_id"))
    track: strawberry.ID | None = where("Of this suspect's matter.", _is("recipient_id"))
    state: codes.PlanItemState | None = where("That have come so far.", _is("state"))
    escalated: bool | None = where(
        "Whether their day has passed, and they are still open.",
        lambda row, late, ask: _overdue(row, ask) == late,
    )


PLAN_ITEMS = Listing(
    PlanItemFilter,
    PlanItemOrder,
    {PlanItemOrder.DUE: Order(lambda row: [row.due_on])},
    PlanItemOrder.DUE,
)


@reads(tables.VictimSupport, noted="consult_listed")
class VictimSupport(Node):
    """Whether a victim has a supporter, as she let it be written down. It is part of the full view:
    that you were shown it is written down, and the agency that owns the case sees it.
    """

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    victim: int = column("Which victim of the case.")
    answer: codes.Supporter = column("Whether somebody supports her.")
    asked_on: date | None = column("The day on which she said so.")
    version: int = column("How often it was changed.")


@filter_input
class VictimSupportFilter:
    """Whose support."""

    referral: strawberry.ID | None = where("Of this case.", _is("referral_id"))


SUPPORT = Listing(
    VictimSupportFilter,
    VictimSupportOrder,
    {VictimSupportOrder.VICTIM: Order(lambda row: [row.victim])},
    VictimSupportOrder.VICTIM,
)


@strawberry.type
class ChargingQueries:
    """The daily questions of whoever follows matters between police and prosecutors."""

    hearings: Connection[Hearing] = many("Days in court.", HEARINGS)
    plan_items: Connection[PlanItem] = many("What prosecutors still need.", PLAN_ITEMS)
    victim_support: Connection[VictimSupport] = many("Whether victims have supporters.", SUPPORT)


@strawberry.type
class ChargingMutations:
    """What is said of victims' support."""

    set_supporter = mutation(verbs.set_supporter, VictimSupport, needs="referrals:work")
