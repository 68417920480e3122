"""Emergency disclosures in GraphQL."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_

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
    where,
)
from portal.referrals import emergencies, emergency_tables
from portal.referrals.api import Referral
from portal.referrals.emergency_tables import DisclosureReason, ReviewFinding
from portal.referrals.marking import MARKING, marking


class EmergencyDisclosureOrder(Enum):
    """How disclosures are sorted."""

    NEWEST = "newest"
    """The newest first."""
    REVIEW = "review"
    """Whose review is due first, first."""


def _lasts(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return and_(row.closed_at.is_(None), row.ends_at > ask.now)


@reads(emergency_tables.EmergencyDisclosure)
class EmergencyDisclosure(Node):
    """An agency let a team of another have a case at once, without an agreement, for some hours.
    It says nothing about the case.
    """

    handling: str = sql(MARKING, marking)
    referral: Referral | None = one("The case; null where you do not see it.", "referral_id")
    from_agency: Agency = one("The agency that holds the case.", "from_agency_id")
    to_agency: Agency = one("The agency of the team that was given it.", "to_agency_id")
    to_team: Team = one("The team that was given it.", "to_team_id")
    reason: DisclosureReason = column("Why it could not wait.")
    made_by: Membership | None = one("Who made it.", "made_by_id")
    starts_at: datetime = column("Since when.")
    ends_at: datetime = column("Until when at the longest.")
    closed_at: datetime | None = column("When it was ended before its time.")
    lasts: bool = sql("Whether the team sees the case now.", _lasts)
    review_due_at: datetime = column("By when the agency that made it has to review it.")
    reviewed_at: datetime | None = column("When that was done.")
    reviewed_by: Membership | None = one("By whom.", "reviewed_by_id")
    finding: ReviewFinding | None = column("What the review found.")
    escalated_at: datetime | None = column(
        "When both agencies' signatories were told: not justified, or not reviewed in time."
    )
    lifted_at: datetime | None = column(
        "Since when whoever made it may disclose again, if it was not justified."
    )
    version: int = column("Pass it as `expectedVersion` with a change.")


def _agency(name: str) -> Callable[[Columns, Any, Ask], ColumnElement[bool]]:
    return lambda row, ours, ask: (row[name] == ask.agency) == ours


@filter_input
class EmergencyDisclosureFilter:
    """Which disclosures."""

    referral: strawberry.ID | None = where(
        "Of this case.", lambda row, case, _: row.referral_id == case
    )
    made_by_us: bool | None = where("Whether your agency made it.", _agency("from_agency_id"))
    made_to_us: bool | None = where("Whether it was made to your agency.", _agency("to_agency_id"))
    lasts: bool | None = where(
        "Whether the team sees the case now.", lambda row, lasts, ask: _lasts(row, ask) == lasts
    )
    reviewed: bool | None = where(
        "Whether it has been reviewed.",
        lambda row, reviewed, _: row.reviewed_at.is_not(None) == reviewed,
    )
    escalated: bool | None = where(
        "Whether both agencies' signatories were told.",
        lambda row, escalated, _: row.escalated_at.is_not(None) == escalated,
    )


DISCLOSURES = Listing(
    EmergencyDisclosureFilter,
    EmergencyDisclosureOrder,
    {
        EmergencyDisclosureOrder.NEWEST: Order(lambda row: [row.starts_at], descending=True),
        EmergencyDisclosureOrder.REVIEW: Order(lambda row: [row.review_due_at]),
    },
    EmergencyDisclosureOrder.NEWEST,
)


@strawberry.type
class EmergencyQueries:
    """What was given in an emergency."""

    emergency_disclosures: Connection[EmergencyDisclosure] = many(
        "Disclosures in an emergency that your agency made, or that were made to it.", DISCLOSURES
    )
    emergency_disclosure: EmergencyDisclosure | None = by_id("One disclosure in an emergency.")


@strawberry.type
class EmergencyMutations:
    """Disclosing in an emergency, and reviewing it."""

    disclose_in_emergency = mutation(
        emergencies.disclose_in_emergency,
        EmergencyDisclosure,
        needs="referrals:work",
        own_word=True,
    )
    end_emergency_disclosure = mutation(
        emergencies.end_emergency_disclosure, EmergencyDisclosure, needs="referrals:summary"
    )
    review_emergency_disclosure = mutation(
        emergencies.review_emergency_disclosure,
        EmergencyDisclosure,
        needs="agreements:advise",
        own_word=True,
    )
    lift_disclosure_bar = mutation(
        emergencies.lift_disclosure_bar,
        EmergencyDisclosure,
        needs="agreements:advise",
        own_word=True,
    )
