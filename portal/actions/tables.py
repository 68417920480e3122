"""An action of an initiative, owned by a team, and the moves from open to done."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant, choice


class ActionState(StrEnum):
    """How far an action has come."""

    OPEN = "open"
    """To be done."""
    IN_PROGRESS = "in_progress"
    """Begun."""
    DONE = "done"
    """Done."""
    NOT_DONE = "not_done"
    """Dropped, with a reason."""


UNFINISHED = (ActionState.OPEN, ActionState.IN_PROGRESS)
_UNFINISHED = text("state IN ('open', 'in_progress')")


class Action(Tied, table=True):
    """What a team of the lead or of a partner does by a day.

    It belongs to a team and is allocated to a member of it. When that member leaves the team, the
    database puts the action back on the team's unallocated list: an absence never swallows work.
    """

    __table_args__ = (
        ForeignKeyConstraint(
            ["owner_team_id", "owner_agency_id"], ["team.id", "team.agency_id"], onupdate="CASCADE"
        ),
        ForeignKeyConstraint(
            ["owner_team_id", "allocated_to_id"],
            ["team_member.team_id", "team_member.membership_id"],
            ondelete="SET NULL (allocated_to_id)",
        ),
        UniqueConstraint("id", "initiative_id"),  # what hangs on an action names both
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        CheckConstraint("(state = 'done') = (done_on IS NOT NULL)", name="done_on"),
        CheckConstraint("(state = 'not_done') = (not_done_reason IS NOT NULL)", name="not_done"),
        CheckConstraint("length(btrim(not_done_reason)) > 0", name="not_done_reason"),
        CheckConstraint("evidence_url ~ '^https?://[^[:space:]]+$'", name="evidence_url"),
        Index("action_by_initiative", "initiative_id", "due_on", "id"),
        Index("action_newest", "created_at", "id"),
        Index("action_latest_change", "updated_at", "id"),
        Index("action_unfinished", "due_on", "id", postgresql_where=_UNFINISHED),
        Index("action_of_team", "owner_team_id", "due_on", "id", postgresql_where=_UNFINISHED),
        Index("action_of_agency", "owner_agency_id", "due_on", "id", postgresql_where=_UNFINISHED),
        Index("action_allocated", "allocated_to_id", "due_on", "id"),
        Index("action_by_team", "owner_team_id", "allocated_to_id"),
    )

    title: str = Field(max_length=200)
    detail: str = Field(default="", max_length=4000)
    owner_team_id: UUID
    owner_agency_id: UUID
    allocated_to_id: UUID | None = None
    due_on: date
    state: ActionState = Field(default=ActionState.OPEN, sa_type=choice(ActionState, "state"))
    done_on: date | None = None
    done_note: str | None = Field(default=None, max_length=2000)
    not_done_reason: str | None = Field(default=None, max_length=1000)
    evidence_url: str | None = Field(default=None, max_length=1000)
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    created_by_id: UUID


class ActionMove(Tied, table=True):
    """An action came to a state: who moved it, when, and what they said. The last is its state."""

    __tablename__ = "action_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["action_id", "initiative_id"],
            ["action.id", "action.initiative_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("action_id", "action_version"),
        Index("action_move_by_initiative", "initiative_id"),
    )

    action_id: UUID
    action_version: int = 1  # the action's, once it had moved: two moves can share an instant
    state: ActionState = Field(sa_type=choice(ActionState, "state"))
    note: str | None = Field(default=None, max_length=2000)
    moved_by_id: UUID
    moved_by_agency_id: UUID = Field(foreign_key="agency.id")
    moved_at: datetime = Field(sa_type=Instant)
