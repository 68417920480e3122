"""Who was shown a full view is one row that says it all, in the transaction of the answer and for
good; an answer that nobody was given leaves none.
"""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.charging import LIAISON, OFFICER, URN
from support.consulting import noted, with_support
from support.referring import SENDER, sent

from portal.sample.partnership import PEOPLE, agency_id, membership_id
from portal.store.engines import Engines

IDVA = "wirral.idva"
FILE = "query($id: ID!) { referralFile(id: $id, purpose: SAFETY) { handling flags } }"
SHOWN = """...on VictimSupportPayload {
  one: victimSupport { answer } two: victimSupport { askedOn referral { reference } } }"""
DEAR = """query($id: ID!) { referralFile(id: $id, purpose: SAFETY) { flags }
  referrals(first: 100) { nodes { recipients(first: 100) { nodes {
    events(first: 100) { nodes { name } } } } } } }"""
BESIDE = """query($id: ID!) { __schema { queryType { name } }
  referralFile(id: $id, purpose: SAFETY) { flags } }"""
BOTH = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { flags }
  victimSupport(filter: {referral: $id}) { nodes { answer } } }"""
SUMMARIES = """query($id: ID!, $urn: String!, $reference: String!) {
  byUrn: referrals(filter: {urn: $urn}) { nodes { id } }
  byReference: referrals(first: 1, filter: {reference: $reference}) { nodes { id
    events(first: 50) { nodes { name at } }
    recipients(first: 9) { nodes { id events(first: 9) { nodes { name } } } } } }
  hearings(filter: {referral: $id}) { nodes { referral { id handling } track { state } } }
  queue(first: 50) { nodes { referral { id } } } }"""
FORBIDDEN = (
    "UPDATE consultation SET purpose = 'safety'",
    "DELETE FROM consultation",
    "TRUNCATE consultation",
    "INSERT INTO consultation (id, referral_id, owner_agency_id, principal_id, agency_id, purpose,"
    " at) SELECT gen_random_uuid(), referral_id, owner_agency_id, principal_id, agency_id, purpose,"
    " at FROM consultation",
)


def answered(case: str, **more: Any) -> dict[str, Any]:
    return {"referral": case, "answer": "DECLINED", "askedOn": "2026-11-13", **more}


async def test_a_row_says_who_as_whom_of_which_case_for_what_when_and_in_which_request(
    portal: Portal, cases: Engines
) -> None:
    case = (await sent(portal))["id"]
    context = portal.context(IDVA)
    result = await portal.schema.execute(FILE, variable_values={"id": case}, context_value=context)
    assert not result.errors
    rows = text("SELECT * FROM consultation WHERE request_id = :request")
    person = text("SELECT person_id FROM membership WHERE id = :id")
    async with cases.owner.connect() as owner:
        [row] = (await owner.execute(rows, {"request": context.request_id})).mappings().all()
        who = (await owner.execute(person, {"id": membership_id(IDVA)})).scalar_one()
    assert dict(row) | {"id": None} == {
        "id": None,
        "referral_id": UUID(case.removeprefix("Referral:")),
        "owner_agency_id": agency_id(PEOPLE[SENDER][0]),
        "principal_id": membership_id(IDVA),
        "person_id": who,
        "agency_id": agency_id(PEOPLE[IDVA][0]),
        "client_id": None,
        "purpose": "safety",
        "request_id": context.request_id,
        "at": context.now,
    }


@pytest.mark.parametrize("forbidden", FORBIDDEN, ids=lambda sql: sql.split()[0])
async def test_nobody_rewrites_removes_or_invents_one(
    portal: Portal, cases: Engines, forbidden: str
) -> None:
    case = (await sent(portal))["id"]
    await portal.ask(IDVA, FILE, id=case)
    for who in (IDVA, SENDER, "pcc.auditor", "tww.protection"):
        async with cases.command.connect() as connection:
            opening = text("SELECT * FROM open_command_caller(:who, :request)")
            await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.execute(text(forbidden))
    assert await noted(cases, case, IDVA) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [(DEAR, "QUERY_TOO_COSTLY"), (BESIDE, "GRAPHQL_VALIDATION_FAILED")],
    ids=["dear", "schema"],
)
async def test_a_question_that_is_not_answered_opens_nothing(
    portal: Portal, cases: Engines, asked: str, code: str
) -> None:
    case = (await sent(portal))["id"]
    data, errors = await portal.try_asking(IDVA, asked, id=case)
    assert data is None
    assert [one["code"] for one in errors] == [code]
    assert await noted(cases, case, IDVA) == 0


async def test_who_opens_a_case_and_reads_of_her_support_in_one_request_is_noted_once(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    found = await portal.ask(LIAISON, BOTH, id=case)
    assert found["referralFile"]
    assert found["victimSupport"]["nodes"] == [{"answer": "YES"}]
    assert await noted(cases, case, LIAISON) == 1


async def test_whoever_finds_a_case_by_its_numbers_and_reads_its_story_opens_nothing(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    known = "query($id: ID!) { referral(id: $id) { reference } }"
    row = (await portal.ask(LIAISON, known, id=case))["referral"]
    found = await portal.ask(LIAISON, SUMMARIES, id=case, urn=URN, **row)
    assert {"id": case} in found["byUrn"]["nodes"]
    [one] = found["byReference"]["nodes"]
    assert one["id"] == case
    assert one["events"]["nodes"]
    assert found["hearings"]["nodes"]
    assert await noted(cases, case, LIAISON) == 0


async def test_a_change_that_shows_what_she_said_is_noted_once_and_one_that_does_not_is_not(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    assert await noted(cases, case, OFFICER) == 0
    done = await portal.do(OFFICER, "setSupporter", answered(case), SHOWN)
    assert done["one"] == {"answer": "DECLINED"}
    assert await noted(cases, case, OFFICER) == 1
    done = await portal.do(OFFICER, "setSupporter", answered(case, answer="YES"))
    assert done["__typename"] == "VictimSupportPayload"
    assert await noted(cases, case, OFFICER) == 1


async def test_a_change_that_is_refused_shows_nothing_and_leaves_its_audit_line_alone(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    lines = text(
        "SELECT count(*) FROM audit_line WHERE principal_id = :who AND verb = 'set_supporter'"
        " AND outcome = 'refused'"
    )
    async with cases.owner.connect() as owner:
        before = (await owner.execute(lines, {"who": membership_id(OFFICER)})).scalar_one()
    given = answered(case, askedOn="2027-01-01")
    refused = await portal.do(OFFICER, "setSupporter", given, SHOWN)
    assert refused["__typename"] == "ValidationError"
    async with cases.owner.connect() as owner:
        after = (await owner.execute(lines, {"who": membership_id(OFFICER)})).scalar_one()
    assert after == before + 1
    assert await noted(cases, case, OFFICER) == 0


async def test_a_change_that_is_taken_back_after_its_answer_was_read_leaves_no_row(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    break_it = (
        "CREATE FUNCTION breaks_late() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
        "CREATE TRIGGER breaks_late AFTER INSERT ON audit_line FOR EACH ROW"
        " WHEN (NEW.verb = 'set_supporter') EXECUTE FUNCTION breaks_late()",
    )
    document = (
        f"mutation($input: SetSupporterInput!) {{ setSupporter(input: $input) {{ {SHOWN} }} }}"
    )
    given = {**answered(case), "idempotencyKey": str(uuid4())}
    async with cases.owner.begin() as owner:
        for statement in break_it:
            await owner.execute(text(statement))
    try:
        data, errors = await portal.try_asking(OFFICER, document, input=given)
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text("DROP FUNCTION breaks_late() CASCADE"))
    assert data is None
    assert len(errors) == 1
    assert await noted(cases, case, OFFICER) == 0
    done = (await portal.ask(OFFICER, document, input=given))["setSupporter"]
    assert done["one"] == {"answer": "DECLINED"}
    assert await noted(cases, case, OFFICER) == 1
