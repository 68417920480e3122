"""What a victim lets a supporter's team see of her matter, for tests."""

from typing import Any

from support.asking import Portal
from support.charging import OFFICER
from support.referring import team

ISVA, SERVICE = "rasa.caseworker", ("rasa", "ISVA service")
FILE = {"colour": "green", "test": "full_code"}
TOLD = {"told_on": "2026-11-16", "told_by": "officer"}
AUTHORITY = "...on SupportAuthorityPayload { supportAuthority { id version stands revokedOn } }"


async def authority(portal: Portal, case: str, who: str = OFFICER, **more: Any) -> dict[str, Any]:
    """What comes of writing down that she lets the service see it."""
    given = {"referral": case, "team": team(*SERVICE), **more}
    return await portal.do(who, "giveAuthority", given, AUTHORITY)
