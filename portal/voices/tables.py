"""Comments on an initiative, and consultations of survivors."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant, choice


class Audience(StrEnum):
    """For whom a comment is written."""

    PARTNERS = "partners"
    """For everyone who sees the initiative."""
    AGENCY = "agency"
    """For the author's own agency."""


class Comment(Tied, table=True):
    """What somebody says about an initiative: to everyone who sees it, or to their own agency.

    It is never deleted: when it is withdrawn its text leaves this row, and stays in the history
    for the author's own agency.
    """

    __table_args__ = (
        CheckConstraint("(text IS NULL) = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        CheckConstraint("length(btrim(text)) > 0", name="text"),
        Index("comment_by_initiative", "initiative_id", "created_at", "id"),
    )

    audience: Audience = Field(sa_type=choice(Audience, "audience"))
    author_id: UUID
    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    text: str | None = Field(default=None, max_length=4000)
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


class SurvivorConsultation(Tied, table=True):
    """A group of survivors was asked: what they said, and what was changed because of it.

    It names a group in plain words, never a person.
    """

    __tablename__ = "survivor_consultation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["action_id", "initiative_id"],
            ["action.id", "action.initiative_id"],
            ondelete="SET NULL (action_id)",
        ),
        CheckConstraint('length(btrim("group")) > 0', name="group"),
        CheckConstraint("length(btrim(heard)) > 0", name="heard"),
        CheckConstraint("length(btrim(changed)) > 0", name="changed"),
        Index("survivor_consultation_by_initiative", "initiative_id", "held_on", "id"),
        Index("survivor_consultation_by_action", "action_id", "initiative_id"),
    )

    held_on: date
    group: str = Field(max_length=200)
    heard: str = Field(max_length=4000)
    changed: str | None = Field(default=None, max_length=4000)
    action_id: UUID | None = None
    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    recorded_by_id: UUID
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
