"""Colleagues in GraphQL: their standing, invitations, and requests for roles."""

from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlmodel import col

from auth import tables
from auth.people import tables as people
from auth.people.tables import RequestState
from auth.roles import CASE_ROLES, Role, SignatoryTitle
from portal.agencies.api import Agency, Membership
from portal.reading.declare import (
    Ask,
    Columns,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    one,
    reads,
    sql,
    where,
)

SOON = 30
"""Days in which a lapse is announced."""


class MemberOrder(Enum):
    """How members are sorted."""

    NAME = "name"
    """By name."""
    OLDEST = "oldest"
    """The oldest first."""


class RequestOrder(Enum):
    """How requests for roles are sorted."""

    NEWEST = "newest"
    """The newest first."""


class InvitationOrder(Enum):
    """How invitations are sorted."""

    NEWEST = "newest"
    """The newest first."""


def _in_good_standing(standing: Columns, ask: Ask) -> ColumnElement[bool]:
    good = func.in_good_standing(standing.membership_id, ask.today, type_=Boolean)
    return func.coalesce(good, False)


@reads(people.Standing)
class Standing(Node):
    """Until when a member is trained, vetted and bound to confidentiality, by others' record."""

    membership: Membership = one("The member.", "membership_id")
    training_until: date | None = column("Trained until this day; null: not recorded.")
    vetting_until: date | None = column("Vetted until this day; null: not recorded.")
    confidentiality_until: date | None = column(
        "Bound by a confidentiality declaration until this day; null: not recorded."
    )
    good: bool = sql(
        "Whether roles that handle cases may act today; they rest where a day has passed or is not"
        " recorded.",
        _in_good_standing,
    )
    recorded_by: Membership | None = one("Who recorded it last, if a member did.", "recorded_by_id")
    recorded_at: datetime = column("When.")


@reads(people.RoleRequest)
class RoleRequest(Node):
    """A role that an administrator asked for: given at once, or waiting for a second person."""

    agency: Agency = one("The agency or joint body.", "agency_id")
    membership: Membership = one("Who would have it.", "membership_id")
    role: Role = column("The role.")
    deputy: bool = column("Whether as the deputy of a single point of contact.")
    title: SignatoryTitle | None = column("As what an authorised signatory would sign.")
    ends_on: date | None = column("The role's last day, if it has one.")
    asked_by: Membership = one("Who asked for it.", "asked_by_id")
    asked_at: datetime = column("When.")
    state: RequestState = column("How far it has come.")
    answered_by: Membership | None = one("The second person, once there is one.", "answered_by_id")
    answered_at: datetime | None = column("When it was answered or taken back.")
    reason: str | None = column("Why it was declined.")


@reads(people.Invitation)
class Invitation(Node):
    """A way in for one person. Its link was shown once, and is kept nowhere."""

    agency: Agency = one("The agency or joint body.", "agency_id")
    role: Role | None = column("What they are from the start, if anything.")
    for_whom: str = column("Whom the inviter meant.")
    lets_in_again: Membership | None = one(
        "The member who lost every way to sign in; null for somebody new.", "rebinds_id"
    )
    made_by: Membership | None = one("Who made it; null for the portal's operator.", "made_by_id")
    made_at: datetime = column("When.")
    confirmed_by: Membership | None = one(
        "The second person, where it lets a member in again.", "confirmed_by_id"
    )
    expires_at: datetime = column("Until when it can be used.")
    used_at: datetime | None = column("When it was used.")
    withdrawn_at: datetime | None = column("When it was withdrawn.")
    joined: Membership | None = one("Who came by it.", "joined_id")


@filter_input
class RoleRequestFilter:
    """Which requests for roles."""

    state: RequestState | None = where(
        "In this state.", lambda request, state, _: request.state == state
    )


@filter_input
class InvitationFilter:
    """Which invitations."""

    open: bool | None = where(
        "Those that can still be used or confirmed, or those that cannot.",
        lambda invitation, open, _: _usable(invitation) == open,
    )


def _usable(invitation: Columns) -> ColumnElement[bool]:
    """In real time, as accept_invitation has it."""
    unused = invitation.used_at.is_(None) & invitation.withdrawn_at.is_(None)
    usable: ColumnElement[bool] = unused & (invitation.expires_at > func.now())
    return usable


@filter_input
class MemberFilter:
    """Which members."""

    role: Role | None = where(
        "Who have this role.",
        lambda member, role, _: exists().where(
            col(tables.MembershipRole.membership_id) == member.id,
            col(tables.MembershipRole.role) == role,
        ),
    )


def _shown_name(member: Columns) -> ColumnElement[str]:
    name = tables.MembershipName
    found = select(col(name.name)).where(col(name.membership_id) == member.id)
    return func.coalesce(found.correlate(member.id.table).scalar_subquery(), "")


MEMBERS = Listing(
    MemberFilter,
    MemberOrder,
    {
        MemberOrder.NAME: Order(lambda m: [_shown_name(m)]),
        MemberOrder.OLDEST: Order(lambda m: [m.starts_on]),
    },
    MemberOrder.NAME,
)
REQUESTS = Listing(
    RoleRequestFilter,
    RequestOrder,
    {RequestOrder.NEWEST: Order(lambda r: [r.asked_at], descending=True)},
    RequestOrder.NEWEST,
)
INVITATIONS = Listing(
    InvitationFilter,
    InvitationOrder,
    {InvitationOrder.NEWEST: Order(lambda i: [i.made_at], descending=True)},
    InvitationOrder.NEWEST,
)


def is_colleague(_: Any, member: Columns, ask: Ask) -> ColumnElement[bool]:  # noqa: ANN401 - the root
    """Who is a member of the caller's agency today, or will be."""
    ended = member.ended_at.is_not(None) | func.coalesce(member.ends_on < ask.today, False)
    return and_(member.agency_id == ask.agency, ~ended)


def lapses_soon(root: Any, member: Columns, ask: Ask) -> ColumnElement[bool]:  # noqa: ANN401 - the root
    """A day has passed, or will within 30 days, or was never recorded for a role on cases."""
    soon = ask.today.op("+", return_type=Date())(literal_column(str(SOON)))
    standing, held = people.Standing, tables.MembershipRole
    days = (standing.training_until, standing.vetting_until, standing.confidentiality_until)
    lapses = exists().where(
        col(standing.membership_id) == member.id, or_(*(col(day) <= soon for day in days))
    )
    cases = exists().where(
        col(held.membership_id) == member.id,
        col(held.role).in_([literal_column(f"'{role.value}'") for role in sorted(CASE_ROLES)]),
        func.coalesce(col(held.ends_on) >= ask.today, True),
    )
    rests = ~func.in_good_standing(member.id, soon, type_=Boolean)
    manages = select(func.caller_can("agencies:manage", type_=Boolean)).scalar_subquery()
    return and_(manages, is_colleague(root, member, ask), or_(lapses, and_(cases, rests)))
