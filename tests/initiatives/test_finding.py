"""Initiatives are found by what is known of them, sorted, paged, and counted for each caller."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import DATED, LEAD, agency, committed, done, live, log, of

from portal.sample.partnership import DAY, team_id
from portal.store.engines import Engines

CALLERS = (
    LEAD, "wirral.viewer", "rasa.coordinator", "sefton.coordinator", "cheshire.viewer",
    "police.administrator", "pcc.auditor",
)  # fmt: skip


async def found(portal: Portal, mark: str, who: str = LEAD, **conditions: Any) -> list[str]:
    """The titles, without the test's mark, of what matches; the count agrees."""
    document = (
        "query($filter: InitiativeFilter) { initiatives(filter: $filter, orderBy: TITLE) {"
        " totalCount nodes { title } } }"
    )
    given = {"text": mark, **conditions}
    page = (await portal.ask(who, document, filter=given))["initiatives"]
    titles = [node["title"].removesuffix(f" {mark}") for node in page["nodes"]]
    assert page["totalCount"] == len(titles)
    return titles


@pytest.fixture
def mark() -> str:
    """A word that only this test's initiatives hold."""
    return uuid4().hex[:10]


async def test_text_is_looked_for_in_title_summary_and_reference(portal: Portal, mark: str) -> None:
    one = await log(portal, title=f"One {mark}")
    await log(portal, title="Two", summary=f"About {mark.upper()}.")
    assert await found(portal, mark) == ["One", "Two"]
    assert await found(portal, one["reference"].lower()) == [f"One {mark}"]


async def test_an_area_is_found_under_the_wider_ones_that_cover_it(
    portal: Portal, mark: str
) -> None:
    areas = {
        "Borough": ["E08000012"], "Force": ["E23000004"], "Region": ["E47000004"],
        "Wirral": ["E08000015"], "Halton": ["E06000006"], "Nowhere": [],
    }  # fmt: skip
    for name, codes in areas.items():
        await log(portal, title=f"{name} {mark}", areas=codes)
    assert await found(portal, mark, area="E08000012") == ["Borough", "Force", "Region"]
    assert await found(portal, mark, area="E06000006") == ["Halton", "Region"]
    assert await found(portal, mark, area="E23000004") == ["Force"]
    assert await found(portal, mark, area="E00000000") == []


async def test_by_lead_team_partner_and_mine(portal: Portal, mark: str) -> None:
    team = f"Team:{team_id('wirral', 'Community safety')}"
    joined = await live(portal, title=f"Joined {mark}", leadTeam=team)
    await committed(portal, joined)
    asked = await live(portal, title=f"Asked {mark}")
    given = {"initiative": asked["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    await done(portal, LEAD, "invitePartner", **given)
    left = await live(portal, title=f"Left {mark}", visibility="PARTNERSHIP")
    partner = await committed(portal, left)
    await done(portal, "rasa.coordinator", "leaveInitiative", **of(partner))
    await log(portal, "rasa.coordinator", title=f"Own {mark}", visibility="PARTNERSHIP")
    rasa = "rasa.coordinator"
    assert await found(portal, mark, lead=agency("wirral")) == ["Asked", "Joined", "Left"]
    assert await found(portal, mark, partner=agency("rasa")) == ["Asked", "Joined"]
    assert await found(portal, mark, team=team) == ["Joined"]
    assert await found(portal, mark, rasa, mine=True) == ["Asked", "Joined", "Own"]
    assert await found(portal, mark, rasa, mine=False) == ["Left"]
    assert await found(portal, mark, LEAD, mine=True) == ["Asked", "Joined", "Left"]


async def test_by_stage_rating_last_day_and_last_change(portal: Portal, mark: str) -> None:
    running = await live(portal, title=f"Running {mark}", endsOn="2027-01-31")
    await log(portal, title=f"Thought {mark}", endsOn="2027-02-28")
    await log(portal, title=f"Open {mark}", timing="OPEN_ENDED", reviewOn="2027-05-01")
    assert await found(portal, mark, stage=["LIVE", "PAUSED"]) == ["Running"]
    assert await found(portal, mark, endsFrom="2027-02-01") == ["Thought"]
    assert await found(portal, mark, endsFrom="2027-01-31", endsTo="2027-02-28") == [
        "Running", "Thought",
    ]  # fmt: skip
    assert await found(portal, mark, endsTo="2027-01-30") == []
    assert await found(portal, mark, rating=["NOT_STARTED"]) == ["Open", "Running", "Thought"]
    late = replace(portal, today=DAY.replace(year=2027))
    assert await found(late, mark, rating=["AMBER"]) == ["Running"]
    tomorrow = replace(portal, today=DAY + timedelta(days=1))
    await done(tomorrow, LEAD, "rateInitiative", **of(running, rating="BLUE"))
    assert await found(portal, mark, updatedSince="2026-11-17T00:00:00Z") == ["Running"]


ORDERED = (
    "query($text: String, $order: InitiativeOrder!, $after: String) {"
    " initiatives(filter: {text: $text}, orderBy: $order, first: 2, after: $after) {"
    " nodes { id title } pageInfo { hasNextPage endCursor } } }"
)


async def pages(portal: Portal, mark: str, order: str) -> list[dict[str, Any]]:
    """All rows, page by page."""
    rows, after = [], None
    while True:
        page = (await portal.ask(LEAD, ORDERED, text=mark, order=order, after=after))["initiatives"]
        rows += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        await asyncio.sleep(0)


async def test_each_order_is_kept_over_all_pages(portal: Portal, mark: str) -> None:
    ends = {"c": "2027-03-01", "a": "2027-01-01", "e": None, "b": "2027-02-01", "d": None}
    rows = {}
    for at, (name, day) in enumerate(ends.items()):
        then = replace(portal, today=DAY + timedelta(days=at))
        rows[name] = await log(then, title=f"{name} {mark}", endsOn=day)
    last = replace(portal, today=DAY + timedelta(days=9))
    await done(last, LEAD, "changeInitiative", **of(rows["a"], place="Hoylake"))

    async def order(name: str) -> str:
        return "".join(row["title"][0] for row in await pages(portal, mark, name))

    assert await order("NEWEST") == "dbeac"
    assert await order("LATEST_CHANGE") == "adbec"
    assert await order("TITLE") == "abcde"
    assert (await order("ENDS_ON"))[:3] == "abc"
    references = {row["reference"]: name for name, row in rows.items()}
    assert await order("REFERENCE") == "".join(references[key] for key in sorted(references))


@pytest.mark.parametrize("order", ["NEWEST", "LATEST_CHANGE", "TITLE", "ENDS_ON", "REFERENCE"])
async def test_no_row_comes_twice_while_others_are_added(
    portal: Portal, mark: str, order: str
) -> None:
    before = {(await log(portal, title=f"{n} {mark}", **DATED))["id"] for n in range(9)}

    async def adding() -> None:
        for n in range(12):
            await log(portal, title=f"{n % 10}+ {mark}", **DATED)

    rows, _ = await asyncio.gather(pages(portal, mark, order), adding())
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert before <= set(ids)


async def test_a_reference_finds_its_initiative_for_those_who_see_it(portal: Portal) -> None:
    row = await log(portal)
    query = "query($reference: String!) { initiativeByReference(reference: $reference) { id } }"
    mine = await portal.ask(LEAD, query, reference=row["reference"])
    assert mine["initiativeByReference"] == {"id": row["id"]}
    theirs = await portal.ask("sefton.coordinator", query, reference=row["reference"])
    assert theirs["initiativeByReference"] is None


async def test_a_cursor_of_another_order_is_refused(portal: Portal) -> None:
    await log(portal)
    page = (await portal.ask(LEAD, ORDERED, text="", order="TITLE"))["initiatives"]
    cursor = page["pageInfo"]["endCursor"]
    for order, after in (("NEWEST", cursor), ("TITLE", "!"), ("TITLE", cursor[:-4])):
        _, errors = await portal.try_asking(LEAD, ORDERED, text="", order=order, after=after)
        assert [error["code"] for error in errors] == ["BAD_CURSOR"]


@pytest.mark.parametrize("who", CALLERS)
async def test_list_count_and_look_up_agree(portal: Portal, engines: Engines, who: str) -> None:
    for visibility in ("DRAFT", "PARTNERS", "PARTNERSHIP", "PUBLIC"):
        await committed(portal, await live(portal, visibility="PARTNERS"))
        await log(portal, visibility=visibility)
    listed, total = await everything(portal, who)
    async with engines.owner.connect() as owner:
        every = [f"Initiative:{row}" for row in await scalars(owner, "SELECT id FROM initiative")]
    seen = set()
    for start in range(0, len(every), 100):
        nodes = await portal.ask(
            who, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=every[start : start + 100]
        )
        seen |= {node["id"] for node in nodes["nodes"] if node}
    assert len(listed) == total == len(set(listed))
    assert set(listed) == seen


async def scalars(owner: Any, statement: str) -> list[Any]:
    """The first column."""
    return list((await owner.execute(text(statement))).scalars())


async def everything(portal: Portal, who: str) -> tuple[list[str], int]:
    """All ids that somebody lists, and the count."""
    document = (
        "query($after: String) { initiatives(first: 100, after: $after) { totalCount"
        " nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    ids: list[str] = []
    after = None
    while True:
        page = (await portal.ask(who, document, after=after))["initiatives"]
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return ids, page["totalCount"]
