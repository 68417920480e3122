"""What you let programs do in your name, in GraphQL."""

from datetime import datetime
from enum import Enum

from sqlalchemy import func

from auth.oauth import consents
from portal.agencies.api import Membership
from portal.programs.api import Client
from portal.reading.declare import (
    Listing,
    Node,
    Order,
    column,
    filter_input,
    one,
    reads,
    where,
)


class ConsentOrder(Enum):
    """How consents are sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(consents.Consent)
class Consent(Node):
    """You let a program act as one of your memberships, as far as these scopes."""

    client: Client | None = one(
        "The program; null while you act for another agency than its own.", "client_id"
    )
    membership: Membership = one("As what it acts.", "membership_id")
    scopes: list[str] = column("What you let it do; today it may do no more than you may.")
    given_at: datetime = column("When you agreed.")
    expires_at: datetime = column("When it must ask you again.")
    ended_at: datetime | None = column("When it was ended, if it was.")


@filter_input
class ConsentFilter:
    """Which consents."""

    lasting: bool | None = where(
        "Those that last, or those that are over.",
        lambda consent, lasting, _: (
            (consent.ended_at.is_(None) & (consent.expires_at > func.now())) == lasting
        ),
    )


CONSENTS = Listing(
    ConsentFilter,
    ConsentOrder,
    {ConsentOrder.NEWEST: Order(lambda c: [c.given_at], descending=True)},
    ConsentOrder.NEWEST,
)
