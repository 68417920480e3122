"""What stood there before: for those who saw it then and see it now."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, agency, committed, done, live, log, of, read

from portal.sample.partnership import membership_id
from portal.store.engines import Engines

HISTORY = """history(first: 100, orderBy: OLDEST) { totalCount nodes {
    at verb kind objectType objectId before after agency { shortName } membership { id }
} }"""


async def history(portal: Portal, who: str, row: dict[str, Any]) -> list[Any]:
    found = await read(portal, who, row["id"], HISTORY)
    assert found["history"]["totalCount"] == len(found["history"]["nodes"])
    entries: list[Any] = found["history"]["nodes"]
    return entries


def titles(entries: list[Any]) -> list[tuple[Any, Any]]:
    """The titles before and after each change that had to do with one."""
    pairs = [((e["before"] or {}).get("title"), (e["after"] or {}).get("title")) for e in entries]
    return [pair for pair in pairs if pair != (None, None)]


async def test_every_change_says_who_when_and_what_stood_there(portal: Portal) -> None:
    row = await log(portal, title="First title")
    row = await done(portal, LEAD, "changeInitiative", **of(row, title="Second title"))
    first, second = await history(portal, "wirral.viewer", row)
    assert (first["kind"], first["before"], first["after"]["title"]) == (
        "CREATED", None, "First title",
    )  # fmt: skip
    assert second == {
        "at": "2026-11-16T09:00:00Z", "verb": "changeInitiative", "kind": "UPDATED",
        "objectType": "Initiative", "objectId": row["id"],
        "before": {"title": "First title"}, "after": {"title": "Second title"},
        "agency": {"shortName": "Wirral"},
        "membership": {"id": f"Membership:{membership_id(LEAD)}"},
    }  # fmt: skip
    newest = await read(portal, LEAD, row["id"], "history(first: 1) { nodes { after } }")
    assert newest["history"]["nodes"] == [{"after": {"title": "Second title"}}]


async def test_what_hangs_on_it_has_its_history_there_too(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    changed = [e for e in await history(portal, LEAD, row) if e["objectId"] == partner["id"]]
    assert [(e["kind"], e["verb"]) for e in changed] == [
        ("CREATED", "invitePartner"), ("UPDATED", "acceptInvitation"),
    ]  # fmt: skip
    assert (changed[1]["before"]["state"], changed[1]["after"]["state"]) == ("invited", "committed")
    assert changed[1]["agency"] == {"shortName": "RASA"}


async def test_a_partner_does_not_read_what_stood_there_before_it_saw_anything(
    portal: Portal,
) -> None:
    row = await log(portal, title="A word too many")
    row = await done(portal, LEAD, "changeInitiative", **of(row, title="Fit for others"))
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERS"))
    await committed(portal, row)
    row = await done(portal, LEAD, "changeInitiative", **of(row, title="Fitter still"))
    assert titles(await history(portal, "rasa.contributor", row)) == [
        ("Fit for others", "Fitter still")
    ]
    assert ("A word too many", "Fit for others") in titles(await history(portal, LEAD, row))
    await done(portal, LEAD, "shareInitiative", **of(row, visibility="PUBLIC"))
    assert titles(await history(portal, "sefton.coordinator", row)) == []


async def test_whoever_takes_over_the_lead_reads_all_of_it(portal: Portal) -> None:
    row = await log(portal, title="Before you came")
    row = await done(portal, LEAD, "changeInitiative", **of(row, title="When you came"))
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERS"))
    await committed(portal, row, "sefton")
    assert titles(await history(portal, "sefton.coordinator", row)) == []
    await done(portal, LEAD, "handOverLead", **of(row, agency=agency("sefton")))
    assert ("Before you came", "When you came") in titles(
        await history(portal, "sefton.coordinator", row)
    )


async def test_who_has_left_reads_no_history_any_more(portal: Portal, engines: Engines) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    assert await history(portal, "rasa.contributor", row)
    await done(portal, "rasa.coordinator", "leaveInitiative", **of(partner))
    assert await read(portal, "rasa.contributor", row["id"], "id") is None
    counted = text("SELECT count(*) FROM history WHERE initiative_id = :id")
    values = {"id": row["id"].partition(":")[2]}
    async with engines.command.connect() as connection:
        for who, some in (("rasa.contributor", False), (LEAD, True)):
            await connection.execute(
                text("SELECT open_command_caller(:who, :request)"),
                {"who": membership_id(who), "request": uuid4()},
            )
            assert bool((await connection.execute(counted, values)).scalar_one()) is some, who
            await connection.rollback()


async def test_what_is_said_within_an_agency_is_history_within_it(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row)
    said = {"initiative": row["id"], "text": "Between us.", "audience": "AGENCY"}
    await portal.do("rasa.contributor", "addComment", said)

    async def types(who: str) -> set[str]:
        return {entry["objectType"] for entry in await history(portal, who, row)}

    assert "Comment" in await types("rasa.coordinator")
    assert "Comment" not in await types(LEAD)


async def test_an_audience_in_plain_words_hides_nothing(portal: Portal) -> None:
    row = await log(portal, audience="agency")
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERSHIP"))
    await done(portal, LEAD, "changeInitiative", **of(row, title="For all"))
    assert len(await history(portal, "sefton.coordinator", row)) == 1
