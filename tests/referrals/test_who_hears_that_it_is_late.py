"""What a team leaves lying is heard of by one after the other, each once, and only by those who
could look it up.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import FAMILY_SAFETY, SENDER, move, see, sent
from support.reminding import posted_to_teams, remind, told_of

from portal.sample.partnership import DAY, membership_id, team_id
from portal.store.engines import Engines

IDVA, LEAD, SPOC = "wirral.idva", "wirral.idvalead", "wirral.spoc"
WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (DAY + timedelta(days=days) for days in (2, 3, 4, 5))
"""To acknowledge, a team has until the end of Wednesday: the sample's day is a Monday."""
SOON, LATE = "referral_due", "referral_late"
CLOCK = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  clocks { nodes { name team { name } told toldAt dueAt } } } } } }"""
NOTICES = """query { me { notices(first: 50) { nodes {
  kind says handling referral { id reference } } } } }"""


async def clock(portal: Portal, row: dict[str, Any], name: str = "acknowledge") -> dict[str, Any]:
    """One of the case's clocks, as its sender sees it."""
    found = (await portal.ask(SENDER, CLOCK, id=row["id"]))["referral"]["recipients"]["nodes"]
    [it] = [each for each in found[0]["clocks"]["nodes"] if each["name"] == name]
    return dict(it)


async def late_ones(cases: Engines, row: dict[str, Any], *days: date) -> list[tuple[str, str]]:
    """Who was told that it is due or late, once each of these days has come."""
    for day in days:
        await remind(cases, day)
    return [one for one in await told_of(cases, row["id"]) if one[1] in {SOON, LATE}]


async def test_team_then_lead_then_single_point_of_contact_hear_each_once(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    assert await late_ones(cases, row, DAY, DAY + timedelta(days=1)) == []
    both = {(IDVA, SOON), (LEAD, SOON)}
    assert set(await late_ones(cases, row, WEDNESDAY, WEDNESDAY)) == both
    heard = await late_ones(cases, row, THURSDAY, THURSDAY)
    assert sorted(heard[2:]) == [(IDVA, LATE), (LEAD, LATE)]
    assert (await clock(portal, row))["told"] == "team_inbox"
    assert "family-safety-unit@wirral.example" in await posted_to_teams(cases)
    heard = await late_ones(cases, row, FRIDAY, FRIDAY)
    assert heard[4:] == [(LEAD, LATE)]
    heard = await late_ones(cases, row, SATURDAY, SATURDAY)
    assert heard[5:] == [(SPOC, LATE)]
    it = await clock(portal, row)
    assert (it["told"], it["team"]["name"]) == ("agency_spoc", "Family safety unit")


async def test_what_was_answered_in_time_escalates_to_nobody(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    done = await move(portal, IDVA, row["recipients"]["nodes"][0], "acknowledge")
    assert done["__typename"] == "RecipientPayload"
    assert await late_ones(cases, row, WEDNESDAY, THURSDAY, FRIDAY) == []


async def test_two_workers_at_once_tell_each_rung_once(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    await remind(cases, THURSDAY, workers=6)
    await remind(cases, FRIDAY, workers=6)
    heard = [one for one in await told_of(cases, row["id"]) if one[1] == LATE]
    assert sorted(heard) == sorted([(IDVA, LATE), (LEAD, LATE), (LEAD, LATE)])


async def test_a_worker_that_was_away_tells_them_all_when_it_is_back(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    heard = await late_ones(cases, row, SATURDAY)
    assert sorted(heard) == sorted([(IDVA, LATE), (LEAD, LATE), (LEAD, LATE), (SPOC, LATE)])


async def test_who_works_on_it_hears_instead_of_the_whole_team(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    recipient = (await see(portal, IDVA, row["id"]))["recipients"]["nodes"][0]
    given = {
        "recipient": recipient["id"], "expectedVersion": recipient["version"],
        "allocatedTo": f"Membership:{membership_id(IDVA)}",
    }  # fmt: skip
    await portal.do(LEAD, "allocateReferral", given)
    assert await late_ones(cases, row, WEDNESDAY, THURSDAY) == [(IDVA, SOON), (IDVA, LATE)]


async def test_of_a_narrow_teams_case_nobody_else_of_its_agency_hears_and_its_sender_does(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    unit = team_id(*FAMILY_SAFETY)
    narrow = text("UPDATE team SET narrow = :narrow WHERE id = :id")
    async with cases.owner.begin() as owner:
        await owner.execute(narrow, {"narrow": True, "id": unit})
    try:
        heard = await late_ones(cases, row, SATURDAY)
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(narrow, {"narrow": False, "id": unit})
    assert {who for who, _ in heard} == {IDVA, LEAD, SENDER}


async def test_while_the_agreement_is_suspended_nobody_hears_and_afterwards_all_do(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    suspend = "UPDATE agreement SET suspended_at = {} WHERE id = (SELECT agreement_id FROM recipient WHERE referral_id = :id)"  # noqa: E501
    at = {"id": row["id"].rpartition(":")[2]}
    async with cases.owner.begin() as owner:
        await owner.execute(text(suspend.format("now()")), at)
    assert await late_ones(cases, row, THURSDAY) == []
    async with cases.owner.begin() as owner:
        await owner.execute(text(suspend.format("NULL")), at)
    assert {who for who, _ in await late_ones(cases, row, FRIDAY)} == {IDVA, LEAD}


async def test_a_notice_leads_to_the_case_for_as_long_as_its_reader_has_it(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await late_ones(cases, row, THURSDAY)

    async def about() -> list[dict[str, Any]]:
        nodes = (await portal.ask(IDVA, NOTICES))["me"]["notices"]["nodes"]
        nodes = [one for one in nodes if one["kind"] == "REFERRAL_LATE"]
        return [one for one in nodes if one["referral"] and one["referral"]["id"] == row["id"]]

    [notice] = await about()
    reference = notice["referral"]["reference"]
    assert reference.startswith("RF-")
    assert notice["handling"].startswith("OFFICIAL-SENSITIVE")
    assert reference not in notice["says"]
    given = {
        "id": row["id"], "expectedVersion": (await see(portal, SENDER, row["id"]))["version"],
        "fields": [{"name": "withdraw_reason", "values": ["duplicate"]}],
    }  # fmt: skip
    done = await portal.do(SENDER, "withdrawReferral", given)
    assert done["__typename"] == "ReferralPayload", done
    assert await about() == []


@asynccontextmanager
async def role(cases: Engines, who: str, name: str, *, held: bool) -> AsyncIterator[None]:
    """Meanwhile somebody has this role besides, or does not have it."""
    given = {"id": membership_id(who), "role": name}
    takes = text("DELETE FROM membership_role WHERE membership_id = :id AND role = :role")
    gives = text("INSERT INTO membership_role (membership_id, role) VALUES (:id, :role)")
    first, then = (gives, takes) if held else (takes, gives)
    async with cases.owner.begin() as owner:
        await owner.execute(first, given)
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(then, given)


async def test_where_nobody_is_at_the_last_rung_the_other_side_hears_once(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    async with role(cases, SPOC, "agency_spoc", held=False):
        heard = await late_ones(cases, row, SATURDAY, SATURDAY)
    assert (SENDER, LATE) in heard
    assert [one for one in heard if one == (SENDER, LATE)] == [(SENDER, LATE)]
    assert (await clock(portal, row))["told"] == "sender"


async def test_a_vacant_rung_in_the_middle_is_passed_over_at_once(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    async with role(cases, LEAD, "team_lead", held=False):
        heard = await late_ones(cases, row, FRIDAY)
    assert (SPOC, LATE) in heard


async def test_the_chair_of_the_marac_hears_as_the_pathway_says(
    portal: Portal, cases: Engines
) -> None:
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    async with role(cases, COORDINATOR, "marac_chair", held=True):
        for days in range(1, 40):
            await remind(cases, DAY + timedelta(days=days))
    it = await clock(portal, row, "screen")
    assert it["told"] == "marac_chair"
    assert [one for one in await told_of(cases, row["id"]) if one == (COORDINATOR, LATE)]


async def test_where_a_marac_has_no_chair_its_sender_hears(portal: Portal, cases: Engines) -> None:
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    for days in range(1, 40):
        await remind(cases, DAY + timedelta(days=days))
    assert (await clock(portal, row, "screen"))["told"] == "sender"
    assert (SENDER, LATE) in await told_of(cases, row["id"])
