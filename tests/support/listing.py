"""What a MARAC makes of the matrix's cases: a place on a list, and the link to an earlier one that
their senders believed in.
"""

from typing import Any, Protocol
from uuid import UUID

from auth.roles import Role
from portal.marac import tables
from portal.sample import conferences
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import DAY, agency_id, fixed


class Sent(Protocol):
    """A case of the matrix."""

    key: str
    receiver: str

    @property
    def id(self) -> UUID: ...

    def row(self, kind: str) -> dict[str, Any]: ...


def listed_and_linked(heard: list[Any], earlier: Any) -> dict[type[Any], list[dict[str, Any]]]:
    """Each on the next list, and as a repeat of one and the same."""
    return {
        tables.MaracListing: [_listing(case) for case in heard],
        tables.MaracRepeat: [_repeat(case, earlier) for case in heard],
        tables.MaracBelief: [_belief(case) for case in heard],
    }


def _listing(case: Sent) -> dict[str, Any]:
    return case.row("listing") | {
        "recipient_id": fixed("matrix-recipient", case.key),
        "agency_id": agency_id(case.receiver), "created_at": IMPORTED,
        "meeting_id": fixed("marac-meeting", str(conferences.MEETINGS[0])),
    }  # fmt: skip


def _repeat(case: Sent, earlier: Sent) -> dict[str, Any]:
    return case.row("repeat") | {
        "recipient_id": fixed("matrix-recipient", case.key),
        "agency_id": agency_id(case.receiver), "created_at": IMPORTED, "within": "12 months",
        "earlier_id": earlier.id, "trigger": "any_abuse", "anchor": "last_referral",
        "counted_from": DAY,
        "linked_by_id": fixed("matrix", f"{case.receiver}/{Role.MARAC_COORDINATOR}"),
    }  # fmt: skip


def _belief(case: Sent) -> dict[str, Any]:
    return case.row("belief") | {
        "recipient_id": fixed("matrix-recipient", case.key),
        "agency_id": agency_id(case.receiver), "created_at": IMPORTED,
    }  # fmt: skip
