"""The lead gives actions to its own and its partners' teams; a partner gives them to its own."""

import pytest
from support.asking import Portal
from support.joint_work import (
    ACTION,
    ASKED,
    LEAD,
    PARTNER,
    RASA_TEAM,
    SAVERA_TEAM,
    SEFTON_TEAM,
    STRANGER,
    WIRRAL_TEAM,
    joint_initiative,
)

PLAIN = {"title": "Train the staff", "dueOn": "2026-12-01"}
SHOWN = (
    "...on ActionPayload { action { title detail state overdue dueOn version evidenceUrl"
    " ownerTeam { name } ownerAgency { shortName } allocatedTo { id } initiative { title }"
    " createdBy { agency { shortName } } } warnings { code } }"
)


async def test_the_lead_gives_an_action_to_a_committed_partner(portal: Portal) -> None:
    initiative = await joint_initiative(portal)
    given = {**PLAIN, "initiative": initiative, "ownerTeam": RASA_TEAM, "detail": " For drivers. "}
    answer = await portal.do(LEAD, "addAction", given, SHOWN)
    assert answer["warnings"] == []
    assert answer["action"] == {
        "title": "Train the staff",
        "detail": "For drivers.",
        "state": "OPEN",
        "overdue": False,
        "dueOn": "2026-12-01",
        "version": 1,
        "evidenceUrl": None,
        "ownerTeam": {"name": "Prevention"},
        "ownerAgency": {"shortName": "RASA"},
        "allocatedTo": None,
        "initiative": {"title": "Safer stations"},
        "createdBy": {"agency": {"shortName": "Wirral"}},
    }


@pytest.mark.parametrize(
    ("who", "team"),
    [(LEAD, WIRRAL_TEAM), ("wirral.contributor", WIRRAL_TEAM), (PARTNER, RASA_TEAM)],
)
async def test_contributors_add_for_their_own_teams(portal: Portal, who: str, team: str) -> None:
    given = {**PLAIN, "initiative": await joint_initiative(portal), "ownerTeam": team}
    assert (await portal.do(who, "addAction", given))["__typename"] == "ActionPayload"


@pytest.mark.parametrize(
    ("who", "team", "rule"),
    [
        (PARTNER, WIRRAL_TEAM, "action.own_team"),
        ("wirral.contributor", RASA_TEAM, "action.own_team"),
        (ASKED, SAVERA_TEAM, "action.taking_part_adds"),
        ("wirral.viewer", WIRRAL_TEAM, "action.taking_part_adds"),
    ],
)
async def test_others_may_not_add(portal: Portal, who: str, team: str, rule: str) -> None:
    given = {**PLAIN, "initiative": await joint_initiative(portal), "ownerTeam": team}
    refused = await portal.do(who, "addAction", given)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", rule)


async def test_an_agency_that_only_reads_may_not_add(portal: Portal) -> None:
    initiative = await joint_initiative(portal, visibility="PARTNERSHIP")
    given = {**PLAIN, "initiative": initiative, "ownerTeam": SEFTON_TEAM}
    refused = await portal.do(STRANGER, "addAction", given)
    assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "action.taking_part_adds")


async def test_a_stranger_does_not_learn_that_the_initiative_exists(portal: Portal) -> None:
    given = {**PLAIN, "initiative": await joint_initiative(portal), "ownerTeam": SEFTON_TEAM}
    refused = await portal.do(STRANGER, "addAction", given)
    assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "initiative"])


@pytest.mark.parametrize("team", [SEFTON_TEAM, SAVERA_TEAM])
async def test_an_action_belongs_to_the_lead_or_a_committed_partner(
    portal: Portal, team: str
) -> None:
    given = {**PLAIN, "initiative": await joint_initiative(portal), "ownerTeam": team}
    refused = await portal.do(LEAD, "addAction", given)
    assert refused["__typename"] == "ValidationError"
    assert refused["errors"][0]["path"] == ["input", "ownerTeam"]
    assert refused["errors"][0]["code"] == "OWNER_TAKES_NO_PART"


async def test_an_unknown_team_is_not_found(portal: Portal) -> None:
    team = "Team:00000000-0000-4000-8000-000000000000"
    given = {**PLAIN, "initiative": await joint_initiative(portal), "ownerTeam": team}
    refused = await portal.do(LEAD, "addAction", given)
    assert (refused["__typename"], refused["path"]) == ("NotFound", ["input", "ownerTeam"])


async def test_every_fault_is_named_at_once(portal: Portal) -> None:
    given = {
        "initiative": await joint_initiative(portal),
        "ownerTeam": RASA_TEAM,
        "dueOn": "2026-12-01",
        "title": "  ",
        "detail": "x" * 4001,
        "evidenceUrl": "javascript:alert(1)",
    }
    refused = await portal.do(LEAD, "addAction", given)
    found = [error["path"][1] for error in refused["errors"]]
    assert found == ["title", "detail", "evidenceUrl"]


@pytest.mark.parametrize(
    "link",
    [
        "example.org/report",
        "ftp://example.org/a",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org:port/",
        "https://example.org/\u0007",
        "https://[::1/",
        "https://example.org/" + "a" * 1000,
    ],
)
async def test_a_link_leads_to_a_page(portal: Portal, link: str) -> None:
    initiative = await joint_initiative(portal)
    given = {**PLAIN, "initiative": initiative, "ownerTeam": RASA_TEAM, "evidenceUrl": link}
    refused = await portal.do(LEAD, "addAction", given)
    assert [error["path"] for error in refused["errors"]] == [["input", "evidenceUrl"]]


async def test_odd_days_are_accepted_with_a_warning(portal: Portal) -> None:
    dated = {"startsOn": "2026-01-01", "endsOn": "2026-10-31"}
    initiative = await joint_initiative(portal, **dated)
    given = {**PLAIN, "initiative": initiative, "ownerTeam": RASA_TEAM, "dueOn": "2026-11-15"}
    answer = await portal.do(LEAD, "addAction", given, ACTION)
    assert [w["code"] for w in answer["warnings"]] == ["DUE_IN_PAST", "DUE_AFTER_END"]
