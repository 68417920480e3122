"""Who reads can only ask, and by asking finds nothing out: neither what there is, nor what became
of the request.
"""

from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import SENDER, draft, see, team

from portal.sample.partnership import agency_id, membership_id
from portal.store.engines import Engines

UNITY, NED = ("police", "Protecting vulnerable people"), "police.caseworker"
FIELDS = """id reference reason askedAt byTeam { name } ofAgency { shortName } referral { id }
  setAside { reason by { id } } disclosures { nodes { id } }"""
SHOWS = f"...on DisclosureRequestPayload {{ disclosureRequest {{ {FIELDS} }} warnings {{ code }} }}"
REQUEST = f"query($id: ID!) {{ node(id: $id) {{ ...on DisclosureRequest {{ {FIELDS} }} }} }}"
LIST = "query { disclosureRequests(filter: {waits: true}) { totalCount nodes { id } } }"


async def ask(portal: Portal, by: str = NED, **more: Any) -> dict[str, Any]:
    given = {
        "agency": f"Agency:{agency_id('tww')}", "team": team(*UNITY), "reason": "MISSING", **more,
    }  # fmt: skip
    return await portal.do(by, "askForDisclosure", given, SHOWS)


async def asked(portal: Portal, **more: Any) -> dict[str, Any]:
    done = await ask(portal, **more)
    assert done["__typename"] == "DisclosureRequestPayload", done
    found: dict[str, Any] = done["disclosureRequest"]
    return found


async def shown(portal: Portal, who: str, request: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await portal.ask(who, REQUEST, id=request["id"]))["node"]
    return found


async def told(cases: Engines, who: str) -> int:
    found = text(
        "SELECT count(*) FROM notice n JOIN membership m ON m.person_id = n.person_id"
        " WHERE m.id = :member AND n.kind = 'disclosure_asked'"
    )
    async with cases.owner.begin() as owner:
        return int((await owner.execute(found, {"member": membership_id(who)})).scalar_one())


async def referenced(portal: Portal, row: dict[str, Any]) -> str:
    seen = "query($id: ID!) { referral(id: $id) { reference } }"
    return str((await portal.ask(SENDER, seen, id=row["id"]))["referral"]["reference"])


async def test_one_that_exists_and_one_that_does_not_are_answered_alike(portal: Portal) -> None:
    there = await referenced(portal, await draft(portal))
    first = await asked(portal, reference=there)
    second = await asked(portal, reference="RF-ZZZZZZ")
    assert {**first, "id": "", "reference": ""} == {**second, "id": "", "reference": ""}
    assert await shown(portal, NED, first) == first
    assert first["referral"] is None


async def test_the_agency_that_is_asked_hears_at_once_and_finds_the_case(
    portal: Portal, cases: Engines
) -> None:
    row = await draft(portal)
    before = [await told(cases, who) for who in ("tww.protection", SENDER, "rasa.protection")]
    request = await asked(portal, reference=await referenced(portal, row))
    after = [await told(cases, who) for who in ("tww.protection", SENDER, "rasa.protection")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 0]
    theirs = await shown(portal, SENDER, request)
    assert theirs is not None
    assert theirs["referral"] == {"id": row["id"]}


async def test_whoever_keeps_it_answers_by_disclosing_to_that_team_alone(portal: Portal) -> None:
    row = await draft(portal)
    request = await asked(portal)
    given = {
        "referral": row["id"], "team": team(*UNITY), "reason": "MISSING", "disclosureRead": True,
        "request": request["id"],
    }  # fmt: skip
    elsewhere = {**given, "team": team("cps", "Area business centre")}
    refused = await portal.do(SENDER, "discloseInEmergency", elsewhere)
    assert refused["errors"][0]["path"] == ["input", "request"]
    done = await portal.do(SENDER, "discloseInEmergency", given)
    assert done["__typename"] == "EmergencyDisclosurePayload", done
    assert await see(portal, NED, row["id"]) is not None
    answered = await shown(portal, NED, request)
    assert answered is not None
    assert len(answered["disclosures"]["nodes"]) == 1


async def test_who_asked_cannot_tell_setting_aside_from_waiting(portal: Portal) -> None:
    request = await asked(portal)
    before = await shown(portal, NED, request), await portal.ask(NED, LIST)
    given = {"request": request["id"], "reason": "UNSAFE"}
    refused = await portal.do(NED, "setRequestAside", given, SHOWS)
    assert refused["rule"] == "emergency.who_was_asked_answers"
    done = await portal.do(SENDER, "setRequestAside", given, SHOWS)
    assert done["disclosureRequest"]["setAside"]["reason"] == "UNSAFE"
    assert (await shown(portal, NED, request), await portal.ask(NED, LIST)) == before
    again = await portal.do(SENDER, "setRequestAside", given, SHOWS)
    assert again["errors"][0]["code"] == "WRONG_STATE"


async def test_others_see_no_request(portal: Portal) -> None:
    request = await asked(portal)
    for stranger in ("wirral.idva", "rasa.protection", "police.contributor"):
        assert await shown(portal, stranger, request) is None, stranger
    for who in ("tww.protection", "police.protection", "tww.signatory"):
        assert await shown(portal, who, request) is not None, who


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"reference": "Mrs Jones of Birkenhead"}, "reference", "NOT_A_CODE"),
        ({"agency": f"Agency:{agency_id('police')}"}, "agency", "OWN_AGENCY"),
        ({"team": team("tww", "Outreach")}, "team", "INVALID"),
    ],
)
async def test_what_cannot_be_asked_is_told_with_what_to_do(
    portal: Portal, given: dict[str, Any], path: str, code: str
) -> None:
    refused = await ask(portal, **given)
    [error] = refused["errors"]
    assert (error["path"], error["code"]) == (["input", path], code)


async def test_who_works_on_no_cases_asks_for_none(portal: Portal) -> None:
    for who in ("police.contributor", "police.protection"):
        refused = await ask(portal, who)
        assert refused["rule"] == "emergency.caseworkers_ask", who
