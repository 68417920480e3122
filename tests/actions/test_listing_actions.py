"""Whoever sees an initiative sees its actions: in lists, by id and in counts alike."""

import pytest
from support.asking import Portal
from support.joint_work import (
    ASKED,
    LEAD,
    PARTNER,
    RASA_TEAM,
    STRANGER,
    WIRRAL_TEAM,
    added,
    agency,
    joint_initiative,
    member,
    of,
)

PAGE = (
    "query($filter: ActionFilter, $orderBy: ActionOrder! = DUE, $first: Int! = 100) {"
    " actions(filter: $filter, orderBy: $orderBy, first: $first)"
    " { totalCount nodes { id title } } }"
)
NODE = "query($id: ID!) { node(id: $id) { id } action(id: $id) { id } }"


async def titles(portal: Portal, who: str, order: str = "DUE", **filters: object) -> list[str]:
    """The titles of a list."""
    page = (await portal.ask(who, PAGE, filter=filters, orderBy=order))["actions"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["title"] for node in page["nodes"]]


async def busy_initiative(portal: Portal) -> str:
    """Late, soon and later work of RASA's; Wirral's own; one done, one dropped."""
    initiative = await joint_initiative(portal, areas=["E08000015"])
    await added(portal, initiative, title="Later", dueOn="2027-01-10")
    await added(portal, initiative, title="Late", dueOn="2026-11-15")
    soon = await added(portal, initiative, title="Soon", dueOn="2026-11-16")
    await added(portal, initiative, title="Ours", ownerTeam=WIRRAL_TEAM, detail="New Brighton")
    done = await added(portal, initiative, title="Done", dueOn="2026-10-01")
    dropped = await added(portal, initiative, title="Dropped", dueOn="2026-10-02")
    await portal.do(PARTNER, "startAction", of(soon))
    await portal.do(PARTNER, "finishAction", of(done))
    await portal.do(PARTNER, "dropAction", of(dropped, reason="No money"))
    await portal.do(
        PARTNER, "allocateAction", of({**soon, "version": 2}, allocatedTo=member(PARTNER))
    )
    return initiative


@pytest.mark.parametrize("visibility", ["DRAFT", "PARTNERS", "PARTNERSHIP", "PUBLIC"])
async def test_a_list_shows_what_its_ids_show_and_counts_it(
    portal: Portal, visibility: str
) -> None:
    draft = visibility == "DRAFT"
    initiative = await joint_initiative(portal, visibility="PARTNERS" if draft else visibility)
    actions = {(await added(portal, initiative))["id"] for _ in range(3)}
    if draft:
        query = "query($id: ID!) { initiative(id: $id) { id version } }"
        row = (await portal.ask(LEAD, query, id=initiative))["initiative"]
        await portal.do(LEAD, "shareInitiative", of(row, visibility="DRAFT"))
    for who in (LEAD, PARTNER, ASKED, STRANGER, "cheshire.viewer", "police.administrator"):
        page = (await portal.ask(who, PAGE, filter={"initiative": initiative}))["actions"]
        listed = {node["id"] for node in page["nodes"]}
        seen = await portal.ask(
            who, "query($id: ID!) { initiative(id: $id) { id } }", id=initiative
        )
        assert listed == (actions if seen["initiative"] else set()), who
        assert page["totalCount"] == len(listed)
        for action in actions:
            found = {"id": action} if action in listed else None
            assert await portal.ask(who, NODE, id=action) == {"node": found, "action": found}


async def test_a_team_reads_its_own_list(portal: Portal) -> None:
    here = {"initiative": await busy_initiative(portal)}
    assert await titles(portal, PARTNER, team=RASA_TEAM, unfinished=True, **here) == [
        "Late",
        "Soon",
        "Later",
    ]
    assert await titles(portal, PARTNER, mine=True, unfinished=True, **here) == [
        "Late",
        "Soon",
        "Later",
    ]
    assert await titles(portal, LEAD, mine=True, **here) == ["Ours"]
    assert await titles(portal, LEAD, mine=False, unfinished=False, **here) == ["Done", "Dropped"]
    assert await titles(portal, PARTNER, allocatedTo=member(PARTNER), **here) == ["Soon"]
    unallocated = await titles(portal, PARTNER, agency=agency("rasa"), allocated=False, **here)
    assert unallocated == ["Done", "Dropped", "Late", "Later"]


async def test_late_is_what_is_unfinished_after_its_day(portal: Portal) -> None:
    here = {"initiative": await busy_initiative(portal)}
    assert await titles(portal, LEAD, overdue=True, **here) == ["Late"]
    assert "Late" not in await titles(portal, LEAD, overdue=False, **here)
    assert await titles(portal, LEAD, state=["DONE", "NOT_DONE"], **here) == ["Done", "Dropped"]
    between = {"dueFrom": "2026-10-02", "dueTo": "2026-11-16"}
    assert await titles(portal, LEAD, **between, **here) == ["Dropped", "Late", "Soon"]


async def test_counts_tell_what_the_list_tells(portal: Portal) -> None:
    initiative = await busy_initiative(portal)
    query = (
        "query($id: ID!) { initiative(id: $id) { actionCounts { open overdue done notDone }"
        " actions(first: 2, filter: {unfinished: true})"
        " { totalCount nodes { title overdue } pageInfo { hasNextPage } } } }"
    )
    seen = (await portal.ask(PARTNER, query, id=initiative))["initiative"]
    assert seen["actionCounts"] == {"open": 4, "overdue": 1, "done": 1, "notDone": 1}
    assert seen["actions"] == {
        "totalCount": 4,
        "nodes": [{"title": "Late", "overdue": True}, {"title": "Soon", "overdue": False}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_no_actions_count_as_nothing(portal: Portal) -> None:
    query = "query($id: ID!) { initiative(id: $id) { actionCounts { open overdue done notDone } } }"
    seen = await portal.ask(LEAD, query, id=await joint_initiative(portal))
    assert set(seen["initiative"]["actionCounts"].values()) == {0}


@pytest.mark.parametrize(
    ("area", "found"),
    [("E08000015", True), ("E08000012", False), ("E23000004", False), ("E99999999", False)],
)
async def test_an_area_finds_the_schemes_that_cover_it(
    portal: Portal, area: str, found: bool
) -> None:
    here = {"initiative": await busy_initiative(portal)}
    assert bool(await titles(portal, LEAD, area=area, **here)) is found


async def test_a_wider_scheme_covers_its_boroughs(portal: Portal) -> None:
    initiative = await joint_initiative(portal, areas=["E23000004"])
    await added(portal, initiative, title="Everywhere")
    assert await titles(portal, LEAD, area="E08000012", initiative=initiative) == ["Everywhere"]


async def test_words_and_the_latest_changes_are_found(portal: Portal) -> None:
    here = {"initiative": await busy_initiative(portal)}
    assert await titles(portal, LEAD, text="new brighton", **here) == ["Ours"]
    assert await titles(portal, LEAD, text="100%_'; --", **here) == []
    assert await titles(portal, LEAD, updatedSince="2026-11-16T10:00:00Z", **here) == []
    for order in ("NEWEST", "LATEST_CHANGE"):
        assert (
            len(await titles(portal, LEAD, order, updatedSince="2026-11-16T09:00:00Z", **here)) == 6
        )


async def test_pages_go_through_each_action_once(portal: Portal) -> None:
    initiative = await busy_initiative(portal)
    query = (
        "query($i: ID!, $after: String) {"
        " actions(first: 2, after: $after, filter: {initiative: $i})"
        " { nodes { title } pageInfo { hasNextPage endCursor } } }"
    )
    read: list[str] = []
    after = None
    while True:
        page = (await portal.ask(ASKED, query, i=initiative, after=after))["actions"]
        read += [node["title"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert read == ["Done", "Dropped", "Late", "Soon", "Ours", "Later"]
