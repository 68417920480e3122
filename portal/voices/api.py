"""Comments and consultations in GraphQL."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from portal.acting.exposed import mutation
from portal.actions.api import Action
from portal.agencies.api import Agency, Membership
from portal.reading.declare import Listing, Node, Order, column, one, reads
from portal.voices import tables, verbs
from portal.voices.tables import Audience

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative


class CommentOrder(Enum):
    """How comments are sorted."""

    NEWEST = "newest"
    """The newest first."""
    OLDEST = "oldest"
    """The oldest first."""


class ConsultationOrder(Enum):
    """How consultations are sorted."""

    NEWEST = "newest"
    """The newest first."""


COMMENTS = Listing(
    None,
    CommentOrder,
    {
        CommentOrder.NEWEST: Order(lambda c: [c.created_at], descending=True),
        CommentOrder.OLDEST: Order(lambda c: [c.created_at]),
    },
    CommentOrder.NEWEST,
)
CONSULTATIONS = Listing(
    None,
    ConsultationOrder,
    {ConsultationOrder.NEWEST: Order(lambda c: [c.held_on], descending=True)},
    ConsultationOrder.NEWEST,
)


@reads(tables.Comment)
class Comment(Node):
    """What somebody says about an initiative, to all its partners or to their own agency."""

    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative it is about.", "initiative_id"
    )
    audience: Audience = column("For whom it is written.")
    agency: Agency = one("The agency it comes from.", "agency_id")
    author: Membership | None = one("Who wrote it; null for a program.", "author_id")
    text: str | None = column("What it says; null once it has been withdrawn.")
    created_at: datetime = column("When it was written.")
    withdrawn_at: datetime | None = column("When it was withdrawn.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.SurvivorConsultation)
class SurvivorConsultation(Node):
    """A group of survivors was asked: what they said, and what was changed because of it."""

    initiative: Annotated["Initiative", strawberry.lazy("portal.initiatives.api")] = one(
        "The initiative it is part of.", "initiative_id"
    )
    held_on: date = column("The day they were asked.")
    group: str = column("Which group was asked, in plain words; no names.")
    heard: str = column("What was heard.")
    changed: str | None = column("What was changed because of it; null as long as nothing was.")
    action: Action | None = one("The action it led to.", "action_id")
    agency: Agency = one("The agency that recorded it.", "agency_id")
    recorded_by: Membership | None = one("Who recorded it; null for a program.", "recorded_by_id")
    created_at: datetime = column("When it was recorded.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@strawberry.type
class VoiceMutations:
    """Commenting, and recording what survivors said."""

    add_comment = mutation(verbs.add_comment, Comment, needs="initiatives:contribute")
    withdraw_comment = mutation(verbs.withdraw_comment, Comment, needs="initiatives:contribute")
    record_consultation = mutation(
        verbs.record_consultation, SurvivorConsultation, needs="initiatives:contribute"
    )
    change_consultation = mutation(
        verbs.change_consultation, SurvivorConsultation, needs="initiatives:contribute"
    )
