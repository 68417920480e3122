"""A case of which something is said in the full view, and who was noted for having seen it."""

from sqlalchemy import text
from support.asking import Portal
from support.charging import LIAISON, OFFICER, goes, registered
from support.referring import team

from portal.sample.partnership import membership_id
from portal.store.engines import Engines


async def with_support(portal: Portal) -> str:
    """A matter in court whose victim says that somebody supports her, and lets their team see."""
    case: str = (await registered(portal))["id"]
    file = {"colour": "green", "test": "full_code"}
    for who, move, told in (
        (OFFICER, "submit", file),
        (LIAISON, "accept_file", {}),
        (LIAISON, "authorise_charge", {"test": "full_code"}),
        (OFFICER, "charge", {"charge_form": "charged"}),
        (OFFICER, "first_hearing_magistrates", {"hearing_on": "2026-11-25"}),
    ):
        await goes(portal, who, case, 1, move, **told)
    said = {"referral": case, "answer": "YES", "askedOn": "2026-11-12"}
    done = await portal.do(OFFICER, "setSupporter", said)
    assert done["__typename"] == "VictimSupportPayload", done
    lets = {"referral": case, "team": team("rasa", "ISVA service")}
    done = await portal.do(OFFICER, "giveAuthority", lets)
    assert done["__typename"] == "SupportAuthorityPayload", done
    return case


async def noted(cases: Engines, row: str, who: str) -> int:
    """How many rows say that this person was shown the case."""
    found = text("SELECT count(*) FROM consultation WHERE referral_id = :id AND principal_id = :p")
    given = {"id": row.removeprefix("Referral:"), "p": membership_id(who)}
    async with cases.owner.connect() as owner:
        return int((await owner.execute(found, given)).scalar_one())
