"""What only a full view of a case shows. Each table is of one data category, and holds codes only:
no name, no contact, no prose about a person.
"""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from portal.referrals.codes import (
    Awareness,
    CaseActionCode,
    CaseActionState,
    Channel,
    FlagCode,
    JudgementReason,
    LawfulBasis,
    NeedCode,
    NotDoneReason,
    OrderKind,
    ReasonCode,
    RiskTool,
    SubjectRole,
    Weekday,
    WithoutReason,
)
from portal.referrals.routes import Employment
from portal.referrals.tables import OfReferral, member_key, team_key
from portal.store.base import Instant, choice


def _set_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ",".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} <@ ARRAY[{listed}]::text[]", name=column)


class Subject(OfReferral, table=True):
    """Somebody a case is about, as a number: the same person has the same number in all referrals
    of the agency that gave it, so that repeats can be seen before names exist.
    """

    __table_args__ = (
        UniqueConstraint("referral_id", "person"),
        CheckConstraint(
            "role IN ('victim', 'child') OR coalesce(employment, '') = 'none_known'",
            name="accused",
        ),
        UniqueConstraint("referral_id", "role", "number"),
        Index("subject_by_person", "person", "role"),
    )

    role: SubjectRole = Field(sa_type=choice(SubjectRole, "role"))
    number: int = 1
    """Which of those of this role they are, within the case."""
    person: UUID
    employment: Employment | None = Field(default=None, sa_type=choice(Employment, "employment"))
    """Of whoever is accused: that nothing says they are or were a partner's. Until records can be
    sealed no other answer is kept, whichever way somebody is added.
    """


class SafeContact(OfReferral, table=True):
    """How the victim may be reached without danger. It stands first in every view of a case."""

    __tablename__ = "safe_contact"
    __table_args__ = (
        UniqueConstraint("referral_id"),
        _set_of("allowed", Channel),
        _set_of("forbidden", Channel),
        _set_of("days", Weekday),
        CheckConstraint("NOT allowed && forbidden", name="either"),
        CheckConstraint("from_time < to_time", name="hours"),
    )

    allowed: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    forbidden: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    days: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """The days on which it is safe; all, where none is named."""
    from_time: time | None = None
    to_time: time | None = None
    only_through_id: UUID | None = Field(default=None, foreign_key="agency.id")
    """The agency through which alone the victim may be reached."""
    checked_on: date


class Need(OfReferral, table=True):
    """Something the victim needs."""

    __table_args__ = (UniqueConstraint("referral_id", "code"),)

    code: NeedCode = Field(sa_type=choice(NeedCode, "code"))
    language: str | None = Field(default=None, max_length=8)
    """The language of an interpreter, as ISO 639 writes it."""


class Wishes(OfReferral, table=True):
    """What the victim knows and wants, and apart from that on which basis the sender shares."""

    __table_args__ = (
        UniqueConstraint("referral_id"),
        CheckConstraint("(awareness = 'aware_and_willing') = (reason IS NULL)", name="without"),
    )

    awareness: Awareness = Field(sa_type=choice(Awareness, "awareness"))
    reason: WithoutReason | None = Field(default=None, sa_type=choice(WithoutReason, "reason"))
    basis: LawfulBasis = Field(sa_type=choice(LawfulBasis, "basis"))
    asked_on: date | None = None


class RiskAssessment(OfReferral, table=True):
    """A risk as one tool graded it, by the thresholds of the area and day, and as judged."""

    __tablename__ = "risk_assessment"
    __table_args__ = (
        CheckConstraint("(judged_grade IS NULL) = (judgement_reason IS NULL)", name="judgement"),
        CheckConstraint("score >= 0", name="score"),
        Index("risk_assessment_of_referral", "referral_id", "assessed_on", "id"),
    )

    tool: RiskTool = Field(sa_type=choice(RiskTool, "tool"))
    tool_version: str = Field(max_length=20)
    score: int
    grade: str = Field(max_length=20)
    """As the threshold in force for the area on that day gives it; it keeps its grade."""
    threshold_id: UUID = Field(foreign_key="risk_threshold.id")
    judged_grade: str | None = Field(default=None, max_length=20)
    judgement_reason: JudgementReason | None = Field(
        default=None, sa_type=choice(JudgementReason, "judgement_reason")
    )
    assessed_on: date
    assessed_by_id: UUID


class Flag(OfReferral, table=True):
    """A mark that tells readers what to mind."""

    __tablename__ = "case_flag"
    __table_args__ = (UniqueConstraint("referral_id", "code"),)

    code: FlagCode = Field(sa_type=choice(FlagCode, "code"))


class ProtectiveOrder(OfReferral, table=True):
    """That an order exists, and until when; not what it says."""

    __tablename__ = "protective_order"
    __table_args__ = (UniqueConstraint("referral_id", "kind"),)

    kind: OrderKind = Field(sa_type=choice(OrderKind, "kind"))
    expires_on: date | None = None


class ReferralReason(OfReferral, table=True):
    """Why somebody is referred, as a code."""

    __tablename__ = "referral_reason"
    __table_args__ = (UniqueConstraint("referral_id", "code"),)

    code: ReasonCode = Field(sa_type=choice(ReasonCode, "code"))


class CaseAction(OfReferral, table=True):
    """That a team of a party does something by a day, as every party sees it."""

    __tablename__ = "case_action"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        member_key("team_id", "allocated_to_id"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        Index("case_action_of_team", "team_id", "due_on", "id"),
        Index("case_action_of_referral", "referral_id", "due_on", "id"),
        Index("case_action_due", "due_on", "id", postgresql_where=text("state = 'open'")),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    allocated_to_id: UUID | None = None
    due_on: date
    recorded_late: bool = False
    """It was due before it was written down."""
    state: CaseActionState = Field(
        default=CaseActionState.OPEN, sa_type=choice(CaseActionState, "state")
    )
    added_by_agency_id: UUID = Field(foreign_key="agency.id")
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class CaseActionCodes(OfReferral, table=True):
    """What it is that is to be done, and why it was not: for a full view."""

    __tablename__ = "case_action_codes"
    __table_args__ = (UniqueConstraint("action_id"),)

    action_id: UUID = Field(foreign_key="case_action.id", ondelete="CASCADE")
    code: CaseActionCode = Field(sa_type=choice(CaseActionCode, "code"))
    not_done_reason: NotDoneReason | None = Field(
        default=None, sa_type=choice(NotDoneReason, "not_done_reason")
    )
