"""In GraphQL: which cases their senders believe to be repeats, and what a MARAC makes of that."""

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, and_, exists, select

from portal.acting.exposed import mutation
from portal.agencies.api import Membership
from portal.marac import believing, tables
from portal.marac.api import MaracRepeat
from portal.marac.tables import NoRepeat
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
from portal.referrals import tables as referral_tables
from portal.referrals.api import Recipient, Referral
from portal.referrals.marking import MARKING, marking
from portal.store.rules import table_of


class MaracBeliefOrder(Enum):
    """How cases that are believed to be repeats are sorted."""

    OLDEST = "oldest"
    """Who has waited longest, first."""


def _linked(row: Columns, _: Ask) -> ColumnElement[bool]:
    link = table_of(tables.MaracRepeat).alias().c
    found = select(link.id).where(
        link.recipient_id == row.recipient_id, link.taken_back_at.is_(None)
    )
    return found.correlate(row.id.table).exists()


def _waits(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Nobody has said what it is, and the case is still with this MARAC."""
    place = table_of(referral_tables.Recipient).alias().c
    here = exists().where(
        place.id == row.recipient_id, place.lost_at.is_(None), place.passed_at.is_(None)
    )
    here = here.correlate(row.id.table)
    return and_(row.judged_at.is_(None), ~_linked(row, ask), here)


@reads(tables.MaracBelief)
class MaracBelief(Node):
    """A case came with its sender's word that it repeats an earlier one. Which one, the full view
    says, in the step by which it was sent; nobody but the MARAC's coordinators sees what they make
    of it.
    """

    referral: Referral = one("The case.", "referral_id")
    recipient: Recipient | None = one("Where it stands with the MARAC.", "recipient_id")
    waiting: bool = sql("Whether it is still to link, or to judge.", _waits)
    linked: bool = sql("Whether it is linked to an earlier case.", _linked)
    judgement: NoRepeat | None = column(
        "Why it is no repeat, if that was said; a link that was made since goes before it."
    )
    judged_by: Membership | None = one("Who said so.", "judged_by_id")
    judged_at: datetime | None = column("When.")
    created_at: datetime = column("When it came.")
    handling: str = sql(MARKING, marking)
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class MaracBeliefFilter:
    """Which of them."""

    referral: strawberry.ID | None = where(
        "This case.", lambda row, case, _: row.referral_id == case
    )
    waiting: bool | None = where(
        "Whether they are still to link, or to judge.",
        lambda row, so, ask: _waits(row, ask) == so,
    )


_LISTED = Listing(
    MaracBeliefFilter,
    MaracBeliefOrder,
    {MaracBeliefOrder.OLDEST: Order(lambda row: [row.created_at])},
    MaracBeliefOrder.OLDEST,
)


@strawberry.type
class MaracBeliefQueries:
    """What is still to link."""

    marac_beliefs: Connection[MaracBelief] = many(
        "Cases that their senders believe to be repeats, of the MARAC that you coordinate.",
        _LISTED,
    )


_NEEDS = "marac:coordinate"


@strawberry.type
class MaracBeliefMutations:
    """What a MARAC makes of it."""

    judge_no_repeat = mutation(believing.judge_no_repeat, MaracBelief, needs=_NEEDS)
    take_back_repeat = mutation(believing.take_back_repeat, MaracRepeat, needs=_NEEDS)
