"""One change a changed row, and its history: what stood there before and after. Nothing here is
ever altered, but for who may see it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from portal.store.base import Instant, Keys, Row, choice


class ChangeKind(StrEnum):
    """What happened to a record."""

    CREATED = "created"
    """It is new."""
    UPDATED = "updated"
    """Something of it changed."""
    DELETED = "deleted"
    """It was deleted."""
    VISIBILITY = "visibility"
    """It is as it was, and others may see it now, or fewer."""


class Happened(SQLModel):
    """A row changed: when, by whom, which row, and the version it came to.

    `within_agency_id` is the one agency that a row is kept within; null for most. `initiative_id`
    is null for what hangs on none, such as a theme.
    """

    at: datetime = Field(sa_type=Instant)
    actor_id: UUID | None = None
    actor_agency_id: UUID | None = None
    verb: str = Field(max_length=80)
    kind: ChangeKind = Field(sa_type=choice(ChangeKind, "kind"))
    object_type: str = Field(max_length=40)
    object_id: UUID
    version: int
    initiative_id: UUID | None = None
    within_agency_id: UUID | None = None
    acl: list[int] = Field(sa_type=Keys, nullable=False)


class Change(Happened, table=True):
    """What a reader who keeps up needs to know; seen for good by those who saw the row then.

    `txid`, then `version`, is the order in which a reader may rely on having seen everything. The
    id is random, since a sequence's gaps would tell of changes that are hidden from the reader.
    """

    __table_args__ = (Index("change_in_order", "txid", "version", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    txid: int = Field(sa_type=BigInteger)
    request_id: UUID | None = None
    routes: list[int] = Field(sa_type=Keys, nullable=False)
    """Of a case: from whom each agency had it; some may be closed when it is read."""


class History(Happened, table=True):
    """The values before and after; seen by those who saw the row then and see the initiative now.

    `seen_then` are the keys that opened the row when it happened, `acl` those of the initiative,
    or of the row itself where it hangs on none.
    No foreign key ties it to its change: readers keep up within days, history stays.
    """

    __table_args__ = (
        Index("history_newest", "initiative_id", "at", "version", "change_id"),
        Index(
            "history_of_record",
            "object_id",
            "at",
            "version",
            "change_id",
            postgresql_where=text("initiative_id IS NULL"),
        ),
    )

    change_id: UUID = Field(primary_key=True)
    seen_then: list[int] = Field(sa_type=Keys, nullable=False)
    before: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    after: dict[str, Any] | None = Field(sa_column=Column(JSONB))


class Outcome(StrEnum):
    """How a verb ended."""

    DONE = "done"
    """It was done."""
    REFUSED = "refused"
    """It was refused, and nothing has changed."""


CODES_LIMIT = 200


class AuditLine(Row, table=True):
    """Who asked for which verb, and whether it was done or refused under which rule."""

    __tablename__ = "audit_line"
    __table_args__ = (
        Index("audit_line_by_time", "at", "id"),
        Index("audit_line_refused", "at", postgresql_where=text("outcome = 'refused'")),
    )

    at: datetime = Field(sa_type=Instant)
    request_id: UUID | None = None
    principal_id: UUID
    agency_id: UUID
    verb: str = Field(max_length=80)
    outcome: Outcome = Field(sa_type=choice(Outcome, "outcome"))
    rule: str | None = Field(default=None, max_length=120)
    code: str | None = Field(default=None, max_length=CODES_LIMIT)
    """The codes of what was wrong, in order; never what somebody wrote."""
    team_ids: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    """The teams of whoever was refused at that moment, as the API writes ids."""
    object_id: UUID | None = None


class Repeat(SQLModel, table=True):
    """An idempotency key that a caller has used: what it asked (as a hash) and which record
    it made.
    """

    principal_id: UUID = Field(primary_key=True)
    mutation: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=80)
    input_hash: bytes
    object_id: UUID | None = None
    at: datetime = Field(sa_type=Instant, index=True)
