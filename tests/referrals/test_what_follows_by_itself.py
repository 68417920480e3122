"""A MARAC referral brings the IDVA's with it where the area says so, as a disclosure of its own."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, followed, gold, submit
from support.referring import FAMILY_SAFETY, SENDER, see, team

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, SEFTON = "wirral.idva", "E08000014"
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
  safeContact { allowed forbidden } flags reasons riskAssessments { tool score grade }
  subjects { role } steps { name } } }"""


@pytest.fixture
async def without_victim_support(cases: Engines) -> AsyncIterator[None]:
    """The Wirral agreement covers the MARAC alone for a while."""
    change = text("UPDATE agreement_version SET purposes = :purposes WHERE agreement_id = :deal")
    deal = {"deal": fixed("agreement", "wirral-marac")}
    async with cases.owner.begin() as owner:
        await owner.execute(change, {**deal, "purposes": ["marac"]})
    yield
    async with cases.owner.begin() as owner:
        await owner.execute(change, {**deal, "purposes": ["marac", "victim_support"]})


async def test_the_idva_service_is_referred_to_in_the_same_moment(portal: Portal) -> None:
    row = await gold(portal)
    sent = await submit(portal, row)
    assert sent["__typename"] == "ReferralPayload", sent
    [one] = await followed(portal, SENDER, row)
    assert (one["pathway"], one["outcome"]) == ("idva", "MADE")
    assert one["made"]["onwardFrom"] == {"id": row["id"]}
    [recipient] = one["made"]["recipients"]["nodes"]
    assert (recipient["state"], recipient["gateway"]) == ("received", "cda_115")
    found = (await portal.ask(IDVA, FILE, id=one["made"]["id"]))["referralFile"]
    assert found["safeContact"] == {"allowed": ["TEXT"], "forbidden": ["POST", "VOICEMAIL"]}
    assert found["riskAssessments"] == [{"tool": "MERIT", "score": 74, "grade": "gold"}]
    assert found["flags"] == ["STALKING"]
    assert {subject["role"] for subject in found["subjects"]} == {"VICTIM", "ALLEGED_PERPETRATOR"}
    assert await see(portal, IDVA, row["id"]) is None
    assert (await see(portal, SENDER, one["made"]["id"]))["events"]["nodes"][0]["name"] == "send"


async def test_the_coordinator_hears_that_it_was_made_and_has_no_part_in_it(
    portal: Portal,
) -> None:
    row = await gold(portal)
    await submit(portal, row)
    [one] = await followed(portal, COORDINATOR, row)
    assert (one["outcome"], one["team"]["name"], one["made"]) == (
        "MADE",
        "Family safety unit",
        None,
    )


@pytest.mark.usefixtures("without_victim_support")
async def test_without_an_agreement_there_is_none_and_both_sides_are_told_why(
    portal: Portal,
) -> None:
    row = await gold(portal)
    sent = await submit(portal, row)
    assert [warning["code"] for warning in sent["warnings"]] == ["NOT_FOLLOWED"]
    assert "no agreement" in sent["warnings"][0]["message"]
    for who in (SENDER, COORDINATOR):
        [one] = await followed(portal, who, row)
        assert (one["outcome"], one["made"]) == ("NO_AGREEMENT", None)


async def test_strangers_learn_neither_of_the_case_nor_of_what_followed(portal: Portal) -> None:
    row = await gold(portal)
    await submit(portal, row)
    for stranger in ("uol.caseworker", "rasa.caseworker", "police.caseworker", "wirral.viewer"):
        assert await followed(portal, stranger, row) == []
        assert await see(portal, stranger, row["id"]) is None


async def test_the_service_that_refers_is_not_referred_to(portal: Portal) -> None:
    row = await gold(portal, IDVA, senderTeam=team(*FAMILY_SAFETY))
    sent = await submit(portal, row, IDVA)
    assert sent["warnings"] == []
    [one] = await followed(portal, IDVA, row)
    assert (one["outcome"], one["made"]) == ("SENDER_IS_SERVICE", None)


async def test_a_draft_brings_nothing_with_it(portal: Portal) -> None:
    assert await followed(portal, SENDER, await gold(portal)) == []


async def test_it_follows_from_the_day_that_two_people_named_and_not_before(
    portal: Portal, cases: Engines
) -> None:
    day = date(2026, 12, 1)
    before, since = await gold(portal, area=SEFTON), await gold(portal, area=SEFTON)
    given = {
        "pathway": "idva", "area": SEFTON, "team": team(*FAMILY_SAFETY), "automatic": True,
        "validFrom": day.isoformat(),
    }  # fmt: skip
    shown = "...on PathwayTeamPayload { pathwayTeam { id version } }"
    row = (await portal.do("pcc.programme", "proposePathwayTeam", given, shown))["pathwayTeam"]
    try:
        agreed = {"id": row["id"], "expectedVersion": row["version"]}
        done = await portal.do("pcc.administrator", "confirmPathwayTeam", agreed)
        assert done["__typename"] == "PathwayTeamPayload", done
        await submit(portal, before)
        assert await followed(portal, SENDER, before) == []
        then = Portal(portal.schema, portal.engine, day)
        done = await submit(then, await see(then, SENDER, since["id"]))
        assert done["__typename"] == "ReferralPayload", done
        [one] = await followed(portal, SENDER, since)
        assert (one["pathway"], one["outcome"]) == ("idva", "MADE")
        assert await followed(portal, SENDER, before) == []
    finally:
        async with cases.owner.begin() as owner:
            gone = text("DELETE FROM pathway_team WHERE id = :id")
            await owner.execute(gone, {"id": row["id"].partition(":")[2]})
