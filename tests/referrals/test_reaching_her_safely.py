"""How she can be reached stands first; what to mind is a code; a sender is told of what it may
have sent before.
"""

from typing import Any

import pytest
from graphql import GraphQLObjectType
from support.asking import Portal
from support.referring import FAMILY_SAFETY, REFERRAL, SENDER, draft, see, send

from portal.sample.partnership import agency_id

IDVA = "wirral.idva"
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
  safeContact { allowed forbidden days fromHour toHour onlyThrough { shortName } }
  flags needs { code language } } }"""


async def says(portal: Portal, row: dict[str, Any], mutation: str, **given: Any) -> dict[str, Any]:
    now = await see(portal, SENDER, row["id"])
    change = {"id": row["id"], "expectedVersion": now["version"], **given}
    return await portal.do(SENDER, mutation, change, REFERRAL)


async def arrives(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """Sent, and opened by the team that has it."""
    now = await see(portal, SENDER, row["id"])
    assert (await send(portal, now))["__typename"] == "ReferralPayload"
    found: dict[str, Any] = (await portal.ask(IDVA, FILE, id=row["id"]))["referralFile"]
    return found


async def test_only_through_one_agency_at_certain_hours(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    through = {"onlyThrough": f"Agency:{agency_id('tww')}"}
    when = {"days": ["MONDAY"], "fromHour": 10, "toHour": 14}
    never = {"allowed": [], "forbidden": ["POST", "VOICEMAIL"]}
    done = await says(portal, row, "setSafeContact", **never, **when, **through)
    assert done["__typename"] == "ReferralPayload", done
    contact = (await arrives(portal, row))["safeContact"]
    hours = {"fromHour": "10:00", "toHour": "14:00"}
    assert contact == {**never, **when, **hours, "onlyThrough": {"shortName": "TWW"}}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"allowed": []}, "allowed"),
        ({"allowed": ["TEXT"], "forbidden": ["TEXT"]}, "forbidden"),
        ({"allowed": ["TEXT"], "onlyThrough": "Agency:00000000-0000-4000-8000-000000000000"}, ""),
    ],
)
async def test_what_would_leave_no_safe_way_or_a_doubtful_one_is_refused(
    portal: Portal, given: dict[str, Any], field: str
) -> None:
    refused = await says(portal, await draft(portal), "setSafeContact", **given)
    if field:
        assert [error["path"][-1] for error in refused["errors"]] == [field]
    else:
        assert refused["__typename"] == "NotFound"


def test_it_comes_before_all_else_in_the_full_view(portal: Portal) -> None:
    file = portal.schema._schema.type_map["ReferralFile"]
    assert isinstance(file, GraphQLObjectType)
    told = [name for name in file.fields if name not in {"handling", "access"}]
    assert told[0] == "safeContact"


async def test_staff_are_warned_and_an_interpreter_has_a_language(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    for needs, field in (
        ([{"code": "INTERPRETER"}], "language"),
        ([{"code": "INTERPRETER", "language": "Urdu"}], "language"),
        ([{"code": "INTERPRETER", "language": "ur"}] * 2, "1"),
    ):
        refused = await says(portal, row, "describeReferral", needs=needs)
        assert [error["path"][-1] for error in refused["errors"]] == [field]
    needs = [{"code": "INTERPRETER", "language": "ur"}]
    done = await says(portal, row, "describeReferral", flags=["STAFF_SAFETY"], needs=needs)
    assert done["__typename"] == "ReferralPayload", done
    found = await arrives(portal, row)
    assert (found["flags"], found["needs"]) == (["STAFF_SAFETY"], needs)


async def test_a_sender_is_told_before_sending_what_it_calls_the_same(portal: Portal) -> None:
    first = await draft(portal, FAMILY_SAFETY, ownReference="TWW 31/7")
    await arrives(portal, first)
    again = await draft(portal, FAMILY_SAFETY, ownReference="TWW 31/7")
    other = await draft(portal, FAMILY_SAFETY, ownReference="TWW 31/8")
    called = "query($id: ID!) { referral(id: $id) { reference } }"
    reference = (await portal.ask(SENDER, called, id=first["id"]))["referral"]["reference"]
    assert again["preview"]["duplicates"] == [reference]
    assert other["preview"]["duplicates"] == []
