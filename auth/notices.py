"""Notices: what the portal tells one person, shown to nobody else."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class NoticeKind(StrEnum):
    """What a notice is about."""

    NEW_SIGN_IN = "new_sign_in"
    """Somebody signed in as this person."""
    SIGN_IN_CHANGED = "sign_in_changed"
    """How this person signs in has changed."""
    ROLE_CHANGED = "role_changed"
    """This person was given a role, or has lost one."""
    ROLE_ASKED = "role_asked"
    """Somebody asks for a role that needs a second person."""
    MEMBERSHIP_ENDED = "membership_ended"
    """A membership has ended."""
    LAPSE_NEAR = "lapse_near"
    """Training, vetting or the confidentiality declaration lapses soon."""
    STANDING_RECORDED = "standing_recorded"
    """Training, vetting or the confidentiality declaration was recorded."""
    INVITED = "invited"
    """Somebody was invited to the agency."""
    JOINED = "joined"
    """Somebody has joined the agency."""
    PROGRAM_CHANGED = "program_changed"
    """A program that this person answers for has changed."""


class Notice(Row, table=True):
    """One thing a person is told. It names no client of a service and no case."""

    person_id: UUID = Field(foreign_key="person.id", index=True)
    at: datetime = Field(sa_type=Instant, index=True)
    kind: NoticeKind = Field(sa_type=choice(NoticeKind, "kind"))
    says: str = Field(max_length=400)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
