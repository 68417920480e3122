"""By which routes a borough's cases come to a MARAC, and what a repeat is, two people change."""

import asyncio
from datetime import date
from typing import Any

import pytest
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import move, see

from portal.marac.rules.tables import MaracRoute, RepeatTrigger
from portal.marac.tables import RepeatAnchor
from portal.referrals.engine.files import shipped
from portal.sample.conferences import MEETINGS

FIRST, SECOND = "pcc.programme", "pcc.administrator"
SEFTON, KNOWSLEY, LIVERPOOL = "E08000014", "E08000011", "E08000012"
SHOWN = "...on MaracRulePayload { maracRule { id version state holds validFrom answerNote } }"
LINK = "...on MaracRepeatPayload { maracRepeat { anchor countedFrom trigger } }"
HELD = """query($area: String!) { maracRules(filter: {area: $area, holds: true}) { nodes {
  validFrom routes fewestIncidents repeatMonths repeatTrigger repeatAnchor } } }"""
ROUTES = [route.name for route in MaracRoute]


def rule(**more: Any) -> dict[str, Any]:
    return {
        "area": SEFTON, "routes": ROUTES, "fewestIncidents": 3, "repeatMonths": 12,
        "repeatTrigger": "ANY_ABUSE", "repeatAnchor": "LAST_REFERRAL", **more,
    }  # fmt: skip


async def proposed(portal: Portal, **more: Any) -> dict[str, Any]:
    done = await portal.do(FIRST, "proposeMaracRule", rule(**more), SHOWN)
    assert done["__typename"] == "MaracRulePayload", done
    return dict(done["maracRule"])


def of(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": row["id"], "expectedVersion": row["version"], **more}


async def confirmed(portal: Portal, **more: Any) -> None:
    done = await portal.do(SECOND, "confirmMaracRule", of(await proposed(portal, **more)), SHOWN)
    assert done["__typename"] == "MaracRulePayload", done


def on(portal: Portal, day: str) -> Portal:
    return Portal(portal.schema, portal.engine, date.fromisoformat(day))


def codes(refused: dict[str, Any]) -> list[tuple[str, str]]:
    assert refused["__typename"] == "ValidationError", refused
    return [(error["path"][-1], error["code"]) for error in refused["errors"]]


async def test_a_route_closes_on_its_day_and_what_was_sent_before_stays(portal: Portal) -> None:
    later = on(portal, "2026-12-01")
    before = await gold(portal, area=SEFTON)
    by = {"route": ["professional_judgement"], "judgement_reasons": ["control"]}
    await confirmed(portal, routes=["VISIBLE_HIGH_RISK", "REPEAT"], validFrom="2026-12-01")
    assert (await submit(portal, before, **by))["__typename"] == "ReferralPayload"
    refused = await submit(later, await gold(later, area=SEFTON), **by)
    assert codes(refused) == [("route", "ROUTE_CLOSED")]
    assert "visible_high_risk, repeat" in refused["errors"][0]["message"]
    assert (await see(later, COORDINATOR, before["id"]))["overall"] == "WAITING"
    assert (await portal.ask(FIRST, HELD, area=SEFTON))["maracRules"]["nodes"] == []
    [held] = (await later.ask(FIRST, HELD, area=SEFTON))["maracRules"]["nodes"]
    assert held["routes"] == ["VISIBLE_HIGH_RISK", "REPEAT"]


async def test_how_many_incidents_are_an_escalation_changes_too(portal: Portal) -> None:
    later = on(portal, "2026-12-02")
    await confirmed(portal, area=KNOWSLEY, fewestIncidents=5, validFrom="2026-12-02")
    by = {"route": ["potential_escalation"], "incidents": ["4"]}
    refused = await submit(later, await gold(later, area=KNOWSLEY), **by)
    assert codes(refused) == [("incidents", "ROUTE_NOT_MET")]
    assert "5 incidents or more" in refused["errors"][0]["message"]
    done = await submit(later, await gold(later, area=KNOWSLEY), **(by | {"incidents": ["5"]}))
    assert done["__typename"] == "ReferralPayload", done


async def test_an_areas_rule_in_force_comes_before_the_pathways_file(portal: Portal) -> None:
    """The file closes two routes in Liverpool; from its day on all four are open there."""
    later = on(portal, "2026-12-03")
    by = {"route": ["potential_escalation"], "incidents": ["3"]}
    closed = await submit(portal, await gold(portal, area=LIVERPOOL), **by)
    assert codes(closed) == [("route", "ROUTE_CLOSED")]
    await confirmed(portal, area=LIVERPOOL, validFrom="2026-12-03")
    done = await submit(later, await gold(later, area=LIVERPOOL), **by)
    assert done["__typename"] == "ReferralPayload", done


async def heard(portal: Portal, area: str) -> dict[str, Any]:
    """A case that stood on the list of the first meeting."""
    row = await gold(portal, area=area)
    await submit(portal, row)
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    fields = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
    done = await move(portal, COORDINATOR, place, "accept", *fields)
    assert done["__typename"] == "RecipientPayload", done
    return row


async def link(portal: Portal, later: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """By the rule of the day on which it was sent, whenever the coordinator does it."""
    [place] = (await see(portal, COORDINATOR, later["id"]))["recipients"]["nodes"]
    given = {"recipient": place["id"], "earlier": earlier["id"]}
    return await portal.do(COORDINATOR, "linkRepeat", given, LINK)


@pytest.mark.parametrize(
    ("day", "within"),
    [("2027-02-25", True), ("2027-02-26", True), ("2027-02-27", False)],
)
async def test_a_repeat_is_counted_from_the_last_meeting_where_the_rule_says_so(
    portal: Portal, day: str, within: bool
) -> None:
    """The meeting is on 26 November: three months end with 26 February."""
    area = {"2027-02-25": "E08000013", "2027-02-26": "E06000006", "2027-02-27": SEFTON}[day]
    await confirmed(
        portal, area=area, repeatMonths=3, repeatTrigger="CRIME", repeatAnchor="LAST_MEETING",
        validFrom="2027-02-20",
    )  # fmt: skip
    earlier, then = await heard(portal, area), on(portal, day)
    again = await gold(then, area=area)
    assert (await submit(then, again, route=["repeat"], repeat_of=["RF-M2X7VN"]))[
        "__typename"
    ] == "ReferralPayload"
    done = await link(portal, again, earlier)
    if within:
        repeat = {"anchor": "LAST_MEETING", "countedFrom": str(MEETINGS[0]), "trigger": "crime"}
        assert done["maracRepeat"] == repeat
    else:
        assert codes(done) == [("earlier", "NOT_WITHIN")]
        assert "3 months, counted from the last meeting" in done["errors"][0]["message"]


async def test_what_was_at_no_meeting_cannot_be_counted_from_one(portal: Portal) -> None:
    area = KNOWSLEY
    await confirmed(portal, area=area, repeatAnchor="LAST_MEETING", validFrom="2026-12-10")
    earlier = await gold(portal, area=area)
    await submit(portal, earlier)
    then = on(portal, "2026-12-11")
    again = await gold(then, area=area)
    await submit(then, again, route=["repeat"], repeat_of=["RF-M2X7VN"])
    assert codes(await link(portal, again, earlier)) == [("earlier", "NOT_EARLIER")]


async def test_what_is_only_proposed_holds_for_nobody_and_takes_a_second_person(
    portal: Portal,
) -> None:
    waiting = await proposed(portal, area="E08000015", routes=["REPEAT"])
    assert (waiting["state"], waiting["holds"]) == ("PROPOSED", False)
    row = await gold(portal)
    assert (await submit(portal, row))["__typename"] == "ReferralPayload"
    alone = await portal.do(FIRST, "confirmMaracRule", of(waiting), SHOWN)
    assert alone["rule"] == "reference.second_person"
    given = of(waiting, reason="The board has not met.")
    done = (await portal.do(SECOND, "declineMaracRule", given, SHOWN))["maracRule"]
    assert (done["state"], done["answerNote"]) == ("DECLINED", "The board has not met.")


async def test_two_rules_do_not_begin_in_one_area_on_one_day(portal: Portal) -> None:
    twice = [await proposed(portal, validFrom="2027-05-01") for _ in range(2)]
    done = await portal.do(SECOND, "confirmMaracRule", of(twice[0]), SHOWN)
    assert done["maracRule"]["state"] == "CONFIRMED"
    refused = await portal.do(SECOND, "confirmMaracRule", of(twice[1]), SHOWN)
    assert refused["errors"][0]["code"] == "TAKEN"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"validFrom": "2026-11-15"}, "validFrom"),
        ({"area": "E99999999"}, "area"),
        ({"routes": []}, "routes"),
        ({"routes": ["REPEAT", "REPEAT"]}, "routes"),
        ({"fewestIncidents": 0}, "fewestIncidents"),
        ({"fewestIncidents": 100}, "fewestIncidents"),
        ({"repeatMonths": 0}, "repeatMonths"),
        ({"repeatMonths": 61}, "repeatMonths"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_with_its_place(
    portal: Portal, given: dict[str, Any], path: str
) -> None:
    refused = await portal.do(FIRST, "proposeMaracRule", rule(**given))
    assert [error["path"] for error in refused["errors"]] == [["input", path]]


@pytest.mark.parametrize("who", [COORDINATOR, "tww.caseworker", "police.caseworker"])
async def test_who_is_no_programme_lead_changes_nothing(portal: Portal, who: str) -> None:
    refused = await portal.do(who, "proposeMaracRule", rule())
    assert refused["rule"] == "reference.programme_leads_change_it"


def test_routes_triggers_and_anchors_are_those_of_the_pathway() -> None:
    codes = shipped().of("marac", 1).codes
    assert {str(one) for one in MaracRoute} == codes["route"].keys()
    assert {str(one) for one in RepeatTrigger} == codes["repeat_trigger"].keys()
    assert {str(one) for one in RepeatAnchor} == codes["repeat_anchor"].keys()


async def test_who_proposed_it_takes_it_back_and_nobody_confirms_it_then(portal: Portal) -> None:
    waiting = await proposed(portal, validFrom="2027-06-01")
    done = await portal.do(FIRST, "declineMaracRule", of(waiting, reason="Wrong area."), SHOWN)
    assert done["maracRule"]["state"] == "DECLINED"
    late = await portal.do(SECOND, "confirmMaracRule", of(done["maracRule"]), SHOWN)
    assert late["errors"][0]["code"] == "WRONG_STATE"
    [error] = (await portal.do(FIRST, "declineMaracRule", of(waiting, reason="Again.")))["errors"]
    assert error["code"] == "WRONG_STATE"
    await confirmed(portal, validFrom="2027-06-01")  # its day is free again


async def test_of_two_rules_for_one_day_that_are_confirmed_at_once_one_holds(
    portal: Portal,
) -> None:
    twice = [await proposed(portal, validFrom="2027-07-01") for _ in range(2)]
    answers = await asyncio.gather(
        *(portal.do(SECOND, "confirmMaracRule", of(one), SHOWN) for one in twice)
    )
    kinds = sorted(str(one["__typename"]) for one in answers)
    assert kinds[0] == "MaracRulePayload", answers
    assert kinds[1] in {"Conflict", "ValidationError"}, answers


async def test_a_rule_that_is_confirmed_after_its_day_begins_when_it_is_confirmed(
    portal: Portal,
) -> None:
    waiting = await proposed(portal, area="E06000006", validFrom="2026-11-17")
    then = on(portal, "2026-11-20")
    done = (await then.do(SECOND, "confirmMaracRule", of(waiting), SHOWN))["maracRule"]
    assert (done["validFrom"], done["holds"]) == ("2026-11-20", True)
