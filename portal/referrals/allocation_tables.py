"""Who in a team worked on a case: each time that it was given to somebody, or put back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from portal.referrals.tables import OfReferral
from portal.store.base import Instant


class Allocation(OfReferral, table=True):
    """A case was given to a member of the team, or put back on its list; a trigger writes it."""

    __tablename__ = "allocation"
    __table_args__ = (Index("allocation_of_recipient", "recipient_id", "at", "position", "id"),)

    recipient_id: UUID = Field(foreign_key="recipient.id", ondelete="CASCADE")
    agency_id: UUID = Field(foreign_key="agency.id")
    allocated_to_id: UUID | None = None
    """NULL: put back on the team's list."""
    by_id: UUID | None = None
    """NULL where nobody did it by hand, as when the team of a body that ended went over."""
    at: datetime = Field(sa_type=Instant)
    position: int
    """The version of the recipient that it made: their order, if they are of one moment."""
