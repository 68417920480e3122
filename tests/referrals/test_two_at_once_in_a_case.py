"""Two people act on one case at once: one of them wins, the other is told, and nothing is lost or
done twice.
"""

import asyncio
from collections import Counter
from typing import Any

from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    REFERRAL,
    SENDER,
    draft,
    move,
    see,
    send,
    sent,
    team,
)

IDVA, ISVA = "wirral.idva", ("rasa", "ISVA service")
WHO = {"Wirral": IDVA, "RASA": "rasa.caseworker"}
TIMES = 5
"""How often each pair meets: who comes first differs from one time to the next."""


def withdrawal(row: dict[str, Any]) -> dict[str, Any]:
    """The sender's, as it last saw the referral."""
    return {
        "id": row["id"],
        "expectedVersion": row["version"],
        "fields": [{"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}],
    }


def kinds(answers: list[dict[str, Any]]) -> Counter[str]:
    """What each was told."""
    return Counter(answer["__typename"] for answer in answers)


async def names_of(portal: Portal, who: str, referral: str) -> list[str]:
    """What has been recorded."""
    return [event["name"] for event in (await see(portal, who, referral))["events"]["nodes"]]


async def test_of_accepting_and_withdrawing_one_wins(portal: Portal) -> None:
    for _ in range(TIMES):
        row = await sent(portal)
        [recipient] = row["recipients"]["nodes"]
        answers = await asyncio.gather(
            move(portal, IDVA, recipient, "accept"),
            portal.do(SENDER, "withdrawReferral", withdrawal(row), REFERRAL),
        )
        accepted, withdrawn = (answer["__typename"] for answer in answers)
        names = await names_of(portal, SENDER, row["id"])
        if withdrawn == "ReferralPayload":
            assert names[-1] == "withdraw"
            assert await see(portal, IDVA, row["id"]) is None
            assert ("accept" in names) == (accepted == "RecipientPayload")
        else:
            assert (withdrawn, accepted) == ("Conflict", "RecipientPayload")
            assert names[-1] == "accept"


async def test_of_starting_and_withdrawing_exactly_one_happens(portal: Portal) -> None:
    for _ in range(TIMES):
        row = await sent(portal)
        [recipient] = row["recipients"]["nodes"]
        await move(portal, IDVA, recipient, "accept")
        row = await see(portal, SENDER, row["id"])
        [recipient] = row["recipients"]["nodes"]
        answers = await asyncio.gather(
            move(portal, IDVA, recipient, "start"),
            portal.do(SENDER, "withdrawReferral", withdrawal(row), REFERRAL),
        )
        done = kinds(answers)
        assert done["RecipientPayload"] + done["ReferralPayload"] == 1, done
        last = (await names_of(portal, SENDER, row["id"]))[-1]
        assert last == ("start" if done["RecipientPayload"] else "withdraw")


async def test_two_recipients_answer_at_once_and_both_are_heard(portal: Portal) -> None:
    for _ in range(TIMES):
        row = await sent(portal, FAMILY_SAFETY, ISVA)
        answers = await asyncio.gather(
            *(
                move(portal, WHO[each["agency"]["shortName"]], each, "accept")
                for each in row["recipients"]["nodes"]
            )
        )
        assert kinds(answers) == {"RecipientPayload": 2}
        after = await see(portal, SENDER, row["id"])
        assert {each["state"] for each in after["recipients"]["nodes"]} == {"accepted"}
        assert after["overall"] == "IN_HAND"


async def test_of_two_who_answer_for_one_team_one_is_heard(portal: Portal) -> None:
    [recipient] = (await sent(portal))["recipients"]["nodes"]
    reason = ("decline_reason", "no_capacity")
    answers = await asyncio.gather(
        move(portal, IDVA, recipient, "accept"), move(portal, IDVA, recipient, "decline", reason)
    )
    assert kinds(answers) == {"RecipientPayload": 1, "Conflict": 1}


async def test_a_draft_sent_twice_is_sent_once(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    answers = await asyncio.gather(send(portal, row), send(portal, row))
    assert kinds(answers) == {"ReferralPayload": 1, "Conflict": 1}
    assert (await names_of(portal, SENDER, row["id"])) == ["send"]


async def test_what_was_sent_is_not_sent_again_by_the_same_token(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    assert (await send(portal, row))["__typename"] == "Conflict"
    now = await see(portal, SENDER, row["id"])
    again = await send(portal, {**row, "version": now["version"]})
    assert [error["code"] for error in again["errors"]] == ["SENT"]
    assert (await names_of(portal, SENDER, row["id"])) == ["send"]


async def test_nobody_is_sent_a_case_who_was_added_while_it_was_sent(portal: Portal) -> None:
    for _ in range(TIMES):
        row = await draft(portal, FAMILY_SAFETY)
        more = {"id": row["id"], "expectedVersion": row["version"], "team": team(*ISVA)}
        answers = await asyncio.gather(
            send(portal, row), portal.do(SENDER, "addressReferral", more, REFERRAL)
        )
        assert kinds(answers) == {"ReferralPayload": 1, "Conflict": 1}
        was_sent = answers[0]["__typename"] == "ReferralPayload"
        now = await see(portal, SENDER, row["id"])
        assert now["overall"] == ("WAITING" if was_sent else "DRAFT")
        assert len(now["recipients"]["nodes"]) == (1 if was_sent else 2)
        assert await see(portal, WHO["RASA"], row["id"]) is None


async def test_of_transferring_and_withdrawing_the_case_is_lost_to_nobody_or_both(
    portal: Portal,
) -> None:
    for _ in range(TIMES):
        row = await sent(portal)
        [place] = row["recipients"]["nodes"]
        place = (await move(portal, IDVA, place, "accept"))["recipient"]
        row = await see(portal, SENDER, row["id"])
        given = {
            "recipient": place["id"], "expectedVersion": place["version"], "team": team(*ISVA),
            "fields": [{"name": "transfer_reason", "values": ["moved_area"]}],
        }  # fmt: skip
        transferred, withdrawn = await asyncio.gather(
            portal.do(IDVA, "transferReferral", given),
            portal.do(SENDER, "withdrawReferral", withdrawal(row), REFERRAL),
        )
        seen = [await see(portal, who, row["id"]) is not None for who in (IDVA, WHO["RASA"])]
        if withdrawn["__typename"] == "ReferralPayload":
            assert seen == [False, False], transferred
        else:
            assert seen == [True, transferred["__typename"] == "RecipientPayload"], withdrawn
