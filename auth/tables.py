"""Agencies, areas, people, memberships, teams: who takes part, where, and as what."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.kinds import AgencyKind as AgencyKind  # noqa: PLC0414 - read from here, too
from auth.roles import Role, SignatoryTitle
from portal.store.base import Instant, Keys, Row, choice


class AreaKind(StrEnum):
    """What kind of place an area code names."""

    BOROUGH = "borough"
    """A borough or city."""
    COMBINED_AUTHORITY = "combined_authority"
    """A combined authority's area."""
    FORCE_AREA = "force_area"
    """The area of a police force."""
    COUNTRY = "country"
    """A country of the United Kingdom."""


class Area(SQLModel, table=True):
    """A place with its ONS code; codes change with boundary orders, hence the dates."""

    code: str = Field(primary_key=True, max_length=9)
    name: str = Field(max_length=80)
    kind: AreaKind = Field(sa_type=choice(AreaKind, "kind"))
    in_force_area: bool
    valid_from: date
    valid_to: date | None = None


class AreaPart(SQLModel, table=True):
    """One area lies within another: a borough in a combined authority.

    The transitive closure is kept: a part of a part has a row of its own, since whoever asks for a
    wider area looks for one row and follows no chain.
    """

    __tablename__ = "area_part"

    whole_code: str = Field(foreign_key="area.code", primary_key=True)
    part_code: str = Field(foreign_key="area.code", primary_key=True, index=True)


class Agency(Row, table=True):
    """A body that takes part. It has no address: for a refuge, knowing where it is can kill."""

    __table_args__ = (
        CheckConstraint("(kind = 'joint_body') = (host_id IS NOT NULL)", name="host"),
        CheckConstraint("successor_id IS NULL OR ended_on IS NOT NULL", name="succession"),
        CheckConstraint("successor_id <> id", name="own_successor"),
    )

    name: str = Field(max_length=120, unique=True)
    short_name: str = Field(max_length=30)
    kind: AgencyKind = Field(sa_type=choice(AgencyKind, "kind"))
    in_partnership: bool = True
    shows_names: bool = False
    host_id: UUID | None = Field(default=None, foreign_key="agency.id")
    ended_on: date | None = None
    successor_id: UUID | None = Field(default=None, foreign_key="agency.id", index=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


class AgencyArea(SQLModel, table=True):
    """Where an agency works, and since when; one agency has many areas."""

    __tablename__ = "agency_area"

    agency_id: UUID = Field(foreign_key="agency.id", primary_key=True)
    area_code: str = Field(foreign_key="area.code", primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None


class Person(Row, table=True):
    """A human being, known to the database and never read through the API: see MembershipName."""

    name: str = Field(max_length=120)


class Membership(Row, table=True):
    """A person in one agency or joint body; roles belong here, since one person may serve two
    bodies.
    """

    __table_args__ = (
        UniqueConstraint("id", "agency_id"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    starts_on: date
    ends_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """Ended at once: its sessions and tokens are refused from the next request on."""
    last_signed_in_at: datetime | None = Field(default=None, sa_type=Instant)
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


class MembershipRole(SQLModel, table=True):
    """One role of a membership, and what is particular about it."""

    __tablename__ = "membership_role"
    __table_args__ = (
        CheckConstraint("role = 'agency_spoc' OR NOT deputy", name="deputy"),
        CheckConstraint("(role = 'authorised_signatory') = (title IS NOT NULL)", name="signs"),
        CheckConstraint("role <> 'auditor' OR ends_on IS NOT NULL", name="auditor"),
    )

    membership_id: UUID = Field(foreign_key="membership.id", primary_key=True)
    role: Role = Field(sa_type=choice(Role, "role"), primary_key=True)
    deputy: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """A deputy single point of contact stands in for the first."""
    title: SignatoryTitle | None = Field(default=None, sa_type=choice(SignatoryTitle, "title"))
    """As what somebody signs for the agency."""
    ends_on: date | None = None
    """The role's last day."""


class MembershipName(SQLModel, table=True):
    """The name shown for a membership, to those who may see it; kept by a trigger."""

    __tablename__ = "membership_name"

    membership_id: UUID = Field(foreign_key="membership.id", primary_key=True)
    name: str = Field(max_length=120)
    acl: list[int] = Field(sa_column=Column(Keys, nullable=False))


class Team(Row, table=True):
    """Where work is addressed: a team outlives the people in it."""

    __table_args__ = (UniqueConstraint("agency_id", "name"), UniqueConstraint("id", "agency_id"))

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    name: str = Field(max_length=80)
    inbox: str | None = Field(default=None, max_length=120)
    narrow: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Its cases are for its own members, and not for all who work on cases in the agency."""
    ended_on: date | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})


class TeamMember(SQLModel, table=True):
    """A membership in a team of the same agency."""

    __tablename__ = "team_member"
    __table_args__ = (
        # Deferred: a successor takes over teams and people in one transaction, in either order.
        ForeignKeyConstraint(
            ["team_id", "agency_id"],
            ["team.id", "team.agency_id"],
            onupdate="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["membership_id", "agency_id"],
            ["membership.id", "membership.agency_id"],
            onupdate="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    team_id: UUID = Field(primary_key=True)
    membership_id: UUID = Field(primary_key=True, index=True)
    agency_id: UUID
    leads: bool = False


class RoleScope(SQLModel, table=True):
    """auth/roles.py as the database reads it; written by `portal migrate`."""

    __tablename__ = "role_scope"

    role: str = Field(primary_key=True, max_length=40)
    scope: str = Field(primary_key=True, max_length=40)


class RoleTrait(SQLModel, table=True):
    """What auth/roles.py says of a role beside its scopes; written by `portal migrate`."""

    __tablename__ = "role_trait"

    role: str = Field(primary_key=True, max_length=40)
    cases: bool
    second_person: bool
    invitable: bool
    kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    excludes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))


class CapabilityKind(StrEnum):
    """To whom a capability key opens a row.

    `agency` is for those who may read work, `staff` for everyone in the agency: an administrator
    sees colleagues' names and no work. `summary` and `full` are the two views of a case: an
    agency's own where there is no gate, else as given under an agreement or in an emergency, which
    is the gate. `route` is no key: it says from whom an agency has a case, under which agreement
    and by which legal power.
    """

    PUBLIC = "public"
    PARTNERSHIP = "partnership"
    AGENCY = "agency"
    STAFF = "staff"
    TEAM = "team"
    SUMMARY = "summary"
    FULL = "full"
    ROUTE = "route"


class Capability(SQLModel, table=True):
    """A key that callers hold and rows carry; a row is visible when the two sets meet."""

    __table_args__ = (
        UniqueConstraint(
            "agency_id",
            "kind",
            "team_id",
            "gate_id",
            "purpose",
            "from_agency_id",
            "gateway",
            name="capability_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(kind IN ('public', 'partnership')) = (agency_id IS NULL)", name="agency"),
        CheckConstraint(
            "kind IN ('summary', 'full') OR (kind = 'team') = (team_id IS NOT NULL)", name="team"
        ),
        CheckConstraint(
            "kind IN ('summary', 'full') OR (kind = 'route') = (gate_id IS NOT NULL)", name="gate"
        ),
        CheckConstraint("(kind = 'route') = (from_agency_id IS NOT NULL)", name="from_agency"),
        CheckConstraint("gateway IS NULL OR kind = 'route'", name="gateway"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(Integer, Identity(always=True), primary_key=True)
    )
    kind: CapabilityKind = Field(sa_type=choice(CapabilityKind, "kind"))
    agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    team_id: UUID | None = Field(default=None, foreign_key="team.id")
    gate_id: UUID | None = None
    purpose: str | None = Field(default=None, max_length=40)
    from_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    gateway: str | None = Field(default=None, max_length=60)


class ContextKey(Row, table=True):
    """The key with which the database signs who is calling; no login role can read it."""

    __tablename__ = "context_key"
    __table_args__ = {"schema": "auth_secret"}  # noqa: RUF012 - SQLAlchemy's own spelling

    inner: bytes
    outer: bytes
    made_at: datetime = Field(sa_type=Instant)
