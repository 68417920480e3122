"""People comment on an initiative, to all partners or among themselves, and take it back."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, committed, done, live, log, of, read

from portal.store.engines import Engines

COMMENT = (
    "...on CommentPayload { comment { id version text audience createdAt withdrawnAt"
    " agency { shortName } author { id } initiative { id } } }"
)
COMMENTS = "comments(orderBy: OLDEST) { totalCount nodes { text agency { shortName } } }"


async def say(portal: Portal, who: str, row: dict[str, Any], said: str, **more: Any) -> Any:
    """A new comment."""
    given = {"initiative": row["id"], "text": said, **more}
    answer = await portal.do(who, "addComment", given, COMMENT)
    assert answer["__typename"] == "CommentPayload", answer
    return answer["comment"]


async def heard(portal: Portal, who: str, row: dict[str, Any]) -> set[str]:
    """What somebody reads under an initiative."""
    return {c["text"] for c in (await read(portal, who, row["id"], COMMENTS))["comments"]["nodes"]}


async def withdraw(portal: Portal, who: str, comment: dict[str, Any]) -> dict[str, Any]:
    return await portal.do(who, "withdrawComment", of(comment), COMMENT)


async def test_a_comment_to_partners_is_read_by_all_who_see_the_initiative(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    comment = await say(portal, "rasa.contributor", row, "  The shelter at stop 3\nis dark.  ")
    assert comment["text"] == "The shelter at stop 3\nis dark."
    assert (comment["audience"], comment["agency"]) == ("PARTNERS", {"shortName": "RASA"})
    assert comment["initiative"]["id"] == row["id"]
    for reader in (LEAD, "wirral.viewer", "rasa.coordinator"):
        assert await heard(portal, reader, row) == {"The shelter at stop 3\nis dark."}
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await portal.ask("sefton.coordinator", node, id=comment["id"]))["node"] is None


async def test_a_comment_to_my_agency_is_read_by_nobody_else(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    await say(portal, LEAD, row, "For everyone.")
    kept = await say(portal, "rasa.contributor", row, "Between us.", audience="AGENCY")
    assert await heard(portal, "rasa.coordinator", row) == {"For everyone.", "Between us."}
    assert await heard(portal, LEAD, row) == {"For everyone."}
    counted = await read(portal, LEAD, row["id"], "comments { totalCount }")
    assert counted == {"comments": {"totalCount": 1}}
    node = "query($id: ID!) { node(id: $id) { ...on Comment { text } } }"
    assert (await portal.ask(LEAD, node, id=kept["id"]))["node"] is None
    assert (await portal.ask("rasa.contributor", node, id=kept["id"]))["node"]
    answer = await withdraw(portal, LEAD, kept)
    assert answer["__typename"] == "NotFound"


async def test_who_loses_sight_of_the_initiative_loses_its_own_comments_too(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    kept = await say(portal, "rasa.contributor", row, "Between us.", audience="AGENCY")
    await done(portal, LEAD, "removePartner", **of(partner, reason="The grant has ended."))
    node = "query($id: ID!) { node(id: $id) { id } }"
    for reader in ("rasa.contributor", LEAD):
        assert (await portal.ask(reader, node, id=kept["id"]))["node"] is None
    await committed(portal, row)
    assert await heard(portal, "rasa.contributor", row) == {"Between us."}


async def test_an_administrator_reads_no_comment_of_the_own_agency(portal: Portal) -> None:
    row = await live(portal, visibility="PUBLIC")
    await say(portal, "police.contributor", row, "Between us.", audience="AGENCY")
    assert await heard(portal, "police.viewer", row) == {"Between us."}
    assert await heard(portal, "police.administrator", row) == set()


async def test_anybody_who_contributes_and_sees_it_may_comment(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    await say(portal, "sefton.coordinator", row, "We do this in Bootle.")
    given = {"initiative": row["id"], "text": "Me too."}
    answer = await portal.do("wirral.viewer", "addComment", given)
    assert (answer["__typename"], answer["rule"]) == ("NotPermitted", "initiative.contributor")
    draft = await log(portal)
    hidden = await portal.do(
        "sefton.coordinator", "addComment", {**given, "initiative": draft["id"]}
    )
    assert (hidden["__typename"], hidden["path"]) == ("NotFound", ["input", "initiative"])


@pytest.mark.parametrize(
    ("said", "told"), [("  \n", "Write your"), ("x" * 4001, "4000"), ("a\x07b", "control")]
)
async def test_a_comment_says_something_that_fits(portal: Portal, said: str, told: str) -> None:
    row = await log(portal)
    answer = await portal.do(LEAD, "addComment", {"initiative": row["id"], "text": said})
    assert answer["__typename"] == "ValidationError"
    assert answer["errors"][0]["path"] == ["input", "text"]
    assert told in answer["errors"][0]["message"]


async def test_a_withdrawn_comment_shows_no_text(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    comment = await say(portal, "rasa.contributor", row, "Mrs N. at number 4 says so.")
    refused = await withdraw(portal, LEAD, comment)
    assert refused["__typename"] == "NotPermitted"
    assert refused["rule"] == "comment.own_agency_withdraws"
    gone = (await withdraw(portal, "rasa.coordinator", comment))["comment"]
    assert (gone["text"], gone["withdrawnAt"]) == (None, "2026-11-16T09:00:00Z")
    assert await heard(portal, LEAD, row) == {None}
    stale = await withdraw(portal, "rasa.coordinator", comment)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    twice = await withdraw(portal, "rasa.coordinator", gone)
    assert twice["errors"][0]["code"] == "WRONG_STATE"


async def test_only_the_authors_agency_finds_a_withdrawn_text_in_the_history(
    portal: Portal,
) -> None:
    row = await live(portal)
    await committed(portal, row)
    comment = await say(portal, "rasa.contributor", row, "Said too much.")
    shows = "history(first: 100) { nodes { objectType verb before after } }"

    async def texts(who: str) -> list[str]:
        entries = (await read(portal, who, row["id"], shows))["history"]["nodes"]
        said = [{**(e["before"] or {}), **(e["after"] or {})}.get("text") for e in entries]
        return [text for text in said if text]

    assert await texts(LEAD) == ["Said too much."]
    await withdraw(portal, "rasa.contributor", comment)
    assert await texts(LEAD) == []
    assert await texts("rasa.coordinator") == ["Said too much."]


async def test_the_database_lets_nobody_rewrite_a_comment(portal: Portal, engines: Engines) -> None:
    comment = await say(portal, LEAD, await log(portal), "As I wrote it.")
    row = {"id": UUID(comment["id"].partition(":")[2])}
    for rewritten in ("text = 'Other words.'", "audience = 'agency'", "author_id = id"):
        change = text(f"UPDATE comment SET {rewritten} WHERE id = :id")  # noqa: S608 - ours
        with pytest.raises(DBAPIError, match="never rewritten"):
            async with engines.owner.begin() as owner:
                await owner.execute(change, row)
