"""Whatever tells of a case says how it is to be handled."""

import pytest
from graphql import GraphQLObjectType
from support.asking import Portal
from support.referring import FAMILY_SAFETY, SENDER, sent, team

from portal.reading.declare import SOURCES
from portal.referrals.marking import HANDLING

OF_CASES = sorted(
    name
    for name, source in SOURCES.items()
    if name == "Referral" or "referral_id" in source.table.columns
)
CASE = """query($id: ID!) { referral(id: $id) { handling
  recipients { nodes { handling clocks { nodes { handling } } } }
  events { nodes { handling } } } }"""


@pytest.mark.parametrize("name", OF_CASES)
def test_whatever_hangs_on_a_case_is_marked(portal: Portal, name: str) -> None:
    found = portal.schema._schema.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    assert "handling" in found.fields


async def test_a_case_is_marked_in_each_of_its_parts(portal: Portal) -> None:
    row = await sent(portal)
    case = (await portal.ask(SENDER, CASE, id=row["id"]))["referral"]
    [recipient] = case["recipients"]["nodes"]
    parts = [case, recipient, *recipient["clocks"]["nodes"], *case["events"]["nodes"]]
    assert len(parts) > 3
    assert {part["handling"] for part in parts} == {HANDLING}


async def test_the_answer_to_a_change_is_marked(portal: Portal) -> None:
    row = await sent(portal)
    given = {
        "referral": row["id"], "code": "SAFETY_PLAN", "team": team(*FAMILY_SAFETY),
        "dueOn": "2026-11-20",
    }  # fmt: skip
    asked = "...on CaseActionPayload { caseAction { handling referral { handling } } }"
    done = await portal.do(SENDER, "addCaseAction", given, asked)
    assert done["caseAction"] == {"handling": HANDLING, "referral": {"handling": HANDLING}}
