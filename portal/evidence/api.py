"""Evidence in GraphQL: type, list, mutations."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import and_, false, func, literal_column

from portal.acting.exposed import mutation
from portal.evidence import tables, verbs
from portal.evidence.tables import EvidenceState
from portal.frameworks.shown import FrameworkEntry, entries_of
from portal.reading.declare import (
    Listing,
    Node,
    Order,
    column,
    filter_input,
    one,
    reads,
    sql,
    where,
)

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative


class EvidenceOrder(Enum):
    """How evidence is sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(tables.EvidenceItem)
class EvidenceItem(Node):
    """A document or page that shows something about an initiative: a link, never a file."""

    title: str = column("What it is.")
    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative.", "initiative_id"
    )
    edition: str | None = column("Which version of the document it is.")
    url: str = column("Where it is.")
    framework_entry: FrameworkEntry | None = one(
        "The pillar, P or plan action it is evidence for, with its framework and version.",
        "framework_entry_id",
    )
    review_on: date | None = column("The day to check it again.")
    review_due: bool = sql(
        "Whether it still stands and the day to check it again has come.",
        lambda row, ask: and_(
            row.state == literal_column("'current'"),
            func.coalesce(row.review_on <= ask.today, false()),
        ),
    )
    state: EvidenceState = column("Whether it still stands.")
    withdrawn_reason: str | None = column("Why it no longer stands.")
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class EvidenceFilter:
    """Which items of evidence."""

    state: EvidenceState | None = where("In this state.", lambda row, state, _: row.state == state)
    framework_entry: strawberry.ID | None = where(
        "For this pillar, P or plan action.",
        lambda row, entry, _: row.framework_entry_id == entry,
    )
    framework: strawberry.ID | None = where(
        "For an entry of this framework, in any version.",
        lambda row, framework, _: row.framework_entry_id.in_(entries_of(framework)),
    )


EVIDENCE = Listing(
    EvidenceFilter,
    EvidenceOrder,
    {EvidenceOrder.NEWEST: Order(lambda row: [row.created_at], descending=True)},
    EvidenceOrder.NEWEST,
)


@strawberry.type
class EvidenceMutations:
    """Adding evidence and keeping it right."""

    add_evidence = mutation(verbs.add_evidence, EvidenceItem, needs="initiatives:edit")
    change_evidence = mutation(verbs.change_evidence, EvidenceItem, needs="initiatives:edit")
    withdraw_evidence = mutation(verbs.withdraw_evidence, EvidenceItem, needs="initiatives:edit")
