"""Initiatives in GraphQL: types, lists, mutations."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import and_, false, func, or_, select
from sqlmodel import col

from auth.tables import Area as AreaRow
from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Area
from portal.initiatives import tables, verbs
from portal.initiatives.tables import Part, PartnerState, Rating, Stage, Timing, Visibility
from portal.reading.declare import (
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
    values,
    where,
)

for _enum in (Stage, Visibility, Timing, Rating, Part, PartnerState):
    strawberry.enum(_enum, description=_enum.__doc__)
RUNNING = ("approved", "live", "paused")


class PartnerOrder(Enum):
    """How partners are sorted."""

    ASKED = "asked"


class InitiativeOrder(Enum):
    """How initiatives are sorted."""

    NEWEST = "newest"
    LATEST_CHANGE = "latest_change"
    TITLE = "title"


for _order in (PartnerOrder, InitiativeOrder):
    strawberry.enum(_order, description=_order.__doc__)

PARTNERS = Listing(None, PartnerOrder, {PartnerOrder.ASKED: Order(lambda p: [p.asked_at])}, PartnerOrder.ASKED)


@reads(tables.Partner)
class Partner(Node):
    """An agency's part in an initiative."""

    agency: Agency = one("The agency.", "agency_id")
    parts: list[Part] = column("What it brings.")
    state: PartnerState = column("Whether it has been asked, has offered, has committed itself, has declined or has left.")
    note: str | None = column("What it said when it offered or answered.")
    asked_at: datetime = column("When it was asked, or offered.")
    answered_at: datetime | None = column("When the other side answered.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.Initiative)
class Initiative(Node):
    """A piece of work that one agency leads and may share with partners."""

    reference: str = column("A short random code to quote.")
    title: str = column("What it is called.")
    summary: str = column("What is done, for whom, and why; plain text.")
    stage: Stage = column("How far it has come.")
    visibility: Visibility = column("Who may see it.")
    lead: Agency = one("The agency that leads it.", "lead_agency_id")
    timing: Timing = column("What is known of its dates.")
    starts_on: date | None = column("Its first day.")
    ends_on: date | None = column("Its last day.")
    rating: Rating = column("How it stands, as last set.")
    overdue: bool = sql(
        "Whether its last day has passed while it is still running.",
        lambda row, ask: and_(func.coalesce(row.ends_on < ask.today, false()), row.stage.in_(RUNNING)),
    )
    areas: list[Area] = values(
        "The areas it covers.",
        lambda row, _: select(AreaRow).where(
            col(AreaRow.code).in_(
                select(col(tables.InitiativeArea.area_code)).where(col(tables.InitiativeArea.initiative_id) == row.id)
            )
        ).order_by(col(AreaRow.name)),
    )  # fmt: skip
    partners: Connection[Partner] = many(
        "The agencies asked or committed.", PARTNERS, lambda row, partner, _: partner.initiative_id == row.id
    )
    created_at: datetime = column("When it was logged.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class InitiativeFilter:
    """Which initiatives."""

    text: str | None = where(
        "This text in title, summary or reference.",
        lambda row, text, _: or_(
            func.strpos(func.lower(row.title), func.lower(text)) > 0,
            func.strpos(func.lower(row.summary), func.lower(text)) > 0,
            func.strpos(func.lower(row.reference), func.lower(text)) > 0,
        ),
    )
    stage: list[Stage] | None = where("In one of these stages.", lambda row, stages, _: row.stage == func.any(stages))
    lead: strawberry.ID | None = where("Led by this agency.", lambda row, agency, _: row.lead_agency_id == agency)


INITIATIVES = Listing(
    InitiativeFilter,
    InitiativeOrder,
    {
        InitiativeOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        InitiativeOrder.LATEST_CHANGE: Order(lambda row: [row.updated_at], descending=True),
        InitiativeOrder.TITLE: Order(lambda row: [row.title]),
    },
    InitiativeOrder.NEWEST,
)


@strawberry.type
class InitiativeQueries:
    """What is being done together."""

    initiatives: Connection[Initiative] = many("The initiatives you may see.", INITIATIVES)
    initiative: Initiative | None = by_id("One initiative.")


@strawberry.type
class InitiativeMutations:
    """Logging, changing and sharing initiatives."""

    log_initiative = mutation(verbs.log_initiative, Initiative, needs="initiatives:edit")
    rename_initiative = mutation(verbs.rename_initiative, Initiative, needs="initiatives:edit")
    share_initiative = mutation(verbs.share_initiative, Initiative, needs="initiatives:edit")
    invite_partner = mutation(verbs.invite_partner, Partner, needs="initiatives:edit")
