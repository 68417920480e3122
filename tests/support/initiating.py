"""Initiatives as tests make them: logged, shared, with partners."""

from typing import Any

from support.asking import Portal, unpaged

from portal.sample.partnership import agency_id

LEAD = "wirral.coordinator"
DATED = {"startsOn": "2026-09-01", "endsOn": "2027-03-31"}
INITIATIVE = (
    "...on InitiativePayload { warnings { code } initiative { id reference version title summary"
    " stage possibleStages visibility sentAt lead { shortName } leadTeam { id } audience place"
    " areas { nodes { code inForceArea } } timing startsOn endsOn reviewOn timingSource overdue"
    " rating shownRating { rating automatic } equalityImpact equalityReviewedOn } }"
)
PARTNER = (
    "...on PartnerPayload { warnings { code } partner { id version state parts note endedReason"
    " askedAt answeredAt agency { shortName } initiative { id } } }"
)
PARTNER_VERBS = {
    "invitePartner", "offerContribution", "acceptInvitation", "declineInvitation", "acceptOffer",
    "declineOffer", "changePartnerParts", "removePartner", "leaveInitiative",
}  # fmt: skip


def agency(key: str) -> str:
    """The id of a sample agency, as the API writes it."""
    return f"Agency:{agency_id(key)}"


async def attempt(portal: Portal, who: str, mutation: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation, whatever it is."""
    shows = PARTNER if mutation in PARTNER_VERBS else INITIATIVE
    return await portal.do(who, mutation, given, "" if mutation.startswith("delete") else shows)


async def done(portal: Portal, who: str, mutation: str, **given: Any) -> dict[str, Any]:
    """The row after a mutation that succeeds."""
    answer = await attempt(portal, who, mutation, **given)
    assert answer["__typename"].endswith("Payload"), answer
    row: dict[str, Any] = answer["partner" if mutation in PARTNER_VERBS else "initiative"]
    shown: dict[str, Any] = unpaged(row)
    return shown


async def refused(
    portal: Portal, who: str, mutation: str, kind: str = "ValidationError", **given: Any
) -> dict[str, Any]:
    """A refusal of this kind; a ValidationError also as {field: message} in `faults`."""
    answer = await attempt(portal, who, mutation, **given)
    assert answer["__typename"] == kind, answer
    faults = {".".join(e["path"][1:]): e["message"] for e in answer.get("errors", [])}
    return {**answer, "faults": faults}


def of(row: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The input of a change of this row, as it was read."""
    return {"id": row["id"], "expectedVersion": row["version"], **given}


async def log(portal: Portal, who: str = LEAD, **given: Any) -> dict[str, Any]:
    """A new initiative; a draft unless told otherwise."""
    return await done(portal, who, "logInitiative", **{"title": "Safer bus stops", **given})


async def read(portal: Portal, who: str, initiative_id: str, shows: str) -> Any:
    """An initiative as somebody sees it; None when they do not."""
    document = f"query($id: ID!) {{ initiative(id: $id) {{ {shows} }} }}"
    return (await portal.ask(who, document, id=initiative_id))["initiative"]


async def live(portal: Portal, **given: Any) -> dict[str, Any]:
    """A live initiative of the lead's, shared with its partners."""
    row = await log(portal, **{**DATED, "visibility": "PARTNERS", **given})
    for stage in ("APPROVED", "LIVE"):
        row = await done(portal, LEAD, "moveInitiative", **of(row, to=stage))
    return row


async def committed(portal: Portal, row: dict[str, Any], key: str = "rasa") -> dict[str, Any]:
    """An agency that was invited and has accepted."""
    asked = {"initiative": row["id"], "agency": agency(key), "parts": ["DELIVER"]}
    partner = await done(portal, LEAD, "invitePartner", **asked)
    return await done(portal, f"{key}.coordinator", "acceptInvitation", **of(partner))
