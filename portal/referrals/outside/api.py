"""In GraphQL: what was referred to bodies that are not on the portal."""

from datetime import date, datetime
from enum import Enum

import strawberry

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership
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
from portal.referrals.marking import MARKING, marking
from portal.referrals.outside import tables as outside_tables
from portal.referrals.outside import verbs as outside
from portal.referrals.outside.tables import OutsideBody, OutsideRoute


class OutsideReferralOrder(Enum):
    """How they are sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(outside_tables.OutsideReferral)
class OutsideReferral(Node):
    """A case was also, or only, referred to a body that is not on the portal."""

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    agency: Agency = one("Who referred it there.", "agency_id")
    body: OutsideBody = column("What kind of body it is.")
    route: OutsideRoute = column("How it was referred.")
    referred_on: date = column("On which day.")
    by: Membership | None = one("Who wrote it down; null for a program.", "by_id")
    created_at: datetime = column("When it was written down.")
    version: int = column("Pass it as `expectedVersion` to take it back.")


@filter_input
class OutsideReferralFilter:
    """Which of them."""

    referral: strawberry.ID | None = where(
        "Of this case.", lambda row, case, _: row.referral_id == case
    )
    body: OutsideBody | None = where(
        "To a body of this kind.", lambda row, body, _: row.body == body
    )


OUTSIDE = Listing(
    OutsideReferralFilter,
    OutsideReferralOrder,
    {OutsideReferralOrder.NEWEST: Order(lambda row: [row.referred_on], descending=True)},
    OutsideReferralOrder.NEWEST,
)


@strawberry.type
class OutsideQueries:
    """What was referred outside."""

    outside_referrals: Connection[OutsideReferral] = many(
        "What your agency referred to bodies that are not on the portal, and what others did of"
        " cases that your agency sent.",
        OUTSIDE,
    )


@strawberry.type
class OutsideMutations:
    """Referring outside."""

    refer_outside = mutation(outside.refer_outside, OutsideReferral, needs="referrals:work")
    delete_outside_referral = mutation(
        outside.delete_outside_referral, "Deleted", needs="referrals:work"
    )
