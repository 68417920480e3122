"""Days in court, what prosecutors still need, and who stands beside a victim: all by suspect."""

from typing import Any

from support.asking import Portal
from support.charging import LIAISON, OFFICER, goes, matter, on, registered, tries

FILE = {"colour": "green", "test": "full_code"}
HEARINGS = """query($filter: HearingFilter) { hearings(filter: $filter) { nodes {
  heldOn kind state withoutSupporter track { suspect } referral { id } } } }"""
ITEMS = """query($filter: PlanItemFilter) { planItems(filter: $filter) { nodes {
  code dueOn state endedOn escalated track { suspect } } } }"""
SUPPORT = "...on VictimSupportPayload { victimSupport { victim answer askedOn } }"


async def hearings(portal: Portal, case: str, who: str = LIAISON, **more: Any) -> list[Any]:
    given = {"referral": case, **more}
    nodes = (await portal.ask(who, HEARINGS, filter=given))["hearings"]["nodes"]
    return [(one["track"]["suspect"], one["heldOn"], one["kind"], one["state"]) for one in nodes]


async def items(portal: Portal, case: str, who: str = LIAISON, **more: Any) -> list[Any]:
    given = {"referral": case, **more}
    nodes = (await portal.ask(who, ITEMS, filter=given))["planItems"]["nodes"]
    return [(one["code"], one["dueOn"], one["state"], one["escalated"]) for one in nodes]


async def in_court(portal: Portal, suspect: int = 1) -> str:
    """A matter whose suspect is before the magistrates."""
    case: str = (await registered(portal))["id"]
    await goes(portal, OFFICER, case, suspect, "submit", **FILE)
    await goes(portal, LIAISON, case, suspect, "accept_file")
    await goes(portal, LIAISON, case, suspect, "authorise_charge", test="full_code")
    await goes(portal, OFFICER, case, suspect, "charge", charge_form="charged")
    told = {"hearing_on": "2026-11-25"}
    await goes(portal, OFFICER, case, suspect, "first_hearing_magistrates", **told)
    return case


async def with_a_plan(portal: Portal) -> str:
    """A matter of which a prosecutor needs more by the end of the month."""
    case: str = (await registered(portal))["id"]
    await goes(portal, OFFICER, case, 2, "submit", **FILE)
    await goes(portal, LIAISON, case, 2, "accept_file")
    told: dict[str, Any] = {"plan_items": ["phone", "medical"], "answer_by": "2026-11-30"}
    await goes(portal, LIAISON, case, 2, "issue_action_plan", **told)
    return case


async def support(portal: Portal, case: str, who: str = OFFICER, **more: Any) -> dict[str, Any]:
    return await portal.do(who, "setSupporter", {"referral": case, **more}, SUPPORT)


async def test_a_relisted_trial_keeps_its_old_day_beside_the_new_one(portal: Portal) -> None:
    case = await in_court(portal)
    await goes(portal, LIAISON, case, 1, "list_trial", hearing_on="2026-12-01")
    relist = {"hearing_on": "2027-02-02", "relist_reason": "no_court_time"}
    await goes(portal, LIAISON, case, 1, "relist", **relist)
    assert await hearings(portal, case) == [
        (1, "2026-11-25", "FIRST", "LISTED"),
        (1, "2026-12-01", "TRIAL", "RELISTED"),
        (1, "2027-02-02", "TRIAL", "LISTED"),
    ]


async def test_what_was_still_to_come_is_vacated_when_the_matter_is_stopped(
    portal: Portal,
) -> None:
    case = await in_court(portal)
    mention = {"hearing_on": "2026-12-03", "hearing_kind": "case_management"}
    await goes(portal, OFFICER, case, 1, "hearing", **mention)
    day = on(portal, "2026-11-27")
    await goes(day, LIAISON, case, 1, "discontinue", stop_reason="evidence")
    assert await hearings(portal, case) == [
        (1, "2026-11-25", "FIRST", "LISTED"),
        (1, "2026-12-03", "CASE_MANAGEMENT", "VACATED"),
    ]


async def test_a_hearing_that_was_recorded_in_error_is_gone(portal: Portal) -> None:
    case = await in_court(portal)
    wrong = {"hearing_on": "2026-12-03", "hearing_kind": "bail"}
    await goes(portal, OFFICER, case, 1, "hearing", **wrong)
    event = (await matter(portal, case))["tracks"][1]["events"]["nodes"][-1]["id"]
    done = await portal.do(OFFICER, "correctReferral", {"event": event, "reason": "wrong_day"})
    assert done["__typename"] == "RecipientPayload", done
    assert [day for _, day, _, _ in await hearings(portal, case)] == ["2026-11-25"]


async def test_the_next_fortnights_hearings_without_a_supporter(portal: Portal) -> None:
    case = await in_court(portal)
    for day in ("2026-11-30", "2026-12-01"):  # the last of the fourteen days, and the next
        listed = {"hearing_on": day, "hearing_kind": "plea"}
        await goes(portal, OFFICER, case, 1, "hearing", **listed)
    asked: dict[str, Any] = {"withinDays": 14, "withoutSupporter": True}
    assert [day for _, day, _, _ in await hearings(portal, case, **asked)] == [
        "2026-11-25",
        "2026-11-30",
    ]
    await support(portal, case, answer="DECLINED", askedOn="2026-11-10")
    assert len(await hearings(portal, case, **asked)) == 2
    done = await support(portal, case, answer="YES", askedOn="2026-11-12")
    assert done["victimSupport"] == {"victim": 1, "answer": "YES", "askedOn": "2026-11-12"}
    assert await hearings(portal, case, **asked) == []
    assert len(await hearings(portal, case, withinDays=14, withoutSupporter=False)) == 2


async def test_a_supporter_is_set_with_her_authority_and_for_a_victim_of_the_case(
    portal: Portal,
) -> None:
    case = (await registered(portal))["id"]
    for given, field in (
        ({"answer": "YES"}, "askedOn"),
        ({"answer": "DECLINED"}, "askedOn"),
        ({"answer": "YES", "askedOn": "2026-11-17"}, "askedOn"),
        ({"answer": "NOT_KNOWN", "askedOn": "2026-11-10"}, "askedOn"),
        ({"answer": "YES", "askedOn": "2026-11-10", "victim": 2}, "victim"),
    ):
        refused = await support(portal, case, **given)
        assert refused["errors"][0]["path"] == ["input", field], given
    assert (await support(portal, case, LIAISON, answer="NOT_KNOWN"))["__typename"] == (
        "VictimSupportPayload"
    )
    assert (await support(portal, case, "rasa.caseworker", answer="NOT_KNOWN"))["__typename"] == (
        "NotFound"
    )
    lead = await support(portal, case, "police.protection", answer="NOT_KNOWN")
    assert (lead["__typename"], lead["rule"]) == ("NotPermitted", "charging.parties_say")


async def test_items_of_an_action_plan_have_days_and_what_became_of_them(portal: Portal) -> None:
    case = await with_a_plan(portal)
    dated: dict[str, Any] = {"plan_items": ["medical"], "item_due": "2026-11-20"}
    await goes(portal, LIAISON, case, 2, "plan_item_dated", **dated)
    assert await items(portal, case) == [
        ("MEDICAL", "2026-11-20", "OPEN", False),
        ("PHONE", "2026-11-30", "OPEN", False),
    ]
    later = on(portal, "2026-11-23")
    assert await items(later, case, escalated=True) == [("MEDICAL", "2026-11-20", "OPEN", True)]
    await goes(later, OFFICER, case, 2, "plan_item_done", plan_items=["medical"])
    answer: dict[str, Any] = {"plan_answered": "part", "items_open": ["phone"]}
    await goes(later, OFFICER, case, 2, "answer_action_plan", **answer)
    assert await items(later, case) == [
        ("MEDICAL", "2026-11-20", "DONE", False),
        ("PHONE", "2026-11-30", "NOT_GIVEN", False),
    ]


async def test_only_prosecutors_date_an_item(portal: Portal) -> None:
    case = await with_a_plan(portal)
    dated: dict[str, Any] = {"plan_items": ["medical"], "item_due": "2026-11-20"}
    refused = await tries(portal, OFFICER, case, 2, "plan_item_dated", **dated)
    assert refused["errors"][0]["code"] == "OTHER_PART"


async def test_nobody_but_the_parties_sees_hearings_and_plans(portal: Portal) -> None:
    court, plan = await in_court(portal), await with_a_plan(portal)
    for stranger in ("rasa.caseworker", "wirral.idva", "police.viewer", "uol.caseworker"):
        assert await hearings(portal, court, stranger) == []
        assert await items(portal, plan, stranger) == []
