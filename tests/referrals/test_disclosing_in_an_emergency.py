"""In an emergency whoever holds a case gives it to one team for some hours; somebody else then says
whether that was right, and nobody opens another agency's record alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, draft, see, sent, team

from portal.outbox import worker as worker_
from portal.sample.partnership import DAY, membership_id, team_id
from portal.store.engines import Engines

UNITY, NED = ("police", "Protecting vulnerable people"), "police.caseworker"
LEAD, THEIR_LEAD = "tww.protection", "police.protection"
SIGNS, THEY_SIGN = "tww.signatory", "police.signatory"
THEY_COMMAND, THEY_ADMINISTER = "police.coordinator", "police.administrator"
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
SHOWS = """...on EmergencyDisclosurePayload { emergencyDisclosure { id version lasts endsAt closedAt
  reviewDueAt finding escalatedAt liftedAt } warnings { code } }"""
LISTED = """query($case: ID) { emergencyDisclosures(filter: {referral: $case}) {
  totalCount nodes { id lasts finding toTeam { name } referral { id } } } }"""
FILE = "query($id: ID!) { referralFile(id: $id, purpose: SAFETY) { handling subjects { role } } }"


async def disclose(
    portal: Portal, row: dict[str, Any], by: str = SENDER, **more: Any
) -> dict[str, Any]:
    given = {
        "referral": row["id"], "team": team(*UNITY), "reason": "THREAT_TO_LIFE", "hours": 24,
        "disclosureRead": True, **more,
    }  # fmt: skip
    return await portal.do(by, "discloseInEmergency", given, SHOWS)


async def disclosed(portal: Portal, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    done = await disclose(portal, row, **more)
    assert done["__typename"] == "EmergencyDisclosurePayload", done
    found: dict[str, Any] = done["emergencyDisclosure"]
    return found


async def on(
    portal: Portal, who: str, mutation: str, row: dict[str, Any], **more: Any
) -> dict[str, Any]:
    given = {"id": row["id"], "expectedVersion": row["version"], **more}
    return await portal.do(who, mutation, given, SHOWS)


async def told(cases: Engines, who: str) -> list[str]:
    """What somebody was told of disclosures, the newest first."""
    found = text(
        "SELECT n.says FROM notice n JOIN membership m ON m.person_id = n.person_id"
        " WHERE m.id = :member AND n.kind IN ('emergency_disclosure', 'disclosure_escalated')"
        " ORDER BY n.at DESC"
    )
    async with cases.owner.begin() as owner:
        return list((await owner.execute(found, {"member": membership_id(who)})).scalars())


async def escalate(cases: Engines, moment: datetime) -> None:
    """As the worker does, under its own login."""
    async with cases.worker.begin() as worker:
        for says in worker_._REMIND:
            await worker.execute(says, {"moment": moment})


@asynccontextmanager
async def command_of_the_force(cases: Engines, away: tuple[str, ...]) -> AsyncIterator[None]:
    """The force has a chief officer who signs too; some of those who answer for it are away."""
    signs = text(
        "INSERT INTO membership_role (membership_id, role, title)"
        " VALUES (:who, 'authorised_signatory', 'chief_officer')"
    )
    ends = text("UPDATE membership_role SET ends_on = :day WHERE membership_id = ANY (:away)")
    back = text("DELETE FROM membership_role WHERE membership_id = :who AND title IS NOT NULL")
    who, gone = membership_id(THEY_COMMAND), [membership_id(each) for each in away]
    async with cases.owner.begin() as owner:
        await owner.execute(signs, {"who": who})
        await owner.execute(ends, {"day": DAY - timedelta(days=1), "away": gone})
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(back, {"who": who})
            await owner.execute(ends, {"day": None, "away": gone})


@pytest.fixture
async def alone(cases: Engines) -> Any:
    """What was disclosed here bars nobody afterwards."""
    yield cases
    async with cases.owner.begin() as owner:
        await owner.execute(
            text("DELETE FROM emergency_disclosure WHERE starts_at >= '2026-11-16'")
        )


async def test_one_team_has_the_case_at_once_and_nobody_else_does(
    portal: Portal, alone: Engines
) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    assert await see(portal, NED, row["id"]) is None
    made = await disclosed(portal, row)
    assert (made["lasts"], made["endsAt"]) == (True, "2026-11-17T09:00:00Z")
    assert made["reviewDueAt"] == "2026-11-23T09:00:00Z"
    assert (await see(portal, NED, row["id"]))["id"] == row["id"]
    assert (await portal.ask(NED, FILE, id=row["id"]))["referralFile"]["subjects"] == [
        {"role": "VICTIM"}
    ]
    for other in (
        "police.contributor",
        THEIR_LEAD,
        "wirral.idva",
        "uol.caseworker",
        "rasa.caseworker",
    ):
        assert await see(portal, other, row["id"]) is None, other


async def test_it_ends_by_itself_and_leaves_no_key_behind(portal: Portal, alone: Engines) -> None:
    row = await draft(portal)
    await disclosed(portal, row, hours=1)
    assert await see(portal, NED, row["id"]) is not None
    tomorrow = Portal(portal.schema, portal.engine, DAY + timedelta(days=1))
    assert await see(tomorrow, NED, row["id"]) is None
    assert (await tomorrow.ask(NED, FILE, id=row["id"]))["referralFile"] is None
    assert await see(tomorrow, SENDER, row["id"]) is not None


async def test_the_sender_ends_it_sooner_and_once(portal: Portal, alone: Engines) -> None:
    row = await draft(portal)
    made = await disclosed(portal, row)
    for stranger in (NED, THEIR_LEAD):
        refused = await on(portal, stranger, "endEmergencyDisclosure", made)
        assert refused["rule"] == "emergency.holder_ends"
    done = await on(portal, LEAD, "endEmergencyDisclosure", made)
    assert done["emergencyDisclosure"]["closedAt"] == "2026-11-16T09:00:00Z"
    assert await see(portal, NED, row["id"]) is None
    again = await on(portal, SENDER, "endEmergencyDisclosure", done["emergencyDisclosure"])
    assert again["errors"][0]["code"] == "WRONG_STATE"


async def test_both_data_protection_leads_and_the_team_are_told_at_once_and_of_no_case(
    portal: Portal, alone: Engines
) -> None:
    before = {who: len(await told(alone, who)) for who in (LEAD, THEIR_LEAD, NED, SIGNS, NED)}
    row = await draft(portal)
    await disclosed(portal, row)
    for who, more in ((LEAD, 1), (THEIR_LEAD, 1), (NED, 1), (SIGNS, 0)):
        heard = await told(alone, who)
        assert len(heard) == before[who] + more, who
        assert not any("RF-" in says for says in heard)
    assert (
        "TWW has disclosed a case in an emergency to Protecting vulnerable people (Police)"
        in ((await told(alone, THEIR_LEAD))[0])
    )


async def test_nobody_opens_another_agencys_record_by_declaring_an_emergency(
    portal: Portal, alone: Engines
) -> None:
    row = await sent(portal)
    for who, answer in ((NED, "NotFound"), ("wirral.idva", "NotPermitted")):
        refused = await disclose(portal, row, who, team=team(*UNITY))
        assert refused["__typename"] == answer, who
    assert refused["rule"] == "emergency.holder_discloses"
    refused = await disclose(portal, row, LEAD)
    assert refused["rule"] == "emergency.caseworkers_disclose"
    assert "colleague" in refused["message"]
    assert (await disclose(portal, row, "tww.signatory"))["__typename"] == "NotFound"
    assert await see(portal, NED, row["id"]) is None


async def test_whoever_was_given_a_case_reads_who_can_disclose_it_onward(
    portal: Portal, alone: Engines
) -> None:
    """Whether they have it by an agreement, or by an emergency that lasts."""
    row = await sent(portal)
    await disclosed(portal, row)
    for who, to in (("wirral.idva", UNITY), (NED, FAMILY_SAFETY)):
        refused = await disclose(portal, row, who, team=team(*to))
        assert refused["rule"] == "emergency.holder_discloses", who
        assert refused["message"].startswith("This case is a record of Tomorrow's Women Wirral:")
        assert "askForDisclosure" in refused["message"]
        assert "999" in refused["message"]
        assert refused["grantedBy"] == "those who work on cases at Tomorrow's Women Wirral"


async def test_what_cannot_be_disclosed_is_told_with_what_to_do(
    portal: Portal, alone: Engines
) -> None:
    row = await draft(portal)
    for given, path, code in (
        ({"hours": 0}, "hours", "INVALID"),
        ({"hours": 73}, "hours", "INVALID"),
        ({"team": team("tww", "Information governance")}, "team", "OWN_AGENCY"),
        ({"disclosureRead": False}, "disclosureRead", "DISCLOSURE_UNREAD"),
    ):
        refused = await disclose(portal, row, **given)
        [error] = refused["errors"]
        assert (error["path"], error["code"]) == (["input", path], code)
    await disclosed(portal, row)
    again = await disclose(portal, row)
    assert again["errors"][0]["code"] == "DISCLOSED_ALREADY"
    row = await see(portal, SENDER, row["id"])
    given = {"id": row["id"], "expectedVersion": row["version"]}
    gone = await portal.do(SENDER, "deleteReferral", given)
    assert gone["errors"][0]["code"] == "DISCLOSED_ALREADY"


async def test_an_agreement_that_permits_it_is_pointed_at(portal: Portal, alone: Engines) -> None:
    row = await draft(portal)
    done = await disclose(portal, row, team=team(*FAMILY_SAFETY))
    assert [each["code"] for each in done["warnings"]] == ["AGREEMENT_COVERS"]
    assert await see(portal, "wirral.idva", row["id"]) is not None
    assert await see(portal, "wirral.lead", row["id"]) is None  # she works on cases in another team


async def test_governance_of_both_sees_that_it_was_made_and_not_the_case(
    portal: Portal, alone: Engines
) -> None:
    row = await draft(portal)
    await disclosed(portal, row)
    for who in (THEIR_LEAD, SIGNS, THEY_SIGN):
        [line] = (await portal.ask(who, LISTED, case=row["id"]))["emergencyDisclosures"]["nodes"]
        assert line["referral"] is None, who
    for stranger in ("police.contributor", "wirral.protection", "uol.caseworker"):
        seen = (await portal.ask(stranger, LISTED, case=row["id"]))["emergencyDisclosures"]
        assert seen["totalCount"] == 0, stranger


async def test_its_agencys_data_protection_lead_says_whether_it_was_right(
    portal: Portal, alone: Engines
) -> None:
    made = await disclosed(portal, await draft(portal))
    for stranger in (SENDER, THEIR_LEAD, SIGNS):
        refused = await on(portal, stranger, "reviewEmergencyDisclosure", made, finding="JUSTIFIED")
        assert refused["rule"] == "emergency.lead_reviews", stranger
    done = await on(portal, LEAD, "reviewEmergencyDisclosure", made, finding="JUSTIFIED")
    found = done["emergencyDisclosure"]
    assert (found["finding"], found["escalatedAt"], found["lasts"]) == ("JUSTIFIED", None, True)
    again = await on(portal, LEAD, "reviewEmergencyDisclosure", found, finding="NO_EMERGENCY")
    assert again["errors"][0]["code"] == "WRONG_STATE"
    nothing = await on(portal, LEAD, "liftDisclosureBar", found)
    assert nothing["errors"][0]["code"] == "WRONG_STATE"


async def test_what_was_not_justified_ends_is_escalated_and_bars_whoever_made_it_until_lifted(
    portal: Portal, alone: Engines
) -> None:
    row = await draft(portal)
    made = await disclosed(portal, row)
    heard = {who: len(await told(alone, who)) for who in (SIGNS, THEY_SIGN, SENDER)}
    done = await on(portal, LEAD, "reviewEmergencyDisclosure", made, finding="NO_EMERGENCY")
    found = done["emergencyDisclosure"]
    assert (found["lasts"], found["escalatedAt"]) == (False, "2026-11-16T09:00:00Z")
    assert await see(portal, NED, row["id"]) is None
    for who, count in heard.items():
        assert len(await told(alone, who)) == count + 1, who
    other = await draft(portal)
    refused = await disclose(portal, other)
    assert refused["rule"] == "emergency.not_after_unjustified"
    refused = await on(portal, SENDER, "liftDisclosureBar", found)
    assert refused["rule"] == "emergency.lead_reviews"
    lifted = await on(portal, LEAD, "liftDisclosureBar", found)
    assert lifted["emergencyDisclosure"]["liftedAt"] is not None
    await disclosed(portal, other)


async def test_both_signatories_hear_once_when_nobody_has_reviewed_it_within_seven_days(
    portal: Portal, alone: Engines
) -> None:
    await escalate(alone, portal.context(LEAD).now + WEEK - SECOND)  # what the sample has
    made = await disclosed(portal, await draft(portal))
    heard = {who: len(await told(alone, who)) for who in (SIGNS, THEY_SIGN, LEAD)}
    for after, more in ((WEEK - SECOND, 0), (WEEK, 1), (WEEK, 1), (WEEK + SECOND, 1)):
        await escalate(alone, portal.context(LEAD).now + after)
        for who, count in heard.items():
            assert len(await told(alone, who)) == count + more, (who, after)
    seen = (await portal.ask(LEAD, LISTED))["emergencyDisclosures"]["nodes"]
    assert made["id"] in {each["id"] for each in seen}
    version = "query($id: ID!) { emergencyDisclosure(id: $id) { id version escalatedAt } }"
    found = (await portal.ask(LEAD, version, id=made["id"]))["emergencyDisclosure"]
    assert found["escalatedAt"] is not None
    done = await on(portal, LEAD, "reviewEmergencyDisclosure", found, finding="JUSTIFIED")
    assert done["emergencyDisclosure"]["finding"] == "JUSTIFIED"


@pytest.mark.parametrize(
    ("away", "hears", "spared"),
    [
        ((), THEY_SIGN, THEIR_LEAD),
        ((THEY_SIGN,), THEY_COMMAND, THEIR_LEAD),
        ((THEY_SIGN, THEY_COMMAND), THEIR_LEAD, THEY_ADMINISTER),
        ((THEY_SIGN, THEY_COMMAND, THEIR_LEAD), THEY_ADMINISTER, THEY_COMMAND),
    ],
    ids=["who owns its risks", "who else signs", "who looks after data", "who administers it"],
)
async def test_there_is_always_somebody_who_hears_of_what_nobody_has_reviewed(
    portal: Portal, alone: Engines, away: tuple[str, ...], hears: str, spared: str
) -> None:
    await disclosed(portal, await draft(portal))
    async with command_of_the_force(alone, away):
        before = {who: len(await told(alone, who)) for who in (hears, spared)}
        await escalate(alone, portal.context(LEAD).now + WEEK)
        assert len(await told(alone, hears)) == before[hears] + 1
        assert len(await told(alone, spared)) == before[spared]


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'missing'",
        "ends_at = ends_at + interval '1 hour'",
        "finding = 'justified', reviewed_at = caller_now(), reviewed_by_id = caller_principal()",
        "lifted_at = caller_now(), lifted_by_id = caller_principal()",
        "escalated_at = NULL, made_by_id = gen_random_uuid()",
        "closed_at = caller_now() - interval '1 day'",
    ],
)
async def test_not_even_sql_rewrites_what_was_disclosed(
    portal: Portal, alone: Engines, change: str
) -> None:
    made = await disclosed(portal, await draft(portal))
    opened = text("SELECT open_command_caller(:who, gen_random_uuid(), :now)")
    row = {"id": made["id"].split(":")[1]}
    statement = text(f"UPDATE emergency_disclosure SET {change} WHERE id = :id")  # noqa: S608 - ours
    async with alone.command.connect() as sql:
        now = portal.context(SENDER).now
        await sql.execute(opened, {"who": membership_id(SENDER), "now": now})
        with pytest.raises(DBAPIError):
            await sql.execute(statement, row)


async def test_a_team_is_given_no_more_than_its_people_could_still_work_with(
    portal: Portal, cases: Engines
) -> None:
    """Each costs two of 64 keys: with thirty nobody of the team could ask for anything."""
    made = []
    try:
        for _ in range(13):
            done = await disclose(portal, await sent(portal), team=team("icb", "Safeguarding"))
            made.append(done)
        assert [error["code"] for error in made[-1]["errors"]] == ["TOO_MANY"]
        assert "Ring them" in made[-1]["errors"][0]["message"]
        assert {one["__typename"] for one in made[:-1]} == {"EmergencyDisclosurePayload"}
        over = await on(portal, SENDER, "endEmergencyDisclosure", made[0]["emergencyDisclosure"])
        assert over["__typename"] == "EmergencyDisclosurePayload"
        again = await disclose(portal, await sent(portal), team=team("icb", "Safeguarding"))
        assert again["__typename"] == "EmergencyDisclosurePayload"
    finally:
        ends = "UPDATE emergency_disclosure SET closed_at = ends_at WHERE to_team_id = :id"
        async with cases.owner.begin() as owner:
            await owner.execute(text(ends), {"id": team_id("icb", "Safeguarding")})
