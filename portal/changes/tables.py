"""One change a changed row, and its history: what stood there before and after. Nothing here is
ever altered.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal.store.base import Instant, Keys, Row, choice


class ChangeKind(StrEnum):
    """What happened to the row."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    VISIBILITY = "visibility"


class Change(SQLModel, table=True):
    """A row changed. `txid` then `id` is the order in which readers may rely on having seen
    everything.
    """

    __table_args__ = (
        Index("change_in_order", "txid", "id"),
        Index("change_by_initiative", "initiative_id", "id"),
    )

    id: int | None = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    txid: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime = Field(sa_type=Instant)
    request_id: UUID | None = None
    actor_id: UUID | None = None
    actor_agency_id: UUID | None = None
    verb: str = Field(max_length=80)
    kind: ChangeKind = Field(sa_type=choice(ChangeKind, "kind"))
    object_type: str = Field(max_length=40)
    object_id: UUID
    initiative_id: UUID
    acl: list[int] = Field(sa_column=Column(Keys, nullable=False))


class History(SQLModel, table=True):
    """The values before and after; seen only by those who see the initiative now."""

    __table_args__ = (Index("history_by_initiative", "initiative_id", "change_id"),)

    change_id: int = Field(foreign_key="change.id", primary_key=True, sa_type=BigInteger)
    initiative_id: UUID
    narrow: bool
    before: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    after: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    acl: list[int] = Field(sa_column=Column(Keys, nullable=False))


class Outcome(StrEnum):
    """How a verb ended."""

    DONE = "done"
    REFUSED = "refused"


class AuditLine(Row, table=True):
    """Who asked for which verb, and whether it was done or refused under which rule."""

    __tablename__ = "audit_line"
    __table_args__ = (Index("audit_line_by_time", "at"),)

    at: datetime = Field(sa_type=Instant)
    request_id: UUID | None = None
    principal_id: UUID
    agency_id: UUID
    verb: str = Field(max_length=80)
    outcome: Outcome = Field(sa_type=choice(Outcome, "outcome"))
    rule: str | None = Field(default=None, max_length=120)
    object_id: UUID | None = None


class Repeat(SQLModel, table=True):
    """An idempotency key that a caller has used: what it asked (as a hash) and which record it
    made.
    """

    principal_id: UUID = Field(primary_key=True)
    mutation: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=80)
    input_hash: bytes
    object_id: UUID | None = None
    at: datetime = Field(sa_type=Instant, index=True)
