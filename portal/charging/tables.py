"""What hangs on a matter beside its events: hearings and items of action plans, which are worked
out of the events of each suspect; and whether a victim has a supporter.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from portal.charging.codes import (
    HearingKind,
    HearingState,
    PlanItemCode,
    PlanItemState,
    Supporter,
)
from portal.referrals.tables import OfReferral
from portal.store.base import choice


class OfTrack(OfReferral):
    """A row that the events of one suspect's track make, and that goes with them."""

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    event_id: UUID = Field(foreign_key="referral_event.id", ondelete="CASCADE")


class Hearing(OfTrack, table=True):
    """A day in court, in one suspect's matter."""

    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("hearing_by_day", "held_on", "id", postgresql_where=text("state = 'listed'")),
        Index("hearing_of_track", "recipient_id", "held_on", "id"),
    )

    held_on: date
    kind: HearingKind = Field(sa_type=choice(HearingKind, "kind"))
    state: HearingState = Field(default=HearingState.LISTED, sa_type=choice(HearingState, "state"))


class PlanItem(OfTrack, table=True):
    """Something that a prosecutor still needs, and by when."""

    __tablename__ = "plan_item"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        CheckConstraint("(state = 'open') = (ended_on IS NULL)", name="ended"),
        Index("plan_item_of_track", "recipient_id", "due_on", "id"),
    )

    code: PlanItemCode = Field(sa_type=choice(PlanItemCode, "code"))
    due_on: date
    state: PlanItemState = Field(default=PlanItemState.OPEN, sa_type=choice(PlanItemState, "state"))
    ended_on: date | None = None


class VictimSupport(OfReferral, table=True):
    """Whether a victim has a supporter, as she has let police or prosecutors say. Nothing else sets
    it: that a charity has a referral of hers says nothing here.
    """

    __tablename__ = "victim_support"
    __table_args__ = (
        UniqueConstraint("referral_id", "victim"),
        CheckConstraint("(answer = 'not_known') = (asked_on IS NULL)", name="asked"),
    )

    victim: int
    """Which victim of the case."""
    answer: Supporter = Field(sa_type=choice(Supporter, "answer"))
    asked_on: date | None = None
    """The day on which she said so, and that it may be written down."""
    set_by_id: UUID
