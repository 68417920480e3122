"""What hangs on a case, the queue, what is late, and each number by which people look a case up:
every caller finds by them exactly what the rules in Python show them.
"""

import sys
from collections import Counter
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest
from support.asking import Portal, the_schema
from support.casework import URN
from support.twins import Row, Sight
from support.world import World

from auth.roles import Role
from portal.referrals.parties import sees_full
from portal.sample.partnership import AGENCIES, DAY, fixed
from portal.store.engines import Engines

PLACES = ("police", "wirral", "tww", "cps")
WHO = sorted(
    {f"{agency}/{Role.CASEWORKER}" for agency in AGENCIES}
    | {f"{agency}/{role}" for agency in PLACES for role in Role}
)
SCHEMA = the_schema()
NINE = datetime.combine(DAY, time(9), UTC)
"""When everybody asks."""
CASES = "{ referrals(first: 100) { nodes { id } } }"
PARTS = """query($id: ID!) { referral(id: $id) { id
    events(first: 30) { totalCount nodes { id } }
    actions(first: 30) { totalCount nodes { id } }
    recipients(first: 30) { totalCount nodes { id
        clocks(first: 30) { totalCount nodes { id } }
        events(first: 30) { totalCount nodes { id } }
        allocations(first: 30) { totalCount nodes { id } } } } } }"""
TABLES = {
    "events": "referral_event", "actions": "case_action", "recipients": "recipient",
    "clocks": "running_clock", "allocations": "allocation",
}  # fmt: skip
KNOWN_AS = """query($is: ReferralFilter) { referrals(first: 100, filter: $is) {
    totalCount nodes { id } } }"""
QUEUE = """query($that: RecipientFilter) { queue(first: 100, filter: $that) {
    totalCount nodes { id } } }"""
LATE = "{ lateByAgency { agency { id } late } }"
HALVES = ("mine", "allocated", "sentByUs", "answered", "open", "late")
"""What a queue is narrowed by: what is so and what is not so are together all of it."""


@pytest.fixture(params=WHO)
def caller(request: pytest.FixtureRequest, matrix: tuple[Engines, World]) -> tuple[Portal, Sight]:
    """Somebody who asks, and what the rules show them."""
    engines, world = matrix
    who = fixed("matrix", request.param)
    return Portal(SCHEMA, engines.command), Sight(world, world.callers[who])


async def found(asks: tuple[Portal, Sight], document: str, field: str, **given: Any) -> set[str]:
    """The ids on a page, of which there are as many as it counts."""
    portal, sight = asks
    page = (await portal.ask(sight.caller.principal_id, document, **given))[field]
    ids = {node["id"] for node in page["nodes"]}
    assert page["totalCount"] == len(page["nodes"]) == len(ids), given
    return ids


def ids(kind: str, rows: set[UUID]) -> set[str]:
    return {f"{kind}:{row}" for row in rows}


async def test_what_hangs_on_a_case_is_what_the_rules_show(caller: tuple[Portal, Sight]) -> None:
    portal, sight = caller
    who = sight.caller.principal_id
    shown: dict[str, set[str]] = {name: set() for name in TABLES}

    def look(node: dict[str, Any]) -> None:
        for name in TABLES.keys() & node.keys():
            listed = [part["id"] for part in node[name]["nodes"]]
            assert node[name]["totalCount"] == len(listed) == len(set(listed))
            shown[name].update(one.partition(":")[2] for one in listed)
            for part in node[name]["nodes"]:
                look(part)

    for case in (await portal.ask(who, CASES))["referrals"]["nodes"]:
        look((await portal.ask(who, PARTS, id=case["id"]))["referral"])
    for name, table in TABLES.items():
        assert shown[name] == {str(row) for row in sight.rows(table)}, name


async def test_a_case_is_found_by_its_numbers_where_it_is_seen_and_nowhere_else(
    caller: tuple[Portal, Sight],
) -> None:
    _, sight = caller
    rows = sight.world.rows
    seen = sight.rows("referral")
    for case in rows["referral"]:
        there = await found(
            caller, KNOWN_AS, "referrals", **{"is": {"reference": case["reference"]}}
        )
        assert there == ids("Referral", {case["id"]} & seen), case["reference"]
    for called in {row["value"] for row in rows["local_reference"]}:
        own = [row for row in rows["local_reference"] if sight.sees("local_reference", row)]
        there = await found(caller, KNOWN_AS, "referrals", **{"is": {"reference": called}})
        assert there == ids("Referral", {r["referral_id"] for r in own if r["value"] == called})
    said = [row for row in rows["event_codes"] if sight.sees("event_codes", row)]
    there = await found(caller, KNOWN_AS, "referrals", **{"is": {"urn": URN}})
    assert there == ids(
        "Referral", {row["referral_id"] for row in said if row["urn"] == URN} & seen
    )
    for subject in rows["subject"]:
        [sender] = [r for r in rows["referral"] if r["id"] == subject["referral_id"]]
        ours = sender["sender_agency_id"] == sight.caller.agency_id
        given = {"is": {"person": str(subject["person"])}}
        there = await found(caller, KNOWN_AS, "referrals", **given)
        should = {subject["referral_id"]} if ours and sight.sees("subject", subject) else set()
        assert there == ids("Referral", should)


async def test_the_queue_and_what_is_late_are_what_the_rules_show(
    caller: tuple[Portal, Sight],
) -> None:
    portal, sight = caller

    def queued(row: Row) -> bool:
        return row["given_at"] is not None and sight.sees("recipient", row)

    rows = [row for row in sight.world.rows["recipient"] if queued(row)]
    whole = await found(caller, QUEUE, "queue")
    assert whole == ids("Recipient", {row["id"] for row in rows})
    halves = {}
    for name in HALVES:
        is_so, is_not = [
            await found(caller, QUEUE, "queue", that={name: so}) for so in (True, False)
        ]
        assert (is_so | is_not, is_so & is_not) == (whole, set()), name
        halves[name] = is_so
    mine = {row["id"] for row in rows if row["team_id"] in sight.caller.team_ids}
    late = [r for r in rows if r["is_open"] and r["due_at"] and r["due_at"] < NINE]
    assert halves["mine"] == ids("Recipient", mine)
    assert halves["late"] == ids("Recipient", {row["id"] for row in late})
    counted = (await portal.ask(sight.caller.principal_id, LATE))["lateByAgency"]
    should = Counter(f"Agency:{row['agency_id']}" for row in late)
    assert {one["agency"]["id"]: one["late"] for one in counted} == should


def test_somebody_finds_something_by_each_number_and_somebody_does_not(
    matrix: tuple[Engines, World],
) -> None:
    """Or the comparisons above would hold of nothing."""
    _, world = matrix
    sights = [Sight(world, world.callers[fixed("matrix", key)]) for key in WHO]
    for table in ("local_reference", "event_codes", "subject", *TABLES.values()):
        told = Counter(bool(sight.rows(table)) for sight in sights)
        assert min(told[True], told[False]) > 0, (table, told)
    sys.stdout.write(f"\n{len(WHO)} callers\n")
    with_urn = [row for row in world.rows["event_codes"] if row["urn"] == URN]
    parties = [world.parties[row["referral_id"]] for row in with_urn]
    reads = [s for s in sights if any(sees_full(s.caller, p, "reasons") for p in parties)]
    assert 0 < len(reads) < len(sights)
