"""A team passes on what it was given, as far as its agreement lets it; and each sees of the chain
the links to which it is a party.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    RECIPIENT,
    REFERRAL,
    SENDER,
    draft,
    listed,
    see,
    send,
    sent,
    team,
)

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, ISVA, SAVERA = "wirral.idva", "rasa.caseworker", "savera.caseworker"
RULE = "UPDATE agreement_version SET onward_rule = :rule WHERE agreement_id = :id"
CHAIN = """query($id: ID!) { referral(id: $id) { onwardFrom { id } }
  onward: referrals(filter: {onwardFrom: $id}) { nodes { id } } }"""


@asynccontextmanager
async def ruled(cases: Engines, rule: str, deal: str = "wirral-marac") -> AsyncIterator[None]:
    """Meanwhile the agreement has this onward rule."""
    given = {"id": fixed("agreement", deal)}
    async with cases.owner.begin() as owner:
        await owner.execute(text(RULE), given | {"rule": rule})
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(RULE), given | {"rule": "parties"})


async def onward(
    portal: Portal, row: dict[str, Any], by: str, mine: tuple[str, str], *to: tuple[str, str]
) -> dict[str, Any]:
    """A draft that passes a case on."""
    return await draft(portal, *to, by=by, senderTeam=team(*mine), onwardFrom=row["id"])


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["code"] for error in answer["errors"]]


async def test_a_chain_of_three_shows_each_the_links_that_it_is_in(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    second = await onward(portal, first, IDVA, FAMILY_SAFETY, ("rasa", "ISVA service"))
    assert (await send(portal, second, by=IDVA))["referral"]
    third = await onward(portal, second, ISVA, ("rasa", "ISVA service"), ("savera", "Casework"))
    assert (await send(portal, third, by=ISVA))["referral"]

    async def chain(who: str, row: dict[str, Any]) -> tuple[Any, list[str]]:
        found = await portal.ask(who, CHAIN, id=row["id"])
        before = found["referral"] and found["referral"]["onwardFrom"]
        return before and before["id"], [one["id"] for one in found["onward"]["nodes"]]

    assert await chain(SENDER, first) == (None, [])
    assert await chain(IDVA, first) == (None, [second["id"]])
    assert await chain(IDVA, second) == (first["id"], [])
    assert await chain(ISVA, second) == (None, [third["id"]])
    assert await chain(ISVA, third) == (second["id"], [])
    assert await chain(SAVERA, third) == (None, [])
    assert not {first["id"], second["id"]} & await listed(portal, SAVERA)


async def test_where_the_agreement_says_never_nothing_is_passed_on(
    portal: Portal, cases: Engines
) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    row = await onward(portal, first, IDVA, FAMILY_SAFETY, ("rasa", "ISVA service"))
    async with ruled(cases, "never"):
        refused = await send(portal, row, by=IDVA)
        assert codes(refused) == ["NOT_ONWARD"]
        assert "Ask Tomorrow's Women Wirral to refer it there" in refused["errors"][0]["message"]
    assert await see(portal, ISVA, row["id"]) is None
    assert (await send(portal, row, by=IDVA))["referral"]


async def test_where_only_parties_may_have_it_a_stranger_is_named(
    portal: Portal, cases: Engines
) -> None:
    """To whom Wirral may refer its own cases, under another agreement."""
    elsewhere = ("sefton", "Community safety")
    own = {"by": IDVA, "senderTeam": team(*FAMILY_SAFETY)}
    assert (await sent(portal, elsewhere, **own))["overall"] == "WAITING"
    async with ruled(cases, "parties"):
        first = await sent(portal, FAMILY_SAFETY)
        inside = await onward(portal, first, IDVA, FAMILY_SAFETY, ("rasa", "ISVA service"))
        assert (await send(portal, inside, by=IDVA))["referral"]
        outside = await onward(portal, first, IDVA, FAMILY_SAFETY, elsewhere)
        refused = await send(portal, outside, by=IDVA)
    assert codes(refused) == ["NOT_ONWARD"]
    assert "Sefton" in refused["errors"][0]["message"]


@pytest.mark.parametrize("rule", ["never", "parties"])
async def test_a_transfer_goes_by_the_same_rule(portal: Portal, cases: Engines, rule: str) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    [place] = (await see(portal, IDVA, first["id"]))["recipients"]["nodes"]
    taken = {"recipient": place["id"], "expectedVersion": place["version"], "move": "accept"}
    at = (await portal.do(IDVA, "moveReferral", taken, RECIPIENT))["recipient"]
    given = {
        "recipient": at["id"], "expectedVersion": at["version"],
        "team": team("rasa", "ISVA service"),
        "fields": [{"name": "transfer_reason", "values": ["moved_area"]}],
    }  # fmt: skip
    async with ruled(cases, rule):
        done = await portal.do(IDVA, "transferReferral", given, RECIPIENT)
    if rule == "never":
        assert codes(done) == ["NOT_ONWARD"]
    else:
        assert done["__typename"] == "RecipientPayload"


async def test_back_to_its_owner_and_within_the_agency_it_may_always_go(
    portal: Portal, cases: Engines
) -> None:
    async with ruled(cases, "never"):
        first = await sent(portal, FAMILY_SAFETY)
        for to in (("tww", "Outreach"), ("wirral", "Early help")):
            row = await onward(portal, first, IDVA, FAMILY_SAFETY, to)
            done = await send(portal, row, by=IDVA)
            assert done["__typename"] == "ReferralPayload", (to, done)


async def test_only_who_was_sent_a_case_passes_it_on(portal: Portal) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    mine = {"pathway": "request_for_support", "accused": "NONE_KNOWN", "onwardFrom": first["id"]}
    for who, own in ((SENDER, ("tww", "Outreach")), (ISVA, ("rasa", "ISVA service"))):
        given = mine | {"senderTeam": team(*own)}
        refused = await portal.do(who, "startReferral", given, REFERRAL)
        assert refused["__typename"] in {"ValidationError", "NotFound"}, who
        assert refused["__typename"] == ("ValidationError" if who == SENDER else "NotFound")


async def test_who_lost_it_and_has_it_for_an_emergency_alone_passes_nothing_on(
    portal: Portal,
) -> None:
    first = await sent(portal, FAMILY_SAFETY)
    given = {"id": first["id"], "expectedVersion": first["version"]}
    reason = [{"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}]
    done = await portal.do(SENDER, "withdrawReferral", given | {"fields": reason}, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
    urgent = {
        "referral": first["id"], "team": team(*FAMILY_SAFETY), "reason": "THREAT_TO_LIFE",
        "hours": 24, "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(SENDER, "discloseInEmergency", urgent)
    assert done["__typename"] == "EmergencyDisclosurePayload", done
    mine = {"pathway": "request_for_support", "accused": "NONE_KNOWN", "onwardFrom": first["id"]}
    given = mine | {"senderTeam": team("wirral", "Family safety unit")}
    refused = await portal.do(IDVA, "startReferral", given, REFERRAL)
    assert refused["path"] == ["input", "onwardFrom"]
