"""Somebody in the sample is away over the holidays."""

from datetime import date

from portal.referrals.cover.tables import Cover
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import agency_id, fixed, membership_id, team_id


def cover_rows() -> list[Cover]:
    """The team's lead covers for its adviser."""
    return [
        Cover(
            id=fixed("cover", "wirral"), team_id=team_id("wirral", "Family safety unit"),
            agency_id=agency_id("wirral"), member_id=membership_id("wirral.idva"),
            covered_by_id=membership_id("wirral.idvalead"), first_on=date(2026, 12, 21),
            last_on=date(2027, 1, 3), set_by_id=membership_id("wirral.idvalead"),
            created_at=IMPORTED, updated_at=IMPORTED,
        )
    ]  # fmt: skip
