"""In GraphQL: which team takes what from where, and what followed from a case by itself."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement

from portal.agencies.api import Area, Membership, Team
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.proposals.holding import latest
from portal.proposals.tables import ProposalState
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
from portal.referrals.follow import tables as follow_tables
from portal.referrals.follow.tables import FollowOutcome
from portal.referrals.marking import MARKING, marking


class PathwayTeamOrder(Enum):
    """How teams and what they take are sorted."""

    PATHWAY = "pathway"
    """By pathway, then area, the earliest rule first."""


class FollowOnOrder(Enum):
    """How what followed is sorted."""

    NEWEST = "newest"
    """The newest first."""


def _holds(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return latest(row, follow_tables.PathwayTeam, ask.today, "pathway", "area_code")


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
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("From when on; of one pathway and area the latest counts.")
    holds: bool = sql("Whether it takes what is sent today.", _holds)
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


@reads(follow_tables.FollowOn)
class FollowOn(Node):
    """What was to follow from a case by itself, and what came of it."""

    handling: str = sql(MARKING, marking)
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
    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "That take what is sent today, or do not.", lambda row, so, ask: _holds(row, ask) == so
    )


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
        "Which team takes what from where, also what was, and what is proposed.", PATHWAY_TEAMS
    )
    follow_ons: Connection[FollowOn] = many(
        "What followed from cases by itself, and why something did not.", FOLLOW_ONS
    )
