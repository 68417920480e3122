"""Of cases list, id, count, reference and events agree; each opening and refusal leaves a line."""

import json
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support import sharing
from support.asking import Portal, the_schema
from support.doing import Doing
from support.doings_in_cases import EMERGENCIES, MARACS, REFERRALS
from support.powers import Case
from support.running import document
from support.sharing import CHAINS, STATES
from support.world import World

from auth.roles import Role
from portal.acting.inputs import camel
from portal.database import RULES
from portal.reading.declare import SOURCES
from portal.referrals.parties import has, sees_summary
from portal.sample.partnership import fixed
from portal.store.engines import Engines

LIST = """query($after: String) { referrals(first: 100, after: $after) { totalCount
    nodes { id reference } pageInfo { hasNextPage endCursor } } }"""
BY_ID = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
KNOWN_AS = """query($is: String!) { referrals(filter: {reference: $is}) {
    totalCount nodes { id } } }"""
EVENTS = """query($after: String) { changesSince(first: 100, after: $after) {
    nodes { nodeId gone node { id } } pageInfo { hasNextPage endCursor } } }"""
FILE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { handling
    needs { code } wishes { awareness } } }"""
AGENCIES = sorted({agency for chain in CHAINS for agency in chain if agency} | {"uol"})
READERS = (Role.CASEWORKER, Role.DATA_PROTECTION_LEAD, Role.VIEWER)
WHO = [f"{agency}/{Role.CASEWORKER}" for agency in AGENCIES] + [
    f"{agency}/{role}" for agency in ("savera", "icb") for role in READERS[1:]
]


def portal_of(engines: Engines) -> Portal:
    return Portal(the_schema(), engines.command)


async def pages(portal: Portal, who: UUID, asked: str, field: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found, after, more = [], None, True
    while more:
        page = (await portal.ask(who, asked, after=after))[field]
        found.append(page)
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return found


@pytest.mark.parametrize("key", WHO)
async def test_list_id_count_reference_and_events_agree(
    shared: tuple[Engines, World], key: str
) -> None:
    engines, world = shared
    portal, who = portal_of(engines), fixed("matrix", key)
    every = [f"Referral:{row['id']}" for row in world.rows["referral"]]
    answered = await pages(portal, who, LIST, "referrals")
    nodes = [node for page in answered for node in page["nodes"]]
    listed = {node["id"] for node in nodes}
    assert {page["totalCount"] for page in answered} == {len(nodes)} == {len(listed)}
    found: set[str] = set()
    for start in range(0, len(every), 100):
        seen = (await portal.ask(who, BY_ID, ids=every[start : start + 100]))["nodes"]
        found |= {node["id"] for node in seen if node}
    assert listed == found
    ours = {f"Referral:{one}" for one in world.parties}
    parties = world.parties.items()
    caller = world.callers[who]
    assert listed & ours == {f"Referral:{k}" for k, p in parties if sees_summary(caller, p)}
    changes = [n for p in await pages(portal, who, EVENTS, "changesSince") for n in p["nodes"]]
    told = {n["nodeId"]: n for n in changes if n["nodeId"].startswith("Referral:")}
    assert {name for name, node in told.items() if not node["gone"]} == listed & told.keys()
    assert listed & ours <= told.keys()
    for row in world.rows["referral"][::50]:
        [is_known] = [(await portal.ask(who, KNOWN_AS, **{"is": row["reference"]}))["referrals"]]
        there = f"Referral:{row['id']}" in listed
        assert is_known["totalCount"] == len(is_known["nodes"]) == there, row["reference"]


async def test_for_every_caller_list_count_and_ids_are_what_the_rules_show(
    shared: tuple[Engines, World],
) -> None:
    engines, world = shared
    portal, looked = portal_of(engines), 0
    ours = [f"Referral:{one}" for one in world.parties]
    for who, caller in world.callers.items():
        answered = await pages(portal, who, LIST, "referrals")
        nodes = [node["id"] for page in answered for node in page["nodes"]]
        assert {page["totalCount"] for page in answered} == {len(nodes)} == {len(set(nodes))}
        parties = world.parties.items()
        should = {f"Referral:{k}" for k, p in parties if sees_summary(caller, p)}
        assert set(ours) & set(nodes) == should, caller
        found = set()
        for start in range(0, len(ours), 100):
            seen = await portal.ask(who, BY_ID, ids=ours[start : start + 100])
            found |= {node["id"] for node in seen["nodes"] if node}
        assert found == should, caller
        looked += len(ours)
    sys.stdout.write(f"\n{looked:,} cells\n")


def test_what_only_a_full_view_shows_has_no_id_or_is_noted_wherever_it_is_shown() -> None:
    """No list and no `node` shows it past `referralFile`, but for what leaves a row of its own."""
    kept = {
        name
        for name, rule in RULES.items()
        if any("referral_child_keys('full')" in trigger for trigger in rule.triggers)
    }
    assert {"safe_contact", "wishes", "need", "subject", "event_codes"} <= kept
    shown = {source.table.name: source.noted for source in SOURCES.values()}
    noted = dict.fromkeys(("victim_support", "support_authority"), "consult_listed")
    assert {name: shown[name] for name in kept & shown.keys()} == noted


async def opened(portal: Portal, who: UUID, referral: UUID) -> tuple[bool, UUID]:
    """Whether the full view was shown, and by which request."""
    context = portal.context(who)
    given = {"id": f"Referral:{referral}"}
    result = await portal.schema.execute(FILE, variable_values=given, context_value=context)
    assert not result.errors, result.errors
    raw: Any = result.data
    return json.loads(raw.bytes)["referralFile"] is not None, context.request_id


async def test_each_full_view_leaves_one_row_and_each_refusal_one_line(
    shared: tuple[Engines, World],
) -> None:
    engines, world = shared
    portal, shown, refused = portal_of(engines), 0, 0
    left = text(
        "SELECT (SELECT count(*) FROM consultation WHERE request_id = :id AND principal_id = :who"
        " AND referral_id = :case AND purpose = 'work_on_case'),"
        " (SELECT count(*) FROM audit_line WHERE request_id = :id AND outcome = 'refused'"
        " AND principal_id = :who AND object_id = :case)"
    )
    cases = [
        case for case in sharing.listed() if case.life == "open" and case.covers == sharing.ALL
    ]
    async with engines.owner.connect() as owner:
        for case, part in product(cases, ("sender", "host", "receiver")):
            if (agency := getattr(case, part)) is None:
                continue
            for role in READERS:
                who = fixed("matrix", f"{agency}/{role}")
                caller = world.callers[who]
                may = caller.can("referrals:read") and bool(has(caller, world.parties[case.id]))
                is_shown, request = await opened(portal, who, case.id)
                assert is_shown == may, (case.state, part, role)
                lines = (
                    await owner.execute(left, {"id": request, "who": who, "case": case.id})
                ).one()
                assert tuple(lines) == (int(may), int(not may)), (case.state, part, role)
                shown, refused = shown + may, refused + (not may)
    assert min(shown, refused) > len(STATES)


async def test_what_is_worked_by_lists_opens_no_case(shared: tuple[Engines, World]) -> None:
    """Hearings, plans and actions are part of the summary: nobody is noted for them."""
    engines, _ = shared
    portal, who = portal_of(engines), fixed("matrix", f"police/{Role.CASEWORKER}")
    lists = ("hearings", "planItems", "caseActions")
    asked = " ".join(f"{name}(first: 5) {{ nodes {{ id handling }} }}" for name in lists)
    counted = text("SELECT count(*) FROM consultation")
    async with engines.owner.connect() as owner:
        before = (await owner.execute(counted)).scalar_one()
        answer = await portal.ask(who, f"{{ {asked} }}")
        ids = [node["id"] for name in lists for node in answer[name]["nodes"]]
        assert all(answer[name]["nodes"] for name in lists)
        assert all((await portal.ask(who, BY_ID, ids=ids))["nodes"])
        assert (await owner.execute(counted)).scalar_one() == before


def operations() -> Iterator[Doing]:
    """What is done with a record of a case."""
    yield from (doing for doing in (*REFERRALS, *EMERGENCIES, *MARACS) if doing.about)


async def test_each_refusal_of_a_cases_operation_leaves_one_audit_line(
    shared: tuple[Engines, World],
) -> None:
    engines, world = shared
    portal, who = portal_of(engines), fixed("matrix", f"uol/{Role.VIEWER}")
    schema = the_schema()
    left = text(
        "SELECT verb, outcome, rule IS NOT NULL FROM audit_line"
        " WHERE request_id = :id AND principal_id = :who"
    )
    tried = 0
    async with engines.owner.connect() as owner:
        for doing in operations():
            rows = world.rows[doing.about]
            row = next((one for one in rows if doing.only is None or doing.only(one)), None)
            if row is None:
                continue
            given = doing.given(Case(world, world.callers[who], row))
            context = portal.context(who)
            given["idempotencyKey"] = str(context.request_id)
            result = await schema.execute(
                document(schema._schema, doing.mutation), {"input": given}, context_value=context
            )
            assert not result.errors, (doing.mutation, result.errors)
            raw: Any = result.data
            kind = json.loads(raw.bytes)[doing.mutation]["__typename"]
            assert kind in {"NotFound", "NotPermitted"}, doing.mutation
            lines = await owner.execute(left, {"id": context.request_id, "who": who})
            told = [(camel(verb), *rest) for verb, *rest in lines]
            assert told == [(doing.mutation, "refused", True)]
            tried += 1
    sys.stdout.write(f"\n{tried} operations of cases refused, a line each\n")
    assert tried > 30
