"""What is kept about people beside their memberships: their standing, how they were invited, and
who asked for which role and who confirmed it.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from auth.roles import Role, SignatoryTitle
from portal.store.base import Instant, Row, choice

_NAMES = ",".join(f"'{role}'" for role in Role)


class Standing(Row, table=True):
    """Until when a member is trained, vetted and bound to confidentiality. A day not recorded
    counts as lapsed, and a lapse lets the roles that handle cases rest.
    """

    membership_id: UUID = Field(foreign_key="membership.id", unique=True)
    training_until: date | None = None
    vetting_until: date | None = None
    confidentiality_until: date | None = None
    recorded_by_id: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    recorded_at: datetime = Field(sa_type=Instant)


class GrantableRoles(SQLModel, table=True):
    """The roles that an agency's administrators may grant, where the partnership has said so; else
    those of its kind.
    """

    __tablename__ = "grantable_roles"
    __table_args__ = (CheckConstraint(f"roles <@ ARRAY[{_NAMES}]::text[]", name="roles"),)

    agency_id: UUID = Field(foreign_key="agency.id", primary_key=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    set_by_id: UUID = Field(foreign_key="membership.id", index=True)
    set_at: datetime = Field(sa_type=Instant)


class RequestState(StrEnum):
    """How far a request for a role has come."""

    WAITING = "waiting"
    """A second person has still to answer."""
    GIVEN = "given"
    """Given at once, since the role needs no second person."""
    CONFIRMED = "confirmed"
    """A second person has confirmed it."""
    DECLINED = "declined"
    """A second person has said no."""
    TAKEN_BACK = "taken_back"
    """Who asked has taken it back."""


_ANSWERED = "state IN ('confirmed', 'declined')"


class RoleRequest(Row, table=True):
    """A role that somebody asked for a colleague: given at once, or waiting for a second person.

    Memberships act, and people are counted: one person may hold several memberships.
    """

    __tablename__ = "role_request"
    __table_args__ = (
        CheckConstraint("asked_person_id <> person_id", name="to_oneself"),
        CheckConstraint("answered_person_id <> asked_person_id", name="second_person"),
        CheckConstraint("answered_person_id <> person_id", name="by_oneself"),
        CheckConstraint(f"({_ANSWERED}) = (answered_by_id IS NOT NULL)", name="answer"),
        CheckConstraint(
            "(answered_by_id IS NULL) = (answered_person_id IS NULL)", name="answering_person"
        ),
        CheckConstraint(
            "(state IN ('waiting', 'given')) = (answered_at IS NULL)", name="answered_at"
        ),
        CheckConstraint("role = 'agency_spoc' OR NOT deputy", name="deputy"),
        CheckConstraint("(role = 'authorised_signatory') = (title IS NOT NULL)", name="signs"),
        CheckConstraint("role <> 'auditor' OR ends_on IS NOT NULL", name="auditor"),
        Index(
            "role_request_waiting",
            "membership_id",
            "role",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    membership_id: UUID = Field(foreign_key="membership.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: Role = Field(sa_type=choice(Role, "role"))
    deputy: bool = False
    title: SignatoryTitle | None = Field(default=None, sa_type=choice(SignatoryTitle, "title"))
    ends_on: date | None = None
    asked_by_id: UUID = Field(foreign_key="membership.id", index=True)
    asked_person_id: UUID = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=Instant)
    state: RequestState = Field(sa_type=choice(RequestState, "state"))
    answered_by_id: UUID | None = Field(default=None, foreign_key="membership.id")
    answered_person_id: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=400)


class Invitation(Row, table=True):
    """A way in for one person, once and for a week; of its link only a hash is kept.

    It makes a new member, or, with `rebinds_id`, lets a member in again who lost every way to sign
    in: that one is asked for by one administrator and made by another.
    """

    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash"),
        CheckConstraint("expires_at <= coalesce(confirmed_at, made_at) + interval '7 days'",
                        name="week"),
        CheckConstraint("rebinds_id IS NULL OR role IS NULL", name="rebinding"),
        CheckConstraint(
            "(token_hash IS NULL) = (rebinds_id IS NOT NULL AND confirmed_by_id IS NULL)",
            name="made_by_two",
        ),
        CheckConstraint("rebinds_id IS NULL OR made_person_id IS NOT NULL", name="asked"),
        CheckConstraint("confirmed_person_id <> made_person_id", name="second_person"),
        CheckConstraint(
            "(confirmed_by_id IS NULL) = (confirmed_person_id IS NULL)"
            " AND (confirmed_by_id IS NULL) = (confirmed_at IS NULL)",
            name="confirmation",
        ),
        CheckConstraint("(used_at IS NULL) = (joined_id IS NULL)", name="used"),
        CheckConstraint("used_at IS NULL OR token_hash IS NOT NULL", name="used_with"),
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="over"),
    )  # fmt: skip

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    role: Role | None = Field(default=None, sa_type=choice(Role, "role"))
    for_whom: str = Field(max_length=120)
    rebinds_id: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    token_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    made_by_id: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    """None: the portal's operator."""
    made_person_id: UUID | None = Field(default=None, foreign_key="person.id")
    made_at: datetime = Field(sa_type=Instant)
    confirmed_by_id: UUID | None = Field(default=None, foreign_key="membership.id")
    confirmed_person_id: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    joined_id: UUID | None = Field(
        default=None,
        sa_column=Column(ForeignKey("membership.id", deferrable=True, initially="DEFERRED")),
    )
