"""The programme lead keeps the list of themes; nobody else does."""

from typing import Any

import pytest
from support.asking import Portal, unpaged
from support.mapping import theme

from portal.frameworks.reference import THEMES, furnish_frameworks
from portal.store.engines import Engines

SHOWN = "...on ThemePayload { theme { id version key name description validFrom retiredOn } }"
LISTED = "{ themes { nodes { id key name retiredOn version } } }"


async def listed(portal: Portal) -> list[dict[str, Any]]:
    """All themes as a viewer sees them."""
    found: list[dict[str, Any]] = unpaged(await portal.ask("wirral.viewer", LISTED))["themes"]
    return found


async def test_the_known_themes_are_there_from_the_start(portal: Portal) -> None:
    found = await listed(portal)
    assert {t["key"] for t in found} >= set(THEMES)
    assert [t["name"] for t in found] == sorted(t["name"] for t in found)


async def test_a_theme_is_added_with_a_key_for_programs(portal: Portal) -> None:
    given = {"name": "  Taxis &  private hire ", "description": "Drivers and firms."}
    added = (await portal.do("pcc.administrator", "addTheme", given, SHOWN))["theme"]
    assert (added["key"], added["name"]) == ("taxis_private_hire", "Taxis & private hire")
    assert (added["validFrom"], added["retiredOn"]) == ("2026-11-16", None)
    again = await portal.do("pcc.programme", "addTheme", {"name": "taxis, private hire"})
    assert (again["path"], again["errors"][0]["code"]) == (["input", "name"], "TAKEN")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "—"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Parks\x00"}, "name"),
        ({"name": "Parks", "description": "x" * 401}, "description"),
    ],
)
async def test_a_theme_must_be_readable(portal: Portal, given: dict[str, str], field: str) -> None:
    refused = await portal.do("pcc.programme", "addTheme", given)
    assert (refused["__typename"], refused["path"]) == ("ValidationError", ["input", field])


async def test_a_theme_is_retired_once_and_stays_on_the_list(portal: Portal) -> None:
    added = (await portal.do("pcc.programme", "addTheme", {"name": "Ferries"}, SHOWN))["theme"]
    given = {"id": added["id"], "expectedVersion": added["version"]}
    retired = (await portal.do("pcc.programme", "retireTheme", given, SHOWN))["theme"]
    assert (retired["retiredOn"], retired["version"]) == ("2026-11-16", 2)
    assert any(t["key"] == "ferries" and t["retiredOn"] for t in await listed(portal))
    stale = await portal.do("pcc.programme", "retireTheme", given)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    twice = await portal.do("pcc.programme", "retireTheme", {**given, "expectedVersion": 2})
    assert (twice["__typename"], twice["errors"][0]["code"]) == ("ValidationError", "RETIRED")


async def test_others_neither_add_nor_retire(portal: Portal) -> None:
    for who in ("wirral.coordinator", "pcc.coordinator", "wirral.viewer", "cheshire.viewer"):
        refused = await portal.do(who, "addTheme", {"name": "Mine"})
        assert refused["rule"] == "framework.programme_lead_manages"
        given = {"id": theme("online"), "expectedVersion": 1}
        assert (await portal.do(who, "retireTheme", given))["__typename"] == "NotPermitted"
    assert not any(t["key"] == "mine" for t in await listed(portal))


async def test_furnishing_again_leaves_what_people_have_done(
    portal: Portal, engines: Engines
) -> None:
    given = {"id": theme("workforce"), "expectedVersion": 1}
    await portal.do("pcc.programme", "retireTheme", given)
    before = await listed(portal)
    async with engines.owner.begin() as owner:
        await furnish_frameworks(owner)
    assert await listed(portal) == before
