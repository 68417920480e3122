"""What a legal power permits is changed by two data protection leads, and holds from a day on."""

from datetime import date
from typing import Any

import pytest
from support.agreeing import Agreeing, terms
from support.asking import Portal

FIRST, SECOND = "savera.protection", "wirral.protection"
ROW = (
    "...on GatewayPayload { gateway { id version state holds validFrom validTo purposes"
    " proposedBy { id } answeredBy { id } answerNote } }"
)
LIST = """query($filter: GatewayFilter) { gateways(filter: $filter) {
  totalCount nodes { key validFrom validTo holds state } } }"""


def words(**more: Any) -> dict[str, Any]:
    """What a power of a refuge could say."""
    return {
        "name": "Refuge placements", "law": "Invented Act 2026, section 1",
        "senderKinds": ["CHARITY", "REFUGE"], "receiverKinds": ["CHARITY", "REFUGE"],
        "purposes": ["VICTIM_SUPPORT"], **more,
    }  # fmt: skip


async def proposed(portal: Portal, key: str, who: str = FIRST, **given: Any) -> dict[str, Any]:
    answer = await portal.do(who, "proposeGateway", {"key": key, "words": words(), **given}, ROW)
    assert answer["__typename"] == "GatewayPayload", answer
    return dict(answer["gateway"])


def _of(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "expectedVersion": row["version"]}


async def confirmed(portal: Portal, key: str, **given: Any) -> dict[str, Any]:
    row = await proposed(portal, key, **given)
    answer = await portal.do(SECOND, "confirmGateway", _of(row), ROW)
    assert answer["__typename"] == "GatewayPayload", answer
    return dict(answer["gateway"])


async def test_a_new_power_holds_once_a_second_person_has_confirmed_it(portal: Portal) -> None:
    row = await proposed(portal, "refuge_first")
    assert (row["state"], row["holds"]) == ("PROPOSED", False)
    early = await portal.do(
        "rasa.protection", "draftAgreement",
        {"title": "Refuges", "terms": terms(gateways=[row["id"]])},
    )  # fmt: skip
    assert early["errors"][0]["code"] == "NOT_IN_FORCE"
    alone = await portal.do(FIRST, "confirmGateway", _of(row), ROW)
    assert alone["rule"] == "reference.second_person"
    done = (await portal.do(SECOND, "confirmGateway", _of(row), ROW))["gateway"]
    assert (done["state"], done["holds"]) == ("CONFIRMED", True)
    deal = await Agreeing(portal).in_force("rasa", "savera", gateways=[row["id"]])
    assert await deal.gate("rasa", "savera")
    twice = await portal.do(SECOND, "confirmGateway", _of(done), ROW)
    assert twice["errors"][0]["code"] == "WRONG_STATE"


async def test_a_change_holds_from_its_first_day_and_the_old_words_until_then(
    portal: Portal,
) -> None:
    power = await confirmed(portal, "refuge_narrowed")
    deal = await Agreeing(portal).in_force("rasa", "savera", gateways=[power["id"]])
    await confirmed(
        portal, "refuge_narrowed", validFrom="2026-12-01", words=words(purposes=["MARAC"])
    )
    assert await deal.gate("rasa", "savera")
    on = Portal(portal.schema, portal.engine, date(2026, 12, 1))
    assert not await Agreeing(on, deal.id).gate("rasa", "savera")
    known = {"key": "refuge_narrowed"}
    found = (await portal.ask("wirral.viewer", LIST, filter=known))["gateways"]
    assert [(row["validFrom"], row["holds"]) for row in found["nodes"]] == [
        ("2026-11-16", True), ("2026-12-01", False),
    ]  # fmt: skip
    assert (await on.ask("wirral.viewer", LIST, filter={**known, "holds": True}))["gateways"][
        "totalCount"
    ] == 1


async def test_a_power_that_ends_closes_the_gate_after_its_last_day(portal: Portal) -> None:
    power = await confirmed(portal, "refuge_ends")
    deal = await Agreeing(portal).in_force("rasa", "savera", gateways=[power["id"]])
    await confirmed(portal, "refuge_ends", validFrom="2026-11-17",
                    words=words(validTo="2026-11-30"))  # fmt: skip
    last, over = (
        Agreeing(Portal(portal.schema, portal.engine, day), deal.id)
        for day in (date(2026, 11, 30), date(2026, 12, 1))
    )
    assert await last.gate("rasa", "savera")
    assert not await over.gate("rasa", "savera")
    draft = {"title": "Late", "terms": terms(gateways=[power["id"]], startsOn="2026-12-01")}
    late = await portal.do("rasa.protection", "draftAgreement", draft)
    assert late["errors"][0]["code"] == "GATEWAY_ENDED"
    soon = {"title": "Soon", "terms": terms(gateways=[power["id"]], startsOn="2026-11-20")}
    shows = "...on AgreementPayload { warnings { path code } }"
    told = await portal.do("rasa.protection", "draftAgreement", soon, shows)
    assert {"path": ["input", "terms", "gateways", "0"], "code": "GATEWAY_ENDS"} in told["warnings"]


async def test_a_proposal_is_declined_or_taken_back_with_a_reason(portal: Portal) -> None:
    row = await proposed(portal, "refuge_declined")
    silent = await portal.do(SECOND, "declineGateway", {**_of(row), "reason": " "}, ROW)
    assert silent["__typename"] == "ValidationError"
    given = {**_of(row), "reason": "No such Act."}
    done = (await portal.do(FIRST, "declineGateway", given, ROW))["gateway"]
    assert (done["state"], done["answerNote"], done["holds"]) == ("DECLINED", "No such Act.", False)


async def test_two_changes_do_not_begin_on_one_day(portal: Portal) -> None:
    await confirmed(portal, "refuge_twice")
    second = await proposed(portal, "refuge_twice")
    refused = await portal.do(SECOND, "confirmGateway", _of(second), ROW)
    assert refused["errors"][0]["code"] == "TAKEN"
    ends = await proposed(portal, "refuge_stale", words=words(validTo="2026-11-20"))
    later = Portal(portal.schema, portal.engine, date(2026, 11, 21))
    stale = await later.do(SECOND, "confirmGateway", _of(ends), ROW)
    assert stale["errors"][0]["code"] == "ENDED"


@pytest.mark.parametrize("who", ["rasa.coordinator", "wirral.spoc", "rasa.signatory"])
async def test_only_data_protection_leads_change_a_power(portal: Portal, who: str) -> None:
    given = {"key": "refuge_other", "words": words()}
    refused = await portal.do(who, "proposeGateway", given, ROW)
    assert refused["rule"] == "gateway.data_protection_leads_change"
    row = await proposed(portal, f"refuge_{who.split('.')[1]}")
    for mutation, more in (("confirmGateway", {}), ("declineGateway", {"reason": "No."})):
        answer = await portal.do(who, mutation, {**_of(row), **more}, ROW)
        assert answer["rule"] == "gateway.data_protection_leads_change"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"key": "Refuge"}, ["input", "key"]),
        ({"validFrom": "2026-11-15"}, ["input", "validFrom"]),
        ({"words": words(senderKinds=[])}, ["input", "words", "senderKinds"]),
        ({"words": words(law=" ")}, ["input", "words", "law"]),
        ({"words": words(name="x" * 121)}, ["input", "words", "name"]),
        ({"words": words(validTo="2026-11-15")}, ["input", "words", "validTo"]),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    portal: Portal, given: dict[str, Any], path: list[str]
) -> None:
    whole = {"key": "refuge_bad", "words": words(), **given}
    answer = await portal.do(FIRST, "proposeGateway", whole, ROW)
    assert [error["path"] for error in answer["errors"]] == [path]
