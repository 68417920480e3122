"""A milestone of an initiative."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant


class Milestone(Tied, table=True):
    """Something the initiative wants to have reached by a day."""

    __table_args__ = (
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        Index("milestone_by_initiative", "initiative_id", "due_on", "id"),
    )

    title: str = Field(max_length=200)
    due_on: date
    reached_on: date | None = None
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
