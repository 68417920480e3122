"""A caseworker refers somebody: to whom it may go, what she is shown first, and who then has it."""

from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    OUTREACH,
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


async def test_a_draft_is_seen_by_its_senders_caseworkers_alone(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    assert row["overall"] == "DRAFT"
    for stranger in (IDVA, "wirral.lead", "police.caseworker", "tww.signatory", "uol.caseworker"):
        assert await see(portal, stranger, row["id"]) is None


async def test_the_preview_names_who_would_have_it_and_under_which_agreement(
    portal: Portal,
) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    sender, receiver = row["preview"]["parties"]
    assert (sender["part"], sender["agency"]["shortName"], sender["agreement"]) == (
        "sender",
        "TWW",
        None,
    )
    assert receiver["agency"]["shortName"] == "Wirral"
    assert receiver["team"]["name"] == "Family safety unit"
    assert receiver["agreement"].startswith("AG-")
    assert receiver["gateway"] == "cda_115"
    assert not receiver["lacking"]


async def test_once_sent_the_receiving_team_has_it_and_others_do_not(portal: Portal) -> None:
    row = await sent(portal)
    assert row["overall"] == "WAITING"
    theirs = await see(portal, IDVA, row["id"])
    assert theirs["recipients"]["nodes"][0]["state"] == "sent"
    for stranger in ("police.caseworker", "rasa.caseworker", "uol.caseworker", "wirral.viewer"):
        assert await see(portal, stranger, row["id"]) is None


async def test_nothing_is_sent_without_an_agreement_that_covers_it(portal: Portal) -> None:
    row = await draft(portal, ("uol", "Student welfare"))
    [party] = [each for each in row["preview"]["parties"] if each["part"] == "receiver"]
    assert party["lacking"]
    refused = await send(portal, row)
    assert refused["__typename"] == "ValidationError"
    assert [error["code"] for error in refused["errors"]] == ["NO_AGREEMENT"]
    assert "University of Liverpool" in refused["errors"][0]["message"]
    assert (await see(portal, SENDER, row["id"]))["overall"] == "DRAFT"


async def test_what_was_previewed_is_what_is_sent_or_nothing_is(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    given = {
        "id": row["id"],
        "expectedVersion": row["version"],
        "team": team("wirral", "Early help"),
    }
    changed = (await portal.do(SENDER, "addressReferral", given, REFERRAL))["referral"]
    stale = {**row, "version": changed["version"]}
    refused = await send(portal, stale)
    assert refused["__typename"] == "Conflict"
    assert "preview" in refused["message"]


async def test_a_team_does_not_refer_to_itself_and_its_neighbours_may_be_asked(
    portal: Portal,
) -> None:
    row = await draft(portal)
    given = {"id": row["id"], "expectedVersion": row["version"], "team": team(*OUTREACH)}
    refused = await portal.do(SENDER, "addressReferral", given, REFERRAL)
    assert refused["errors"][0]["code"] == "OWN_TEAM"
    row = await sent(portal, ("tww", "Information governance"))
    assert row["recipients"]["nodes"][0]["state"] == "sent"


async def test_who_does_not_work_on_cases_makes_none(portal: Portal) -> None:
    given = {
        "senderTeam": team("wirral", "Early help"), "pathway": "request_for_support",
        "accused": "NONE_KNOWN",
    }  # fmt: skip
    for who in ("wirral.coordinator", "wirral.viewer", "wirral.administrator", "wirral.spoc"):
        refused = await portal.do(who, "startReferral", given, REFERRAL)
        assert (refused["__typename"], refused["rule"]) == (
            "NotPermitted",
            "referral.caseworkers_refer",
        ), who


async def test_an_unknown_pathway_is_told_with_those_that_there_are(portal: Portal) -> None:
    given = {"senderTeam": team(*OUTREACH), "pathway": "telepathy", "accused": "NONE_KNOWN"}
    refused = await portal.do(SENDER, "startReferral", given, REFERRAL)
    assert refused["errors"][0]["code"] == "UNKNOWN_PATHWAY"
    assert "request_for_support" in refused["errors"][0]["message"]


async def test_it_moves_along_its_pathway_and_every_step_is_kept(portal: Portal) -> None:
    row = await sent(portal)
    [recipient] = row["recipients"]["nodes"]
    for name, state, fields in (
        ("acknowledge", "acknowledged", ()),
        ("accept", "accepted", ()),
        ("start", "started", ()),
        ("close", "closed", (("outcome", "needs_met"),)),
    ):
        done = await move(portal, IDVA, recipient, name, *fields)
        assert done["__typename"] == "RecipientPayload", done
        recipient = done["recipient"]
        assert recipient["state"] == state
    seen = await see(portal, SENDER, row["id"])
    assert seen["overall"] == "ENDED"
    names = [event["name"] for event in seen["events"]["nodes"]]
    assert names == ["send", "acknowledge", "accept", "start", "close"]


async def test_an_impossible_move_is_told_with_the_possible_ones(portal: Portal) -> None:
    [recipient] = (await sent(portal))["recipients"]["nodes"]
    refused = await move(portal, IDVA, recipient, "start")
    assert refused["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
    assert "accept" in refused["errors"][0]["message"]


async def test_a_sender_cannot_answer_its_own_referral(portal: Portal) -> None:
    [recipient] = (await sent(portal))["recipients"]["nodes"]
    refused = await move(portal, SENDER, recipient, "accept")
    assert refused["errors"][0]["code"] == "OTHER_PART"


async def test_declining_takes_a_code_and_never_words(portal: Portal) -> None:
    [recipient] = (await sent(portal))["recipients"]["nodes"]
    for fields in ((), (("decline_reason", "She lives at number 4"),)):
        refused = await move(portal, IDVA, recipient, "decline", *fields)
        assert refused["__typename"] == "ValidationError"
        assert "no_capacity" in refused["errors"][0]["message"]
    done = await move(portal, IDVA, recipient, "decline", ("decline_reason", "no_capacity"))
    assert done["recipient"]["state"] == "declined"
    assert done["recipient"]["referral"]["overall"] == "ENDED"


async def test_what_is_withdrawn_is_seen_there_no_longer(portal: Portal) -> None:
    row = await sent(portal)
    given = {
        "id": row["id"],
        "expectedVersion": row["version"],
        "fields": [{"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}],
    }
    done = await portal.do(SENDER, "withdrawReferral", given, REFERRAL)
    assert done["referral"]["overall"] == "WITHDRAWN", done
    assert await see(portal, IDVA, row["id"]) is None


async def test_once_work_has_begun_it_can_only_be_asked_to_close(portal: Portal) -> None:
    row = await sent(portal)
    [recipient] = row["recipients"]["nodes"]
    for name in ("accept", "start"):
        recipient = (await move(portal, IDVA, recipient, name))["recipient"]
    reason = ("withdraw_reason", "unsafe")
    refused = await move(portal, SENDER, recipient, "withdraw", reason)
    assert refused["errors"][0]["code"] == "IMPOSSIBLE_MOVE"
    asked = await move(portal, SENDER, recipient, "ask_to_close", reason)
    assert asked["recipient"]["state"] == "started"


async def test_a_mistake_is_marked_and_everything_worked_out_anew(portal: Portal) -> None:
    row = await sent(portal)
    [recipient] = row["recipients"]["nodes"]
    recipient = (await move(portal, IDVA, recipient, "accept"))["recipient"]
    [_, accepted] = (await see(portal, IDVA, row["id"]))["events"]["nodes"]
    by_sender = {"event": accepted["id"], "reason": "wrong_case"}
    refused = await portal.do(SENDER, "correctReferral", by_sender, "...on NotPermitted { rule }")
    assert refused["rule"] == "referral.recorder_corrects"
    done = await portal.do(
        IDVA, "correctReferral", by_sender, "...on RecipientPayload { recipient { state hold } }"
    )
    assert done["recipient"] == {"state": "sent", "hold": "ASKED"}
    seen = await see(portal, SENDER, row["id"])
    assert [event["inError"] for event in seen["events"]["nodes"]] == [False, True, False]
