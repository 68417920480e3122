"""Changes, history and audit lines in GraphQL."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import Boolean, ColumnElement, Integer, Text, Uuid, cast, func, literal_column
from strawberry.scalars import JSON

from portal.agencies.api import Agency, Membership
from portal.changes import tables
from portal.changes.shown import (
    SETTLED,
    gone,
    node_id,
    shown_id,
    shown_kind,
    shown_type,
    verb_name,
)
from portal.changes.tables import ChangeKind, Outcome
from portal.reading.cursors import cursor_sql
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Mark,
    Node,
    Order,
    any_node,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)
from portal.reading.ids import global_id


class ChangeOrder(Enum):
    """How changes are sorted: as they were committed."""

    COMMITTED = "committed"
    """As they were committed."""


class AuditOrder(Enum):
    """How audit lines are sorted."""

    NEWEST = "newest"
    """The newest first."""


KEYS = Mark(
    lambda: func.keys_mark(type_=Text), lambda mark: func.keys_mark_holds(mark, type_=Boolean)
)
"""A cursor of changes is good as long as its holder holds the same keys."""

CHANGES = Listing(
    None,
    ChangeOrder,
    {ChangeOrder.COMMITTED: Order(lambda c: [c.txid, c.version], mark=KEYS)},
    ChangeOrder.COMMITTED,
)


def _initiative_id(row: Columns, _: Ask) -> ColumnElement[str]:
    return global_id("Initiative", row.initiative_id)


def _object_id(row: Columns, _: Ask) -> ColumnElement[str]:
    return func.concat(row.object_type, ":", cast(row.object_id, Text))


def _cursor_of_now(_: Columns, __: Ask) -> ColumnElement[str]:
    """Before the first change that is not settled yet."""
    first = [SETTLED, literal_column("0", Integer), literal_column(f"'{UUID(int=0)}'", Uuid)]
    return cursor_sql(ChangeOrder.COMMITTED.value, [KEYS.made(), *first])


@reads(tables.Change)
class Change:
    """A record was created, changed or deleted, or others may see it now."""

    at: datetime = column("When it happened.")
    kind: ChangeKind = sql("What happened to the record.", shown_kind)
    object_type: str = sql(
        "The record's type. What has no id of its own (an area of an initiative) counts as a change"
        " of its initiative.",
        shown_type,
    )
    node_id: strawberry.ID = sql("The record's id.", node_id)
    node: Node | None = any_node(
        "The record as it is now; null when it is gone for you.", shown_type, shown_id
    )
    gone: bool = sql("Whether it was deleted or is no longer visible to you: drop it.", gone)
    initiative_id: strawberry.ID | None = sql(
        "The initiative it hangs on, or is; null for what hangs on none, such as a theme.",
        _initiative_id,
        nullable=True,
    )
    agency: Agency | None = one(
        "The agency that did it; null when the portal did.", "actor_agency_id"
    )
    verb: str = sql("The mutation that did it, such as `shareInitiative`.", verb_name)


@reads(tables.History, key="change_id")
class HistoryEntry:
    """Who changed what, and what stood there before and after."""

    at: datetime = column("When.")
    agency: Agency | None = one("The agency; null when the portal did it.", "actor_agency_id")
    membership: Membership | None = one("Who; null for a program.", "actor_id")
    verb: str = sql("The mutation that did it, such as `renameInitiative`.", verb_name)
    kind: ChangeKind = column("What happened to the record.")
    object_type: str = column("The record's type.")
    object_id: strawberry.ID = sql("The record's id.", _object_id)
    before: JSON | None = column("What was stored before, by column; null when it is new.")
    after: JSON | None = column("What was stored after, by column; null when it was deleted.")


@reads(tables.AuditLine)
class AuditLine(Node):
    """Who asked for which mutation, and whether it was done or refused."""

    at: datetime = column("When.")
    agency: Agency | None = one("The agency; null when it is known no more.", "agency_id")
    membership: Membership | None = one("Who; null for a program.", "principal_id")
    verb: str = sql(
        "The mutation, such as `shareInitiative`; or `referralFile`, where somebody asked for the"
        " full view of a case and may not have it.",
        verb_name,
    )
    outcome: Outcome = column("How it ended.")
    rule: str | None = column("The rule under which it was refused.")
    code: str | None = column("The codes of what was wrong, with commas between them.")
    team_ids: list[str] | None = column(
        "In which teams whoever was refused was then, by id; null where it was done."
    )
    record_id: UUID | None = column(
        "The record, by its id without the type; where it was refused, the one that was named,"
        " whether or not it is there.",
        "object_id",
    )
    request_id: UUID | None = column("The request, as the logs and the response name it.")


@filter_input
class AuditFilter:
    """Which audit lines."""

    outcome: Outcome | None = where("With this outcome.", lambda row, way, _: row.outcome == way)
    since: datetime | None = where("At or after this instant.", lambda row, at, _: row.at >= at)


AUDIT = Listing(
    AuditFilter,
    AuditOrder,
    {AuditOrder.NEWEST: Order(lambda line: [line.at], descending=True)},
    AuditOrder.NEWEST,
)


@strawberry.type
class ChangeQueries:
    """What is new, and who did what."""

    changes_since: Connection[Change] = many(
        "What has changed since a cursor, oldest first, and from the very first change without one."
        " Nothing is missed and nothing comes twice. CURSOR_STALE says that what you may see has"
        " changed as a whole: drop what you hold and read again without a cursor.",
        CHANGES,
        lambda _, change, __: change.txid < SETTLED,
    )
    changes_cursor: str = sql(
        "The cursor of now. A newcomer asks for it first, then reads the lists, then what has"
        " changed since. In one query with a last page of `changesSince`, it is where to go on.",
        _cursor_of_now,
    )
    audit_lines: Connection[AuditLine] = many(
        "What you have asked to be done; an auditor sees everybody's lines.", AUDIT
    )
