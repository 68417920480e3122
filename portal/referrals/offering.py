"""To whom a case may go: who takes a pathway's referrals from an area, and which other teams there
an agreement lets one give it to. The force is never among them by default.
"""

from collections.abc import Mapping
from typing import Any

import strawberry
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Select,
    String,
    Subquery,
    Text,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    values,
)
from sqlalchemy import column as column_

from auth import tables
from portal.agencies.api import Agency, Team
from portal.proposals.holding import latest
from portal.proposals.tables import ProposalState
from portal.reading.declare import MOST, Ask, answers, column, one, value_type
from portal.reading.validity import valid_on
from portal.referrals.engine.files import shipped
from portal.referrals.follow.tables import PathwayTeam
from portal.referrals.prosecution import prosecutes
from portal.store.rules import table_of

_Given = Mapping[str, ColumnElement[Any]]


@value_type
class OfferedRecipient:
    """A team to which a case may be addressed."""

    team: Team = one("The team.", "team_id")
    agency: Agency = one("Its agency.", "agency_id")
    named: bool = column("Whether it is the one that takes what goes along the pathway from there.")
    agreement: str | None = column(
        "The reference of the agreement that lets your agency share it; null within your agency."
    )
    lacking: bool = column(
        "Whether no agreement in force permits it, so that it cannot be sent; the named one only."
    )


def _ways(wanted: ColumnElement[Any]) -> Subquery:
    """What the newest version of the pathway shares, why, and whether police or CPS have a part."""
    newest = [way for way in (shipped().newest(name) for name in shipped().names) if way]
    known = values(
        column_("name", String),
        column_("purpose", String),
        column_("categories", ARRAY(Text)),
        column_("theirs", Boolean),
        name="way",
    ).data(
        [
            (
                way.name,
                way.purpose.value,
                literal(list(way.shares), ARRAY(Text)),
                bool(way.parts),
            )
            for way in newest
        ]
    )
    return select(known).where(known.c.name == wanted).subquery("wanted")


def _in_area(ask: Ask, area: ColumnElement[Any]) -> Select[Any]:
    """Agencies that work there, or in a wider area that it lies in."""
    works, part = table_of(tables.AgencyArea).c, table_of(tables.AreaPart).c
    wider = select(part.whole_code).where(part.part_code == area)
    there = or_(works.area_code == area, works.area_code.in_(wider))
    return select(works.agency_id).where(there, valid_on(works, ask.today))


def _named(ask: Ask, given: _Given) -> Select[Any]:
    takes = table_of(PathwayTeam).c
    return select(takes.team_id).where(
        takes.pathway == given["pathway"],
        takes.area_code == given["area"],
        takes.state == ProposalState.CONFIRMED,
        latest(takes, PathwayTeam, ask.today, "pathway", "area_code"),
    )


def _offered(ask: Ask, given: _Given) -> Select[Any]:
    way = _ways(given["pathway"])
    team, agency = table_of(tables.Team), table_of(tables.Agency)
    host = table_of(tables.Agency).alias("host")
    asked = func.agreement_for(
        ask.agency, agency.c.id, way.c.purpose, way.c.categories, ask.now
    ).table_valued(column_("reference", String))
    permits = asked.lateral("permits")
    named = func.coalesce(team.c.id.in_(_named(ask, given)), False)
    own = agency.c.id == ask.agency
    covered = or_(own, permits.c.reference.is_not(None))
    # An agency without a host is one that no police force or prosecutor hosts.
    force = func.coalesce(prosecutes(agency.c, host.c), False)
    welcome = or_(own, way.c.theirs, not_(force))
    works_there = agency.c.id.in_(_in_area(ask, given["area"]))
    works = func.team_takes_cases(team.c.id, type_=Boolean)
    found = select(
        team.c.id.label("team_id"),
        team.c.agency_id,
        named.label("named"),
        permits.c.reference.label("agreement"),
        func.coalesce(not_(covered), True).label("lacking"),
    )
    found = found.select_from(team).join(way, true()).join(agency, agency.c.id == team.c.agency_id)
    found = found.outerjoin(host, host.c.id == agency.c.host_id).outerjoin(permits, true())
    lasts = or_(team.c.ended_on.is_(None), team.c.ended_on > ask.today)
    found = found.where(lasts, or_(named, and_(works_there, covered, welcome, works)))
    return found.order_by(named.desc(), agency.c.name, team.c.name)


@strawberry.type
class OfferingQueries:
    """To whom a case may go."""

    recipients_offered: list[OfferedRecipient] = answers(
        "To which teams a case may be addressed: the one that takes what goes along the pathway"
        " from the area, then others that work on cases there, of your own agency or of one to"
        " which an agreement in force lets you give it. Police and prosecutors of other agencies"
        " are among these only where the pathway gives them a part.",
        {
            "pathway": (str, "The pathway; see `pathways`."),
            "area": (str, "Where the victim lives: the ONS code of the borough; see `areas`."),
        },
        _offered,
        size=MOST,
    )
