"""Referring somebody to the sample's MARAC, for tests."""

from typing import Any

from support.asking import Portal
from support.referring import REFERRAL, SENDER, bare_draft, told

MARAC = ("marac", "MARAC")
COORDINATOR = "marac.coordinator"
WIRRAL = "E08000015"
SUBMIT = {
    "route": ["visible_high_risk"],
    "consent": ["given"],
    "aware": ["yes"],
}
FOLLOWED = """query($id: ID!) { followOns(filter: {referral: $id}) { nodes {
  pathway outcome team { name agency { shortName } }
  made { id pathway overall sender { shortName } onwardFrom { id }
    recipients { nodes { id version state gateway agency { shortName } } } } } } }"""


def said(**fields: list[str]) -> list[dict[str, Any]]:
    """Fields as a move takes them."""
    return [{"name": name, "values": values} for name, values in fields.items()]


async def gold(
    portal: Portal, by: str = SENDER, score: int = 74, area: str | None = WIRRAL, **more: Any
) -> dict[str, Any]:
    """A draft to the MARAC about somebody who scores 74 on MeRIT, or as said."""
    row = await bare_draft(portal, MARAC, by=by, pathway="marac", area=area, **more)
    return await told(
        portal,
        row,
        ("describeReferral", {"reasons": ["DOMESTIC_ABUSE"], "flags": ["STALKING"]}),
        ("setSafeContact", {"allowed": ["TEXT"], "forbidden": ["POST", "VOICEMAIL"]}),
        ("setWishes", {"awareness": "AWARE_AND_WILLING", "basis": "PUBLIC_TASK"}),
        ("nameSubject", {"role": "VICTIM"}),
        ("nameSubject", {"role": "ALLEGED_PERPETRATOR", "employment": "NONE_KNOWN"}),
        (
            "assessRisk",
            {"tool": "MERIT", "toolVersion": "3", "score": score, "assessedOn": "2026-11-16"},
        ),
        by=by,
    )


async def submit(
    portal: Portal, row: dict[str, Any], by: str = SENDER, **fields: list[str]
) -> dict[str, Any]:
    """Send it as its preview shows, by one of the four routes."""
    given = {
        "id": row["id"],
        "expectedVersion": row["version"],
        "token": row["preview"]["token"],
        "fields": said(**SUBMIT | fields),
        "disclosureRead": True,
    }
    shown = f"{REFERRAL} ...on ReferralPayload {{ warnings {{ code message }} }}"
    return await portal.do(by, "sendReferral", given, shown)


async def followed(portal: Portal, who: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What followed from a case, as somebody sees it."""
    found = await portal.ask(who, FOLLOWED, id=row["id"])
    nodes: list[dict[str, Any]] = found["followOns"]["nodes"]
    return nodes
