"""What holds for everybody is changed by two people: no program is one of them, and no SQL is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.accepting import let_in
from support.asking import Portal
from support.initiating import LEAD, of
from support.measuring import COUNT, SECOND, answer, confirmed, made
from support.writing import plain, said

from auth.oauth.clients import NewClient, new_private_key
from auth.roles import Scope
from portal.frameworks.reference import framework_id
from portal.sample.partnership import DAY, agency_id, membership_id
from portal.store.engines import Engines

ADMINISTRATOR = "pcc.administrator"
PLAN = f"Framework:{framework_id('merseyside_plan')}"
SHOWS = "...on FrameworkVersionPayload { frameworkVersion { id version } }"
ENTRIES = [{"code": "1", "title": "Safer journeys"}]


def key() -> str:
    return f"by-two-{uuid4().hex[:8]}"


async def proposed(portal: Portal) -> dict[str, Any]:
    return await made(portal, LEAD, "defineMeasure", key=key(), words=COUNT)


@pytest.fixture(autouse=True)
async def forgotten(engines: Engines) -> AsyncIterator[None]:
    """No version that a test proposes is there for others."""
    yield
    mine = "framework_version_id IN (SELECT id FROM framework_version WHERE label LIKE 'by-two-%')"
    async with engines.owner.begin() as owner:
        await owner.execute(text(f"DELETE FROM framework_entry WHERE {mine}"))  # noqa: S608 - ours
        await owner.execute(text("DELETE FROM framework_version WHERE label LIKE 'by-two-%'"))


async def planned(portal: Portal, who: UUID | str = SECOND) -> dict[str, Any]:
    given = {"framework": PLAN, "label": key(), "validFrom": "2029-01-01", "entries": ENTRIES}
    answer_ = await portal.do(who, "proposeFrameworkVersion", given, SHOWS)
    return answer_.get("frameworkVersion", answer_)


@pytest.fixture
async def robot(engines: Engines) -> UUID:
    """A program of the Commissioner's office that may do whatever its programme lead may."""
    now = datetime.now(UTC)
    scopes = [Scope.INITIATIVES_READ, Scope.INITIATIVES_EDIT, Scope.FRAMEWORKS_MANAGE]
    jwk = {name: str(part) for name, part in new_private_key().as_dict(private=False).items()}
    owner, until = membership_id(SECOND), now + timedelta(days=2)
    async with AsyncSession(engines.owner) as db, db.begin():
        new = NewClient(agency_id("pcc"), "Robot", owner, scopes, until, jwk)
        return await let_in(db, new, now=now)


async def test_a_program_of_its_own_accord_neither_proposes_nor_declines(
    portal: Portal, robot: UUID
) -> None:
    waiting, held = await proposed(portal), await confirmed(portal, await proposed(portal))
    for verb, given in (
        ("defineMeasure", {"key": key(), "words": COUNT}),
        ("reviseMeasureDefinition", of(held, words=COUNT)),
        ("declineMeasureDefinition", of(waiting, reason="No.")),
        ("declineFrameworkVersion", of(await planned(portal), reason="No.")),
    ):
        refused = await portal.do(robot, verb, given)
        assert refused.get("rule") == "reference.people_change_it", verb
    assert (await planned(portal, robot))["rule"] == "reference.people_change_it"


async def test_a_program_is_no_second_person(portal: Portal, robot: UUID) -> None:
    for verb, row in (
        ("confirmMeasureDefinition", await proposed(portal)),
        ("confirmFrameworkVersion", await planned(portal)),
    ):
        refused = await portal.do(robot, verb, of(row))
        assert refused["rule"] == "reference.second_person"


CONFIRM = "state = 'confirmed', answered_by_id = caller_principal()"
DECLINE = "state = 'declined', answered_by_id = caller_principal()"


async def told(portal: Portal, who: UUID | str, statement: str, **given: Any) -> str:
    """The SQLSTATE, or how many rows it changed."""
    async with portal.context(who).acting() as session:
        try:
            done = await session.execute(text(statement), given)
            return str(done.rowcount)  # type: ignore[attr-defined]
        except DBAPIError as problem:
            return said(problem)[0]
        finally:
            await session.rollback()


@pytest.mark.parametrize(
    ("change", "answered"),
    [
        (CONFIRM, "1"),
        (DECLINE, "1"),
        (f"{CONFIRM}, valid_from = valid_from - 1", "42501"),
        (f"{CONFIRM}, valid_from = valid_from + 1", "42501"),
        (f"{DECLINE}, valid_from = valid_from + 1", "42501"),
        (f"{CONFIRM}, proposed_by_id = caller_principal()", "42501"),
        (f"{CONFIRM}, retired_on = valid_from", "42501"),
        ("state = 'confirmed'", "42501"),
        ("retired_on = valid_from", "42501"),
    ],
)
async def test_by_sql_the_second_person_does_what_the_verb_does_and_no_more(
    portal: Portal, change: str, answered: str
) -> None:
    row = await proposed(portal)
    statement = f"UPDATE measure_definition SET {change} WHERE id = :id"  # noqa: S608 - ours
    assert await told(portal, SECOND, statement, id=plain(row)) == answered


async def test_by_sql_too_a_program_is_no_second_person(portal: Portal, robot: UUID) -> None:
    row = await proposed(portal)
    for change in (CONFIRM, DECLINE):
        statement = f"UPDATE measure_definition SET {change} WHERE id = :id"  # noqa: S608 - ours
        assert await told(portal, robot, statement, id=plain(row)) == "42501"


async def test_what_nobody_is_known_to_have_proposed_is_confirmed_by_nobody(
    portal: Portal, engines: Engines
) -> None:
    row = await proposed(portal)
    change = "UPDATE measure_definition SET proposed_by_id = NULL WHERE id = :id"
    async with engines.owner.begin() as owner:
        await owner.execute(text(change), {"id": plain(row)})
    refused = await answer(portal, SECOND, "confirmMeasureDefinition", **of(row))
    assert refused["rule"] == "reference.second_person"
    statement = f"UPDATE measure_definition SET {CONFIRM} WHERE id = :id"  # noqa: S608 - ours
    assert await told(portal, SECOND, statement, id=plain(row)) == "42501"


@pytest.mark.parametrize("verb", ["confirm", "decline"])
async def test_what_has_been_answered_stays(portal: Portal, verb: str) -> None:
    row = await proposed(portal)
    more = {"reason": "No."} if verb == "decline" else {}
    await made(portal, SECOND, f"{verb}MeasureDefinition", **of(row, **more))
    for change in ("unit = 'x'", "state = 'declined'", CONFIRM, "answer_note = 'x'"):
        statement = f"UPDATE measure_definition SET {change} WHERE id = :id"  # noqa: S608 - ours
        assert await told(portal, ADMINISTRATOR, statement, id=plain(row)) in {"0", "42501"}, change
    retire = "UPDATE measure_definition SET retired_on = :day WHERE id = :id"
    assert await told(portal, SECOND, retire, id=plain(row), day=DAY) == str(int(verb == "confirm"))


async def test_entries_come_with_their_version_and_none_afterwards(portal: Portal) -> None:
    row = await planned(portal)
    statement = (
        "INSERT INTO framework_entry (id, framework_version_id, code, title, position)"
        " VALUES (gen_random_uuid(), :id, '2', 'Smuggled in while somebody reads it', 2)"
    )
    portal = replace(portal, today=DAY + timedelta(days=1))
    assert await told(portal, SECOND, statement, id=plain(row)) == "42501"
