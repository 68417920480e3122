"""A program that keeps up with cases learns of each step, and what it has to drop."""

from sqlalchemy import text
from support.asking import Portal
from support.following import SINCE, about, kinds, now, since
from support.referring import FAMILY_SAFETY, REFERRAL, SENDER, draft, move, send, sent

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA, STRANGER, VIEWER = "wirral.idva", "uol.caseworker", "wirral.viewer"
PART = {"id": fixed("agreement-party", "wirral-marac/tww")}
SUSPENDED = "UPDATE agreement_party SET suspended_at = {} WHERE id = :id"
HISTORY = "SELECT count(*) FROM history WHERE object_id IN (SELECT id FROM referral)"


async def test_a_receiver_learns_of_a_case_when_it_is_sent_and_not_of_its_draft(
    portal: Portal,
) -> None:
    starts = {who: await now(portal, who) for who in (SENDER, IDVA, VIEWER, STRANGER)}
    row = await draft(portal, FAMILY_SAFETY)
    assert await since(portal, IDVA, starts[IDVA]) == []
    assert kinds(about(await since(portal, SENDER, starts[SENDER]), row["id"]))[0] == "CREATED"
    await send(portal, row)
    told = about(await since(portal, IDVA, starts[IDVA]), row["id"])
    assert told
    assert {(one["verb"], one["gone"], one["node"]["id"]) for one in told} == {
        ("sendReferral", False, row["id"])
    }
    for nobody in (VIEWER, STRANGER):
        assert await since(portal, nobody, starts[nobody]) == []


async def test_each_step_is_a_change_of_the_recipient_for_both_sides(portal: Portal) -> None:
    row = await sent(portal)
    starts = {who: await now(portal, who) for who in (SENDER, IDVA)}
    [recipient] = row["recipients"]["nodes"]
    assert (await move(portal, IDVA, recipient, "acknowledge"))["__typename"] == "RecipientPayload"
    for who, start in starts.items():
        told = about(await since(portal, who, start), recipient["id"])
        assert {(one["kind"], one["verb"]) for one in told} == {("UPDATED", "moveReferral")}
        assert told[0]["agency"] == {"shortName": "Wirral"}


async def test_what_was_withdrawn_is_to_be_dropped_by_who_had_it_and_stays_its_senders(
    portal: Portal,
) -> None:
    row = await sent(portal)
    starts = {who: await now(portal, who) for who in (SENDER, IDVA, STRANGER)}
    why = {"name": "withdraw_reason", "values": ["sent_to_wrong_team"]}
    given = {"id": row["id"], "expectedVersion": row["version"], "fields": [why]}
    done = await portal.do(SENDER, "withdrawReferral", given, REFERRAL)
    assert done["__typename"] == "ReferralPayload", done
    [recipient] = row["recipients"]["nodes"]
    for record in (row["id"], recipient["id"]):
        lost = about(await since(portal, IDVA, starts[IDVA]), record)
        assert lost
        assert all(one["gone"] and one["node"] is None for one in lost)
        kept = about(await since(portal, SENDER, starts[SENDER]), record)
        assert kept
        assert not any(one["gone"] for one in kept)
    assert await since(portal, STRANGER, starts[STRANGER]) == []


async def test_once_its_sender_is_suspended_a_cursor_is_stale_and_nothing_tells_of_the_case(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    start = await now(portal, IDVA)
    assert about(await since(portal, IDVA, None), row["id"])
    async with cases.owner.begin() as owner:
        await owner.execute(text(SUSPENDED.format("now()")), PART)
    try:
        _, errors = await portal.try_asking(IDVA, SINCE, after=start, first=5)
        assert [error["code"] for error in errors] == ["CURSOR_STALE"]
        assert not about(await since(portal, IDVA, None), row["id"])
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(SUSPENDED.format("NULL")), PART)
    assert about(await since(portal, IDVA, start), row["id"]) == []


async def test_a_case_has_no_history_that_would_outlive_its_keys(
    portal: Portal, cases: Engines
) -> None:
    await sent(portal)
    async with cases.owner.connect() as owner:
        assert (await owner.execute(text(HISTORY))).scalar_one() == 0
