"""An item of evidence of an initiative: a link, never a file."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant, choice


class EvidenceState(StrEnum):
    """Whether an item still stands."""

    CURRENT = "current"
    """It stands."""
    WITHDRAWN = "withdrawn"
    """It was taken back, with a reason."""


class EvidenceItem(Tied, table=True):
    """A document or page, in one version, that shows something about the initiative."""

    __tablename__ = "evidence_item"
    __table_args__ = (
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        CheckConstraint("url ~ '^https?://[^[:space:]]+$'", name="url"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_reason IS NOT NULL)", name="withdrawn"),
        CheckConstraint("length(btrim(withdrawn_reason)) > 0", name="withdrawn_reason"),
        Index("evidence_item_by_initiative", "initiative_id", "created_at", "id"),
    )

    title: str = Field(max_length=200)
    edition: str | None = Field(default=None, max_length=40)
    url: str = Field(max_length=1000)
    framework_entry_id: UUID | None = Field(
        default=None, foreign_key="framework_entry.id", index=True
    )
    review_on: date | None = None
    state: EvidenceState = Field(
        default=EvidenceState.CURRENT, sa_type=choice(EvidenceState, "state")
    )
    withdrawn_reason: str | None = Field(default=None, max_length=1000)
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
