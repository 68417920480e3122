"""By a victim's own authority, dated and revocable, a supporter's team sees where a matter stands
and the next day in court: what she has been told, and nothing else.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from portal.referrals.tables import OfReferral, team_key
from portal.store.base import Instant, Keys, Row, no_keys


class SupportAuthority(OfReferral, table=True):
    """A victim lets a supporter's team see what she has been told of her matter."""

    __tablename__ = "support_authority"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        CheckConstraint("until_on >= from_on", name="days"),
        Index(
            "support_authority_once",
            *("referral_id", "victim", "team_id"),
            unique=True,
            postgresql_where=text("revoked_on IS NULL"),
        ),
    )

    victim: int
    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    from_on: date
    until_on: date | None = None
    revoked_on: date | None = None
    given_by_id: UUID
    """Who wrote it down."""


class SupportedMatter(Row, table=True):
    """One suspect's matter as the victim has been told of it. A supporter's team sees this row, and
    neither the case nor its parties' rows; it is not there any more once she takes it back.
    """

    __tablename__ = "supported_matter"
    __table_args__ = (
        team_key("team_id", "agency_id"),
        UniqueConstraint("authority_id", "recipient_id"),
        Index("supported_matter_of_team", "team_id", "from_on", "id"),
    )

    referral_id: UUID = Field(foreign_key="referral.id", ondelete="CASCADE", index=True)
    authority_id: UUID = Field(foreign_key="support_authority.id", ondelete="CASCADE")
    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    agency_id: UUID = Field(foreign_key="agency.id")
    team_id: UUID
    reference: str = Field(max_length=12)
    suspect: int
    state: str = Field(max_length=40)
    says: str = Field(max_length=200)
    days: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))
    """The days in court that she may know of."""
    from_on: date
    until_on: date | None = None
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)
