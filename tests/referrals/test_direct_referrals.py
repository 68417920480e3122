"""Where a borough's IDVA service takes nobody directly, a professional is led to the MARAC."""

import pytest
from support.asking import Portal
from support.conferring import said
from support.referring import FAMILY_SAFETY, REFERRAL, SENDER, draft, see

ST_HELENS, KNOWSLEY, WIRRAL = "E08000013", "E08000011", "E08000015"


async def referred(portal: Portal, area: str | None, source: str) -> dict[str, object]:
    """Somebody is referred to an IDVA service, and lives there."""
    row = await draft(portal, FAMILY_SAFETY, pathway="idva", area=area)
    given = {
        "id": row["id"],
        "expectedVersion": row["version"],
        "token": row["preview"]["token"],
        "fields": said(source=[source]),
        "disclosureRead": True,
    }
    done = await portal.do(SENDER, "sendReferral", given, REFERRAL)
    assert (await see(portal, SENDER, row["id"]))["overall"] == (
        "WAITING" if done["__typename"] == "ReferralPayload" else "DRAFT"
    )
    return done


@pytest.mark.parametrize("area", [ST_HELENS, KNOWSLEY])
async def test_a_professional_is_led_to_the_marac(portal: Portal, area: str) -> None:
    refused = await referred(portal, area, "charity")
    assert refused["__typename"] == "ValidationError", refused
    [error] = refused["errors"]
    assert (error["path"][-1], error["code"]) == ("source", "ROUTE_CLOSED")
    assert "Refer her to the MARAC" in error["message"]


@pytest.mark.parametrize(
    ("area", "source"),
    [(ST_HELENS, "herself"), (KNOWSLEY, "marac"), (WIRRAL, "charity"), (None, "charity")],
)
async def test_she_herself_the_marac_and_other_boroughs_are_not(
    portal: Portal, area: str | None, source: str
) -> None:
    done = await referred(portal, area, source)
    assert done["__typename"] == "ReferralPayload", done
