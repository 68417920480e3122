"""Each side of a case hears what the other did: that it has come, lies with them, was answered or
taken back; and an e-mail tells nothing of it.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.mailbox import Mailbox, mailbox
from support.referring import SENDER, draft, move, see, send, sent
from support.reminding import SENDER as FROM
from support.reminding import told_of

from portal.outbox.worker import Worker
from portal.sample.partnership import PEOPLE, fixed, membership_id
from portal.store.engines import Engines

IDVA, LEAD = "wirral.idva", "wirral.idvalead"
ARRIVED = [(IDVA, "referral_arrived"), (LEAD, "referral_arrived")]


async def of_them(portal: Portal, row: dict[str, Any], who: str = IDVA) -> dict[str, Any]:
    """The recipient as somebody sees it now."""
    found: dict[str, Any] = (await see(portal, who, row["id"]))["recipients"]["nodes"][0]
    return found


async def made(portal: Portal, who: str, row: dict[str, Any], *step: Any) -> None:
    done = await move(portal, who, await of_them(portal, row, who), *step)
    assert done["__typename"] == "RecipientPayload", done


async def test_a_team_hears_of_a_referral_when_it_is_sent_and_not_before(
    portal: Portal, cases: Engines
) -> None:
    row = await draft(portal, ("wirral", "Family safety unit"))
    assert await told_of(cases, row["id"]) == []
    await send(portal, row)
    assert await told_of(cases, row["id"]) == ARRIVED


async def test_the_sender_hears_of_an_answer_and_of_nothing_that_changes_nothing(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await made(portal, IDVA, row, "acknowledge")
    assert await told_of(cases, row["id"]) == ARRIVED
    await made(portal, IDVA, row, "accept")
    assert (await told_of(cases, row["id"]))[2:] == [(SENDER, "referral_answered")]


async def test_once_work_has_begun_the_team_hears_that_the_sender_asks_it_to_close(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    for step in ("acknowledge", "accept", "start"):
        await made(portal, IDVA, row, step)
    before = len(await told_of(cases, row["id"]))
    await made(portal, SENDER, row, "ask_to_close", ("withdraw_reason", "no_longer_needed"))
    told = (await told_of(cases, row["id"]))[before:]
    assert told == [(IDVA, "referral_yours"), (LEAD, "referral_yours")]


async def test_what_is_returned_waits_for_the_sender_and_its_answer_for_the_team(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    await made(portal, IDVA, row, "return_for_information", ("return_reasons", "wishes"))
    assert (await told_of(cases, row["id"]))[2:] == [(SENDER, "referral_yours")]
    await made(portal, SENDER, row, "answer")
    heard = (await told_of(cases, row["id"]))[3:]
    assert heard == [(IDVA, "referral_yours"), (LEAD, "referral_yours")]


async def test_who_loses_a_referral_hears_which_it_was(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    given = {
        "id": row["id"], "expectedVersion": (await see(portal, SENDER, row["id"]))["version"],
        "fields": [{"name": "withdraw_reason", "values": ["duplicate"]}],
    }  # fmt: skip
    shows = "...on ReferralPayload { referral { reference } }"
    reference = (await portal.do(SENDER, "withdrawReferral", given, shows))["referral"]["reference"]
    heard = (await told_of(cases, row["id"]))[2:]
    assert heard == [(IDVA, "referral_withdrawn"), (LEAD, "referral_withdrawn")]
    says = "query { me { notices(first: 1) { nodes { says referral { id } } } } }"
    [notice] = (await portal.ask(IDVA, says))["me"]["notices"]["nodes"]
    assert notice == {
        "says": f"A referral to Family safety unit was taken back: {reference}.",
        "referral": None,
    }


async def test_who_works_on_it_hears_and_who_did_it_does_not(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    recipient = await of_them(portal, row)
    given = {
        "recipient": recipient["id"], "expectedVersion": recipient["version"],
        "allocatedTo": f"Membership:{membership_id(LEAD)}",
    }  # fmt: skip
    await portal.do(LEAD, "allocateReferral", given)
    await made(portal, IDVA, row, "return_for_information", ("return_reasons", "wishes"))
    await made(portal, SENDER, row, "answer")
    assert (await told_of(cases, row["id"]))[3:] == [(LEAD, "referral_yours")]


async def test_a_refused_step_tells_nobody(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    done = await move(portal, SENDER, await of_them(portal, row), "accept")
    assert done["__typename"] == "ValidationError"
    assert await told_of(cases, row["id"]) == ARRIVED


async def test_nobody_writes_a_notice_of_a_case_that_is_not_theirs(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    tell = text("SELECT tell_party(:id, false, 'referral_arrived')")
    recipient = (await of_them(portal, row))["id"].rpartition(":")[2]
    async with portal.context("rasa.caseworker").acting() as stranger:
        await stranger.execute(tell, {"id": recipient})
    assert await told_of(cases, row["id"]) == ARRIVED


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as opened:
        yield opened


async def test_an_email_says_that_there_is_a_task_and_nothing_of_the_case(
    portal: Portal, cases: Engines, box: Mailbox
) -> None:
    wish = text(
        "INSERT INTO mail_preference (id, person_id, address, mode, since)"
        " VALUES (gen_random_uuid(), :person, 'maud@example.org', 'at_once', now())"
        " ON CONFLICT (person_id) DO UPDATE SET address = excluded.address, since = now(),"
        " mode = 'at_once'"
    )
    async with cases.owner.begin() as owner:
        await owner.execute(wish, {"person": fixed("person", PEOPLE[IDVA][1])})
    row = await sent(portal)
    worker = Worker(cases.worker, box.server, FROM)
    while await worker.round():
        pass
    letters = [one for one in box.letters if one["To"] == "maud@example.org"]
    assert {one["Subject"] for one in letters} == {"You have a new task in the portal"}
    inboxes = [one for one in box.letters if one["To"].startswith("family-safety-unit@")]
    assert inboxes
    shows = "query($id: ID!) { referral(id: $id) { reference pathway area { name } } }"
    case = (await portal.ask(SENDER, shows, id=row["id"]))["referral"]
    for letter in box.letters:
        for fact in (case["reference"], "request_for_support", "Outreach", row["id"][9:]):
            assert fact not in letter.as_string()
