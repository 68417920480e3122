"""What a list holds is what can be opened by its id, is counted, and is found by each filter."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from support.asking import Portal
from support.initiating import LEAD, live, log, of
from support.measuring import define, defined_count, made, measured, record

from portal.measures.reading import latest
from portal.measures.tables import Measure
from portal.store.rules import table_of

CALLERS = [
    ("wirral.viewer", 5),
    ("wirral.coordinator", 5),
    ("rasa.contributor", 3),  # one it takes part in, one for the partnership, one for everyone
    ("sefton.coordinator", 2),
    ("edgehill.viewer", 2),
    ("pcc.programme", 2),
    ("pcc.administrator", 1),  # grants access, and sees only what is public
    ("cheshire.viewer", 1),
]
LIST = (
    "query($filter: MeasureFilter, $after: String) {"
    " measures(first: 100, after: $after, filter: $filter) {"
    " totalCount nodes { id initiative { id } } pageInfo { hasNextPage endCursor } } }"
)


async def listed(portal: Portal, who: str, **wanted: object) -> list[str]:
    """The ids of every page."""
    found: list[str] = []
    after = None
    while True:
        page = (await portal.ask(who, LIST, filter=wanted, after=after))["measures"]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"] == len(set(found))
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize(("who", "sees"), CALLERS)
async def test_a_list_holds_what_can_be_opened_and_no_more(
    portal: Portal, who: str, sees: int
) -> None:
    definition = await defined_count(portal)
    measures = [await measured(portal, definition)]
    for visibility in ("DRAFT", "PARTNERS", "PARTNERSHIP", "PUBLIC"):
        given = {} if visibility == "DRAFT" else {"visibility": visibility}
        initiative = await log(portal, **given)
        measures.append(
            await made(
                portal,
                LEAD,
                "addMeasure",
                initiative=initiative["id"],
                definition=definition["id"],
            )
        )
    for measure in measures:
        await record(portal, measure, value="8")
    seen = await listed(portal, who, definition=definition["id"])
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ...on Measure { latest { value } } } }"
    opened = (await portal.ask(who, nodes, ids=[m["id"] for m in measures]))["nodes"]
    assert sorted(node["id"] for node in opened if node) == sorted(seen)
    assert len(seen) == sees
    assert all(node["latest"] == {"value": "8"} for node in opened if node)


async def test_measures_are_found_by_initiative_key_kind_area_and_use(portal: Portal) -> None:
    definition = await define(portal)
    force_wide = await live(portal, areas=["E23000004"])
    local = await live(portal, areas=["E08000015"])
    given = {"definition": definition["id"]}
    wide = await made(portal, LEAD, "addMeasure", initiative=force_wide["id"], **given)
    near = await made(portal, LEAD, "addMeasure", initiative=local["id"], **given)
    both = sorted([wide["id"], near["id"]])
    mine = {"definition": definition["id"]}
    assert await listed(portal, LEAD, initiative=local["id"]) == [near["id"]]
    assert await listed(portal, LEAD, key=definition["key"]) == both
    assert await listed(portal, LEAD, kind="OUTCOME", **mine) == both
    assert await listed(portal, LEAD, kind="OUTPUT", **mine) == []
    assert await listed(portal, LEAD, area="E08000015", **mine) == both
    assert await listed(portal, LEAD, area="E08000012", **mine) == [wide["id"]]
    assert await listed(portal, LEAD, area="E06000006", **mine) == []
    held = {"id": near["id"], "expectedVersion": near["version"]}
    await made(portal, LEAD, "retireMeasure", **held)
    assert await listed(portal, LEAD, inUse=True, **mine) == [wide["id"]]
    assert await listed(portal, LEAD, inUse=False, **mine) == [near["id"]]


async def test_figures_are_paged_by_period_without_doubles(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    periods = [(f"2026-0{month}-01", f"2026-0{month}-28") for month in range(1, 8)]
    for first, last in periods:
        for area in (None, "E08000015", "E08000014"):
            period = {"periodFrom": first, "periodTo": last}
            await record(portal, measure, value="8", area=area, **period)
    query = (
        "query($id: ID!, $after: String, $filter: ObservationFilter, $order: ObservationOrder!) {"
        " measure(id: $id) {"
        " observations(first: 4, after: $after, filter: $filter, orderBy: $order) {"
        " totalCount nodes { id periodTo } pageInfo { hasNextPage endCursor } } } }"
    )

    async def pages(order: str, **wanted: object) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        after = None
        while True:
            asked = {"id": measure["id"], "after": after, "filter": wanted, "order": order}
            seen = await portal.ask("rasa.coordinator", query, **asked)
            page = seen["measure"]["observations"]
            found += [(node["periodTo"], node["id"]) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(found)
                return found
            after = page["pageInfo"]["endCursor"]

    everything = await pages("EARLIEST_PERIOD")
    assert len(set(everything)) == 21
    assert everything == sorted(everything)
    assert await pages("LATEST_PERIOD") == everything[::-1]
    assert len(await pages("LATEST_PERIOD", breakdown="WHOLE")) == 7
    assert len(await pages("LATEST_PERIOD", area="E08000014")) == 7
    assert len(await pages("LATEST_PERIOD", since="2026-03-01", until="2026-04-30")) == 6
    assert await pages("LATEST_PERIOD", provisional=True) == []


async def test_a_figure_says_which_area_it_is_for(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    part = await record(portal, measure, value="8", area="E08000015")
    assert (part["breakdown"], part["area"]) == ("AREA", {"code": "E08000015", "name": "Wirral"})
    group = await record(portal, measure, value="8", group="aged 16 to 24")
    assert (group["breakdown"], group["group"], group["area"]) == ("GROUP", "aged 16 to 24", None)


async def test_the_board_shows_measures_with_their_latest_figure(portal: Portal) -> None:
    measure = await measured(portal, await define(portal))
    await record(portal, measure, numerator="1", denominator="4")
    board = (
        "query($id: ID!) { initiative(id: $id) { measures { totalCount nodes {"
        " definition { name unit } latest { value periodTo } } } } }"
    )
    seen = await portal.ask("rasa.coordinator", board, id=measure["initiative"]["id"])
    assert seen["initiative"]["measures"] == {
        "totalCount": 1,
        "nodes": [
            {
                "definition": {"name": "Disclosures in time", "unit": "per cent"},
                "latest": {"value": "25", "periodTo": "2026-10-31"},
            }
        ],
    }


async def test_the_latest_figure_costs_one_probe_of_its_index(portal: Portal) -> None:
    measure = table_of(Measure).alias("m")
    probe = latest(measure.c, "value").correlate(measure).scalar_subquery()
    one = select(measure.c.id, probe).where(measure.c.id == uuid4())
    asked = one.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with portal.context(LEAD).acting() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await session.execute(text(f"EXPLAIN {asked}"))).scalars())
    assert "Index Scan Backward using observation_latest" in plan
    assert "Sort" not in plan


async def test_a_draft_goes_with_its_figures_and_their_corrections(portal: Portal) -> None:
    draft = await log(portal)
    definition = await defined_count(portal)
    measure = await made(
        portal, LEAD, "addMeasure", initiative=draft["id"], definition=definition["id"]
    )
    figure = await record(portal, measure, value="8")
    given = {"figure": {"periodFrom": "2026-10-01", "periodTo": "2026-10-31", "value": "9"}}
    await made(portal, LEAD, "correctObservation", **of(figure), **given)
    gone = await portal.do(LEAD, "deleteInitiative", of(draft))
    assert gone["__typename"] == "DeletedPayload"
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [measure["id"], figure["id"], f"Observation:{uuid4()}"]
    assert (await portal.ask(LEAD, query, ids=ids))["nodes"] == [None, None, None]
