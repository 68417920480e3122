"""Themes, definitions, the plan and self-assessments change too: readers learn of it, and of who,
when, and what stood there before.
"""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.following import about, now, since
from support.initiating import LEAD, agency, of
from support.mapping import entry

from portal.database import RULES
from portal.frameworks.reference import plan_action_id
from portal.reading.declare import SOURCES
from portal.sample.partnership import membership_id
from portal.store.engines import Engines
from portal.store.rules import RECORDED

PROGRAMME, OUTSIDER = "pcc.programme", "cheshire.viewer"
HISTORY = """query($id: ID!) { node(id: $id) { ...on %s {
    history(orderBy: OLDEST) { totalCount nodes { at verb kind objectId before after
        agency { shortName } membership { id } } } } } }"""
PLAN_ACTION = f"PlanAction:{plan_action_id(23)}"
OF_A_CASE = "a change of its case or of a recipient tells that there is more, and its events what"
UNRECORDED = {
    "audit_line": "it is itself the record of what was asked",
    "repeat": "an idempotency key, kept for a week",
    "client": "the door's own lines tell of programs",
    "client_key": "the door's own lines tell of programs",
    "browser_session": "the door's own lines tell of sign-ins",
    "notice": "what one person was told",
    "consent": "it keeps itself when it was given and when it ended",
    "standing": "it is a person's own affair; audit lines tell who recorded it",
    "role_request": "it is itself the record of who asked and who confirmed",
    "invitation": "it is itself the record of who invited and who came",
    "grantable_roles": "it keeps itself who set it; audit lines tell of the sets before",
    "agreement_advice": "the agreement's own events tell of it",
    "agreement_event": "it is itself the record of what happened",
    "agreement_signature": "the agreement's own events tell of it",
    "referral_event": "it is itself the record of what happened",
    "team_member": "audit lines tell who put whom in a team",
    "event_codes": OF_A_CASE,
    "running_clock": OF_A_CASE,
    "follow_on": OF_A_CASE,
    "marac_listing": OF_A_CASE,
    "marac_research": OF_A_CASE,
    "marac_repeat": OF_A_CASE,
    "marac_belief": OF_A_CASE,
    "local_reference": OF_A_CASE,
    "emergency_disclosure": OF_A_CASE,
    "outside_referral": OF_A_CASE,
    "onward_request": OF_A_CASE,
    "disclosure_request": "it is itself the record of who asked whom; notices tell of the answer",
    "request_set_aside": "it is itself the record of who put a request aside",
    "subject": OF_A_CASE,
    "safe_contact": OF_A_CASE,
    "need": OF_A_CASE,
    "wishes": OF_A_CASE,
    "risk_assessment": OF_A_CASE,
    "case_flag": OF_A_CASE,
    "protective_order": OF_A_CASE,
    "referral_reason": OF_A_CASE,
    "case_action": OF_A_CASE,
    "case_action_codes": OF_A_CASE,
    "plan_item": OF_A_CASE,
    "hearing": OF_A_CASE,
    "victim_support": OF_A_CASE,
    "support_authority": OF_A_CASE,
    "cover": "it keeps itself who arranged it, and when it ended",
    "risk_threshold": "it comes with its scale, and never changes",
}
"""Tables that the API changes without a change for readers, each with the reason."""


async def history(portal: Portal, who: str, record: str) -> list[dict[str, Any]]:
    document = HISTORY % record.partition(":")[0]
    node = (await portal.ask(who, document, id=record))["node"]
    entries: list[dict[str, Any]] = node["history"]["nodes"] if node else []
    assert not node or node["history"]["totalCount"] == len(entries)
    return entries


async def did(portal: Portal, who: str, mutation: str, given: dict[str, Any], shows: str) -> Any:
    title = shows[0].upper() + shows[1:]
    selected = f"...on {title}Payload {{ {shows} {{ id version }} }}"
    if title == "SelfAssessment":
        selected = selected.replace(" version", "")
    answer = await portal.do(who, mutation, given, selected)
    assert answer["__typename"] == f"{title}Payload", answer
    return answer[shows]


async def plan_action(portal: Portal) -> dict[str, Any]:
    document = "query($id: ID!) { planAction(id: $id) { id version } }"
    found: dict[str, Any] = (await portal.ask(PROGRAMME, document, id=PLAN_ACTION))["planAction"]
    return found


async def test_everybody_learns_of_a_theme_and_of_its_end(portal: Portal) -> None:
    start = await now(portal, OUTSIDER)
    theme = await did(portal, PROGRAMME, "addTheme", {"name": "Trams"}, "theme")
    given = {"id": theme["id"], "expectedVersion": theme["version"]}
    await did(portal, PROGRAMME, "retireTheme", given, "theme")
    added, retired = about(await since(portal, OUTSIDER, start), theme["id"])
    assert added == {
        "at": "2026-11-16T09:00:00Z", "kind": "CREATED", "objectType": "Theme",
        "nodeId": theme["id"], "gone": False, "initiativeId": None, "verb": "addTheme",
        "agency": {"shortName": "PCC"}, "node": {"__typename": "Theme", "id": theme["id"]},
    }  # fmt: skip
    assert (retired["kind"], retired["verb"]) == ("UPDATED", "retireTheme")
    first, last = await history(portal, OUTSIDER, theme["id"])
    assert (first["before"], first["after"]["name"]) == (None, "Trams")
    assert last == {
        "at": "2026-11-16T09:00:00Z", "verb": "retireTheme", "kind": "UPDATED",
        "objectId": theme["id"], "before": {"retired_on": None},
        "after": {"retired_on": "2026-11-16"}, "agency": {"shortName": "PCC"},
        "membership": {"id": f"Membership:{membership_id(PROGRAMME)}"},
    }  # fmt: skip


async def test_everybody_learns_of_a_definition_its_edition_and_its_end(portal: Portal) -> None:
    start = await now(portal, OUTSIDER)
    words = {"name": "Trams checked", "unit": "trams", "direction": "HIGHER_IS_BETTER",
             "kind": "OUTPUT", "frequency": "MONTHLY"}  # fmt: skip
    given = {"key": "trams-checked", "words": words}
    one = await did(portal, LEAD, "defineMeasure", given, "measureDefinition")
    one = await did(portal, PROGRAMME, "confirmMeasureDefinition", of(one), "measureDefinition")
    given = of(one, words=words)
    two = await did(portal, LEAD, "reviseMeasureDefinition", given, "measureDefinition")
    two = await did(portal, PROGRAMME, "confirmMeasureDefinition", of(two), "measureDefinition")
    await did(portal, LEAD, "retireMeasureDefinition", of(two), "measureDefinition")
    news = await since(portal, OUTSIDER, start)
    assert [(c["nodeId"], c["kind"], c["verb"]) for c in news] == [
        (one["id"], "CREATED", "defineMeasure"),
        (one["id"], "UPDATED", "confirmMeasureDefinition"),
        (two["id"], "CREATED", "reviseMeasureDefinition"),
        (two["id"], "UPDATED", "confirmMeasureDefinition"),
        (two["id"], "UPDATED", "retireMeasureDefinition"),
    ]
    assert [(e["verb"], e["membership"]) for e in await history(portal, OUTSIDER, two["id"])] == [
        ("reviseMeasureDefinition", {"id": f"Membership:{membership_id(LEAD)}"}),
        ("confirmMeasureDefinition", {"id": f"Membership:{membership_id(PROGRAMME)}"}),
        ("retireMeasureDefinition", {"id": f"Membership:{membership_id(LEAD)}"}),
    ]


async def test_partners_learn_of_the_plan_and_nobody_else_does(portal: Portal) -> None:
    starts = {who: await now(portal, who) for who in ("wirral.viewer", OUTSIDER)}
    action = await plan_action(portal)
    given = {"id": action["id"], "expectedVersion": action["version"], "rating": "GREEN",
             "text": "Trams are lit."}  # fmt: skip
    await did(portal, PROGRAMME, "updatePlanAction", given, "planAction")
    (told,) = await since(portal, "wirral.viewer", starts["wirral.viewer"])
    assert (told["nodeId"], told["kind"], told["node"]["id"]) == (
        PLAN_ACTION, "UPDATED", PLAN_ACTION,
    )  # fmt: skip
    past = await history(portal, "wirral.viewer", PLAN_ACTION)
    (last,) = [entry for entry in past if entry["verb"] == "updatePlanAction"]
    assert (last["before"]["rating"], last["after"]["rating"]) == (None, "green")
    assert last["membership"] == {"id": f"Membership:{membership_id(PROGRAMME)}"}
    assert await since(portal, OUTSIDER, starts[OUTSIDER]) == []
    assert await history(portal, OUTSIDER, PLAN_ACTION) == []


async def test_partners_learn_of_a_self_assessment_and_nobody_else_does(portal: Portal) -> None:
    starts = {who: await now(portal, who) for who in ("wirral.viewer", OUTSIDER)}
    given = {"entry": entry("four_ps", "PROTECT"), "level": "STARTED", "text": "A lead is named.",
             "assessedOn": "2026-11-02"}  # fmt: skip
    made = await did(portal, LEAD, "assessOurselves", given, "selfAssessment")
    (told,) = await since(portal, "wirral.viewer", starts["wirral.viewer"])
    assert (told["nodeId"], told["kind"], told["verb"]) == (
        made["id"], "CREATED", "assessOurselves",
    )  # fmt: skip
    (only,) = await history(portal, "wirral.viewer", made["id"])
    assert only["after"]["text"] == "A lead is named."
    assert await since(portal, OUTSIDER, starts[OUTSIDER]) == []
    assert await history(portal, OUTSIDER, made["id"]) == []


async def test_the_past_of_the_plan_is_hidden_from_others_in_the_database_too(
    portal: Portal, engines: Engines
) -> None:
    action = await plan_action(portal)
    given = {"id": action["id"], "expectedVersion": action["version"], "agency": agency("wirral")}
    await did(portal, PROGRAMME, "handOverPlanAction", given, "planAction")
    asked = {"object": UUID(PLAN_ACTION.partition(":")[2])}
    for who, some in ((OUTSIDER, False), ("police.administrator", False), ("wirral.viewer", True)):
        for table in ("history", "change"):
            counted = text(f"SELECT count(*) FROM {table} WHERE object_id = :object")  # noqa: S608 - ours
            async with portal.context(who).acting() as session:
                seen = (await session.execute(counted, asked)).scalar_one()
            assert bool(seen) is some, (who, table)


async def test_the_very_first_change_tells_of_what_every_database_starts_with(
    portal: Portal,
) -> None:
    told = {change["nodeId"] for change in await since(portal, "wirral.viewer", None)}
    assert {PLAN_ACTION, entry("four_ps", "PURSUE")} <= told


def test_whatever_the_api_can_change_is_recorded() -> None:
    changed = {n: r.table for n, r in RULES.items() if r.add or r.change or r.remove}
    assert {n for n, table in changed.items() if RECORDED not in table.info} == set(UNRECORDED)


@pytest.mark.parametrize("name", sorted(n for n, r in RULES.items() if RECORDED in r.table.info))
def test_what_hangs_on_no_initiative_is_a_record_of_its_own(name: str) -> None:
    table = RULES[name].table
    shown = {source.table.name for source in SOURCES.values() if source.key == "id"}
    assert "initiative_id" in table.columns or table.name in shown
