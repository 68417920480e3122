"""Agencies, areas, teams and memberships in GraphQL."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Boolean, ColumnElement, Select, Uuid, case, func, select
from sqlmodel import col

from auth import tables
from auth.people.tables import GrantableRoles, Standing
from auth.roles import Role, SignatoryTitle
from auth.tables import AgencyKind, AreaKind
from portal.acting.exposed import mutation
from portal.agencies import verbs
from portal.changes.listing import own_history
from portal.reading.declare import (
    Ask,
    Columns,
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
    value_type,
    values,
    where,
)
from portal.reading.validity import valid_on
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.changes.api import HistoryEntry


class AreaOrder(Enum):
    """How areas are sorted."""

    NAME = "name"
    """By name."""


HistoryType = Annotated["HistoryEntry", strawberry.lazy("portal.changes.api")]

AREAS = Listing(None, AreaOrder, {AreaOrder.NAME: Order(lambda a: [a.name])}, AreaOrder.NAME)


@reads(tables.Area, key="code")
class Area:
    """A place, by its ONS code."""

    code: str = column("The ONS code, such as E08000012.")
    name: str = column("Its name.")
    kind: AreaKind = column("What kind of place it is.")
    in_force_area: bool = column(
        "Whether Merseyside Police is its force: Halton lies in the city region, not in it."
    )


def _works_in(agency: Columns, area: Columns, ask: Ask) -> ColumnElement[bool]:
    covers = table_of(tables.AgencyArea).c
    today = select(covers.area_code).where(
        covers.agency_id == agency.id, valid_on(covers, ask.today)
    )
    works: ColumnElement[bool] = area.code.in_(today)
    return works


class TeamOrder(Enum):
    """How teams are sorted."""

    NAME = "name"
    """By name."""


class MembershipOrder(Enum):
    """How memberships are sorted."""

    OLDEST = "oldest"
    """Who joined first, first."""


class AgencyOrder(Enum):
    """How agencies are sorted."""

    NAME = "name"
    """By name."""


TEAMS = Listing(None, TeamOrder, {TeamOrder.NAME: Order(lambda t: [t.name])}, TeamOrder.NAME)
MEMBERSHIPS = Listing(
    None,
    MembershipOrder,
    {MembershipOrder.OLDEST: Order(lambda m: [m.starts_on])},
    MembershipOrder.OLDEST,
)


def _grantable_by(agency: Columns, _: Ask) -> ColumnElement[object]:
    chosen, trait, table = GrantableRoles, tables.RoleTrait, agency.id.table
    own = select(col(chosen.roles)).where(col(chosen.agency_id) == agency.id)
    of_kind = select(func.array_agg(col(trait.role).op("ORDER BY")(col(trait.role)))).where(
        agency.kind == func.any(col(trait.kinds))
    )
    set_for_it, suits = own.correlate(table), of_kind.correlate(table)
    return func.coalesce(set_for_it.scalar_subquery(), suits.scalar_subquery(), [])


@reads(tables.Agency)
class Agency(Node):
    """A body that takes part in the partnership. It has no address."""

    name: str = column("Its full name.")
    short_name: str = column("What partners call it.")
    kind: AgencyKind = column("What kind of body it is.")
    in_partnership: bool = column("Whether it is a partner, and not only named by one.")
    areas: Connection[Area] = many("Where it works today.", AREAS, _works_in, first=20)
    history: Connection[HistoryType] = own_history()
    ended_on: date | None = column("Its last day was the day before, if it has ended.")
    host: "Agency | None" = one(
        "The agency that hosts this joint body; hosting gives it no access.", "host_id"
    )
    successor: "Agency | None" = one(
        "The agency that took over, if this one has ended.", "successor_id"
    )
    grantable_roles: list[Role] = sql(
        "The roles that its administrators may grant: as the partnership set them, else all that"
        " suit its kind.",
        _grantable_by,
    )
    teams: "Connection[Team]" = many(
        "Its teams.", TEAMS, lambda agency, team, _: team.agency_id == agency.id
    )
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.Team)
class Team(Node):
    """Where work is addressed: a team outlives the people in it."""

    name: str = column("Its name.")
    inbox: str | None = column("The team's own inbox, if it has one.")
    agency: Agency = one("The agency it belongs to.", "agency_id")
    members: "Connection[Membership]" = many(
        "Who is in it.",
        MEMBERSHIPS,
        lambda team, membership, _: membership.id.in_(
            select(col(tables.TeamMember.membership_id)).where(
                col(tables.TeamMember.team_id) == team.id
            )
        ),
    )
    leads: "Connection[Membership]" = many(
        "Who leads it.",
        MEMBERSHIPS,
        lambda team, membership, _: membership.id.in_(
            select(col(tables.TeamMember.membership_id)).where(
                col(tables.TeamMember.team_id) == team.id, col(tables.TeamMember.leads)
            )
        ),
    )
    ended_on: date | None = column("The day it ended, if it has.")
    history: Connection[HistoryType] = own_history()
    version: int = column("Pass it as `expectedVersion` with a change.")


def _roles_of(membership: Columns, _: Ask) -> ColumnElement[object]:
    role = tables.MembershipRole
    listed = select(func.array_agg(col(role.role).op("ORDER BY")(col(role.role)))).where(
        col(role.membership_id) == membership.id
    )
    return func.coalesce(listed.correlate(membership.id.table).scalar_subquery(), [])


def _name_of(membership: Columns, _: Ask) -> ColumnElement[object]:
    # The table's own columns: an ORM's select takes far longer to compile, and a document may ask
    # for a dozen names.
    name = table_of(tables.MembershipName).c
    found = select(name.name).where(name.membership_id == membership.id)
    return found.correlate(membership.id.table).scalar_subquery()


def _held_by(membership: Columns, _: Ask) -> Select[Role, bool, SignatoryTitle | None, date | None]:
    held = tables.MembershipRole
    return (
        select(col(held.role), col(held.deputy), col(held.title), col(held.ends_on))
        .where(col(held.membership_id) == membership.id)
        .order_by(col(held.role))
    )


def _standing_of(membership: Columns, _: Ask) -> ColumnElement[UUID]:
    found = select(col(Standing.id)).where(col(Standing.membership_id) == membership.id)
    return found.correlate(membership.id.table).scalar_subquery()


def _last_signed_in(membership: Columns, ask: Ask) -> ColumnElement[object]:
    """Every caller sees the row; this column of it only some."""
    administers = select(func.caller_can("agencies:manage", type_=Boolean)).scalar_subquery()
    person = select(func.caller_person(type_=Uuid)).scalar_subquery()
    own = (membership.agency_id == ask.agency) & administers
    return case((own | (membership.person_id == person), membership.last_signed_in_at))


@value_type
class HeldRole:
    """A role of a member, with what is particular about it."""

    role: Role = column("The role.")
    deputy: bool = column("Whether they are the deputy of the single point of contact.")
    title: SignatoryTitle | None = column("As what an authorised signatory signs.")
    ends_on: date | None = column("The role's last day, if it has one.")


@reads(tables.Membership)
class Membership(Node):
    """A person in one agency, shown by role and team; by name only where that agency
    shows names.
    """

    agency: Agency = one("The agency.", "agency_id")
    roles: list[Role] = sql("What this membership lets the person be.", _roles_of)
    holds: list[HeldRole] = values(
        "The same roles, with what is particular about each.", _held_by, size=5
    )
    teams: Connection[Team] = many(
        "The teams that the person is in.",
        TEAMS,
        lambda membership, team, _: team.id.in_(
            select(col(tables.TeamMember.team_id)).where(
                col(tables.TeamMember.membership_id) == membership.id
            )
        ),
    )
    standing: Annotated["Standing", strawberry.lazy("portal.people.colleagues")] | None = one(
        "Training, vetting and confidentiality: for themselves and their agency's administrators;"
        " null where nothing is recorded.",
        _standing_of,
    )
    last_signed_in_at: datetime | None = sql(
        "When they last came; for themselves and their agency's administrators.",
        _last_signed_in,
        nullable=True,
    )
    ended_at: datetime | None = column("When it was ended at once, if it was.")
    name: str | None = sql(
        "The person's name; null when their agency does not show names to you.",
        _name_of,
        nullable=True,
    )
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class AgencyFilter:
    """Which agencies."""

    kind: AgencyKind | None = where("Of this kind.", lambda agency, kind, _: agency.kind == kind)
    text: str | None = where(
        "This text in the name.",
        lambda agency, text, _: func.strpos(func.lower(agency.name), func.lower(text)) > 0,
    )


AGENCIES = Listing(
    AgencyFilter, AgencyOrder, {AgencyOrder.NAME: Order(lambda a: [a.name])}, AgencyOrder.NAME
)


@strawberry.type
class AgencyQueries:
    """Who takes part."""

    agencies: Connection[Agency] = many("The agencies that take part.", AGENCIES)
    agency: Agency | None = by_id("One agency.")
    areas: Connection[Area] = many(
        "The places the portal knows today.",
        AREAS,
        lambda _, area, ask: valid_on(area, ask.today),
    )


@strawberry.type
class AgencyMutations:
    """What happens to an agency as a whole."""

    succeed_agency = mutation(verbs.succeed_agency, Agency, needs="partnership:manage")
