"""A partner's program keeps up: it learns of all it may see, of what is gone, of nothing else."""

import base64
import json
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.following import SINCE, about, kinds, now, since
from support.initiating import LEAD, agency, committed, done, live, log, of

from portal.reading.declare import SOURCES
from portal.store.engines import Engines


async def test_a_reader_learns_what_changed_and_how_it_stands_now(portal: Portal) -> None:
    row = await live(portal, title="Safer bus stops")
    await committed(portal, row)
    start = await now(portal, "rasa.contributor")
    await done(portal, LEAD, "changeInitiative", **of(row, title="Safer bus stations"))
    (change,) = await since(portal, "rasa.contributor", start)
    assert change == {
        "at": "2026-11-16T09:00:00Z", "kind": "UPDATED", "objectType": "Initiative",
        "nodeId": row["id"], "initiativeId": row["id"], "gone": False,
        "verb": "changeInitiative", "agency": {"shortName": "Wirral"},
        "node": {"__typename": "Initiative", "id": row["id"], "title": "Safer bus stations"},
    }  # fmt: skip
    assert await since(portal, "sefton.coordinator", await now(portal, "sefton.coordinator")) == []


async def test_nothing_new_is_an_empty_page_and_the_cursor_stays_good(portal: Portal) -> None:
    start = await now(portal, LEAD)
    page = await portal.ask(LEAD, SINCE, after=start, first=5)
    assert page["changesSince"] == {
        "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}
    }  # fmt: skip
    row = await log(portal)
    for after in (start, page["changesCursor"]):
        assert kinds(about(await since(portal, LEAD, after), row["id"])) == ["CREATED"]


async def test_small_pages_tell_the_same_as_a_large_one(portal: Portal) -> None:
    start = await now(portal, LEAD)
    row = await live(portal, areas=["E08000015", "E08000012"])
    await committed(portal, row)
    whole = await since(portal, LEAD, start)
    assert len(whole) > 6
    assert await since(portal, LEAD, start, size=1) == whole
    assert await since(portal, LEAD, start, size=4) == whole


async def test_from_the_beginning_every_record_in_sight_is_told_of(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    told = {change["nodeId"] for change in await since(portal, "rasa.contributor", None)}
    listed = "{ initiatives(first: 100) { nodes { id partners { nodes { id } } } } }"
    for initiative in (await portal.ask("rasa.contributor", listed))["initiatives"]["nodes"]:
        assert initiative["id"] in told
        assert {partner["id"] for partner in initiative["partners"]["nodes"]} <= told


async def test_a_draft_that_was_never_shared_tells_strangers_nothing(portal: Portal) -> None:
    starts = {who: await now(portal, who) for who in ("sefton.coordinator", "rasa.contributor")}
    own = await now(portal, LEAD)
    row = await log(portal, areas=["E08000015"])
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    await done(portal, LEAD, "invitePartner", **asked)
    deleted = await portal.do(LEAD, "deleteInitiative", of(row))
    assert deleted["__typename"] == "DeletedPayload", deleted
    for stranger, start in starts.items():
        assert await since(portal, stranger, start) == []
    mine = about(await since(portal, LEAD, own), row["id"])
    assert "DELETED" in kinds(mine)
    assert all(change["gone"] and change["node"] is None for change in mine)


async def test_who_is_asked_in_learns_of_the_initiative_and_all_that_hangs_on_it(
    portal: Portal,
) -> None:
    row = await log(portal, visibility="PARTNERS")
    said = {"initiative": row["id"], "text": "Ready."}
    shows = "...on CommentPayload { comment { id } }"
    comment = (await portal.do(LEAD, "addComment", said, shows))["comment"]["id"]
    start = await now(portal, "rasa.contributor")
    await committed(portal, row)
    news = await since(portal, "rasa.contributor", start)
    for record in (row["id"], comment):
        (first, *_) = about(news, record)
        assert (first["kind"], first["gone"], first["node"]["id"]) == ("VISIBILITY", False, record)


async def test_a_partner_that_is_removed_gets_tombstones_and_then_nothing(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    said = {"initiative": row["id"], "text": "Ready."}
    shows = "...on CommentPayload { comment { id } }"
    comment = (await portal.do(LEAD, "addComment", said, shows))["comment"]["id"]
    kept = {**said, "audience": "AGENCY"}
    own = (await portal.do("rasa.contributor", "addComment", kept, shows))["comment"]["id"]
    start = await now(portal, "rasa.contributor")
    await done(portal, LEAD, "removePartner", **of(partner, reason="The grant has ended."))
    news = await since(portal, "rasa.contributor", start)
    for record in (row["id"], partner["id"], comment, own):
        last = about(news, record)[-1]
        assert (last["gone"], last["node"]) == (True, None), record
    after = await now(portal, "rasa.contributor")
    await done(portal, LEAD, "rateInitiative", **of(row, rating="GREEN"))
    await portal.do(LEAD, "addComment", said)
    assert await since(portal, "rasa.contributor", after) == []


async def test_what_stays_within_an_agency_is_told_to_nobody_else(portal: Portal) -> None:
    row = await live(portal, visibility="PUBLIC")
    await committed(portal, row)
    watchers = (LEAD, "sefton.coordinator", "police.administrator", "rasa.coordinator")
    starts = {who: await now(portal, who) for who in watchers}
    said = {"initiative": row["id"], "text": "Between us.", "audience": "AGENCY"}
    await portal.do("rasa.contributor", "addComment", said)
    await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERSHIP"))
    told = {
        who: {change["objectType"] for change in await since(portal, who, start)}
        for who, start in starts.items()
    }
    assert [who for who in watchers if "Comment" in told[who]] == ["rasa.coordinator"]


async def test_a_part_without_an_id_of_its_own_counts_as_a_change_of_its_initiative(
    portal: Portal,
) -> None:
    row = await live(portal, areas=["E08000015"])
    start = await now(portal, "wirral.viewer")
    await done(portal, LEAD, "changeInitiative", **of(row, areas=["E08000012"]))
    news = await since(portal, "wirral.viewer", start)
    assert {(c["objectType"], c["nodeId"], c["kind"], c["gone"]) for c in news} == {
        ("Initiative", row["id"], "UPDATED", False)
    }


async def test_a_change_names_the_type_that_shows_its_table(engines: Engines) -> None:
    recorded = text(
        "SELECT c.relname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgfoid = 'record_change'::regproc"
    )
    async with engines.owner.connect() as owner:
        found = (await owner.execute(recorded)).all()
    names = {bytes(arguments).split(b"\0")[0].decode(): table for table, arguments in found}
    shown = {name: SOURCES[name].table.name for name in names if name in SOURCES}
    assert {name: names[name] for name in shown} == shown
    tables = {source.table.name for source in SOURCES.values()}
    assert not [name for name, table in names.items() if name not in shown and table in tables]


async def test_a_cursor_is_stale_once_its_holder_may_see_more(
    portal: Portal, engines: Engines
) -> None:
    start = await now(portal, "cheshire.viewer")
    joins = text("UPDATE agency SET in_partnership = :joins WHERE id = :id")
    joined = {"id": agency("cheshire").removeprefix("Agency:")}
    async with engines.owner.begin() as owner:
        await owner.execute(joins, {**joined, "joins": True})
    try:
        _, errors = await portal.try_asking("cheshire.viewer", SINCE, after=start, first=5)
        assert [error["code"] for error in errors] == ["CURSOR_STALE"]
        assert "without `after`" in errors[0]["message"]
        fresh = await now(portal, "cheshire.viewer")
        assert await since(portal, "cheshire.viewer", fresh) == []
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(joins, {**joined, "joins": False})
    news = await since(portal, "cheshire.viewer", start)
    assert {change["nodeId"] for change in news} == {agency("cheshire")}, "it joined, and left"


async def test_a_cursor_works_for_a_colleague_with_the_same_sight(portal: Portal) -> None:
    start = await now(portal, LEAD)
    row = await log(portal)
    assert kinds(about(await since(portal, "wirral.contributor", start), row["id"])) == ["CREATED"]
    _, errors = await portal.try_asking("police.contributor", SINCE, after=start, first=5)
    assert [error["code"] for error in errors] == ["CURSOR_STALE"]


def forged(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "", "nonsense", forged("newest", "x"), forged("committed", "mark", "1", "1"),
        forged("committed", "mark", "1", "1", "no uuid"),
        forged("committed", "mark", str(2**70), "1", str(uuid4())),
        forged("committed", "mark", "1", str(2**40), str(uuid4())),
    ],
)  # fmt: skip
async def test_what_is_no_cursor_is_refused(portal: Portal, cursor: str) -> None:
    _, errors = await portal.try_asking(LEAD, SINCE, after=cursor, first=5)
    assert [error["code"] for error in errors] == ["BAD_CURSOR"]


async def test_a_cursor_tells_nothing_of_hidden_changes(portal: Portal) -> None:
    """No number in it counts changes: only those of one record, which its reader saw anyway."""
    row = await live(portal)
    await committed(portal, row)
    shows = "{ changesSince(first: 100) { edges { cursor node { nodeId } } } }"
    edges = (await portal.ask("rasa.contributor", shows))["changesSince"]["edges"]
    for edge in edges:
        name, _, _, version, change_id = json.loads(base64.urlsafe_b64decode(edge["cursor"]))
        assert name == "committed"
        assert len(change_id) == 36
        assert int(version) < 100
