"""Who covers for a colleague who is away."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from portal.referrals.tables import team_key
from portal.store.base import Instant, Row


def _of_team(column: str) -> ForeignKeyConstraint:
    """Cover ends with the place in the team."""
    return ForeignKeyConstraint(
        ["team_id", column],
        ["team_member.team_id", "team_member.membership_id"],
        ondelete="CASCADE",
    )


class Cover(Row, table=True):
    """A member of a team is away from a day to a day, and another one does their cases."""

    __tablename__ = "cover"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        _of_team("member_id"),
        _of_team("covered_by_id"),
        CheckConstraint("last_on BETWEEN first_on AND first_on + 366", name="dates"),
        CheckConstraint("member_id <> covered_by_id", name="another"),
        Index("cover_of_member", "team_id", "member_id", "last_on", "id"),
        Index("cover_by_member", "covered_by_id", "last_on", "id"),
        Index("cover_of_agency", "agency_id", "first_on", "id"),
    )

    team_id: UUID
    agency_id: UUID
    member_id: UUID
    covered_by_id: UUID
    first_on: date
    last_on: date
    set_by_id: UUID
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """NULL unless somebody ended it before its last day."""
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
