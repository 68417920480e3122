"""In GraphQL: whom a victim lets see where her matter stands, and what they see."""

from datetime import date
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, Date, and_, func, select, true

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Team
from portal.charging import support_tables, supporting
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
from portal.referrals.api import Referral
from portal.referrals.marking import MARKING, marking


class SupportAuthorityOrder(Enum):
    """How victims' authorities are sorted."""

    NEWEST = "newest"
    """What began last, first."""


class SupportedMatterOrder(Enum):
    """How the matters of those whom an agency supports are sorted."""

    REFERENCE = "reference"
    """By reference, the first suspect first."""


def _stands(row: Columns, ask: Ask) -> ColumnElement[bool]:
    lasts = func.coalesce(row.until_on >= ask.today, true())
    return and_(row.revoked_on.is_(None), row.from_on <= ask.today, lasts)


@reads(support_tables.SupportAuthority, noted="consult_listed")
class SupportAuthority(Node):
    """A victim lets a supporter's team see what she has been told of her matter. It is part of the
    full view: that you were shown it is written down, and the agency that owns the case sees it.
    """

    handling: str = sql(MARKING, marking)
    referral: Referral = one("The case.", "referral_id")
    victim: int = column("Which victim of the case.")
    agency: Agency = one("The supporter's agency.", "agency_id")
    team: Team = one("The supporter's team.", "team_id")
    from_on: date = column("Its first day.")
    until_on: date | None = column("Its last day, if she named one.")
    revoked_on: date | None = column("The day on which she took it back.")
    stands: bool = sql("Whether the team sees it today.", _stands)
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class SupportAuthorityFilter:
    """Which authorities."""

    referral: strawberry.ID | None = where("Of this case.", lambda row, c, _: row.referral_id == c)
    stands: bool | None = where(
        "Whether the team sees it today.", lambda row, wanted, ask: _stands(row, ask) == wanted
    )


AUTHORITIES = Listing(
    SupportAuthorityFilter,
    SupportAuthorityOrder,
    {SupportAuthorityOrder.NEWEST: Order(lambda row: [row.from_on], descending=True)},
    SupportAuthorityOrder.NEWEST,
)


def _next_day(row: Columns, ask: Ask) -> ColumnElement[date]:
    day = func.unnest(row.days, type_=Date).column_valued("day")
    found = select(func.min(day)).where(day >= ask.today)
    return found.correlate(row.days.table).scalar_subquery()


@reads(support_tables.SupportedMatter)
class SupportedMatter(Node):
    """One suspect's matter, as a victim whom your agency supports has been told of it: never
    before she was, and nothing that she may not know.
    """

    handling: str = sql(MARKING, marking)
    reference: str = column("The portal's reference of the case.")
    suspect: int = column("Which suspect of the case.")
    state: str = column("Where she was told that it stands; see the pathway's states.")
    says: str = column("The same in words, as she would be told.")
    next_day: date | None = sql(
        "The next day in court that she may know of.", _next_day, nullable=True
    )
    team: Team = one("Your agency's team that she lets see it.", "team_id")
    from_on: date = column("Since when she does.")
    until_on: date | None = column("Until when, if she named a day.")


@filter_input
class SupportedMatterFilter:
    """Which matters of those whom your agency supports."""

    reference: str | None = where(
        "Of the case with this reference.", lambda row, said, _: row.reference == said
    )
    team: strawberry.ID | None = where(
        "That she lets this team see.", lambda row, team, _: row.team_id == team
    )


SUPPORTED = Listing(
    SupportedMatterFilter,
    SupportedMatterOrder,
    {SupportedMatterOrder.REFERENCE: Order(lambda row: [row.reference, row.suspect])},
    SupportedMatterOrder.REFERENCE,
)


@strawberry.type
class SupportQueries:
    """Whom victims let see where their matters stand, and what they see."""

    support_authorities: Connection[SupportAuthority] = many(
        "Whom victims let see where their matters stand.", AUTHORITIES
    )
    supported_matters: Connection[SupportedMatter] = many(
        "Matters of those whom your agency supports, by their own authority.", SUPPORTED
    )


@strawberry.type
class SupportMutations:
    """A victim's authority for a supporter's team."""

    give_authority = mutation(supporting.give_authority, SupportAuthority, needs="referrals:work")
    revoke_authority = mutation(
        supporting.revoke_authority, SupportAuthority, needs="referrals:work"
    )
