"""What was asked for in the sample, and how it ended: once done, once refused."""

from datetime import timedelta

from portal.changes.tables import AuditLine, Outcome
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import agency_id, fixed, membership_id
from portal.sample.safe_routes import ROUTES

ASKED = (
    # by whom, how many days later, for what, and under which rule it was refused
    ("wirral.coordinator", 3, "rate_initiative", None),
    ("rasa.coordinator", 4, "rate_initiative", "initiative.lead_edits"),
)


def audit_rows() -> list[AuditLine]:
    """A line for each."""
    return [
        AuditLine(
            id=fixed("audit-line", who), at=IMPORTED + timedelta(days=days), verb=verb, rule=rule,
            principal_id=membership_id(who), agency_id=agency_id(who.partition(".")[0]),
            outcome=Outcome.REFUSED if rule else Outcome.DONE,
            object_id=fixed("initiative", ROUTES.key),
        )
        for who, days, verb, rule in ASKED
    ]  # fmt: skip
