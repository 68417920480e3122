"""Whoever supports her hears that there is something to look at, once she herself has been told."""

from sqlalchemy import text
from support.asking import Portal
from support.charging import LIAISON, OFFICER, goes, on, registered
from support.reminding import posted_to_teams
from support.supporting import AUTHORITY, FILE, ISVA, SERVICE, TOLD, authority

from portal.sample.partnership import PEOPLE, fixed, team_id
from portal.store.engines import Engines

INBOX = "isva@rasa.example"


async def heard(cases: Engines, who: str = ISVA) -> list[str]:
    """What somebody was told of those whom their team supports, in order."""
    said = text(
        "SELECT says FROM notice WHERE person_id = :who AND kind = 'support_changed' ORDER BY at"
    )
    async with cases.owner.connect() as owner:
        found = await owner.execute(said, {"who": fixed("person", PEOPLE[who][1])})
        return list(found.scalars())


async def test_they_hear_once_of_each_change_and_of_none_before_she_did(
    portal: Portal, cases: Engines
) -> None:
    row, before = await registered(portal), len(await heard(cases))
    await authority(portal, row["id"])
    assert len(await heard(cases)) == before + 1  # of two suspects, and once
    await goes(portal, OFFICER, row["id"], 1, "submit", **FILE)
    await goes(portal, LIAISON, row["id"], 1, "accept_file")
    so_far = len(await heard(cases))
    await goes(portal, LIAISON, row["id"], 1, "decide_nfa_evidential")
    assert len(await heard(cases)) == so_far  # she does not know it yet
    await goes(portal, LIAISON, row["id"], 1, "tell_of_nfa", **TOLD)
    assert len(await heard(cases)) == so_far + 1


async def test_the_words_name_neither_her_nor_a_case(portal: Portal, cases: Engines) -> None:
    row = await registered(portal)
    await authority(portal, row["id"])
    last = (await heard(cases))[-1]
    assert last == "ISVA service: something has changed in a matter of somebody you support."
    leads = text(
        "SELECT count(*) FROM notice WHERE kind = 'support_changed'"
        " AND num_nonnulls(referral_id, agreement_id) > 0"
    )
    async with cases.owner.connect() as owner:
        assert await owner.scalar(leads) == 0


async def test_nobody_hears_of_it_outside_her_days(portal: Portal, cases: Engines) -> None:
    row, before = await registered(portal), len(await heard(cases))
    await authority(portal, row["id"], fromOn="2026-11-18", untilOn="2026-11-20")
    assert len(await heard(cases)) == before
    await goes(on(portal, "2026-11-19"), OFFICER, row["id"], 1, "submit", **FILE)
    assert len(await heard(cases)) == before + 1
    await goes(on(portal, "2026-11-21"), LIAISON, row["id"], 1, "accept_file")
    assert len(await heard(cases)) == before + 1


async def test_what_she_takes_back_is_said_to_those_who_saw_it_and_to_nobody_else(
    portal: Portal, cases: Engines
) -> None:
    row = await registered(portal)
    given = (await authority(portal, row["id"]))["supportAuthority"]
    others = await heard(cases, "savera.caseworker")
    change = {"id": given["id"], "expectedVersion": given["version"]}
    await portal.do(OFFICER, "revokeAuthority", change, AUTHORITY)
    assert "no longer" in (await heard(cases))[-1]
    assert await heard(cases, "savera.caseworker") == others == []
    so_far = len(await heard(cases))
    await goes(portal, OFFICER, row["id"], 1, "submit", **FILE)
    assert len(await heard(cases)) == so_far


async def test_a_team_with_an_inbox_of_its_own_gets_an_email_there(
    portal: Portal, cases: Engines
) -> None:
    row = await registered(portal)
    where = {"team": team_id(*SERVICE)}
    async with cases.owner.begin() as owner:
        was = await owner.scalar(text("SELECT inbox FROM team WHERE id = :team"), where)
        named = text("UPDATE team SET inbox = :inbox WHERE id = :team")
        await owner.execute(named, {"inbox": INBOX, **where})
    try:
        await authority(portal, row["id"])
        assert INBOX in await posted_to_teams(cases)
    finally:
        async with cases.owner.begin() as owner:
            gone = text("DELETE FROM outbox_message WHERE team_id = :team AND state = 'waiting'")
            await owner.execute(gone, where)
            await owner.execute(named, {"inbox": was, **where})
