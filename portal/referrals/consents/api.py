"""In GraphQL: asking whether a case may be passed on."""

from datetime import datetime
from enum import Enum

import strawberry

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership, Team
from portal.reading.declare import (
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
from portal.referrals.api import Referral
from portal.referrals.consents import tables as consent_tables
from portal.referrals.consents import verbs as consents
from portal.referrals.consents.tables import OwnerAnswer
from portal.referrals.marking import MARKING, marking


class OnwardRequestOrder(Enum):
    """How they are sorted."""

    OLDEST = "oldest"
    """Who waits longest first."""
    NEWEST = "newest"
    """The newest first."""


@reads(consent_tables.OnwardRequest)
class OnwardRequest(Node):
    """An agency that was given a case asks whether it may pass it on to a team."""

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    agency: Agency = one("Who asks.", "agency_id")
    to_agency: Agency = one("The agency of the team that is to have it.", "to_agency_id")
    to_team: Team = one("The team that is to have it.", "to_team_id")
    asked_by: Membership | None = one("Who asks; null for a program.", "asked_by_id")
    asked_at: datetime = column("When they asked.")
    answer: OwnerAnswer | None = column("What the agency that made the referral says.")
    answered_by: Membership | None = one("Who said it; null for a program.", "answered_by_id")
    answered_at: datetime | None = column("When it was said.")
    version: int = column("Pass it as `expectedVersion` with an answer.")


@filter_input
class OnwardRequestFilter:
    """Which of them."""

    referral: strawberry.ID | None = where(
        "About this case.", lambda row, case, _: row.referral_id == case
    )
    asked_by_us: bool | None = where(
        "Whether your agency asks; otherwise it is asked.",
        lambda row, ours, ask: (row.agency_id == ask.agency) == ours,
    )
    waits: bool | None = where(
        "Whether there is no answer yet.", lambda row, waits, _: row.answer.is_(None) == waits
    )


ONWARD = Listing(
    OnwardRequestFilter,
    OnwardRequestOrder,
    {
        OnwardRequestOrder.OLDEST: Order(lambda row: [row.asked_at]),
        OnwardRequestOrder.NEWEST: Order(lambda row: [row.asked_at], descending=True),
    },
    OnwardRequestOrder.OLDEST,
)


@strawberry.type
class ConsentQueries:
    """Who asks whether a case may be passed on."""

    onward_requests: Connection[OnwardRequest] = many(
        "What others ask of your agency's cases, and what your agency asks of others'.", ONWARD
    )


@strawberry.type
class ConsentMutations:
    """Asking before a case is passed on."""

    ask_to_pass_on = mutation(consents.ask_to_pass_on, OnwardRequest, needs="referrals:work")
    answer_onward_request = mutation(
        consents.answer_onward_request, OnwardRequest, needs="referrals:work"
    )
