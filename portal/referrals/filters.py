"""How lists of cases are narrowed: by whom they are with, by numbers that people have for them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlmodel import col

from auth.tables import AreaPart
from portal.reading.declare import Ask, Columns, filter_input, where
from portal.referrals import details, tables
from portal.referrals.cover.tables import Cover
from portal.referrals.lateness import is_late
from portal.referrals.stopping import CHANGE, narrows_with, stops_with
from portal.referrals.tables import Overall, Urgency
from portal.store.rules import table_of

_GOES_ON: list[ColumnElement[str]] = [
    literal_column(f"'{state.value}'") for state in (Overall.WAITING, Overall.IN_HAND)
]


def _is(name: str) -> Callable[[Columns, Any, Ask], ColumnElement[bool]]:
    return lambda row, wanted, _: row[name] == wanted


def _of_mine(row: Columns, mine: ColumnElement[bool], ask: Ask) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (row.team_id == func.any(ask.teams)) == mine
    return found


def _along(row: Columns, pathway: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    case = table_of(tables.Referral).alias()
    found = exists().where(case.c.id == row.referral_id, case.c.pathway == pathway)
    return found.correlate(row.id.table)


def _sent_by_us(row: Columns, ours: ColumnElement[bool], ask: Ask) -> ColumnElement[bool]:
    case = table_of(tables.Referral).alias()
    found = exists().where(case.c.id == row.referral_id, case.c.sender_agency_id == ask.agency)
    return found.correlate(row.id.table) == ours


def _answered(row: Columns, wanted: ColumnElement[bool], _: Ask) -> ColumnElement[bool]:
    """By an event of the other side that still counts; the sender's own are no answer."""
    event, later = (table_of(tables.ReferralEvent).alias() for _ in range(2))
    taken_back = exists().where(later.c.error_of_id == event.c.id).correlate(event)
    counts = (
        event.c.recipient_id == row.id,
        event.c.part.in_([literal_column("'receiver'"), literal_column("'coordinator'")]),
        event.c.error_of_id.is_(None),
        ~taken_back,
    )
    return exists().where(*counts).correlate(row.id.table) == wanted


def _with_clock(row: Columns, name: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    """A provisional one runs too: of a victim whom nobody has told, her time to ask is at stake."""
    clock = table_of(tables.RunningClock).alias()
    runs = (clock.c.recipient_id == row.id, clock.c.name == name, clock.c.stopped_at.is_(None))
    return exists().where(*runs).correlate(row.id.table)


def _worked_by(row: Columns, member: ColumnElement[UUID], ask: Ask) -> ColumnElement[bool]:
    """Theirs, or of somebody for whom they are the one who covers."""
    away = table_of(Cover).alias()
    covered = exists().where(
        away.c.team_id == row.team_id,
        away.c.member_id == row.allocated_to_id,
        away.c.covered_by_id == member,
        away.c.ended_at.is_(None),
        away.c.first_on <= ask.today,
        away.c.last_on >= ask.today,
    )
    return or_(row.allocated_to_id == member, covered.correlate(row.id.table))


@filter_input
class RecipientFilter:
    """Which recipients."""

    pathway: str | None = where("Of cases along this pathway.", _along)
    team: strawberry.ID | None = where("Addressed to this team.", _is("team_id"))
    agency: strawberry.ID | None = where("Addressed to a team of this agency.", _is("agency_id"))
    mine: bool | None = where("Whether it is with one of your teams.", _of_mine)
    allocated_to: strawberry.ID | None = where("Allocated to this member.", _is("allocated_to_id"))
    worked_by: strawberry.ID | None = where(
        "Allocated to this member, or to somebody for whom they cover today.", _worked_by
    )
    allocated: bool | None = where(
        "Whether it is allocated; false is the unallocated list.",
        lambda row, allocated, _: row.allocated_to_id.is_not(None) == allocated,
    )
    sent_by_us: bool | None = where("Whether your own agency sent it.", _sent_by_us)
    answered: bool | None = where(
        "Whether the team has recorded anything since it got it; false is what nobody has"
        " acknowledged yet.",
        _answered,
    )
    open: bool | None = where("Whether it stands in the team's queue.", _is("is_open"))
    state: str | None = where("In this state of its pathway.", _is("state"))
    turn: str | None = where("Where it is this part's turn.", _is("turn"))
    clock: str | None = where(
        "Where this clock, as the pathway calls it, has started and not stopped; a provisional one"
        " is among them.",
        _with_clock,
    )
    late: bool | None = where(
        "Whether the first of its clocks has run out.",
        lambda row, late, ask: is_late(row, ask.now) == late,
    )


def _within(row: Columns, area: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    parts = select(col(AreaPart.part_code)).where(col(AreaPart.whole_code) == area)
    return or_(row.area_code == area, row.area_code.in_(parts))


def _known_as(row: Columns, reference: ColumnElement[str], ask: Ask) -> ColumnElement[bool]:
    own = table_of(tables.LocalReference).c
    called: Select[Any] = select(own.referral_id).where(
        own.value == reference, own.agency_id == ask.agency
    )
    return or_(row.reference == reference, row.id.in_(called))


def _with_urn(row: Columns, urn: ColumnElement[str], _: Ask) -> ColumnElement[bool]:
    said = table_of(tables.EventCodes).c
    found: ColumnElement[bool] = row.id.in_(select(said.referral_id).where(said.urn == urn))
    return found


def _about(row: Columns, person: ColumnElement[UUID], ask: Ask) -> ColumnElement[bool]:
    """A number means something within the agency that gave it."""
    subject = table_of(details.Subject).c
    named = select(subject.referral_id).where(subject.person == person)
    return and_(row.sender_agency_id == ask.agency, row.id.in_(named))


@filter_input
class ReferralFilter:
    """Which referrals."""

    reference: str | None = where(
        "With this reference: the portal's, or your own agency's.", _known_as
    )
    onward_from: strawberry.ID | None = where(
        "That pass this case on.", lambda row, case, _: row.onward_from_id == case
    )
    urn: str | None = where(
        "With this number of police and prosecutors, where you may read what was said of it.",
        _with_urn,
    )
    person: UUID | None = where(
        "About the person to whom your agency gave this number: the referrals that it makes.",
        _about,
    )
    open: bool | None = where(
        "Whether it was sent and has neither ended nor been taken back.",
        lambda row, wanted, _: row.overall.in_(_GOES_ON) == wanted,
    )
    pathway: str | None = where("Along this pathway.", _is("pathway"))
    overall: Overall | None = where("That stand so as a whole.", _is("overall"))
    urgency: Urgency | None = where("That are so urgent.", _is("urgency"))
    sender: strawberry.ID | None = where("Made by this agency.", _is("sender_agency_id"))
    sender_team: strawberry.ID | None = where("Made by this team.", _is("sender_team_id"))
    sent_by_us: bool | None = where(
        "Whether your own agency makes it.",
        lambda row, ours, ask: (row.sender_agency_id == ask.agency) == ours,
    )
    area: str | None = where("Where the victim lives in this area, by its ONS code.", _within)
    high_risk: bool | None = where(
        "Whether it goes to a MARAC or was last assessed as visible high risk, of what you may read"
        " of its risk.",
        lambda row, wanted, _: func.high_risk(row.id, type_=Boolean) == wanted,
    )
    stops_with: strawberry.ID | None = where(
        f"That you would see no longer after a change of an agreement. {CHANGE}", stops_with
    )
    narrows_with: strawberry.ID | None = where(
        f"That you would see, and your agency would read less of. {CHANGE}", narrows_with
    )
