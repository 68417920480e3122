"""What hangs on an initiative, in GraphQL: its partners, its moves between stages, its ratings."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from portal.agencies.api import Agency, Membership
from portal.initiatives import tables
from portal.initiatives.filters import PARTNERS, quiet
from portal.initiatives.tables import Part, PartnerState, Rating, Stage
from portal.reading.declare import (
    Connection,
    Node,
    column,
    many,
    one,
    reads,
    value_type,
)

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative

ParentInitiative = Annotated["Initiative", strawberry.lazy("portal.initiatives.api")]


@reads(tables.Partner)
class Partner(Node):
    """An agency's part in an initiative."""

    initiative: ParentInitiative = one("What it takes part in.", "initiative_id")
    agency: Agency = one("The agency.", "agency_id")
    parts: list[Part] = column("What it brings.")
    state: PartnerState = column(
        "Whether it has been asked, has offered, has committed itself, has declined or has left."
    )
    note: str | None = column("What was said with the invitation, the offer or the answer.")
    ended_reason: str | None = column("Why it left, was removed, or was not taken up.")
    asked_at: datetime = column("When it was asked, or offered.")
    answered_at: datetime | None = column("When it was last answered or ended.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.StageMove)
class StageMove(Node):
    """A step of an initiative from one stage to another."""

    initiative: ParentInitiative = one("What has moved.", "initiative_id")
    from_stage: Stage = column("Where it stood.")
    to_stage: Stage = column("Where it went.")
    reason: str | None = column("Why; always given when it was reopened.")
    moved_at: datetime = column("When.")
    moved_by: Membership | None = one("Who did it; null when an API client did.", "moved_by_id")
    moved_by_agency: Agency = one("The agency for which it was done.", "moved_by_agency_id")


@reads(tables.RatingSet)
class RatingSet(Node):
    """A rating as somebody set it."""

    initiative: ParentInitiative = one("What was rated.", "initiative_id")
    rating: Rating = column("How it stood.")
    reason: str | None = column("Why; always given with red.")
    set_at: datetime = column("When.")
    set_by: Membership | None = one("Who did it; null when an API client did.", "set_by_id")
    set_by_agency: Agency = one("The agency for which it was done.", "set_by_agency_id")


@value_type
class ShownRating:
    """How an initiative stands, once lateness is counted in."""

    rating: Rating = column("The rating to show.")
    automatic: bool = column("Whether it is amber only because something is overdue.")


@strawberry.type
class PartnerQueries:
    """Who takes part in what."""

    quiet_partners: Connection[Partner] = many(
        "Committed partners, of any initiative you may see, that have changed nothing on it"
        " for 60 days.",
        PARTNERS,
        lambda _, partner, ask: quiet(partner, ask),
    )
