"""In GraphQL: who covers for whom."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, and_

from portal.acting.exposed import mutation
from portal.agencies.api import Membership, Team
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
from portal.referrals.cover import tables as cover_tables
from portal.referrals.cover import verbs as covering


class CoverOrder(Enum):
    """How cover is sorted."""

    FIRST = "first"
    """The earliest first."""


def _now(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return and_(row.first_on <= ask.today, row.last_on >= ask.today, row.ended_at.is_(None))


@reads(cover_tables.Cover)
class Cover(Node):
    """A colleague is away, and another one does their cases meanwhile."""

    team: Team = one("In which team.", "team_id")
    member: Membership = one("Who is away.", "member_id")
    covered_by: Membership = one("Who does their cases.", "covered_by_id")
    first_on: date = column("The first day.")
    last_on: date = column("The last day.")
    today: bool = sql("Whether it holds today.", _now)
    set_by: Membership | None = one("Who arranged it.", "set_by_id")
    ended_at: datetime | None = column("When it was ended before its last day.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class CoverFilter:
    """Which cover."""

    team: strawberry.ID | None = where("In this team.", lambda row, team, _: row.team_id == team)
    member: strawberry.ID | None = where(
        "For this member.", lambda row, member, _: row.member_id == member
    )
    covered_by: strawberry.ID | None = where(
        "By this member.", lambda row, member, _: row.covered_by_id == member
    )
    today: bool | None = where("Whether it holds today.", lambda row, so, ask: _now(row, ask) == so)


COVERS = Listing(
    CoverFilter,
    CoverOrder,
    {CoverOrder.FIRST: Order(lambda row: [row.first_on])},
    CoverOrder.FIRST,
)


@strawberry.type
class CoverQueries:
    """Who covers for whom."""

    covers: Connection[Cover] = many("Who covers for whom in your agency's teams.", COVERS)


@strawberry.type
class CoverMutations:
    """Arranging cover."""

    set_cover = mutation(covering.set_cover, Cover, needs="referrals:work")
    end_cover = mutation(covering.end_cover, Cover, needs="referrals:work")
