"""What the sample's agencies disclosed in an emergency: one that lasts and waits for its review,
and one that was not justified; and what somebody asked for who can only ask.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlmodel import SQLModel

from portal.referrals.emergencies.tables import (
    DisclosureReason,
    DisclosureRequest,
    EmergencyDisclosure,
    ReviewFinding,
)
from portal.referrals.engine.files import shipped
from portal.referrals.tables import Overall, Referral, Urgency
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

TO = ("police", "Protecting vulnerable people")
SUNDAY = datetime(2026, 11, 15, 20, tzinfo=UTC)
EARLIER = datetime(2026, 11, 3, 16, tzinfo=UTC)


def emergency_rows() -> Iterator[SQLModel]:
    """Each with the draft that it was about."""
    yield from _disclosed("sunday", ("tww", "Outreach"), "RF-H3N9XB", SUNDAY, hours=72)
    case, wrong = _disclosed("misjudged", ("savera", "Casework"), "RF-C6V2JR", EARLIER, hours=24)
    wrong.reviewed_at = wrong.escalated_at = EARLIER + timedelta(days=2)
    wrong.reviewed_by_id = membership_id("savera.protection")
    wrong.finding = ReviewFinding.NO_EMERGENCY
    yield from (case, wrong)
    yield DisclosureRequest(
        id=fixed("disclosure-request", "savera"), of_agency_id=agency_id("savera"),
        by_agency_id=agency_id(TO[0]), by_team_id=team_id(*TO), reason=DisclosureReason.MISSING,
        reference="RF-7K2P9W", asked_by_id=membership_id("police.caseworker"), asked_at=SUNDAY,
    )  # fmt: skip


def _disclosed(
    key: str, of: tuple[str, str], reference: str, at: datetime, hours: int
) -> tuple[Referral, EmergencyDisclosure]:
    pathway = shipped().of("request_for_support", 1)
    case, by = fixed("referral", f"emergency-{key}"), membership_id(f"{of[0]}.caseworker")
    draft = Referral(
        id=case, reference=reference, pathway=pathway.name, pathway_version=1,
        purpose=pathway.purpose, categories=list(pathway.shares), urgency=Urgency.IMMEDIATE,
        sender_agency_id=agency_id(of[0]), sender_team_id=team_id(*of), area_code="E08000015",
        overall=Overall.DRAFT, created_by_id=by, created_at=at, updated_at=at,
    )  # fmt: skip
    return draft, EmergencyDisclosure(
        id=fixed("disclosure", key), referral_id=case, from_agency_id=agency_id(of[0]),
        to_agency_id=agency_id(TO[0]), to_team_id=team_id(*TO), made_by_id=by,
        reason=DisclosureReason.THREAT_TO_LIFE, starts_at=at, updated_at=at,
        ends_at=at + timedelta(hours=hours), review_due_at=at + timedelta(days=7),
    )  # fmt: skip
