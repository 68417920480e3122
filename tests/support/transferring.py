"""Handing a case over to another team, for tests."""

from typing import Any

from support.asking import Portal
from support.referring import FAMILY_SAFETY, RECIPIENT, SENDER, move, see, sent, team

IDVA, ISVA = "wirral.idva", "rasa.caseworker"
NEW = ("rasa", "ISVA service")
WHY = [{"name": "transfer_reason", "values": ["moved_area"]}]
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { flags } }"""


async def taken_on(portal: Portal) -> dict[str, Any]:
    """A referral that Wirral's IDVA service has accepted, as its sender sees it."""
    row = await sent(portal, FAMILY_SAFETY)
    [place] = row["recipients"]["nodes"]
    assert (await move(portal, IDVA, place, "accept"))["__typename"] == "RecipientPayload"
    return await see(portal, SENDER, row["id"])


async def place(portal: Portal, who: str, row: dict[str, Any], agency: str) -> dict[str, Any]:
    """An agency's place in a case, as somebody sees it."""
    nodes = (await see(portal, who, row["id"]))["recipients"]["nodes"]
    [found] = [node for node in nodes if node["agency"]["shortName"] == agency]
    return dict(found)


async def transfer(
    portal: Portal,
    row: dict[str, Any],
    who: str = IDVA,
    to: tuple[str, str] = NEW,
    **more: Any,
) -> dict[str, Any]:
    """Ask another team to take over what Wirral has."""
    now = await place(portal, SENDER, row, "Wirral")
    given = {
        "recipient": now["id"], "expectedVersion": now["version"], "team": team(*to),
        "fields": WHY, **more,
    }  # fmt: skip
    return await portal.do(who, "transferReferral", given, RECIPIENT)


async def opens(portal: Portal, who: str, row: dict[str, Any]) -> bool:
    """Whether somebody is shown the full view."""
    return (await portal.ask(who, FILE, id=row["id"]))["referralFile"] is not None
