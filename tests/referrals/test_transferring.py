"""She moves, and her case with her: one team asks, another takes over, and none of it is lost."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import FAMILY_SAFETY, RECIPIENT, SENDER, listed, move, see, team
from support.reminding import told_of
from support.transferring import IDVA, ISVA, NEW, WHY, opens, place, taken_on, transfer

from portal.sample.conferences import MEETINGS
from portal.store.engines import Engines

FORCE = "police.caseworker"
ON_THE_LIST = """query($day: Date!) { maracMeetings(filter: {fromDay: $day, toDay: $day}) {
  nodes { team { id } listings { nodes { referral { id } } } } } }"""
EVENTS = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  state open passedAt comesFrom { id } agency { shortName }
  events(orderBy: OLDEST) { nodes { name part } } } } } }"""


async def test_both_sides_say_yes_and_then_the_other_team_has_it(portal: Portal) -> None:
    row = await taken_on(portal)
    asked = await transfer(portal, row)
    assert asked["__typename"] == "RecipientPayload", asked
    assert (await place(portal, SENDER, row, "Wirral"))["state"] == "accepted"
    new = await place(portal, ISVA, row, "RASA")
    assert (new["state"], new["turn"], new["open"]) == ("sent", "receiver", True)
    assert await opens(portal, IDVA, row)
    done = await move(portal, ISVA, new, "accept")
    assert done["recipient"]["state"] == "accepted", done
    old = await place(portal, SENDER, row, "Wirral")
    assert (old["state"], old["open"]) == ("transferred", False)
    assert (await see(portal, SENDER, row["id"]))["overall"] == "IN_HAND"


async def test_who_handed_it_over_keeps_the_summary_and_no_more(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    assert not await opens(portal, IDVA, row)
    assert await opens(portal, ISVA, row)
    assert await opens(portal, SENDER, row)
    assert row["id"] in await listed(portal, IDVA)
    theirs = await place(portal, IDVA, row, "Wirral")
    assert theirs["state"] == "transferred"
    late = await move(portal, IDVA, theirs, "close", ("outcome", "needs_met"))
    assert late["__typename"] in {"ValidationError", "NotPermitted"}, late


async def test_the_story_of_it_says_where_it_came_from(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    nodes = (await portal.ask(SENDER, EVENTS, id=row["id"]))["referral"]["recipients"]["nodes"]
    told = {one["agency"]["shortName"]: one for one in nodes}
    old = [(one["name"], one["part"]) for one in told["Wirral"]["events"]["nodes"]]
    assert old[-2:] == [("transfer", "receiver"), ("consent_given", "new_receiver")]
    assert told["Wirral"]["passedAt"] is not None
    new = [one["name"] for one in told["RASA"]["events"]["nodes"]]
    assert new == ["send", "accept"]
    assert told["RASA"]["comesFrom"] == {"id": (await place(portal, SENDER, row, "Wirral"))["id"]}


async def test_a_team_that_declines_leaves_it_where_it_was(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    new = await place(portal, ISVA, row, "RASA")
    done = await move(portal, ISVA, new, "decline", ("decline_reason", "no_capacity"))
    assert done["recipient"]["state"] == "declined", done
    old = await place(portal, IDVA, row, "Wirral")
    assert (old["state"], old["open"]) == ("accepted", True)
    assert (await move(portal, IDVA, old, "start"))["recipient"]["state"] == "started"
    assert await opens(portal, IDVA, row)


async def test_who_goes_on_with_it_after_all_takes_the_question_back(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    assert await see(portal, ISVA, row["id"]) is not None
    await move(portal, IDVA, await place(portal, IDVA, row, "Wirral"), "start")
    assert await see(portal, ISVA, row["id"]) is None
    assert (await place(portal, SENDER, row, "RASA"))["open"] is False


async def test_a_transfer_that_was_recorded_in_error_is_taken_back_too(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    events = (await see(portal, IDVA, row["id"]))["events"]["nodes"]
    [wrong] = [one for one in events if one["name"] == "transfer"]
    said = {"event": wrong["id"], "reason": "wrong_case"}
    done = await portal.do(IDVA, "correctReferral", said, RECIPIENT)
    assert done["__typename"] == "RecipientPayload", done
    assert await see(portal, ISVA, row["id"]) is None


async def test_two_answers_at_once_have_one_winner(portal: Portal) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    new, old = await place(portal, ISVA, row, "RASA"), await place(portal, IDVA, row, "Wirral")
    first = await move(portal, ISVA, new, "accept")
    second = await move(portal, IDVA, old, "start")
    assert first["__typename"] == "RecipientPayload"
    assert second["__typename"] == "Conflict", second


async def test_within_one_agency_it_passes_under_what_that_agency_has_it_by(
    portal: Portal,
) -> None:
    row = await taken_on(portal)
    done = await transfer(portal, row, to=("wirral", "Early help"))
    assert done["__typename"] == "RecipientPayload", done
    nodes = (await see(portal, "wirral.lead", row["id"]))["recipients"]["nodes"]
    [new] = [node for node in nodes if node["state"] == "sent"]
    done = await move(portal, "wirral.lead", new, "accept")
    assert done["recipient"]["state"] == "accepted", done
    assert await opens(portal, "wirral.lead", row)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (("uol", "Student welfare"), "NO_AGREEMENT"),
        (FAMILY_SAFETY, "ADDRESSED"),
        (("tww", "Outreach"), "OWN_TEAM"),
        (("police", "Protecting vulnerable people"), "DISCLOSURE_UNREAD"),
    ],
)
async def test_a_team_that_cannot_have_it_is_refused_and_nothing_changes(
    portal: Portal, to: tuple[str, str], code: str
) -> None:
    row = await taken_on(portal)
    refused = await transfer(portal, row, to=to)
    assert [error["code"] for error in refused["errors"]] == [code], refused
    [one] = (await see(portal, SENDER, row["id"]))["recipients"]["nodes"]
    assert one["state"] == "accepted"
    assert await see(portal, FORCE, row["id"]) is None


async def test_only_who_has_it_transfers_it_and_only_once(portal: Portal) -> None:
    row = await taken_on(portal)
    for who, answer in ((SENDER, "NotPermitted"), (ISVA, "NotFound"), (FORCE, "NotFound")):
        assert (await transfer(portal, row, who=who))["__typename"] == answer, who
    unsaid = await transfer(portal, row, fields=[])
    assert [error["code"] for error in unsaid["errors"]] == ["REQUIRED"]
    assert (await transfer(portal, row))["__typename"] == "RecipientPayload"
    twice = await transfer(portal, row, to=("savera", "Casework"))
    assert [error["code"] for error in twice["errors"]] == ["ALREADY_ASKED"], twice


async def test_the_move_by_itself_says_that_it_needs_a_team(portal: Portal) -> None:
    row = await taken_on(portal)
    now = await place(portal, IDVA, row, "Wirral")
    refused = await move(portal, IDVA, now, "transfer", ("transfer_reason", "moved_area"))
    assert "transferReferral" in refused["errors"][0]["message"]


async def test_no_pathway_without_transfers_has_one(portal: Portal, cases: Engines) -> None:
    """A matter between police and prosecutors passes to another area by an event."""
    found = "SELECT id, version FROM recipient WHERE state = 'magistrates' AND suspect = 1 LIMIT 1"
    async with cases.owner.connect() as owner:
        one = (await owner.execute(text(found))).one()
    given = {
        "recipient": f"Recipient:{one.id}", "expectedVersion": one.version, "team": team(*NEW),
        "fields": [],
    }  # fmt: skip
    refused = await portal.do("cps.liaison", "transferReferral", given, RECIPIENT)
    assert [error["code"] for error in refused["errors"]] == ["IMPOSSIBLE_MOVE"], refused


async def test_the_asked_team_and_the_one_that_waits_are_told(
    portal: Portal, cases: Engines
) -> None:
    row = await taken_on(portal)
    await transfer(portal, row)
    assert (ISVA, "referral_arrived") in await told_of(cases, row["id"])
    before = await told_of(cases, row["id"])
    await move(portal, ISVA, await place(portal, ISVA, row, "RASA"), "accept")
    after = (await told_of(cases, row["id"]))[len(before) :]
    assert {(SENDER, "referral_answered"), (IDVA, "referral_answered")} <= set(after), after


async def test_a_marac_hands_her_over_to_the_marac_of_where_she_lives_now(portal: Portal) -> None:
    made = await portal.do(
        "marac.administrator",
        "addTeam",
        {"name": f"MARAC {uuid4()}"[:40]},
        "...on TeamPayload { team { id } }",
    )
    there, day = made["team"]["id"], "2026-12-03"
    meeting = {"team": there, "heldOn": day, "area": "E08000012"}
    assert (await portal.do(COORDINATOR, "addMaracMeeting", meeting))["__typename"] != "Error"
    row = await gold(portal)
    await submit(portal, row)
    here = await place(portal, COORDINATOR, row, "Wirral MARAC")
    on_a_list = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
    assert (await move(portal, COORDINATOR, here, "accept", *on_a_list))["recipient"]
    here = await place(portal, COORDINATOR, row, "Wirral MARAC")
    given = {
        "recipient": here["id"], "expectedVersion": here["version"], "team": there, "fields": WHY,
    }  # fmt: skip
    asked = await portal.do(COORDINATOR, "transferReferral", given, RECIPIENT)
    assert asked["recipient"]["state"] == "submitted", asked
    later = (("meeting_on", day), ("research_by", "2026-12-01"))
    done = await move(portal, COORDINATOR, asked["recipient"], "accept", *later)
    assert done["recipient"]["state"] == "accepted", done
    listed_on = await portal.ask(COORDINATOR, ON_THE_LIST, day=day)
    [found] = [one for one in listed_on["maracMeetings"]["nodes"] if one["team"]["id"] == there]
    assert [one["referral"]["id"] for one in found["listings"]["nodes"]] == [row["id"]]
    states = {one["state"] for one in (await see(portal, SENDER, row["id"]))["recipients"]["nodes"]}
    assert states == {"transferred", "accepted"}
