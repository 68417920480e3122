"""A sender believes that a case repeats an earlier one; only the MARAC's coordinator says so."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import SENDER, move, see

from portal.sample.partnership import fixed
from portal.store.engines import Engines

EARLIER = f"Referral:{fixed('referral', 'spring')}"
LINK = "...on MaracRepeatPayload { maracRepeat { id anchor countedFrom earlier { id } } }"
REPEATS = """query($case: ID) { maracRepeats(filter: {referral: $case}) { totalCount nodes {
  earlier { id reference } countedFrom } } }"""
SINCE = """query($case: ID!, $since: Date!) {
  maracRepeats(filter: {referral: $case, countedSince: $since}) { totalCount } }"""
STEPS = """query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { steps { codes } } }"""
REFERENCES = """query($after: String) { referrals(first: 100, after: $after) {
  nodes { reference sender { shortName } } pageInfo { hasNextPage endCursor } } }"""
FILED = """query($id: ID!) { referral(id: $id) { version overall
  events { nodes { name } } recipients { nodes { version } } } }"""
AGED = "UPDATE referral SET sent_at = sent_at - make_interval(months => :months) WHERE id = :id"


@contextmanager
def statements(portal: Portal) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    engine = portal.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def sent(portal: Portal, repeat_of: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """A case that is believed to repeat another; the answer, and what the database was asked."""
    row = await gold(portal, score=40)
    with statements(portal) as asked:
        done = await submit(portal, row, route=["repeat"], repeat_of=[repeat_of])
    return row, done, asked


async def place_of(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    return dict(place)


async def linked(
    portal: Portal, row: dict[str, Any], earlier: str, by: str = COORDINATOR
) -> dict[str, Any]:
    given = {"recipient": (await place_of(portal, row))["id"], "earlier": earlier}
    return await portal.do(by, "linkRepeat", given, LINK)


async def believed(portal: Portal) -> dict[str, Any]:
    """A case that came as a repeat of one that the sender had."""
    row, done, _ = await sent(portal, "RF-M2X7VN")
    assert done["__typename"] == "ReferralPayload", done
    return row


async def test_hidden_wrong_and_real_references_look_alike_to_the_sender(portal: Portal) -> None:
    hidden = await portal.to_the_end("police.caseworker", REFERENCES)
    other = next(one["reference"] for one in hidden if one["sender"]["shortName"] == "Police")
    tried = [await sent(portal, one) for one in ("RF-M2X7VN", other, "RF-ZZZZZZ")]
    for (row, done, asked), (other_row, other_done, other_asked) in itertools.pairwise(tried):
        assert done.keys() == other_done.keys()
        assert (done["__typename"], done["warnings"]) == ("ReferralPayload", other_done["warnings"])
        assert asked
        assert asked == other_asked
        [shown, also] = [
            (await portal.ask(SENDER, FILED, id=one["id"]))["referral"] for one in (row, other_row)
        ]
        assert shown == also


async def test_what_the_sender_believes_is_kept_for_the_coordinator(portal: Portal) -> None:
    row = await believed(portal)
    steps = (await portal.ask(COORDINATOR, STEPS, id=row["id"]))["referralFile"]["steps"]
    assert "RF-M2X7VN" in {step["codes"].get("repeat_of") for step in steps}
    assert (await portal.ask(COORDINATOR, REPEATS, case=row["id"]))["maracRepeats"]["nodes"] == []


async def test_the_coordinator_links_and_nobody_else_learns_of_it(portal: Portal) -> None:
    row = await believed(portal)
    before = await portal.ask(SENDER, FILED, id=row["id"])
    done = await linked(portal, row, EARLIER)
    assert done["maracRepeat"]["earlier"] == {"id": EARLIER}
    assert (done["maracRepeat"]["anchor"], done["maracRepeat"]["countedFrom"]) == (
        "LAST_REFERRAL", "2026-04-14",
    )  # fmt: skip
    seen = (await portal.ask(COORDINATOR, REPEATS, case=row["id"]))["maracRepeats"]
    assert seen["nodes"] == [
        {"earlier": {"id": EARLIER, "reference": "RF-M2X7VN"}, "countedFrom": "2026-04-14"}
    ]
    for since, found in (("2026-04-14", 1), ("2026-04-15", 0)):
        given = {"case": row["id"], "since": since}
        counted = (await portal.ask(COORDINATOR, SINCE, **given))["maracRepeats"]
        assert counted == {"totalCount": found}
    for who in (SENDER, "police.caseworker", "wirral.idva"):
        assert (await portal.ask(who, REPEATS, case=None))["maracRepeats"]["totalCount"] == 0
    assert await portal.ask(SENDER, FILED, id=row["id"]) == before
    twice = await linked(portal, row, EARLIER)
    assert [error["code"] for error in twice["errors"]] == ["TAKEN"]


async def test_the_sender_cannot_link_even_what_it_had(portal: Portal) -> None:
    row = await believed(portal)
    refused = await linked(portal, row, EARLIER, by=SENDER)
    assert refused["rule"] == "marac.coordinator_prepares"
    step = await move(portal, COORDINATOR, await place_of(portal, row), "link_repeat")
    assert [error["code"] for error in step["errors"]] == ["UNKNOWN_MOVE"]


async def test_a_case_repeats_none_that_came_later_or_went_elsewhere(portal: Portal) -> None:
    first, second = await believed(portal), await believed(portal)
    for earlier in (first["id"], second["id"]):
        refused = await linked(portal, first, earlier)
        assert [error["code"] for error in refused["errors"]] == ["NOT_EARLIER"], refused
    hidden = await linked(portal, first, f"Referral:{fixed('referral', 'there is none')}")
    assert (hidden["__typename"], hidden["path"][-1]) == ("NotFound", "earlier")


async def test_after_twelve_months_it_is_no_repeat(portal: Portal, cases: Engines) -> None:
    earlier, later = await believed(portal), await believed(portal)
    given = {"id": earlier["id"].partition(":")[2]}
    try:
        async with cases.owner.begin() as owner:
            await owner.execute(text(AGED), given | {"months": 13})
        refused = await linked(portal, later, earlier["id"])
        assert [error["code"] for error in refused["errors"]] == ["NOT_WITHIN"], refused
        assert "12 months, counted from the last referral" in refused["errors"][0]["message"]
        async with cases.owner.begin() as owner:
            await owner.execute(text(AGED), given | {"months": -2})
        done = await linked(portal, later, earlier["id"])
        assert done["maracRepeat"]["anchor"] == "LAST_REFERRAL"
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(AGED), given | {"months": -11})


@pytest.mark.parametrize(
    ("sent_at", "counted"),
    [("2025-11-16T00:01:00Z", "2025-11-16"), ("2025-11-15T23:59:00Z", None)],
)
async def test_twelve_months_end_with_the_corresponding_day(
    portal: Portal, cases: Engines, sent_at: str, counted: str | None
) -> None:
    """The later case is sent on 16 November 2026."""
    earlier, later = await believed(portal), await believed(portal)
    aged = text("UPDATE referral SET sent_at = :at WHERE id = :id RETURNING sent_at")
    given = {"id": earlier["id"].partition(":")[2]}
    try:
        async with cases.owner.begin() as owner:
            await owner.execute(aged, given | {"at": datetime.fromisoformat(sent_at)})
        done = await linked(portal, later, earlier["id"])
        if counted is None:
            assert [error["code"] for error in done["errors"]] == ["NOT_WITHIN"], done
        else:
            assert done["maracRepeat"]["countedFrom"] == counted, done
    finally:
        async with cases.owner.begin() as owner:
            today = datetime(2026, 11, 16, 9, tzinfo=UTC)
            await owner.execute(aged, given | {"at": today})
