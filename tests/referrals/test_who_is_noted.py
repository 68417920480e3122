"""Whoever is shown what only a full view shows is written down: once for each case and request."""

from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal
from support.charging import LIAISON, OFFICER
from support.consulting import noted, with_support
from support.referring import SENDER, sent

from portal.sample.partnership import membership_id
from portal.store.engines import Engines

IDVA, LEAD = "wirral.idva", "police.protection"
TWICE = """query($id: ID!) {
  one: referralFile(id: $id, purpose: WORK_ON_CASE) { handling }
  two: referralFile(id: $id, purpose: WORK_ON_CASE) { flags }
  other: referralFile(id: $id, purpose: SAFETY) { flags } }"""
HERS = """query($id: ID!) {
  a: victimSupport(filter: {referral: $id}) { nodes { id answer } edges { node { askedOn } } }
  b: victimSupport(filter: {referral: $id}) { totalCount nodes { victim } }
  supportAuthorities(filter: {referral: $id}) { totalCount nodes { id } }
  hearings(filter: {referral: $id}) { nodes { withoutSupporter } }
  with: hearings(filter: {referral: $id, withoutSupporter: true}) { totalCount }
  without: hearings(filter: {referral: $id, withoutSupporter: false}) { totalCount } }"""
CHANGES = """query($after: String) { changesSince(first: 100, after: $after) {
  nodes { nodeId node { __typename ...on VictimSupport { answer } } } } }"""


async def test_twice_in_one_request_is_one_row_for_each_purpose(
    portal: Portal, cases: Engines
) -> None:
    row = (await sent(portal))["id"]
    await portal.ask(IDVA, TWICE, id=row)
    assert await noted(cases, row, IDVA) == 2
    await portal.ask(IDVA, TWICE, id=row)
    assert await noted(cases, row, IDVA) == 4


async def test_the_owner_is_told_whether_it_was_a_program(portal: Portal) -> None:
    row = (await sent(portal))["id"]
    await portal.ask(IDVA, TWICE, id=row)
    asked = """query($id: ID!) { consultations(filter: {referral: $id}) {
      nodes { byProgram by { id } } } }"""
    nodes = (await portal.ask(SENDER, asked, id=row))["consultations"]["nodes"]
    person = {"id": f"Membership:{membership_id(IDVA)}"}
    assert nodes == [{"byProgram": False, "by": person}] * 2


async def test_who_gives_a_request_the_id_of_an_earlier_one_is_noted_again(
    portal: Portal, cases: Engines
) -> None:
    row = (await sent(portal))["id"]
    context = portal.context(IDVA)
    for minute in (1, 2):
        context.now = context.now.replace(minute=minute)
        result = await portal.schema.execute(
            TWICE, variable_values={"id": row}, context_value=context
        )
        assert not result.errors
    assert await noted(cases, row, IDVA) == 4


async def test_an_answer_that_never_came_leaves_no_row(portal: Portal, cases: Engines) -> None:
    row = (await sent(portal))["id"]
    cursor = (await portal.ask("wirral.lead", "{ changesCursor }"))["changesCursor"]
    asked = """query($id: ID!, $after: String) {
      referralFile(id: $id, purpose: WORK_ON_CASE) { flags }
      changesSince(after: $after) { nodes { nodeId } } }"""
    data, errors = await portal.try_asking(SENDER, asked, id=row, after=cursor)
    assert (data, [error["code"] for error in errors]) == (None, ["CURSOR_STALE"])
    assert await noted(cases, row, SENDER) == 0


@pytest.mark.parametrize("purpose", ["", ", purpose: CURIOSITY", ", purpose: null"])
async def test_nothing_is_opened_without_a_purpose_from_the_list(
    portal: Portal, cases: Engines, purpose: str
) -> None:
    row = (await sent(portal))["id"]
    asked = f"query($id: ID!) {{ referralFile(id: $id{purpose}) {{ handling }} }}"
    data, errors = await portal.try_asking(IDVA, asked, id=row)
    assert data is None
    assert errors
    assert await noted(cases, row, IDVA) == 0


async def test_a_list_of_victims_support_notes_each_case_once(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    assert await noted(cases, case, LIAISON) == 0
    found = await portal.ask(LIAISON, HERS, id=case)
    assert [one["answer"] for one in found["a"]["nodes"]] == ["YES"]
    assert (found["b"]["totalCount"], found["supportAuthorities"]["totalCount"]) == (1, 1)
    assert found["hearings"]["nodes"] == [{"withoutSupporter": False}]
    assert (found["with"]["totalCount"], found["without"]["totalCount"]) == (0, 1)
    assert await noted(cases, case, LIAISON) == 1
    node = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [found["a"]["nodes"][0]["id"], found["supportAuthorities"]["nodes"][0]["id"]]
    assert all((await portal.ask(LIAISON, node, ids=ids))["nodes"])
    assert await noted(cases, case, LIAISON) == 2


async def test_whoever_has_a_summary_alone_is_shown_nothing_of_who_supports_her(
    portal: Portal, cases: Engines
) -> None:
    case = await with_support(portal)
    shown = await portal.ask(OFFICER, HERS, id=case)
    ids = [one["id"] for one in (*shown["a"]["nodes"], *shown["supportAuthorities"]["nodes"])]
    assert len(ids) == 2
    found = await portal.ask(LEAD, HERS, id=case)
    nothing: dict[str, Any] = {"nodes": [], "edges": []}
    assert found["a"] == nothing
    assert found["b"]["totalCount"] == found["supportAuthorities"]["totalCount"] == 0
    assert found["hearings"]["nodes"] == [{"withoutSupporter": None}]
    assert found["with"]["totalCount"] == found["without"]["totalCount"] == 0
    node = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await portal.ask(LEAD, node, ids=ids))["nodes"] == [None, None]
    for change in ("setSupporter", "revokeAuthority"):
        given = (
            {"id": ids[1], "expectedVersion": 1}
            if change == "revokeAuthority"
            else {"referral": case, "answer": "NOT_KNOWN"}
        )
        refused = await portal.do(LEAD, change, {**given, "idempotencyKey": str(uuid4())})
        assert refused["__typename"] in {"NotFound", "NotPermitted"}


async def test_what_has_changed_since_tells_nobody_of_her_support(
    portal: Portal, cases: Engines
) -> None:
    starts = {
        who: (await portal.ask(who, "{ changesCursor }"))["changesCursor"]
        for who in (LIAISON, LEAD)
    }
    case = await with_support(portal)
    noted_before = await noted(cases, case, LIAISON)
    for who, start in starts.items():
        nodes = (await portal.ask(who, CHANGES, after=start))["changesSince"]["nodes"]
        told = {one["nodeId"].partition(":")[0] for one in nodes}
        assert "Referral" in told
        assert not told & {"VictimSupport", "SupportAuthority"}
    assert await noted(cases, case, LIAISON) == noted_before == 0
