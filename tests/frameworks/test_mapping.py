"""An initiative is mapped to themes, pillars, Ps and plan actions, and is found by them."""

from sqlalchemy import text
from support.asking import Portal, unpaged
from support.mapping import WIRRAL, change, entry, initiative, theme

from portal.frameworks.reference import fixed
from portal.store.engines import Engines

MAPPED = (
    "query($id: ID!) { initiative(id: $id)"
    " { themes { nodes { key retiredOn } } frameworkEntries { nodes { code title } } } }"
)


async def test_a_coordinator_says_which_themes_it_is_about(portal: Portal) -> None:
    row = await initiative(portal)
    both = [theme("transport"), theme("education"), theme("transport")]
    row = await change(portal, "setThemes", row, themes=both)
    assert [t["key"] for t in row["themes"]] == ["education", "transport"]
    fewer = await change(portal, "setThemes", row, themes=[theme("transport"), theme("online")])
    assert [t["key"] for t in fewer["themes"]] == ["online", "transport"]
    assert (await change(portal, "setThemes", fewer, themes=[]))["themes"] == []


async def test_two_who_map_at_once_do_not_overwrite_each_other(portal: Portal) -> None:
    row = await initiative(portal)
    await change(portal, "setThemes", row, themes=[theme("online")])
    late = await change(portal, "setThemes", row, themes=[theme("education")])
    assert (late["__typename"], late["currentVersion"]) == ("Conflict", row["version"] + 1)
    late = await change(portal, "setFrameworkEntries", row, entries=[entry("plan", 7)])
    assert late["__typename"] == "Conflict"
    same = await change(
        portal, "setThemes", {**row, "version": late["currentVersion"]}, themes=[theme("online")]
    )
    assert same["version"] == late["currentVersion"], "nothing changed, nothing counted"


async def test_one_initiative_serves_entries_of_several_frameworks(portal: Portal) -> None:
    row = await initiative(portal)
    entries = [entry("four_ps", "PREVENT"), entry("plan", 12), entry("pillars", 3)]
    row = await change(portal, "setFrameworkEntries", row, entries=entries)
    assert [e["code"] for e in row["frameworkEntries"]] == ["3", "12", "PREVENT"]
    assert row["warnings"] == [{"path": ["input", "entries", "2"], "code": "VERSION_ENDED"}]
    row = await change(portal, "setFrameworkEntries", row, entries=entries[1:])
    assert [e["code"] for e in row["frameworkEntries"]] == ["3", "12"]
    assert row["warnings"] == [], "what it has already needs no second look"


async def test_an_initiative_is_found_by_theme_and_by_entry(portal: Portal) -> None:
    row = await initiative(portal, title="Found by what it is about")
    row = await change(portal, "setThemes", row, themes=[theme("stalking")])
    await change(portal, "setFrameworkEntries", row, entries=[entry("plan", 41)])
    query = (
        "query($filter: InitiativeFilter) {"
        " initiatives(filter: $filter) { totalCount nodes { id } } }"
    )

    async def found(who: str, **wanted: str) -> bool:
        page = (await portal.ask(who, query, filter=wanted))["initiatives"]
        assert page["totalCount"] == len(page["nodes"])
        return {"id": row["id"]} in page["nodes"]

    assert await found(WIRRAL, theme=theme("stalking"))
    assert await found(WIRRAL, frameworkEntry=entry("plan", 41))
    assert await found(WIRRAL, theme=theme("stalking"), frameworkEntry=entry("plan", 41))
    assert not await found(WIRRAL, theme=theme("workplace"))
    assert not await found(WIRRAL, frameworkEntry=entry("plan", 42))
    assert not await found("sefton.coordinator", theme=theme("stalking"))


async def test_a_retired_theme_stays_where_it_is_and_is_given_to_nothing_new(
    portal: Portal,
) -> None:
    added = await portal.do(
        "pcc.programme",
        "addTheme",
        {"name": "Festivals"},
        "...on ThemePayload { theme { id version } }",
    )
    festivals = added["theme"]
    old = await change(portal, "setThemes", await initiative(portal), themes=[festivals["id"]])
    given = {"id": festivals["id"], "expectedVersion": festivals["version"]}
    assert (await portal.do("pcc.programme", "retireTheme", given))["__typename"] == "ThemePayload"
    new = await initiative(portal)
    refused = await change(portal, "setThemes", new, themes=[theme("online"), festivals["id"]])
    assert refused["errors"][0]["path"] == ["input", "themes", "1"]
    assert refused["errors"][0]["code"] == "RETIRED"
    seen = unpaged(await portal.ask(WIRRAL, MAPPED, id=old["id"]))["initiative"]["themes"]
    assert seen == [{"key": "festivals", "retiredOn": "2026-11-16"}]
    kept = await change(portal, "setThemes", old, themes=[festivals["id"], theme("online")])
    assert [t["key"] for t in kept["themes"]] == ["festivals", "online"]


async def test_only_the_lead_coordinator_maps(portal: Portal) -> None:
    row = await initiative(portal, "PARTNERSHIP")
    given = {"themes": [theme("online")]}
    for who in ("wirral.viewer", "wirral.contributor", "sefton.coordinator", "pcc.programme"):
        refused = await change(portal, "setThemes", row, who, **given)
        assert (refused["__typename"], refused["rule"]) == ("NotPermitted", "initiative.lead_edits")
        entries = await change(portal, "setFrameworkEntries", row, who, entries=[])
        assert entries["__typename"] == "NotPermitted"
    draft = await initiative(portal)
    for verb, more in (("setThemes", given), ("setFrameworkEntries", {"entries": []})):
        hidden = await change(portal, verb, draft, "sefton.coordinator", **more)
        assert hidden["__typename"] == "NotFound"


async def test_what_does_not_exist_is_named_by_its_place(portal: Portal) -> None:
    row = await initiative(portal)
    nowhere = f"Theme:{fixed('theme', 'no such theme')}"
    missing = await change(portal, "setThemes", row, themes=[theme("online"), nowhere])
    assert (missing["__typename"], missing["path"]) == ("NotFound", ["input", "themes", "1"])
    other = await change(portal, "setFrameworkEntries", row, entries=[theme("online")])
    assert (other["__typename"], other["path"]) == ("NotFound", ["input", "entries", "0"])
    many = [entry("plan", n) for n in range(1, 22)]
    refused = await change(portal, "setFrameworkEntries", row, entries=many)
    assert (refused["__typename"], refused["path"]) == ("ValidationError", ["input", "entries"])
    seen = unpaged(await portal.ask(WIRRAL, MAPPED, id=row["id"]))["initiative"]
    assert seen == {"themes": [], "frameworkEntries": []}, "nothing is half-saved"


async def test_the_mapping_keeps_its_history(portal: Portal, engines: Engines) -> None:
    row = await initiative(portal)
    row = await change(portal, "setThemes", row, themes=[theme("online")])
    await change(portal, "setThemes", row, themes=[theme("workplace")])
    history = text(
        "SELECT c.kind, c.verb, coalesce(h.after, h.before) ->> 'theme_id' AS theme"
        " FROM change c JOIN history h ON h.change_id = c.id"
        " WHERE c.object_type = 'InitiativeTheme' AND c.initiative_id = :id"
        " ORDER BY c.txid, c.version"
    )
    async with engines.owner.connect() as owner:
        found = (await owner.execute(history, {"id": row["id"].split(":")[1]})).all()
    assert {(kind, verb, theme) for kind, verb, theme in found} == {
        ("created", "set_themes", str(fixed("theme", "online"))),
        ("deleted", "set_themes", str(fixed("theme", "online"))),
        ("created", "set_themes", str(fixed("theme", "workplace"))),
    }
