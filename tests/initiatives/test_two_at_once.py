"""Two people act at once, or one acts twice: one change is made, and the other person is told."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from support.asking import Portal
from support.initiating import LEAD, agency, attempt, committed, done, live, log, of, read, refused

from portal.acting.work import Work, reference
from portal.initiatives import partners
from portal.initiatives.checks import Particulars, new_initiative
from portal.initiatives.tables import (
    InitiativeArea,
    Partner,
    PartnerState,
    Rating,
    RatingSet,
    Stage,
    StageMove,
    Timing,
)
from portal.initiatives.verbs import save_new
from portal.sample.partnership import agency_id
from portal.store.engines import Engines

RASA = "rasa.coordinator"
DELETED = "...on DeletedPayload { deletedId }"


def plain(row: dict[str, Any]) -> UUID:
    """The id as the database has it."""
    return UUID(row["id"].partition(":")[2])


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("changeInitiative", {"summary": "New."}),
        ("changeInitiative", {"areas": ["E08000015"]}),
        ("moveInitiative", {"to": "PAUSED"}),
        ("rateInitiative", {"rating": "NOT_STARTED"}),
        ("shareInitiative", {"visibility": "PUBLIC"}),
    ],
)
async def test_of_two_editors_exactly_one_wins(
    portal: Portal, mutation: str, given: dict[str, Any]
) -> None:
    row = await live(portal)
    both = [attempt(portal, LEAD, mutation, **of(row, **given)) for _ in range(2)]
    answers = Counter(answer["__typename"] for answer in await asyncio.gather(*both))
    assert answers == {"InitiativePayload": 1, "Conflict": 1}
    assert (await read(portal, LEAD, row["id"], "version"))["version"] == row["version"] + 1


async def test_of_two_answers_to_an_invitation_exactly_one_counts(portal: Portal) -> None:
    row = await live(portal)
    asked = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    partner = await done(portal, LEAD, "invitePartner", **asked)
    verbs = ("acceptInvitation", "declineInvitation")
    answers = await asyncio.gather(*(attempt(portal, RASA, verb, **of(partner)) for verb in verbs))
    kinds = Counter(answer["__typename"] for answer in answers)
    assert kinds["PartnerPayload"] == 1
    assert kinds["Conflict"] + kinds["NotFound"] == 1


async def test_the_same_agency_is_asked_once_however_many_ask(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    parts = {"initiative": row["id"], "parts": ["HOST"]}
    answers = await asyncio.gather(
        attempt(portal, LEAD, "invitePartner", **parts, agency=agency("rasa")),
        attempt(portal, LEAD, "invitePartner", **parts, agency=agency("rasa")),
        attempt(portal, RASA, "offerContribution", **parts),
    )
    kinds = Counter(answer["__typename"] for answer in answers)
    assert kinds == {"PartnerPayload": 1, "ValidationError": 2}


async def test_an_editor_who_waited_while_the_lead_passed_on_is_told(
    portal: Portal, engines: Engines
) -> None:
    row = await live(portal)
    await committed(portal, row)
    context = portal.context(LEAD)
    async with context.acting() as session:
        assert context.caller is not None
        work = Work(session, context.caller, context.now, context.today)
        await partners.hand_over_lead(work, plain(row), row["version"], agency_id("rasa"))
        await session.flush()
        waiting = asyncio.create_task(
            attempt(portal, LEAD, "changeInitiative", **of(row, title="Too late"))
        )
        await somebody_waits(engines)
    answer = await waiting
    assert (answer["__typename"], answer["currentVersion"]) == ("Conflict", row["version"] + 1)


async def somebody_waits(engines: Engines) -> None:
    """Until a statement waits for a row's lock."""
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(5):
        while True:
            async with engines.owner.connect() as owner:
                if (await owner.execute(blocked)).scalar_one():
                    return
            await asyncio.sleep(0.01)


async def test_a_repeated_key_changes_nothing_more(portal: Portal) -> None:
    key = str(uuid4())
    first = await log(portal, title="Only once", idempotencyKey=key)
    again = await log(portal, title="Only once", idempotencyKey=key)
    assert again == first
    other = await refused(portal, LEAD, "logInitiative", title="Another", idempotencyKey=key)
    assert list(other["faults"]) == ["idempotencyKey"]
    both = [log(portal, title="At once", idempotencyKey="k" + key) for _ in range(2)]
    one, two = await asyncio.gather(*both)
    assert one["id"] == two["id"]


async def test_a_repeated_key_shows_what_may_be_seen_today(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    leaving = of(partner, reason="Money ran out.", idempotencyKey=str(uuid4()))
    await done(portal, RASA, "leaveInitiative", **leaving)
    await refused(portal, RASA, "leaveInitiative", "NotFound", **leaving)
    draft = await log(portal)
    gone = of(draft, idempotencyKey=str(uuid4()))
    for _ in range(2):
        answer = await portal.do(
            LEAD, "deleteInitiative", gone, "...on DeletedPayload { deletedId }"
        )
        assert answer["deletedId"] == draft["id"]


async def test_a_reference_that_a_hidden_initiative_has_is_drawn_again(portal: Portal) -> None:
    hidden = await log(portal, RASA)
    free = reference("VG")
    drawn = iter([hidden["reference"], free])
    context = portal.context(LEAD)
    async with context.acting() as session:
        assert context.caller is not None
        work = Work(session, context.caller, context.now, context.today)
        new, findings = new_initiative(context.caller.agency_id, {"title": "New"}, work.now)
        new.reference = hidden["reference"]
        await save_new(work, [new], lambda: next(drawn))
        assert findings == []
    assert new.reference == free
    assert await read(portal, LEAD, f"Initiative:{new.id}", "reference") == {"reference": free}


async def test_an_importer_gets_every_fault_of_a_row_at_once() -> None:
    given = Particulars(title=" ", visibility=None, timing=Timing.UNKNOWN)
    _, findings = new_initiative(agency_id("wirral"), given, NOW)
    assert [finding.path[0] for finding in findings] == ["title", "visibility", "timingSource"]


NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


HERS = agency_id("rasa")
WRITTEN: dict[str, Callable[[UUID], SQLModel]] = {
    "area": lambda of: InitiativeArea(initiative_id=of, area_code="E08000012"),
    "rating": lambda of: RatingSet(
        initiative_id=of, rating=Rating.BLUE, set_by_id=of, set_by_agency_id=HERS, set_at=NOW
    ),
    "stage": lambda of: StageMove(
        initiative_id=of, from_stage=Stage.LIVE, to_stage=Stage.COMPLETE, moved_by_id=of,
        moved_by_agency_id=HERS, moved_at=NOW,
    ),
    "partner": lambda of: Partner(
        initiative_id=of, agency_id=agency_id("savera"), parts=["fund"],
        state=PartnerState.COMMITTED, asked_at=NOW,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITTEN)
async def test_the_database_lets_no_partner_write_what_is_the_lead_s(
    portal: Portal, what: str
) -> None:
    row = await live(portal)
    await committed(portal, row)
    async with portal.context(RASA).acting() as session:
        session.add(WRITTEN[what](plain(row)))
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.flush()
        await session.rollback()
