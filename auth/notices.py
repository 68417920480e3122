"""Notices: what the portal tells one person, shown to nobody else."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class NoticeKind(StrEnum):
    """What a notice is about."""

    NEW_SIGN_IN = "new_sign_in"
    SIGN_IN_CHANGED = "sign_in_changed"
    ROLE_CHANGED = "role_changed"
    ROLE_ASKED = "role_asked"
    MEMBERSHIP_ENDED = "membership_ended"
    LAPSE_NEAR = "lapse_near"
    STANDING_RECORDED = "standing_recorded"
    INVITED = "invited"
    JOINED = "joined"
    PROGRAM_CHANGED = "program_changed"


class Notice(Row, table=True):
    """One thing a person is told. It names no client of a service and no case."""

    person_id: UUID = Field(foreign_key="person.id", index=True)
    at: datetime = Field(sa_type=Instant)
    kind: NoticeKind = Field(sa_type=choice(NoticeKind, "kind"))
    says: str = Field(max_length=400)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
