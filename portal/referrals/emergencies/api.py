"""Emergency disclosures in GraphQL."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

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
    value,
    value_type,
    where,
)
from portal.referrals import tables
from portal.referrals.api import Referral
from portal.referrals.emergencies import requests as emergency_requests
from portal.referrals.emergencies import tables as emergency_tables
from portal.referrals.emergencies import verbs as emergencies
from portal.referrals.emergencies.tables import DisclosureReason, ReviewFinding, SetAsideReason
from portal.referrals.marking import MARKING, marking
from portal.store.rules import table_of


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
    request: "DisclosureRequest | None" = one(
        "The request that it answers, if it answers one.", "request_id"
    )
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
        "When both agencies' senior information risk owners, or who stands in for them, were told:"
        " not justified, or not reviewed in time."
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
        "Whether both agencies' senior information risk owners were told.",
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


class DisclosureRequestOrder(Enum):
    """How requests are sorted."""

    NEWEST = "newest"
    """The newest first."""


@value_type
class SetAside:
    """An agency that was asked has looked, and discloses nothing."""

    reason: SetAsideReason = column("Why.")
    by: Membership | None = one("Who looked; null for a program.", "by_id")
    at: datetime = column("When.")


def _set_aside(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(emergency_tables.RequestSetAside).c
    return select(c.reason, c.by_id, c.at).where(c.request_id == row.id)


def _asked_for(row: Columns, _: Ask) -> ColumnElement[Any]:
    """A case of the agency that was asked, if the reader sees it otherwise."""
    c = table_of(tables.Referral).c
    found = select(c.id).where(c.reference == row.reference, c.sender_agency_id == row.of_agency_id)
    return found.correlate(row.id.table).scalar_subquery()


def _waits(row: Columns, _: Ask) -> ColumnElement[bool]:
    aside = table_of(emergency_tables.RequestSetAside).c
    given = table_of(emergency_tables.EmergencyDisclosure).c
    looked = select(aside.id).where(aside.request_id == row.id).correlate(row.id.table)
    answered = select(given.id).where(given.request_id == row.id).correlate(row.id.table)
    return not_(or_(looked.exists(), answered.exists()))


@reads(emergency_tables.DisclosureRequest)
class DisclosureRequest(Node):
    """A team asks another agency to disclose a case in an emergency. It says nothing of whether
    there is one.
    """

    handling: str = sql(MARKING, marking)
    of_agency: Agency = one("The agency that is asked.", "of_agency_id")
    by_agency: Agency = one("The agency that asks.", "by_agency_id")
    by_team: Team = one("Its team that needs it.", "by_team_id")
    reason: DisclosureReason = column("Why it cannot wait.")
    reference: str | None = column("The reference that they were told, if any.")
    asked_by: Membership | None = one("Who asks; null for a program.", "asked_by_id")
    asked_at: datetime = column("When.")
    referral: Referral | None = one(
        "The case of that reference, where you see it anyway; null, whether or not there is one,"
        " where you do not.",
        _asked_for,
    )
    disclosures: Connection[EmergencyDisclosure] = many(
        "What was disclosed in answer.",
        DISCLOSURES,
        lambda row, given, _: given.request_id == row.id,
        first=5,
    )
    set_aside: SetAside | None = value(
        "Whether the agency that was asked has set it aside; only that agency sees this.",
        _set_aside,
    )


@filter_input
class DisclosureRequestFilter:
    """Which requests."""

    asked_of_us: bool | None = where("Whether your agency is asked.", _agency("of_agency_id"))
    asked_by_us: bool | None = where("Whether your agency asks.", _agency("by_agency_id"))
    waits: bool | None = where(
        "Whether it was neither answered nor set aside, as far as you see.",
        lambda row, waits, ask: _waits(row, ask) == waits,
    )


REQUESTS = Listing(
    DisclosureRequestFilter,
    DisclosureRequestOrder,
    {DisclosureRequestOrder.NEWEST: Order(lambda row: [row.asked_at], descending=True)},
    DisclosureRequestOrder.NEWEST,
)


@strawberry.type
class EmergencyQueries:
    """What was given in an emergency."""

    emergency_disclosures: Connection[EmergencyDisclosure] = many(
        "Disclosures in an emergency that your agency made, or that were made to it.", DISCLOSURES
    )
    emergency_disclosure: EmergencyDisclosure | None = by_id("One disclosure in an emergency.")
    disclosure_requests: Connection[DisclosureRequest] = many(
        "Requests to disclose a case in an emergency, made of your agency or by it.", REQUESTS
    )


@strawberry.type
class EmergencyMutations:
    """Disclosing in an emergency, and reviewing it."""

    disclose_in_emergency = mutation(
        emergencies.disclose_in_emergency,
        EmergencyDisclosure,
        needs="referrals:work",
        own_word=True,
    )
    ask_for_disclosure = mutation(
        emergency_requests.ask_for_disclosure, DisclosureRequest, needs="referrals:work"
    )
    set_request_aside = mutation(
        emergency_requests.set_request_aside, DisclosureRequest, needs="referrals:summary"
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
