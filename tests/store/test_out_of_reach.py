"""What the API's own login role cannot do, whatever statement reaches it."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.children import OURS
from support.initiating import LEAD
from support.writing import REFUSED, attempt

from portal.database import RULES
from portal.sample.partnership import agency_id, membership_id

RASA, NOT_GRANTED = "rasa.coordinator", "permission denied"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO change (id) VALUES (gen_random_uuid())",
        "UPDATE change SET verb = 'nothing'",
        "DELETE FROM change",
        "INSERT INTO history (change_id) VALUES (gen_random_uuid())",
        "UPDATE history SET after = '{}'",
        "DELETE FROM history",
        "UPDATE audit_line SET outcome = 'done'",
        "DELETE FROM audit_line",
        "UPDATE observation SET value = 0",
        "DELETE FROM observation",
        "DELETE FROM comment",
        "UPDATE action_move SET note = ''",
        "INSERT INTO plan_update (id) VALUES (gen_random_uuid())",
        "UPDATE membership_role SET role = 'auditor'",
        "INSERT INTO role_scope VALUES ('viewer', 'audit:read')",
        "UPDATE agency SET in_partnership = true",
        "UPDATE capability SET kind = 'public'",
        "SELECT * FROM capability",
        "SELECT * FROM person",
        "TRUNCATE initiative CASCADE",
        "ALTER TABLE initiative DISABLE ROW LEVEL SECURITY",
        "DROP POLICY see ON initiative",
    ],
)
async def test_what_no_verb_writes_the_api_cannot_write(portal: Portal, statement: str) -> None:
    code, message = await attempt(portal, "pcc.programme", statement)
    assert code == "42501"
    assert NOT_GRANTED in message or "must be owner" in message


SECRETS = [name for name in RULES if name.startswith("auth_secret.")]


@pytest.mark.parametrize("table", SECRETS)
async def test_secrets_are_out_of_the_apis_reach(portal: Portal, table: str) -> None:
    for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):  # noqa: S608 - declared names
        code, message = await attempt(portal, LEAD, statement)
        assert (code, "schema auth_secret" in message) == ("42501", True)


async def test_there_are_secrets_to_keep() -> None:
    assert {"auth_secret.access_token", "auth_secret.context_key"} <= set(SECRETS)


async def test_nobody_logs_an_initiative_for_another_agency(portal: Portal) -> None:
    logging = (
        "INSERT INTO initiative (id, reference, title, summary, lead_agency_id, stage, visibility,"
        " timing, rating, is_sample, created_at, updated_at, version, acl) VALUES (:id, 'VG-MINE',"
        " 'Mine', '', :lead, 'proposed', 'draft', 'dated', 'not_started', false, now(), now(), 1,"
        " '{}')"
    )
    answer = await attempt(portal, LEAD, logging, id=uuid4(), lead=agency_id("rasa"))
    assert REFUSED in answer[1]
    async with portal.context(LEAD).acting() as session:
        own = await session.execute(text(logging), {"id": uuid4(), "lead": OURS})
        assert own.rowcount == 1
        await session.rollback()


LINE = (
    "INSERT INTO audit_line (id, at, principal_id, agency_id, verb, outcome)"
    " VALUES (:id, now(), :who, :agency, 'nothing', 'done')"
)
KEY = (
    "INSERT INTO repeat (principal_id, mutation, key, input_hash, at)"
    " VALUES (:who, 'nothing', :id, '', now())"
)


@pytest.mark.parametrize("statement", [LINE, KEY])
async def test_nobody_leaves_traces_in_another_persons_name(portal: Portal, statement: str) -> None:
    given = {"id": str(uuid4()) if "repeat" in statement else uuid4()}
    given |= {"agency": OURS} if ":agency" in statement else {}
    answer = await attempt(portal, LEAD, statement, who=membership_id(RASA), **given)
    assert REFUSED in answer[1]
    async with portal.context(LEAD).acting() as session:
        own = await session.execute(text(statement), {"who": membership_id(LEAD), **given})
        assert own.rowcount == 1
        await session.rollback()
