"""Which pillars, Ps and plan actions are served by live initiatives, and which by none."""

from support.asking import Portal, unpaged
from support.mapping import WIRRAL, change, entry, initiative, theme

from portal.frameworks.reference import fixed

COVERAGE = (
    "query($filter: FrameworkEntryFilter) { frameworkCoverage(first: 100, filter: $filter) {"
    " totalCount nodes { id code liveInitiatives linkedInitiatives frameworkVersion { label } } } }"
)


async def covered(portal: Portal, who: str, wanted: str) -> tuple[int, int]:
    """(live, all) initiatives of an entry, as this person sees it."""
    page = (await portal.ask(who, COVERAGE))["frameworkCoverage"]
    row = next(node for node in page["nodes"] if node["id"] == wanted)
    return row["liveInitiatives"], row["linkedInitiatives"]


async def test_every_entry_is_listed_those_without_initiatives_with_a_zero(portal: Portal) -> None:
    page = (await portal.ask(WIRRAL, COVERAGE))["frameworkCoverage"]
    assert page["totalCount"] == len(page["nodes"]) == 3 + 4 + 57
    codes = [node["code"] for node in page["nodes"]]
    assert codes == [
        "1",
        "2",
        "3",
        *map(str, range(1, 58)),
        "PREPARE",
        "PROTECT",
        "PURSUE",
        "PREVENT",
    ]
    untouched = next(node for node in page["nodes"] if node["id"] == entry("plan", 57))
    assert (untouched["liveInitiatives"], untouched["linkedInitiatives"]) == (0, 0)


async def test_only_what_is_valid_or_uncovered_can_be_asked_for(portal: Portal) -> None:
    valid = (await portal.ask(WIRRAL, COVERAGE, filter={"valid": True}))["frameworkCoverage"]
    assert valid["totalCount"] == 57 + 4
    ended = (await portal.ask(WIRRAL, COVERAGE, filter={"valid": False}))["frameworkCoverage"]
    assert [node["code"] for node in ended["nodes"]] == ["1", "2", "3"]
    gaps = {"framework": f"Framework:{fixed('framework', 'npcc')}", "covered": False}
    before = (await portal.ask(WIRRAL, COVERAGE, filter=gaps))["frameworkCoverage"]
    row = await initiative(portal, live=True)
    await change(portal, "setFrameworkEntries", row, entries=[entry("pillars", 2)])
    left = (await portal.ask(WIRRAL, COVERAGE, filter=gaps))["frameworkCoverage"]
    assert [n for n in before["nodes"] if n["code"] != "2"] == left["nodes"]
    assert left["totalCount"] == before["totalCount"] - 1 == len(left["nodes"])


async def test_a_live_initiative_counts_and_a_proposed_one_is_only_mapped(portal: Portal) -> None:
    wanted = entry("plan", 31)
    before = await covered(portal, WIRRAL, wanted)
    for live in (True, False):
        row = await initiative(portal, live=live)
        await change(portal, "setFrameworkEntries", row, entries=[wanted])
    assert await covered(portal, WIRRAL, wanted) == (before[0] + 1, before[1] + 2)


async def test_a_hidden_initiative_is_counted_nowhere(portal: Portal) -> None:
    wanted = entry("plan", 32)
    row = await initiative(portal, live=True)
    row = await change(portal, "setFrameworkEntries", row, entries=[wanted])
    row = await change(portal, "setThemes", row, themes=[theme("perpetrator")])
    themes = "{ themes { nodes { key liveInitiatives linkedInitiatives } } }"
    board = "{ planBoard { number linkedInitiatives liveInitiatives } }"

    async def counts(who: str) -> list[int]:
        of_theme = next(
            t for t in unpaged(await portal.ask(who, themes))["themes"] if t["key"] == "perpetrator"
        )
        of_action = (await portal.ask(who, board))["planBoard"][31]
        return [
            *await covered(portal, who, wanted),
            of_theme["liveInitiatives"], of_theme["linkedInitiatives"],
            of_action["linkedInitiatives"], of_action["liveInitiatives"],
        ]  # fmt: skip

    outside = await counts("sefton.coordinator")
    more = [count + 1 for count in outside]
    assert await counts("wirral.viewer") == more
    await change(portal, "shareInitiative", row, visibility="PARTNERSHIP")
    assert await counts("sefton.coordinator") == more


async def test_frameworks_are_read_with_versions_and_entries(portal: Portal) -> None:
    query = (
        "{ frameworks { nodes { key owner versions(first: 4) { nodes { label validFrom"
        " validTo selfAssessed entries(first: 57) { nodes { title } } } } } } }"
    )
    found = unpaged(await portal.ask("cheshire.viewer", query))["frameworks"]
    frameworks = {f["key"]: f for f in found}
    assert frameworks.keys() == {"npcc", "merseyside_plan"}
    pillars, four_ps = frameworks["npcc"]["versions"]
    assert [len(v["entries"]) for v in (pillars, four_ps)] == [3, 4]
    assert (pillars["validTo"], four_ps["validTo"]) == ("2024-02-29", None)
    assert (pillars["selfAssessed"], four_ps["selfAssessed"]) == (False, True)
    (plan,) = frameworks["merseyside_plan"]["versions"]
    titles = [e["title"] for e in plan["entries"]]
    assert titles == [f"Action {n} (title not published)" for n in range(1, 58)]
