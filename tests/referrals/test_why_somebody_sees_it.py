"""Whoever sees a record can ask why, and what they lack for all of it; the answer is exact."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import SENDER, sent

from portal.sample.partnership import AGENCIES, PEOPLE, agency_id, fixed, membership_id
from portal.store.engines import Engines

IDVA, LEAD = "wirral.idva", "tww.protection"
ACCESS = """access { decision rules { kind label } missing { kind label grantedBy } powers }"""
ONE = f"query($id: ID!) {{ referral(id: $id) {{ id {ACCESS} }} }}"
ALL = f"""{{ referrals(first: 100) {{ nodes {{ id {ACCESS} }} }}
  initiatives(first: 100) {{ nodes {{ id {ACCESS} }} }}
  agreements(first: 100) {{ nodes {{ id {ACCESS} }} }} }}"""
CHILDREN = f"""{{ actions(first: 20) {{ nodes {{ id {ACCESS} }} }}
  caseActions(first: 20) {{ nodes {{ id {ACCESS} }} }}
  hearings(first: 20) {{ nodes {{ id {ACCESS} }} }}
  agreements(first: 5) {{ nodes {{ parties(first: 5) {{ nodes {{ id {ACCESS} }} }} }} }} }}"""
FILE = "query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { needs { code } } }"
DEAL = {"deal": fixed("agreement", "wirral-marac")}
OWN = {"kind": "POWER", "label": "referrals:read",
       "grantedBy": "your agency's administrators, two of them"}  # fmt: skip
TABLES = ("referral", "recipient", "initiative", "action", "agreement", "agreement_party")
WITHOUT = """SELECT t.id, t.acl && caller_keys() AS opens,
    t.acl && ARRAY(SELECT unnest(caller_keys())
        EXCEPT SELECT r.key FROM access_rules(t.acl, NULL, '{{}}') r) AS still FROM {} t"""


async def why(portal: Portal, who: str, case: str) -> dict[str, Any] | None:
    seen = (await portal.ask(who, ONE, id=case))["referral"]
    return seen and seen["access"]


async def test_the_receiver_sees_it_under_an_agreement_and_the_sender_as_its_own(
    portal: Portal,
) -> None:
    case = (await sent(portal))["id"]
    mine, theirs = await why(portal, SENDER, case), await why(portal, IDVA, case)
    assert mine
    assert theirs
    assert (mine["decision"], mine["missing"]) == ("FULL", [])
    assert [rule["kind"] for rule in mine["rules"]] == ["AGENCY"]
    assert (theirs["decision"], theirs["missing"]) == ("FULL", [])
    assert [rule["kind"] for rule in theirs["rules"]] == ["AGREEMENT"]
    assert {"referrals:read", "referrals:work"} <= set(theirs["powers"])
    assert await why(portal, "uol.caseworker", case) is None


async def test_without_the_rules_that_are_listed_nobody_sees_anything(
    portal: Portal, cases: Engines
) -> None:
    """Of every record that somebody sees: take the listed keys from them, and it is gone."""
    await sent(portal)
    looked = 0
    for who in PEOPLE:
        async with cases.command.connect() as connection:
            opening = text("SELECT * FROM open_command_caller(:who, :request)")
            await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
            for table in TABLES:
                rows = (await connection.execute(text(WITHOUT.format(table)))).all()
                assert all(row.opens and not row.still for row in rows), (who, table)
                looked += len(rows)
    assert looked > 500


async def test_once_the_agreement_that_is_listed_is_suspended_it_is_gone(
    portal: Portal, cases: Engines
) -> None:
    case = (await sent(portal))["id"]
    assert await why(portal, IDVA, case)
    suspend = "UPDATE agreement SET suspended_at = {} WHERE id = :deal"
    async with cases.owner.begin() as owner:
        await owner.execute(text(suspend.format("now()")), DEAL)
    try:
        assert await why(portal, IDVA, case) is None
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(suspend.format("NULL")), DEAL)
    assert await why(portal, IDVA, case)


async def test_with_the_power_that_is_missing_the_full_view_opens(
    portal: Portal, cases: Engines
) -> None:
    case = (await sent(portal))["id"]
    seen = await why(portal, LEAD, case)
    assert seen
    assert (seen["decision"], seen["missing"]) == ("SUMMARY", [OWN])
    assert (await portal.ask(LEAD, FILE, id=case))["referralFile"] is None
    role = {"who": membership_id(LEAD)}
    grant = (
        "INSERT INTO membership_role (membership_id, role) VALUES (:who, 'caseworker')",
        "INSERT INTO standing (id, membership_id, training_until, vetting_until,"
        " confidentiality_until, recorded_at) SELECT gen_random_uuid(), :who,"
        " '2030-12-31', '2030-12-31', '2030-12-31', now() WHERE NOT EXISTS"
        " (SELECT FROM standing s WHERE s.membership_id = :who)",
    )
    async with cases.owner.begin() as owner:
        for statement in grant:
            await owner.execute(text(statement), role)
    try:
        seen = await why(portal, LEAD, case)
        assert seen
        assert (seen["decision"], seen["missing"]) == ("FULL", [])
        assert (await portal.ask(LEAD, FILE, id=case))["referralFile"]
    finally:
        async with cases.owner.begin() as owner:
            taken = "DELETE FROM membership_role WHERE membership_id = :who AND role = 'caseworker'"
            await owner.execute(text(taken), role)


async def test_who_answers_for_the_agreement_reads_in_which_roles_its_cases_are_opened(
    portal: Portal,
) -> None:
    seen = await why(portal, "wirral.protection", (await sent(portal))["id"])
    assert seen
    assert seen["decision"] == "SUMMARY"
    permitted, power = seen["missing"]
    assert power == OWN
    assert permitted["kind"] == "ROLE"
    assert "caseworker" in permitted["label"].split(" or ")


async def test_with_the_kind_of_data_that_is_missing_the_full_view_is_whole(
    portal: Portal, cases: Engines
) -> None:
    case = (await sent(portal))["id"]
    async with cases.owner.connect() as owner:
        said = text("SELECT categories FROM referral WHERE id = :id")
        [kind, *_] = (await owner.execute(said, {"id": UUID(case.partition(":")[2])})).scalar_one()
    change = "UPDATE agreement_version SET categories = {} WHERE agreement_id = :deal"
    given = {**DEAL, "kind": kind}
    async with cases.owner.begin() as owner:
        await owner.execute(text(change.format("array_remove(categories, :kind)")), given)
    try:
        seen = await why(portal, IDVA, case)
        assert seen
        assert seen["decision"] == "PARTLY"
        [lacks] = seen["missing"]
        assert (lacks["kind"], lacks["label"]) == ("CATEGORY", kind)
        assert lacks["grantedBy"].startswith("the parties of ")
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(change.format("array_append(categories, :kind)")), given)
    seen = await why(portal, IDVA, case)
    assert seen
    assert (seen["decision"], seen["missing"]) == ("FULL", [])


def explained(data: Any) -> Iterator[dict[str, Any]]:
    """Every record of an answer with its reasons."""
    if isinstance(data, dict) and "access" in data:
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from explained(part)


@pytest.mark.parametrize("agency", AGENCIES)
async def test_nothing_is_named_that_its_reader_is_no_party_to(
    portal: Portal, cases: Engines, agency: str
) -> None:
    parties = text(
        "SELECT a.reference || ' ' || a.title FROM agreement a JOIN agreement_party p"
        " ON p.agreement_id = a.id WHERE p.agency_id = :agency AND p.joined_at IS NOT NULL"
    )
    named = text("SELECT name FROM agency WHERE id = :agency UNION SELECT name FROM team"
                 " WHERE agency_id = :agency")  # fmt: skip
    of_others = text(
        "SELECT name FROM agency WHERE id <> :agency UNION SELECT reference FROM agreement a"
        " WHERE NOT EXISTS (SELECT FROM agreement_party p WHERE p.agreement_id = a.id"
        " AND p.agency_id = :agency AND p.joined_at IS NOT NULL)"
    )
    own = {"agency": agency_id(agency)}
    async with cases.owner.connect() as owner:
        hidden = set((await owner.execute(of_others, own)).scalars())
        agreed = set((await owner.execute(parties, own)).scalars())
        names = set((await owner.execute(named, own)).scalars())
    common = {"everyone who is signed in", "the partnership"}
    for who in (each for each, told in PEOPLE.items() if told[0] == agency):
        data = [await portal.ask(who, ALL), await portal.ask(who, CHILDREN)]
        for node in explained(data):
            assert node["access"]["rules"], (who, node)
            for rule in node["access"]["rules"]:
                label = rule["label"].removeprefix("an emergency disclosure to ")
                allowed = agreed if rule["kind"] == "AGREEMENT" else names | common
                assert label in allowed, (who, rule)
            for one in node["access"]["missing"]:
                told = f"{one['label']} {one['grantedBy']}"
                assert not [name for name in hidden if name in told], (who, one)
