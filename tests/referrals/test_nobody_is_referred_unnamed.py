"""A referral is about somebody, and says whether the victim knows of it and wishes it."""

from typing import Any

import pytest
from support.asking import Portal
from support.charging import OFFICER, PVP
from support.referring import FAMILY_SAFETY, SENDER, WISHES, bare_draft, see, send, team, told

from portal.referrals.codes import SubjectRole
from portal.referrals.engine.files import shipped

INSIDE = ("police", "Unity team")
"""A team of the sender's own agency needs no agreement."""
VICTIM = "nameSubject", {"role": "VICTIM"}
NEWEST = {name: shipped().newest(name) for name, _ in shipped().versions}
ABOUT = {name: one.about for name, one in NEWEST.items() if one and one.about}


def lacking(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """What a refusal asks for, by code and remedy."""
    return [(error["code"], error["message"]) for error in answer.get("errors", ())]


@pytest.mark.parametrize("pathway", ABOUT)
async def test_on_no_pathway_is_a_referral_sent_about_nobody(portal: Portal, pathway: str) -> None:
    row = await bare_draft(portal, INSIDE, by=OFFICER, senderTeam=team(*PVP), pathway=pathway)
    refused = lacking(await send(portal, row, OFFICER))
    named = [message for code, message in refused if code == "NO_SUBJECT"]
    assert len(named) == len(ABOUT[pathway])
    assert all("nameSubject" in message for message in named)
    unasked = SubjectRole.VICTIM in ABOUT[pathway]
    assert ("NO_WISHES" in dict(refused)) is unasked
    assert (await see(portal, OFFICER, row["id"]))["overall"] == "DRAFT"


def test_only_a_matter_of_the_prosecutors_counts_whom_it_is_about_instead() -> None:
    assert set(NEWEST) - set(ABOUT) == {"cps_charging"}


async def test_a_referral_that_names_a_child_alone_still_asks_for_the_victim(
    portal: Portal,
) -> None:
    row = await bare_draft(portal, FAMILY_SAFETY)
    row = await told(portal, row, ("nameSubject", {"role": "CHILD"}), WISHES)
    [(code, message)] = lacking(await send(portal, row))
    assert (code, message) == (
        "NO_SUBJECT",
        "Say first whom it is about: name the victim, as a number (`nameSubject`).",
    )


async def test_whoever_has_not_asked_the_victim_says_so_by_a_code(portal: Portal) -> None:
    row = await told(portal, await bare_draft(portal, FAMILY_SAFETY), VICTIM)
    [(code, message)] = lacking(await send(portal, row))
    assert (code, "setWishes" in message) == ("NO_WISHES", True)
    unasked = {"awareness": "UNAWARE", "basis": "PUBLIC_TASK", "reason": "NOT_SAFE_TO_ASK"}
    row = await told(portal, row, ("setWishes", unasked))
    assert (await send(portal, row, SENDER))["__typename"] == "ReferralPayload"
