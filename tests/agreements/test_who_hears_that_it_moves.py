"""Those hear at once that an agreement moves who are to do something about it, or who answer for it
at its parties; and an e-mail says no more than that there is something in the portal.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from support.agreeing import Agreeing, terms
from support.asking import Portal
from support.reminding import KEYS, SENDER, remind

from portal.outbox.letters import NOTICE, TASK, letter
from portal.sample.partnership import DAY, membership_id
from portal.store.engines import Engines

LEAD, WHY = "rasa.protection", {"reason": "A letter about Mrs Jones went astray."}
SPOC, GUARDS = "wirral.spoc", {"rasa.protection", "savera.protection", "wirral.protection"}
ANSWER = {*GUARDS, SPOC}
ASKED = {f"{each}.{role}" for each in ("savera", "wirral") for role in ("protection", "signatory")}
PARTIES = ("rasa", "savera", "wirral")
NOTICES = """query { me { notices(first: 50) { nodes { kind says agreement { id }
  referral { id } } } } }"""
Told = list[tuple[str, str, str]]


@pytest.fixture
async def deal(portal: Portal) -> Agreeing:
    return await Agreeing(portal).in_force(*PARTIES)


async def told(engines: Engines, deal: Agreeing) -> Told:
    """Who was told of the agreement, what about and in which words."""
    statement = text(
        "SELECT p.name, n.kind, n.says FROM notice n JOIN person p ON p.id = n.person_id"
        " WHERE n.agreement_id = :id ORDER BY n.at, p.name"
    )
    async with engines.owner.connect() as owner:
        found = await owner.execute(statement, {"id": UUID(deal.id.partition(":")[2])})
        return [(KEYS[name], kind, says) for name, kind, says in found]


async def since(engines: Engines, deal: Agreeing, before: Told) -> tuple[set[str], str, str]:
    """Who heard meanwhile, of what kind and in which words: all of them in the same."""
    more = (await told(engines, deal))[len(before) :]
    assert len({who for who, _, _ in more}) == len(more), "nobody hears it twice"
    [(kind, says)] = {(kind, says) for _, kind, says in more}
    return {who for who, _, _ in more}, kind, says


async def test_who_advises_and_who_signs_is_asked_when_it_is_sent(
    portal: Portal, agreed: Engines
) -> None:
    deal = await (await Agreeing(portal).draft()).with_parties(*PARTIES)
    assert await told(agreed, deal) == [], "a draft asks nothing of anybody"
    await deal.move(LEAD, "sendAgreement")
    who, kind, says = await since(agreed, deal, [])
    assert who == {*ASKED, "rasa.signatory"}, "whoever sent it knows"
    assert kind == "agreement_asked"
    assert says.endswith(", version 1, waits for your agency's advice and signature.")
    before = await told(agreed, deal)
    given = {"version": deal.newest, "verdict": "SUPPORTS", "text": "Sign it."}
    await deal.done("savera.protection", "adviseOnAgreement", **given)
    who, kind, says = await since(agreed, deal, before)
    assert (who, kind) == ({"savera.signatory"}, "agreement_asked")
    assert "advice" in says


async def test_those_who_answer_for_it_hear_that_it_is_in_force_suspended_and_goes_on(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    [moved] = {(kind, says) for _, kind, says in await told(agreed, deal) if "in force" in says}
    assert moved[0] == "agreement_moved"
    heard = {who for who, _, says in await told(agreed, deal) if "in force" in says}
    assert heard == ANSWER
    for mutation, words in (
        ("suspendAgreement", "was suspended by RASA: nothing is shared under it."),
        ("resumeAgreement", "goes on: RASA has lifted its suspension."),
        ("withdrawAgreement", "was withdrawn by RASA: nothing is shared under it any more."),
    ):
        before = await told(agreed, deal)
        await deal.move(LEAD, mutation, **WHY)
        who, kind, says = await since(agreed, deal, before)
        assert (who, kind) == (ANSWER - {LEAD}, "agreement_moved"), mutation
        assert says.endswith(words), says
        assert "Jones" not in says, "a reason is read in the portal alone"


async def test_they_hear_that_a_party_is_suspended_goes_on_and_leaves(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    for mutation, words in (
        ("suspendAgreementParty", "Savera's part in agreement"),
        ("resumeAgreementParty", "Savera takes part again in agreement"),
        ("leaveAgreement", "Savera has left agreement"),
    ):
        before = await told(agreed, deal)
        await deal.move_party("savera.protection", mutation, "Savera", **WHY)
        who, kind, says = await since(agreed, deal, before)
        assert (who, kind) == (ANSWER - {"savera.protection"}, "agreement_moved")
        assert says.startswith(words)
    await deal.move(LEAD, "suspendAgreement", **WHY)
    heard = {who for who, _, says in await told(agreed, deal) if "was suspended" in says}
    assert "savera.protection" not in heard, "who has left hears no more of it"


async def test_whoever_is_to_join_is_asked_and_whoever_is_to_agree_to_it(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    before = await told(agreed, deal)
    await deal.with_parties("tww")
    more = (await told(agreed, deal))[len(before) :]
    named = {who for who, _, says in more if "Your agency is to join" in says}
    agrees = {who for who, _, says in more if "asked to agree that TWW joins" in says}
    assert named == {"tww.protection", "tww.signatory"}
    assert agrees == {"savera.signatory", "wirral.signatory"}
    assert {kind for _, kind, _ in more} == {"agreement_asked"}
    await deal.signed_by("tww")
    await deal.move_party("savera.signatory", "consentToAgreementParty", "TWW")
    before = await told(agreed, deal)
    await deal.move_party("wirral.signatory", "consentToAgreementParty", "TWW")
    who, kind, says = await since(agreed, deal, before)
    assert (who, kind) == ({*ANSWER, "tww.protection"}, "agreement_moved")
    assert says.startswith("TWW has joined agreement")


async def test_a_version_that_begins_later_is_told_when_signed_and_on_its_first_day(
    portal: Portal, agreed: Engines
) -> None:
    first = DAY + timedelta(days=10)
    deal = await Agreeing(portal).in_force("rasa", "savera", startsOn=first.isoformat())
    signed = [says for _, kind, says in await told(agreed, deal) if kind == "agreement_moved"]
    assert {says.partition("all have ")[2] for says in signed} == {
        "signed it: it is in force from 26 November 2026 on."
    }
    for day, more in ((first - timedelta(days=1), 0), (first, 2), (first + timedelta(days=1), 2)):
        await remind(agreed, day)
        begun = [who for who, _, says in await told(agreed, deal) if "is in force since" in says]
        assert len(begun) == more, day


async def test_a_version_that_was_given_up_is_signed_by_nobody(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    before = await told(agreed, deal)
    await deal.move(LEAD, "giveUpAgreementVersion", **WHY)
    assert await told(agreed, deal) == before, "it was never sent"
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    await deal.move(LEAD, "sendAgreement")
    before = await told(agreed, deal)
    await deal.move(LEAD, "giveUpAgreementVersion", **WHY)
    who, _, says = await since(agreed, deal, before)
    assert who == {*ASKED, "rasa.signatory"}
    assert "version 3, was given up" in says


async def test_nobody_hears_of_what_was_refused_or_of_an_agreement_they_do_not_see(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    before = await told(agreed, deal)
    given = {"id": deal.id, "expectedVersion": deal.version}
    refused = await deal.said(LEAD, "suspendAgreement", **given, reason=" ")
    assert refused["__typename"] == "ValidationError"
    assert await told(agreed, deal) == before
    await deal.move(LEAD, "suspendAgreement", **WHY)
    seen = (await portal.ask(SPOC, NOTICES))["me"]["notices"]["nodes"]
    of_it = [one for one in seen if (one["agreement"] or {}).get("id") == deal.id]
    assert {one["kind"] for one in of_it} == {"AGREEMENT_MOVED"}
    assert all(one["referral"] is None for one in of_it)
    for stranger in ("tww.protection", "police.protection"):
        seen = (await portal.ask(stranger, NOTICES))["me"]["notices"]["nodes"]
        assert deal.id not in {(one["agreement"] or {}).get("id") for one in seen}


async def test_where_nobody_looks_after_data_protection_whoever_answers_for_the_agency_hears(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    ends = text("UPDATE membership_role SET ends_on = :day WHERE membership_id = :who")
    who = {"who": membership_id("savera.protection")}
    async with agreed.owner.begin() as owner:
        await owner.execute(ends, {**who, "day": DAY - timedelta(days=1)})
    try:
        before = await told(agreed, deal)
        await deal.move(LEAD, "suspendAgreement", **WHY)
        heard, _, _ = await since(agreed, deal, before)
        assert heard == {"savera.signatory", "wirral.protection", SPOC}
    finally:
        async with agreed.owner.begin() as owner:
            await owner.execute(ends, {**who, "day": None})


async def test_the_notice_waits_in_the_outbox_with_the_move_and_its_e_mail_names_nothing(
    portal: Portal, agreed: Engines
) -> None:
    wish = text(
        "INSERT INTO mail_preference (id, person_id, mode, address, since)"
        " SELECT gen_random_uuid(), m.person_id, 'at_once', :to, now() FROM membership m"
        " WHERE m.id = :who"
    )
    posted = text(
        "SELECT o.message_id, n.kind FROM outbox_notice o JOIN notice n ON n.id = o.notice_id"
        " WHERE n.agreement_id = :id"
    )
    given = {"who": membership_id("savera.signatory"), "to": "signs@savera.example"}
    async with agreed.owner.begin() as owner:
        await owner.execute(wish, given)
    try:
        deal = await (await Agreeing(portal).draft()).with_parties("rasa", "savera")
        await deal.move(LEAD, "sendAgreement")
        async with agreed.owner.connect() as owner:
            found = await owner.execute(posted, {"id": UUID(deal.id.partition(":")[2])})
            [(message, kind)] = found.all()
        assert kind == "agreement_asked"
        async with agreed.worker.begin() as worker:
            taken = text("SELECT message_id, is_task FROM take_messages(100, 60)")
            tasks = {row.message_id: row.is_task for row in await worker.execute(taken)}
        assert tasks[message], "to advise and to sign is a task"
        mail = letter(message, given["to"], SENDER, task=True)
        assert mail["Subject"] == TASK != NOTICE
        assert "greement" not in mail.as_string()
    finally:
        forget = text("DELETE FROM mail_preference WHERE address = :to")
        async with agreed.owner.begin() as owner:
            await owner.execute(forget, {"to": given["to"]})


async def test_a_party_that_is_let_go_before_it_joined_hears_that_it_is_asked_no_more(
    portal: Portal, agreed: Engines, deal: Agreeing
) -> None:
    await deal.with_parties("tww")
    before = await told(agreed, deal)
    row = deal.party("TWW")
    await deal.done(
        LEAD, "removeAgreementParty", id=row["id"], expectedVersion=row["version"], **WHY
    )
    who, kind, says = await since(agreed, deal, before)
    assert (who, kind) == ({"tww.protection", "tww.signatory"}, "agreement_moved")
    assert says.startswith("Your agency is asked no more to join agreement")
