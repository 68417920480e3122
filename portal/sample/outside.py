"""What the sample's people referred to bodies that are not on the portal, and whom they asked
before they passed a case on.
"""

from collections.abc import Iterator
from datetime import date

from portal.referrals.consents.tables import OnwardRequest
from portal.referrals.outside.tables import OutsideBody, OutsideReferral, OutsideRoute
from portal.sample.emergencies import SUNDAY
from portal.sample.matters import KEY
from portal.sample.partnership import agency_id, fixed, membership_id, team_id


def outside_rows() -> Iterator[OutsideReferral]:
    """A case that two bodies were asked about: one of them by mistake."""
    for body, route in (
        (OutsideBody.SOLICITOR, OutsideRoute.SHE_ASKS_HERSELF),
        (OutsideBody.GP, OutsideRoute.PHONE),
    ):
        yield OutsideReferral(
            id=fixed("outside", body), referral_id=fixed("referral", "emergency-sunday"),
            agency_id=agency_id("tww"), body=body, route=route, referred_on=date(2026, 11, 13),
            by_id=membership_id("tww.caseworker"), created_at=SUNDAY, updated_at=SUNDAY,
        )  # fmt: skip


def onward_rows() -> Iterator[OnwardRequest]:
    """Prosecutors ask the police whether probation may have a matter."""
    yield OnwardRequest(
        id=fixed("onward", KEY), referral_id=fixed("referral", KEY), agency_id=agency_id("cps"),
        to_agency_id=agency_id("probation"), to_team_id=team_id("probation", "Public protection"),
        asked_by_id=membership_id("cps.liaison"), asked_at=SUNDAY, updated_at=SUNDAY,
    )  # fmt: skip
