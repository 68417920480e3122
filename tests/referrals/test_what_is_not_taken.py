"""What cannot be so is refused with the field and what to do, and nothing of the case is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from support.asking import Portal
from support.charging import OFFICER, matter, registered, registration, said
from support.conferring import gold
from support.referring import (
    FAMILY_SAFETY,
    OUTREACH,
    RECIPIENT,
    REFERRAL,
    SENDER,
    draft,
    move,
    see,
    send,
    sent,
    team,
)

IDVA = "wirral.idva"
RISK = {"tool": "MERIT", "toolVersion": "3", "score": 50, "assessedOn": "2026-11-16"}


async def tries(portal: Portal, row: dict[str, Any], mutation: str, **given: Any) -> dict[str, Any]:
    now = await see(portal, SENDER, row["id"])
    change = {"id": row["id"], "expectedVersion": now["version"], **given}
    done = await portal.do(SENDER, mutation, change, REFERRAL)
    if done["__typename"] == "ValidationError":
        after = await see(portal, SENDER, row["id"])
        assert (after["version"], after["overall"]) == (now["version"], now["overall"])
    return done


def faults(refused: dict[str, Any]) -> list[tuple[str, str]]:
    assert refused["__typename"] == "ValidationError", refused
    return [(error["path"][-1], error["code"]) for error in refused["errors"]]


@pytest.mark.parametrize(
    ("given", "fault", "says"),
    [
        ({"score": -1}, ("score", "OUT_OF_RANGE"), "from 0 to"),
        ({"score": 9_999}, ("score", "OUT_OF_RANGE"), "from 0 to"),
        ({"judgedGrade": "gold"}, ("judgementReason", "INVALID"), "Say why"),
        ({"judgementReason": "PROFESSIONAL_JUDGEMENT"}, ("judgementReason", "INVALID"), "Leave"),
        ({"assessedOn": "2026-11-17"}, ("assessedOn", "INVALID"), "still to come"),
        ({"toolVersion": " "}, ("toolVersion", "INVALID"), "version"),
        ({"toolVersion": "1" * 21}, ("toolVersion", "INVALID"), "20 characters"),
        ({"toolVersion": "Anna Smith"}, ("toolVersion", "INVALID"), "such as"),
    ],
)
async def test_an_assessment_that_cannot_be_is_refused(
    portal: Portal, given: dict[str, Any], fault: tuple[str, str], says: str
) -> None:
    row = await draft(portal, area="E08000015")
    if "judgementReason" in given:
        given = {"judgementReason": (await reasons(portal))[0]}
    refused = await tries(portal, row, "assessRisk", **RISK | given)
    assert faults(refused) == [fault]
    assert says in refused["errors"][0]["message"]


async def reasons(portal: Portal) -> list[str]:
    asked = '{ __type(name: "JudgementReason") { enumValues { name } } }'
    return [one["name"] for one in (await portal.ask(SENDER, asked))["__type"]["enumValues"]]


async def test_judgement_raises_a_grade_and_never_lowers_it(portal: Portal) -> None:
    row, [why, *_] = await draft(portal, area="E08000015"), await reasons(portal)
    high = RISK | {"score": 74, "judgementReason": why}
    for grade in ("bronze", "silver", "gold", "the highest"):
        refused = await tries(portal, row, "assessRisk", **high, judgedGrade=grade)
        assert faults(refused) == [("judgedGrade", "JUDGEMENT_LOWERS")]
        assert "never lowers it" in refused["errors"][0]["message"]
    low = RISK | {"score": 10, "judgementReason": why}
    done = await tries(portal, row, "assessRisk", **low, judgedGrade="gold")
    assert done["__typename"] == "ReferralPayload", done


async def test_a_tool_whose_scores_mean_nothing_there_is_refused_with_who_could_change_it(
    portal: Portal,
) -> None:
    row = await draft(portal, area="E08000015")
    refused = await tries(portal, row, "assessRisk", **RISK | {"assessedOn": "1999-01-01"})
    assert faults(refused) == [("tool", "NO_THRESHOLD")]
    assert "programme lead" in refused["errors"][0]["message"]


@pytest.mark.parametrize("awareness", ["UNAWARE", "AWARE_AND_UNWILLING"])
async def test_without_her_wish_a_reason_is_compulsory(portal: Portal, awareness: str) -> None:
    row, basis = await draft(portal), {"basis": "PUBLIC_TASK"}
    refused = await tries(portal, row, "setWishes", awareness=awareness, **basis)
    assert faults(refused) == [("reason", "REASON_NEEDED")]
    done = await tries(
        portal, row, "setWishes", awareness=awareness, reason="NOT_SAFE_TO_ASK", **basis
    )
    assert done["__typename"] == "ReferralPayload", done
    needless = {"awareness": "AWARE_AND_WILLING", "reason": "LEGAL_DUTY"}
    refused = await tries(portal, row, "setWishes", **needless, **basis)
    assert faults(refused) == [("reason", "INVALID")]


async def test_the_same_team_is_addressed_once_and_nobody_at_all_is_not_sent_to(
    portal: Portal,
) -> None:
    row = await draft(portal)
    refused = await send(portal, row)
    assert faults(refused) == [("id", "NO_RECIPIENT")]
    once = {"team": team(*FAMILY_SAFETY)}
    assert (await tries(portal, row, "addressReferral", **once))["referral"]
    assert faults(await tries(portal, row, "addressReferral", **once)) == [("team", "ADDRESSED")]


async def test_a_move_is_made_once(portal: Portal) -> None:
    [place] = (await sent(portal))["recipients"]["nodes"]
    first = await move(portal, IDVA, place, "accept")
    assert first["__typename"] == "RecipientPayload", first
    stale = await move(portal, IDVA, place, "accept")
    assert stale["__typename"] == "Conflict"
    again = await move(portal, IDVA, first["recipient"], "accept")
    assert faults(again) == [("move", "IMPOSSIBLE_MOVE")]
    assert "start" in again["errors"][0]["message"]


async def test_the_very_same_request_twice_makes_the_move_once(portal: Portal) -> None:
    [place] = (await sent(portal))["recipients"]["nodes"]
    given = {
        "recipient": place["id"], "expectedVersion": place["version"], "move": "accept",
        "idempotencyKey": place["id"],
    }  # fmt: skip
    told = [await portal.do(IDVA, "moveReferral", given, RECIPIENT) for _ in range(2)]
    assert told[0]["recipient"] == told[1]["recipient"]
    other = await portal.do(IDVA, "moveReferral", given | {"move": "acknowledge"}, RECIPIENT)
    assert faults(other) == [("idempotencyKey", "KEY_REUSED")]


async def test_what_is_recorded_for_a_time_to_come_is_refused(portal: Portal) -> None:
    [place] = (await sent(portal))["recipients"]["nodes"]
    refused = await move(portal, IDVA, place, "acknowledge", at="2026-11-17T09:00:00Z")
    assert faults(refused)[0][0] == "at"


async def test_free_text_is_no_code_wherever_a_code_belongs(portal: Portal) -> None:
    """Each list of codes in the contract refuses words, with the place where they stood."""
    row = await gold(portal)
    words = "She lives at number 4"
    tried = {
        "describeReferral": ("reasons", "flags"),
        "setSafeContact": ("allowed", "forbidden"),
        "setWishes": ("awareness", "basis", "reason"),
        "nameSubject": ("role", "employment"),
        "assessRisk": ("tool", "judgementReason"),
    }
    for mutation, fields in tried.items():
        title = mutation[0].upper() + mutation[1:]
        asked = f"mutation($input: {title}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
        for field in fields:
            value = [words] if field in {"reasons", "flags", "allowed", "forbidden"} else words
            given = {"id": row["id"], "expectedVersion": 1, "idempotencyKey": "1", field: value}
            _, errors = await portal.try_asking(SENDER, asked, input=given)
            said = [error["message"] for error in errors if field in error["message"]]
            assert said, (mutation, field, errors)
            assert {error["code"] for error in errors} == {"BAD_USER_INPUT"}


WORDS = "Anna lives at number 4 with her mother"
OF_CASES = {
    "ReferralPayload", "RecipientPayload", "CaseActionPayload", "DisclosureRequestPayload",
    "EmergencyDisclosurePayload", "OutsideReferralPayload", "VictimSupportPayload",
    "SupportAuthorityPayload", "MaracListingPayload", "MaracResearchPayload",
    "MaracRepeatPayload", "MaracBeliefPayload", "OnwardRequestPayload",
}  # fmt: skip
TRIED = {
    "startReferral": {"pathway", "area", "ownReference"},
    "changeReferral": {"area"},
    "nameOwnReference": {"ownReference"},
    "sendReferral": {"token", "move", "name", "values"},
    "withdrawReferral": {"name", "values"},
    "moveReferral": {"move", "name", "values"},
    "transferReferral": {"name", "values"},
    "addSuspect": {"name", "values"},
    "correctReferral": {"reason"},
    "describeReferral": {"language"},
    "assessRisk": {"toolVersion", "judgedGrade"},
    "askForDisclosure": {"reference"},
}
"""Where a text is given of a case at all: each is tried with words below, or is looked up."""


def texts(kind: Any) -> Iterator[str]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from texts(inner)
        elif inner.name == "String" and name != "idempotencyKey":
            yield name


def test_no_text_is_taken_of_a_case_but_those_that_are_tried_here(portal: Portal) -> None:
    mutations = portal.schema._schema.mutation_type
    assert mutations is not None
    found = {
        name: set(texts(get_named_type(field.args["input"].type)))
        for name, field in mutations.fields.items()
        if OF_CASES & {member.name for member in get_named_type(field.type).types}
    }
    assert {name: taken for name, taken in found.items() if taken} == TRIED


@pytest.mark.parametrize(
    ("mutation", "given", "at"),
    [
        ("startReferral", {"pathway": WORDS}, "pathway"),
        ("startReferral", {"area": WORDS}, "area"),
        ("startReferral", {"ownReference": WORDS}, "ownReference"),
        ("startReferral", {"ownReference": "Anna Smith"}, "ownReference"),
        ("startReferral", {"ownReference": "Savannah 4"}, "ownReference"),
        ("startReferral", {"ownReference": "anna@example.org 1"}, "ownReference"),
        ("startReferral", {"ownReference": "Anna at no 4"}, "ownReference"),
        ("changeReferral", {"area": WORDS}, "area"),
        ("nameOwnReference", {"ownReference": WORDS}, "ownReference"),
        ("nameOwnReference", {"ownReference": " "}, "ownReference"),
        ("describeReferral", {"needs": [{"code": "INTERPRETER", "language": WORDS}]}, "language"),
        ("assessRisk", RISK | {"toolVersion": WORDS}, "toolVersion"),
        ("assessRisk", RISK | {"judgedGrade": WORDS, "judgementReason": "FEAR"}, "judgedGrade"),
    ],
)
async def test_words_about_a_person_are_refused_where_a_text_is_taken(
    portal: Portal, mutation: str, given: dict[str, Any], at: str
) -> None:
    row = await draft(portal, area="E08000015")
    if mutation == "startReferral":
        new = {"senderTeam": team(*OUTREACH), "pathway": "request_for_support"}
        mine = new | {"accused": "NONE_KNOWN"} | given
        refused = await portal.do(SENDER, mutation, mine, REFERRAL)
    elif mutation == "nameOwnReference":
        named = {"referral": row["id"], "ownReference": "TWW 26/114"}
        assert (await portal.do(SENDER, mutation, named, REFERRAL))["referral"]
        refused = await portal.do(SENDER, mutation, named | given, REFERRAL)
    else:
        refused = await tries(portal, row, mutation, **given)
    assert at in {error["path"][-1] for error in refused.get("errors", [])}, refused
    assert "Anna lives" not in refused["message"]


def kept(row: dict[str, Any]) -> list[Any]:
    """What must not have moved: versions, states, and what was recorded."""
    return [row["version"], row["overall"], row["recipients"], row["events"]]


Ready = tuple[dict[str, Any], str, str, dict[str, Any]]
"""A case, who does what with it, and all that is to be given but fields."""


async def ready(portal: Portal, what: str) -> Ready:
    if what == "sendReferral":
        row = await gold(portal)
        version = {"id": row["id"], "expectedVersion": row["version"]}
        read = {"token": row["preview"]["token"], "disclosureRead": True}
        return row, SENDER, what, version | read
    row = await sent(portal)
    [place] = row["recipients"]["nodes"]
    for name in ("accept", "start")[: 2 if what == "ask_to_close" else 1]:
        place = (await move(portal, IDVA, place, name))["recipient"]
    row = await see(portal, SENDER, row["id"])
    version = {"recipient": place["id"], "expectedVersion": place["version"]}
    if what == "withdrawReferral":
        return row, SENDER, what, {"id": row["id"], "expectedVersion": row["version"]}
    if what == "transferReferral":
        return row, IDVA, what, version | {"team": team("rasa", "ISVA service")}
    return row, SENDER, "moveReferral", version | {"move": what}


@pytest.mark.parametrize(
    ("what", "own"),
    [
        ("sendReferral", "route"),
        ("withdrawReferral", "withdraw_reason"),
        ("transferReferral", "transfer_reason"),
        ("ask_to_close", "withdraw_reason"),
    ],
)
async def test_words_are_no_field_of_what_is_sent_taken_back_passed_over_or_asked_to_close(
    portal: Portal, what: str, own: str
) -> None:
    row, who, mutation, given = await ready(portal, what)
    for name, values in (
        (WORDS, ["x"]), (WORDS, [WORDS]), (own, [WORDS]), (own, [WORDS, WORDS]), (own, []),
    ):  # fmt: skip
        told = {"fields": [{"name": name, "values": values}]}
        refused = await portal.do(who, mutation, given | told)
        assert refused["__typename"] == "ValidationError", refused
        assert {error["path"][1] for error in refused["errors"]} == {"fields"}
    assert kept(await see(portal, SENDER, row["id"])) == kept(row)
    assert what != "transferReferral" or await see(portal, "rasa.caseworker", row["id"]) is None


async def test_words_are_no_field_of_a_further_suspect(portal: Portal) -> None:
    case = await registered(portal)
    given = {"id": case["id"], "expectedVersion": case["version"], "employment": "NONE_KNOWN"}
    for told in ({WORDS: "x"}, registration(3) | {WORDS: "x"}, registration(3) | {"urn": WORDS}):
        refused = await portal.do(OFFICER, "addSuspect", given | {"fields": said(told)})
        assert refused["__typename"] == "ValidationError", told
    assert (await matter(portal, case["id"]))["version"] == case["version"]


async def test_words_are_no_token_and_no_way_to_send(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    change = {"id": row["id"], "expectedVersion": row["version"]}
    given = change | {"token": row["preview"]["token"]}
    assert faults(await portal.do(SENDER, "sendReferral", given | {"move": WORDS})) == [
        ("move", "IMPOSSIBLE_MOVE")
    ]
    stale = await portal.do(SENDER, "sendReferral", given | {"token": WORDS})
    assert stale["__typename"] == "Conflict"
    assert (await see(portal, SENDER, row["id"]))["overall"] == "DRAFT"


async def test_words_are_no_move_no_field_no_value_and_no_reason(portal: Portal) -> None:
    row = await sent(portal)
    [place] = row["recipients"]["nodes"]
    for name, fields in (
        (WORDS, ()),
        ("decline", ((WORDS, "x"),)),
        ("decline", (("decline_reason", WORDS),)),
    ):
        refused = await move(portal, IDVA, place, name, *fields)
        assert refused["__typename"] == "ValidationError", (name, fields)
    event = (await see(portal, SENDER, row["id"]))["events"]["nodes"][-1]
    wrong = {"event": event["id"], "reason": WORDS}
    refused = await portal.do(SENDER, "correctReferral", wrong)
    assert faults(refused)[0][0] == "reason"
