"""What people ask each day of their cases, and that each is told of no more than they have."""

from typing import Any

from sqlalchemy import text
from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    SENDER,
    WISHES,
    bare_draft,
    draft,
    move,
    see,
    send,
    sent,
    told,
)

from portal.sample.partnership import agency_id
from portal.store.engines import Engines

IDVA = "wirral.idva"
UNANSWERED = """query($after: String) {
  queue(filter: {sentByUs: true, answered: false, open: true}, first: 100, after: $after) {
    nodes { referral { id } } pageInfo { hasNextPage endCursor } } }"""
CLIENT = """query($person: UUID!) { referrals(filter: {person: $person, open: true}) {
  nodes { id } } }"""
BY_URN = "query($urn: String!) { referrals(filter: {urn: $urn}) { nodes { id } } }"
CALLED = "query($called: String!) { referrals(filter: {reference: $called}) { nodes { id } } }"
LATE = "{ lateByAgency { agency { shortName } late longestSince } }"
QUEUE = """query($after: String) { queue(filter: {late: true}, first: 100, after: $after) {
  nodes { agency { shortName } dueAt } pageInfo { hasNextPage endCursor } } }"""
ORDERED = """query($order: RecipientOrder!, $after: String) {
  queue(filter: {mine: true, open: true}, orderBy: $order, first: 100, after: $after) {
    nodes { dueAt referral { id urgency } } pageInfo { hasNextPage endCursor } } }"""
NARROWED = """query($filter: RecipientFilter, $after: String) {
  queue(filter: $filter, first: 100, after: $after) {
    nodes { referral { id } } pageInfo { hasNextPage endCursor } } }"""
PEOPLE = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) {
  subjects { person } } }"""


async def unanswered(portal: Portal, who: str) -> set[str]:
    return {node["referral"]["id"] for node in await portal.to_the_end(who, UNANSWERED)}


async def test_what_the_other_side_has_not_acknowledged_is_listed_for_the_sender(
    portal: Portal,
) -> None:
    row = await sent(portal)
    [recipient] = row["recipients"]["nodes"]
    assert row["id"] in await unanswered(portal, SENDER)
    assert row["id"] not in await unanswered(portal, IDVA)
    await move(portal, IDVA, recipient, "acknowledge")
    assert row["id"] not in await unanswered(portal, SENDER)


async def test_an_answer_that_was_a_mistake_is_none(portal: Portal) -> None:
    row = await sent(portal)
    await move(portal, IDVA, row["recipients"]["nodes"][0], "acknowledge")
    [_, answer] = (await see(portal, IDVA, row["id"]))["events"]["nodes"]
    given = {"event": answer["id"], "reason": "wrong_case"}
    assert (await portal.do(IDVA, "correctReferral", given))["__typename"] == "RecipientPayload"
    assert row["id"] in await unanswered(portal, SENDER)


def on(portal: Portal, day: int) -> Portal:
    return Portal(portal.schema, portal.engine, portal.today.replace(day=day))


async def test_a_team_is_shown_the_most_urgent_first_and_then_who_waits_longest(
    portal: Portal,
) -> None:
    soon = (("ROUTINE", 12), ("URGENT", 16), ("IMMEDIATE", 16), ("URGENT", 13))
    made = [(await sent(on(portal, day), urgency=urgency))["id"] for urgency, day in soon]
    raised = await draft(on(portal, 11), FAMILY_SAFETY)
    more = {"id": raised["id"], "expectedVersion": raised["version"], "urgency": "IMMEDIATE"}
    assert (await portal.do(SENDER, "changeReferral", more))["__typename"] == "ReferralPayload"
    assert (await send(portal, await see(portal, SENDER, raised["id"])))["referral"]
    routine, later, at_once, earlier = made
    queue = await portal.to_the_end(IDVA, ORDERED, order="URGENCY")
    found = [node["referral"]["id"] for node in queue]
    mine = [one for one in found if one in {*made, raised["id"]}]
    assert mine == [raised["id"], at_once, earlier, later, routine]
    how = [node["referral"]["urgency"] for node in queue]
    assert how == sorted(how, key=["IMMEDIATE", "URGENT", "ROUTINE"].index)


async def test_a_team_is_shown_first_what_is_due_first_and_last_what_has_no_clock(
    portal: Portal,
) -> None:
    waits, later, sooner = [await sent(on(portal, day)) for day in (11, 16, 12)]
    place = waits["recipients"]["nodes"][0]
    for name in ("acknowledge", "accept", "start"):
        place = (await move(portal, IDVA, place, name))["recipient"]
    assert place["dueAt"] is None
    queue = await portal.to_the_end(IDVA, ORDERED, order="DUE")
    days = [node["dueAt"] for node in queue]
    assert days == sorted(days, key=lambda due: (due is None, due))
    made = [sooner["id"], later["id"], waits["id"]]
    assert [one for node in queue if (one := node["referral"]["id"]) in made] == made


async def test_a_queue_is_that_of_ones_teams_and_of_one_state_of_one_pathway(
    portal: Portal,
) -> None:
    waits, taken = await sent(portal), await sent(portal)
    done = await move(portal, IDVA, taken["recipients"]["nodes"][0], "accept")
    both = {waits["id"], taken["id"]}

    async def found(who: str, **wanted: Any) -> set[str]:
        nodes = await portal.to_the_end(who, NARROWED, filter=wanted)
        return both & {node["referral"]["id"] for node in nodes}

    assert await found(IDVA, mine=True) == await found(SENDER, mine=False) == both
    assert await found(IDVA, mine=False) == await found(SENDER, mine=True) == set()
    assert await found(IDVA, state=done["recipient"]["state"]) == {taken["id"]}
    assert await found(IDVA, state=waits["recipients"]["nodes"][0]["state"]) == {waits["id"]}
    assert await found(IDVA, pathway="request_for_support") == both
    assert await found(IDVA, pathway="idva") == set()


async def about(portal: Portal, person: str | None = None) -> tuple[dict[str, Any], str]:
    """A referral that was sent about a victim, and her number."""
    row = await bare_draft(portal, FAMILY_SAFETY)
    row = await told(portal, row, ("nameSubject", {"role": "VICTIM", "person": person}), WISHES)
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    [subject] = (await portal.ask(SENDER, PEOPLE, id=row["id"]))["referralFile"]["subjects"]
    return await see(portal, SENDER, row["id"]), subject["person"]


async def test_what_goes_on_for_a_client_is_found_by_the_number_that_we_gave_her(
    portal: Portal,
) -> None:
    first, person = await about(portal)
    second, _ = await about(portal, person)
    found = (await portal.ask(SENDER, CLIENT, person=person))["referrals"]["nodes"]
    assert {row["id"] for row in found} == {first["id"], second["id"]}
    reason = ("decline_reason", "no_capacity")
    await move(portal, IDVA, first["recipients"]["nodes"][0], "decline", reason)
    found = (await portal.ask(SENDER, CLIENT, person=person))["referrals"]["nodes"]
    assert {row["id"] for row in found} == {second["id"]}


async def test_a_number_finds_nothing_for_those_who_did_not_give_it(portal: Portal) -> None:
    _, person = await about(portal)
    for who in (IDVA, "police.caseworker", "tww.protection"):
        found = (await portal.ask(who, CLIENT, person=person))["referrals"]["nodes"]
        assert found == [], who


async def test_each_party_finds_a_case_by_its_own_reference_alone(portal: Portal) -> None:
    row = await sent(portal)
    for who, called in ((SENDER, "TWW 4711"), (IDVA, "W/88/26")):
        given = {"referral": row["id"], "ownReference": called}
        done = await portal.do(who, "nameOwnReference", given)
        assert done["__typename"] == "ReferralPayload"
    for who, called, found in (
        (SENDER, "TWW 4711", [row["id"]]),
        (IDVA, "W/88/26", [row["id"]]),
        (SENDER, "W/88/26", []),
        (IDVA, "TWW 4711", []),
    ):
        nodes = (await portal.ask(who, CALLED, called=called))["referrals"]["nodes"]
        assert [node["id"] for node in nodes] == found


async def test_a_urn_finds_the_case_for_those_who_may_read_where_it_was_said(
    portal: Portal, cases: Engines
) -> None:
    row = await draft(portal, ("tww", "Information governance"), FAMILY_SAFETY)
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    told = (
        "INSERT INTO event_codes (id, referral_id, event_id, category, codes, urn, updated_at,"
        " version, acl, routes) SELECT gen_random_uuid(), e.referral_id, e.id,"
        " 'criminal_justice', '{\"urn\": \"05A10099926\"}', '05A10099926', now(), 1, '{}', '{}'"
        " FROM referral_event e JOIN recipient p ON p.id = e.recipient_id"
        " WHERE e.referral_id = :id AND p.agency_id = :own"
    )
    case = {"id": row["id"].removeprefix("Referral:"), "own": agency_id("tww")}
    async with cases.owner.begin() as owner:
        assert (await owner.execute(text(told), case)).rowcount == 1
    for who, found in ((SENDER, 1), (IDVA, 1), ("tww.protection", 0), ("police.caseworker", 0)):
        nodes = (await portal.ask(who, BY_URN, urn="05A10099926"))["referrals"]["nodes"]
        assert len(nodes) == found, who


async def test_what_is_late_is_counted_by_agency_as_the_queue_lists_it(portal: Portal) -> None:
    await sent(portal, FAMILY_SAFETY, ("savera", "Casework"))
    later = Portal(portal.schema, portal.engine, portal.today.replace(day=30))
    for who in (SENDER, IDVA, "savera.caseworker", "police.caseworker", "wirral.viewer"):
        listed = await later.to_the_end(who, QUEUE)
        counted = (await later.ask(who, LATE))["lateByAgency"]
        names = [node["agency"]["shortName"] for node in listed]
        assert {one["agency"]["shortName"]: one["late"] for one in counted} == {
            name: names.count(name) for name in names
        }, who
        for one in counted:
            name = one["agency"]["shortName"]
            of_it = [n["dueAt"] for n in listed if n["agency"]["shortName"] == name]
            assert one["longestSince"] == min(of_it)
    assert names == []
    behind = (await later.ask(SENDER, LATE))["lateByAgency"]
    assert {"Wirral", "Savera"} <= {one["agency"]["shortName"] for one in behind}
