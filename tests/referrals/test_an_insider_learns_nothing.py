"""Somebody in the force, whose friend a woman fled, looks for her: a charity's case with a
council's team is nowhere, whatever they ask and whichever of its numbers they have.
"""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.following import now, since
from support.referring import FAMILY_SAFETY, REFERRAL, SENDER, draft, send, team

from portal.store.engines import Engines

INSIDERS = (
    "police.caseworker", "police.protection", "police.administrator", "uol.caseworker",
    "pcc.programme",
)  # fmt: skip
PVP = ("police", "Protecting vulnerable people")
OURS = "TWW 2026/117"
FOUND = """query($filter: ReferralFilter) {
  referrals(filter: $filter) { totalCount nodes { id } } }"""
AROUND = """query($case: ID!, $agency: ID!) {
  consultations(filter: {referral: $case}) { totalCount }
  hearings(filter: {referral: $case}) { totalCount }
  planItems(filter: {referral: $case}) { totalCount }
  victimSupport(filter: {referral: $case}) { totalCount }
  supportAuthorities(filter: {referral: $case}) { totalCount }
  caseActions(filter: {referral: $case}) { totalCount }
  maracResearch(filter: {referral: $case}) { totalCount }
  outsideReferrals(filter: {referral: $case}) { totalCount }
  queue(filter: {agency: $agency}) { totalCount } }"""
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PARTS = """query($id: ID!) { referral(id: $id) { recipients { nodes { id clocks { nodes { id } } } }
  events { nodes { id } } } }"""


async def hers(portal: Portal) -> dict[str, Any]:
    """A case between a charity and a council's team, which the charity calls by a number."""
    row = await draft(portal, FAMILY_SAFETY)
    sent = await send(portal, row)
    row["reference"] = sent["referral"]["reference"]
    named = {"referral": row["id"], "ownReference": OURS}
    done = await portal.do(SENDER, "nameOwnReference", named)
    assert done["__typename"] == "ReferralPayload", done
    return row


@pytest.mark.parametrize("who", INSIDERS)
async def test_no_list_count_number_or_record_tells_of_it(portal: Portal, who: str) -> None:
    cursor = await now(portal, who)
    row = await hers(portal)
    nothing = f"Referral:{uuid4()}"
    agency = (await portal.ask(SENDER, "{ me { agency { id } } }"))["me"]["agency"]["id"]
    for wanted in ({"reference": row["reference"]}, {"reference": OURS}, {"sender": agency}):
        found = (await portal.ask(who, FOUND, filter=wanted))["referrals"]
        assert row["id"] not in str(found), wanted
        assert found["totalCount"] == len(found["nodes"])
    told = [await portal.ask(who, AROUND, case=c, agency=agency) for c in (row["id"], nothing)]
    assert told[0] == told[1]
    parts = (await portal.ask(SENDER, PARTS, id=row["id"]))["referral"]
    places, events = parts["recipients"]["nodes"], parts["events"]["nodes"]
    ids = [row["id"], *(one["id"] for one in (*places, *events))]
    ids += [clock["id"] for place in places for clock in place["clocks"]["nodes"]]
    assert len(ids) > 3
    assert (await portal.ask(who, NODES, ids=ids))["nodes"] == [None] * len(ids)
    assert not {one["nodeId"] for one in await since(portal, who, cursor)} & set(ids)


async def test_every_change_of_it_answers_as_of_a_case_that_never_was(portal: Portal) -> None:
    row = await hers(portal)
    for name, given in (
        ("withdrawReferral", {"expectedVersion": row["version"]}),
        ("withdrawReferral", {"expectedVersion": 99}),
        ("describeReferral", {"expectedVersion": row["version"], "reasons": ["HOUSING"]}),
        ("sendReferral", {"expectedVersion": 1, "token": row["preview"]["token"]}),
        ("deleteReferral", {"expectedVersion": 1}),
    ):
        answers = [
            await portal.do("police.caseworker", name, {"id": one, **given})
            for one in (row["id"], f"Referral:{uuid4()}")
        ]
        assert answers[0] == answers[1], name
        assert answers[0]["__typename"] == "NotFound", answers


async def test_the_same_number_of_ones_own_tells_nothing_of_anothers(portal: Portal) -> None:
    row = await hers(portal)
    mine = await draft(portal, FAMILY_SAFETY, by="police.caseworker", senderTeam=team(*PVP))
    named = {"referral": mine["id"], "ownReference": OURS}
    done = await portal.do("police.caseworker", "nameOwnReference", named)
    assert done["__typename"] == "ReferralPayload", done
    asked = "query($id: ID!) { referral(id: $id) { preview { duplicates } } }"
    shown = (await portal.ask("police.caseworker", asked, id=mine["id"]))["referral"]["preview"]
    assert row["reference"] not in shown["duplicates"]
    seen = (await portal.ask("police.caseworker", FOUND, filter={"reference": OURS}))["referrals"]
    assert row["id"] not in str(seen)


async def test_anothers_idempotency_key_gives_back_nothing_of_theirs(portal: Portal) -> None:
    key = str(uuid4())
    given = {"pathway": "request_for_support", "accused": "NONE_KNOWN", "idempotencyKey": key}
    made = []
    for who, of in ((SENDER, ("tww", "Outreach")), ("police.caseworker", PVP)):
        done = await portal.do(who, "startReferral", {**given, "senderTeam": team(*of)}, REFERRAL)
        made.append(done["referral"]["id"])
    assert made[0] != made[1]


async def test_a_list_from_anothers_cursor_on_shows_ones_own_alone(
    portal: Portal, cases: Engines
) -> None:
    row = await hers(portal)
    asked = """query($after: String) { referrals(after: $after) {
      nodes { id } pageInfo { endCursor } } }"""
    page = (await portal.ask(SENDER, asked))["referrals"]
    after = page["pageInfo"]["endCursor"]
    found = (await portal.ask("police.caseworker", asked, after=after))["referrals"]["nodes"]
    assert row["id"] not in str(found)
    async with cases.owner.connect() as owner:
        theirs = text(
            "SELECT r.id FROM referral r JOIN agency a ON a.id = r.sender_agency_id"
            " WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.overall = 'draft'"
            " AND a.short_name <> 'Police'"
            " AND NOT EXISTS (SELECT FROM emergency_disclosure e WHERE e.referral_id = r.id)"
        )
        ids = [one["id"].partition(":")[2] for one in found]
        assert not (await owner.execute(theirs, {"ids": ids})).all()
