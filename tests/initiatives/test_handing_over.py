"""The lead passes from one agency to another, and nobody loses sight on the way."""

from typing import Any

from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, agency, committed, done, live, log, of, read, refused

from portal.sample.partnership import team_id
from portal.store.engines import Engines

RASA = "rasa.coordinator"
TEAM = f"Team:{team_id('wirral', 'Community safety')}"
STANDING = "lead { shortName } partners { nodes { state parts agency { shortName } } }"


async def standing(portal: Portal, who: str, row: dict[str, Any]) -> dict[str, Any]:
    """Who leads, and who takes part how."""
    seen = await read(portal, who, row["id"], STANDING)
    nodes = seen["partners"]["nodes"]
    partners = {p["agency"]["shortName"]: (p["state"], p["parts"]) for p in nodes}
    return {**seen, "partners": partners}


async def test_a_committed_partner_takes_over_and_the_old_lead_supports(portal: Portal) -> None:
    row = await live(portal, leadTeam=TEAM)
    await committed(portal, row)
    taken = await done(portal, LEAD, "handOverLead", **of(row, agency=agency("rasa")))
    assert (taken["lead"], taken["leadTeam"]) == ({"shortName": "RASA"}, None)
    for who in (LEAD, RASA):
        seen = await standing(portal, who, row)
        assert seen["partners"] == {
            "Wirral": ("COMMITTED", ["SUPPORT"]),
            "RASA": ("LEFT", ["DELIVER"]),
        }
    await refused(portal, LEAD, "rateInitiative", "NotPermitted", **of(taken, rating="GREEN"))
    await done(portal, RASA, "rateInitiative", **of(taken, rating="GREEN"))


async def test_the_lead_can_come_back(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    taken = await done(portal, LEAD, "handOverLead", **of(row, agency=agency("rasa")))
    back = await done(portal, RASA, "handOverLead", **of(taken, agency=agency("wirral")))
    assert back["lead"] == {"shortName": "Wirral"}
    seen = await standing(portal, LEAD, row)
    assert seen["partners"] == {"Wirral": ("LEFT", ["SUPPORT"]), "RASA": ("COMMITTED", ["SUPPORT"])}


async def test_only_a_committed_partner_can_take_over(portal: Portal) -> None:
    row = await live(portal)
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    await done(portal, LEAD, "invitePartner", **asked)
    for key in ("rasa", "sefton", "wirral"):
        answer = await refused(portal, LEAD, "handOverLead", **of(row, agency=agency(key)))
        assert list(answer["faults"]) == ["agency"]
    assert (await standing(portal, LEAD, row))["lead"] == {"shortName": "Wirral"}


async def test_an_agency_that_has_ended_cannot_take_over(portal: Portal, engines: Engines) -> None:
    row = await live(portal)
    await committed(portal, row)
    ending = text("UPDATE agency SET ended_on = :day WHERE short_name = 'RASA'")
    async with engines.owner.begin() as owner:
        await owner.execute(ending, {"day": portal.today})
    try:
        answer = await refused(portal, LEAD, "handOverLead", **of(row, agency=agency("rasa")))
        assert "ended" in answer["faults"]["agency"]
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(ending, {"day": None})


async def test_a_draft_is_shared_before_it_is_handed_over(portal: Portal, engines: Engines) -> None:
    row = await log(portal)
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    await done(portal, LEAD, "invitePartner", **asked)
    accepted = text("UPDATE partner SET state = 'committed' WHERE initiative_id = :id")
    async with engines.owner.begin() as owner:  # as an import of past years writes it
        await owner.execute(accepted, {"id": row["id"].removeprefix("Initiative:")})
    answer = await refused(portal, LEAD, "handOverLead", **of(row, agency=agency("rasa")))
    assert list(answer["faults"]) == ["id"]
