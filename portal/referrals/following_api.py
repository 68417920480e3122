"""In GraphQL: which team takes what from where, and what followed from a case by itself."""

from datetime import date, datetime
from enum import Enum

import strawberry

from portal.agencies.api import Area, Team
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
    where,
)
from portal.referrals import follow_tables
from portal.referrals.api import Referral
from portal.referrals.follow_tables import FollowOutcome


class PathwayTeamOrder(Enum):
    """How teams and what they take are sorted."""

    PATHWAY = "pathway"
    """By pathway, then area, the earliest rule first."""


class FollowOnOrder(Enum):
    """How what followed is sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(follow_tables.PathwayTeam)
class PathwayTeam(Node):
    """The team that takes what goes along a pathway from an area, from a day on."""

    pathway: str = column("The pathway.")
    area: Area = one("Where the victim lives.", "area_code")
    team: Team = one("The team.", "team_id")
    automatic: bool | None = column(
        "Whether referrals come to it by themselves where another pathway has that, as a MARAC's"
        " does the IDVA's; null: as that pathway's file says for the area."
    )
    valid_from: date = column("From when on; of one pathway and area the latest counts.")


@reads(follow_tables.FollowOn)
class FollowOn(Node):
    """What was to follow from a case by itself, and what came of it."""

    referral: Referral = one("The case that it was to follow from.", "referral_id")
    pathway: str = column("The pathway of what was to follow.")
    outcome: FollowOutcome = column("What came of it: made, or why not.")
    team: Team | None = one("The team that takes it.", "team_id")
    made: Referral | None = one(
        "The referral that was made; null where you are no party of it.", "made_id"
    )
    created_at: datetime = column("When.")


@filter_input
class PathwayTeamFilter:
    """Which teams."""

    pathway: str | None = where("Of this pathway.", lambda row, name, _: row.pathway == name)
    area: str | None = where("For this area.", lambda row, code, _: row.area_code == code)


@filter_input
class FollowOnFilter:
    """What followed, or did not."""

    referral: strawberry.ID | None = where(
        "From this case.", lambda row, case, _: row.referral_id == case
    )
    outcome: FollowOutcome | None = where(
        "With this outcome.", lambda row, outcome, _: row.outcome == outcome
    )


PATHWAY_TEAMS = Listing(
    PathwayTeamFilter,
    PathwayTeamOrder,
    {PathwayTeamOrder.PATHWAY: Order(lambda row: [row.pathway, row.area_code, row.valid_from])},
    PathwayTeamOrder.PATHWAY,
)
FOLLOW_ONS = Listing(
    FollowOnFilter,
    FollowOnOrder,
    {FollowOnOrder.NEWEST: Order(lambda row: [row.created_at], descending=True)},
    FollowOnOrder.NEWEST,
)


@strawberry.type
class FollowingQueries:
    """What follows by itself."""

    pathway_teams: Connection[PathwayTeam] = many(
        "Which team takes what from where.", PATHWAY_TEAMS
    )
    follow_ons: Connection[FollowOn] = many(
        "What followed from cases by itself, and why something did not.", FOLLOW_ONS
    )
