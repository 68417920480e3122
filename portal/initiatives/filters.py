"""How initiatives are found and sorted, and how their rating shows."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Interval,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlmodel import col

from auth.tables import AreaPart
from portal.actions.tables import UNFINISHED, Action
from portal.frameworks.tables import InitiativeEntry, InitiativeTheme
from portal.initiatives.tables import (
    NO_LAST_DAY,
    Initiative,
    InitiativeArea,
    Partner,
    PartnerState,
    Rating,
    Stage,
)
from portal.milestones.tables import Milestone
from portal.reading.declare import Ask, Columns, Listing, Order, filter_input, where

RUNNING = (Stage.APPROVED, Stage.LIVE, Stage.PAUSED)
ENDED = (Stage.COMPLETE, Stage.CLOSED, Stage.CANCELLED)
QUIET = literal_column("interval '60 days'", Interval)
TAKING_PART = (PartnerState.INVITED, PartnerState.COMMITTED)


def past_last_day(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Its last day has passed while it is still running."""
    return and_(
        func.coalesce(row.ends_on < ask.today, literal_column("false")), row.stage.in_(RUNNING)
    )


def _late(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """It is overdue itself, or one of its actions or milestones is."""
    action = exists().where(
        col(Action.initiative_id) == row.id,
        col(Action.state).in_(UNFINISHED),
        col(Action.due_on) < ask.today,
    )
    milestone = exists().where(
        col(Milestone.initiative_id) == row.id,
        col(Milestone.reached_on).is_(None),
        col(Milestone.due_on) < ask.today,
    )
    table = row.id.table
    return or_(
        past_last_day(row, ask),
        and_(row.stage.not_in(ENDED), or_(action.correlate(table), milestone.correlate(table))),
    )


def automatic(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """Whether it shows as amber although nobody has said so."""
    return and_(row.rating.in_((Rating.GREEN, Rating.NOT_STARTED)), _late(row, ask))


def shown_rating(row: Columns, ask: Ask) -> ColumnElement[Any]:
    """The rating as last set; amber where it is late and was set green or not at all."""
    return case((automatic(row, ask), Rating.AMBER), else_=row.rating)


def _covers(row: Columns, code: ColumnElement[str]) -> ColumnElement[bool]:
    """It covers this area, or a wider one that the area is part of."""
    wider = select(col(AreaPart.whole_code)).where(col(AreaPart.part_code) == code)
    covered = select(col(InitiativeArea.initiative_id)).where(
        or_(col(InitiativeArea.area_code) == code, col(InitiativeArea.area_code).in_(wider))
    )
    return _among(row, covered)


def _partnered(agency: ColumnElement[Any]) -> Select[Any]:
    return select(col(Partner.initiative_id)).where(
        col(Partner.agency_id) == agency, col(Partner.state).in_(TAKING_PART)
    )


def _mapped(end: Any, to: ColumnElement[Any]) -> Select[Any]:  # noqa: ANN401 - a link's column
    return select(end.class_.initiative_id).where(end == to)


def _own(row: Columns, mine: ColumnElement[bool], ask: Ask) -> ColumnElement[bool]:
    led = select(col(Initiative.id)).where(col(Initiative.lead_agency_id) == ask.agency)
    own: ColumnElement[bool] = row.id.in_(union_all(led, _partnered(ask.agency)))
    return own == mine


def _among(row: Columns, chosen: Select[Any]) -> ColumnElement[bool]:
    among: ColumnElement[bool] = row.id.in_(chosen)
    return among


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
    area: str | None = where(
        "Covering the area of this ONS code, also as part of a wider one: what is done for"
        " the whole force area covers Liverpool.",
        lambda row, code, _: _covers(row, code),
    )
    stage: list[Stage] | None = where(
        "In one of these stages.", lambda row, stages, _: row.stage == func.any(stages)
    )
    rating: list[Rating] | None = where(
        "Shown with one of these ratings.",
        lambda row, ratings, ask: shown_rating(row, ask) == func.any(ratings),
    )
    lead: strawberry.ID | None = where(
        "Led by this agency.", lambda row, agency, _: row.lead_agency_id == agency
    )
    partner: strawberry.ID | None = where(
        "With this agency invited or committed.",
        lambda row, agency, _: _among(row, _partnered(agency)),
    )
    team: strawberry.ID | None = where(
        "Looked after by this team of the lead.", lambda row, team, _: row.lead_team_id == team
    )
    theme: strawberry.ID | None = where(
        "About this theme.",
        lambda row, theme, _: _among(row, _mapped(col(InitiativeTheme.theme_id), theme)),
    )
    framework_entry: strawberry.ID | None = where(
        "Serving this pillar, P or plan action.",
        lambda row, entry, _: _among(row, _mapped(col(InitiativeEntry.entry_id), entry)),
    )
    ends_from: date | None = where(
        "With its last day on this day or later.", lambda row, day, _: row.ends_on >= day
    )
    ends_to: date | None = where(
        "With its last day on this day or earlier.", lambda row, day, _: row.ends_on <= day
    )
    updated_since: datetime | None = where(
        "Changed itself at this moment or later.", lambda row, at, _: row.updated_at >= at
    )
    overdue: bool | None = where(
        "True: its last day has passed while it is still running. False: all others.",
        lambda row, wanted, ask: past_last_day(row, ask) == wanted,
    )
    mine: bool | None = where(
        "True: your agency leads it, or is invited or committed. False: all others.", _own
    )


class InitiativeOrder(Enum):
    """How initiatives are sorted."""

    NEWEST = "newest"
    """The newest first."""
    LATEST_CHANGE = "latest_change"
    """What changed last, first."""
    TITLE = "title"
    """By title."""
    ENDS_ON = "ends_on"
    """What ends first, first; without a last day, last."""
    REFERENCE = "reference"
    """By reference."""


INITIATIVES = Listing(
    InitiativeFilter,
    InitiativeOrder,
    {
        InitiativeOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        InitiativeOrder.LATEST_CHANGE: Order(lambda row: [row.updated_at], descending=True),
        InitiativeOrder.TITLE: Order(lambda row: [row.title]),
        InitiativeOrder.ENDS_ON: Order(
            lambda row: [func.coalesce(row.ends_on, literal_column(NO_LAST_DAY, Date))]
        ),
        InitiativeOrder.REFERENCE: Order(lambda row: [row.reference]),
    },
    InitiativeOrder.NEWEST,
)


class PartnerOrder(Enum):
    """How partners are sorted."""

    ASKED = "asked"
    """Who was asked first, first."""


class StageMoveOrder(Enum):
    """How moves between stages are sorted."""

    NEWEST = "newest"
    """The newest first."""


class RatingSetOrder(Enum):
    """How ratings are sorted."""

    NEWEST = "newest"
    """The newest first."""


@filter_input
class PartnerFilter:
    """Which partners."""

    state: list[PartnerState] | None = where(
        "In one of these states.", lambda row, states, _: row.state == func.any(states)
    )
    agency: strawberry.ID | None = where(
        "This agency.", lambda row, agency, _: row.agency_id == agency
    )


PARTNERS = Listing(
    PartnerFilter,
    PartnerOrder,
    {PartnerOrder.ASKED: Order(lambda p: [p.asked_at])},
    PartnerOrder.ASKED,
)
STAGE_MOVES = Listing(
    None,
    StageMoveOrder,
    {StageMoveOrder.NEWEST: Order(lambda m: [m.moved_at], descending=True)},
    StageMoveOrder.NEWEST,
)
RATING_SETS = Listing(
    None,
    RatingSetOrder,
    {RatingSetOrder.NEWEST: Order(lambda r: [r.set_at], descending=True)},
    RatingSetOrder.NEWEST,
)


def quiet(partner: Columns, ask: Ask) -> ColumnElement[bool]:
    """A committed partner that has changed nothing on the initiative for 60 days."""
    since = ask.now - QUIET
    joined = func.coalesce(partner.answered_at, partner.asked_at)
    heard = func.heard_since(partner.initiative_id, partner.agency_id, since, type_=Boolean)
    return and_(partner.state == PartnerState.COMMITTED, joined < since, not_(heard))
