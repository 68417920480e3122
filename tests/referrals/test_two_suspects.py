"""A case with two suspects: police and prosecutors follow each apart, to outcomes of their own."""

from typing import Any

from support.asking import Portal
from support.charging import (
    LIAISON,
    OFFICER,
    drafted,
    goes,
    matter,
    named,
    on,
    registered,
    registration,
    said,
    sent,
    tries,
)
from support.referring import REFERRAL

FILE = {"colour": "green", "test": "full_code"}
QUEUE = """query($after: String) {
  queue(filter: {pathway: "cps_charging", mine: true, open: true}, first: 100, after: $after) {
    nodes { suspect state daysHeld { holder days } referral { id } }
    pageInfo { hasNextPage endCursor } } }"""


def held(track: dict[str, Any]) -> dict[str, int]:
    return {one["holder"]: one["days"] for one in track["daysHeld"]}


async def test_two_suspects_come_to_two_outcomes_and_the_days_are_kept_apart(
    portal: Portal,
) -> None:
    case = (await registered(on(portal, "2026-11-20")))["id"]

    for suspect in (1, 2):
        day = on(portal, "2026-11-30")
        assert await goes(day, OFFICER, case, suspect, "submit", **FILE) == "submitted"
    day = on(portal, "2026-12-01")
    assert await goes(day, LIAISON, case, 1, "accept_file", complexity="simple") == "under_review"
    assert await goes(day, LIAISON, case, 2, "accept_file", complexity="complex") == "under_review"
    day = on(portal, "2026-12-04")
    assert await goes(day, LIAISON, case, 1, "authorise_charge", test="full_code")
    assert await goes(
        day, LIAISON, case, 2, "issue_action_plan", plan_items=["phone"], answer_by="2026-12-18"
    )
    day = on(portal, "2026-12-07")
    assert await goes(day, OFFICER, case, 1, "charge", charge_form="charged") == "charged"
    day = on(portal, "2026-12-09")
    assert await goes(day, OFFICER, case, 1, "first_hearing_magistrates") == "magistrates"
    day = on(portal, "2026-12-14")
    assert await goes(day, OFFICER, case, 2, "answer_action_plan", plan_answered="full")
    assert await goes(day, LIAISON, case, 2, "accept_file", complexity="simple")
    day = on(portal, "2026-12-16")
    assert await goes(day, LIAISON, case, 1, "plead_guilty") == "convicted"
    day = on(portal, "2026-12-17")
    assert await goes(day, LIAISON, case, 2, "decide_nfa_evidential") == "nfa_evidential"
    day = on(portal, "2026-12-18")
    assert await goes(day, LIAISON, case, 1, "sentence", sentence_kind="custody") == "sentenced"
    told = {"told_on": "2026-12-18", "told_by": "liaison_unit"}
    assert await goes(day, LIAISON, case, 2, "tell_of_nfa", **told) == "nfa_notified"

    seen = await matter(on(portal, "2026-12-20"), case, LIAISON)
    first, second = seen["tracks"][1], seen["tracks"][2]
    assert (first["state"], first["turn"]) == ("sentenced", "police")
    assert (second["state"], second["turn"]) == ("nfa_notified", "none")
    assert held(first) == {"police": 10 + 3 + 2 + 2, "cps": 1 + 3, "court": 9}
    assert held(second) == {"police": 10 + 10, "cps": 1 + 3 + 3 + 1}  # and nobody's since
    assert (first["stateOn"], second["stateOn"]) == ("2026-12-18", "2026-12-18")
    assert seen["overall"] == "IN_HAND"


async def test_each_suspect_has_clocks_of_its_own(portal: Portal) -> None:
    case = (await registered(on(portal, "2026-11-20")))["id"]
    await goes(on(portal, "2026-11-20"), OFFICER, case, 2, "submit", **FILE)
    seen = await matter(on(portal, "2026-11-24"), case, LIAISON)
    assert [clock["name"] for clock in seen["tracks"][1]["clocks"]["nodes"]] == []
    [triage] = seen["tracks"][2]["clocks"]["nodes"]
    assert (triage["name"], triage["holder"], triage["late"]) == ("triage", "cps", True)
    assert (seen["tracks"][1]["late"], seen["tracks"][2]["late"]) == (False, True)


async def test_the_timeline_holds_both_and_the_queue_a_line_for_each(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    seen = await matter(portal, case, LIAISON)
    assert [event["name"] for event in seen["events"]["nodes"]] == ["register", "register"]
    await goes(portal, OFFICER, case, 2, "submit", **FILE)
    lines = await portal.to_the_end(LIAISON, QUEUE)
    mine = sorted((one["suspect"], one["state"]) for one in lines if one["referral"]["id"] == case)
    assert mine == [(1, "investigation"), (2, "submitted")]


async def test_a_case_ends_with_its_last_suspect(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    for suspect, stands in ((1, "IN_HAND"), (2, "ENDED")):
        await goes(portal, OFFICER, case, suspect, "suspect_died")
        told = {"told_on": "2026-11-16", "told_by": "officer"}
        await goes(portal, OFFICER, case, suspect, "close_after_death", **told)
        assert (await matter(portal, case))["overall"] == stands


async def test_a_mistake_with_one_suspect_is_corrected_with_that_one_alone(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    for suspect in (1, 2):
        await goes(portal, OFFICER, case, suspect, "submit", **FILE)
    wrong = (await matter(portal, case))["tracks"][1]["events"]["nodes"][-1]["id"]
    given = {"event": wrong, "reason": "wrong_case"}
    done = await portal.do(OFFICER, "correctReferral", given)
    assert done["__typename"] == "RecipientPayload", done
    tracks = (await matter(portal, case))["tracks"]
    assert (tracks[1]["state"], tracks[2]["state"]) == ("investigation", "submitted")


async def test_a_count_that_is_not_that_of_the_named_is_refused(portal: Portal) -> None:
    row = await drafted(portal, 2)
    for wrong in (1, 3):
        refused = await sent(portal, row, "register", registration(wrong))
        assert refused["errors"][0]["code"] == "SUSPECT_COUNT"
        assert refused["errors"][0]["path"] == ["input", "fields", "suspects"]
        assert "names 2 suspects" in refused["errors"][0]["message"]
    nobody = await drafted(portal, 0)
    refused = await sent(portal, nobody, "register", registration(0))
    assert refused["errors"][0]["code"] == "SUSPECT_COUNT"
    without = {key: value for key, value in registration(2).items() if key != "suspects"}
    refused = await sent(portal, row, "register", without)
    assert [error["code"] for error in refused["errors"]] == ["REQUIRED"]
    assert (await matter(portal, row["id"]))["overall"] == "DRAFT"


async def test_a_charge_before_authorisation_is_refused_for_that_suspect(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    for move, told in (("submit", FILE), ("accept_file", {})):
        who = OFFICER if move == "submit" else LIAISON
        await goes(portal, who, case, 1, move, **told)
    await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    refused = await tries(portal, OFFICER, case, 2, "charge", charge_form="charged")
    assert refused["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
    assert await goes(portal, OFFICER, case, 1, "charge", charge_form="charged") == "charged"


async def add_suspect(portal: Portal, case: str, count: int, **more: Any) -> dict[str, Any]:
    seen = await matter(portal, case)
    given = {
        "id": case, "expectedVersion": seen["version"], "employment": "NONE_KNOWN",
        "fields": said(registration(count)), **more,
    }  # fmt: skip
    who = given.pop("who", OFFICER)
    return await portal.do(who, "addSuspect", given, REFERRAL)


async def test_a_further_suspect_begins_where_the_others_began(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    await goes(portal, OFFICER, case, 1, "submit", **FILE)
    wrong = await add_suspect(portal, case, 2)
    assert wrong["errors"][0]["code"] == "SUSPECT_COUNT"
    done = await add_suspect(portal, case, 3)
    assert done["__typename"] == "ReferralPayload", done
    tracks = (await matter(portal, case, LIAISON))["tracks"]
    assert {number: one["state"] for number, one in tracks.items()} == {
        1: "submitted",
        2: "investigation",
        3: "investigation",
    }


async def test_a_further_suspect_who_is_a_partners_is_refused_before_anything_is_stored(
    portal: Portal,
) -> None:
    case = (await registered(portal))["id"]
    refused = await add_suspect(portal, case, 3, employment="MAY_WORK")
    assert refused["errors"][0]["code"] == "INDEPENDENT_ROUTE"
    assert len((await matter(portal, case))["tracks"]) == 2


async def test_once_registered_a_suspect_is_added_with_a_track_and_not_without(
    portal: Portal,
) -> None:
    seen = await registered(portal)
    given = {
        "id": seen["id"], "expectedVersion": seen["version"], "role": "SUSPECT",
        "employment": "NONE_KNOWN",
    }  # fmt: skip
    refused = await portal.do(OFFICER, "nameSubject", given)
    assert "addSuspect" in refused["errors"][0]["message"]
    assert await named(portal, seen["id"], "CHILD", seen["version"])


async def test_only_the_police_add_a_suspect_and_only_to_a_registered_matter(
    portal: Portal,
) -> None:
    case = (await registered(portal))["id"]
    refused = await add_suspect(portal, case, 3, who=LIAISON)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "referral.sender_decides")
    assert (await add_suspect(portal, case, 3, who="rasa.caseworker"))["__typename"] == "NotFound"
    early = await drafted(portal, 1)
    refused = await add_suspect(portal, early["id"], 2)
    assert refused["errors"][0]["code"] == "NO_TRACKS"


async def test_an_early_contact_has_no_suspects_until_a_matter_is_made_of_it(
    portal: Portal,
) -> None:
    row = await drafted(portal, 2)
    done = await sent(portal, row, "log_contact", {"contact_topic": "digital"})
    assert done["__typename"] == "ReferralPayload", done
    case = row["id"]
    assert list((await matter(portal, case, LIAISON))["tracks"]) == [None]
    assert await goes(portal, LIAISON, case, None, "answer_contact") == "early_contact_over"
    refused = await tries(portal, OFFICER, case, None, "register_from_contact", **registration(1))
    assert refused["errors"][0]["code"] == "SUSPECT_COUNT"
    await goes(portal, OFFICER, case, None, "register_from_contact", **registration(2))
    tracks = (await matter(portal, case, LIAISON))["tracks"]
    assert {number: one["state"] for number, one in tracks.items()} == {
        1: "investigation",
        2: "investigation",
    }
    assert [event["name"] for event in tracks[2]["events"]["nodes"]] == ["register"]
