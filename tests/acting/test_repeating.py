"""A change that is sent again is made once, and answered under the rights of the day."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, committed, done, live, of, read
from support.joint_work import RASA_TEAM

from auth.roles import Role
from portal.database import RULES
from portal.sample.partnership import DAY, JOINED, agency_id, membership_id
from portal.store.engines import Engines

RASA, STRANGER = "rasa.coordinator", "sefton.coordinator"
LOGGED = "...on InitiativePayload { initiative { id title } }"
ADDED = "...on ActionPayload { action { id title } }"
SAID = "...on CommentPayload { comment { id text } }"


def keyed(**given: Any) -> dict[str, Any]:
    """An input that can be sent again."""
    return {**given, "idempotencyKey": str(uuid4())}


def shows_nothing(answer: dict[str, Any]) -> bool:
    """NotFound, with nothing of the record in it."""
    return answer.keys() == {"__typename", "message", "code", "path"} and (
        answer["__typename"] == "NotFound"
    )


@pytest.fixture
async def newcomer(engines: Engines) -> UUID:
    """A coordinator of Wirral whose place can be taken away."""
    member = uuid4()
    given = {"id": member, "agency": agency_id("wirral"), "since": JOINED,
             "role": Role.INITIATIVE_COORDINATOR}  # fmt: skip
    async with engines.owner.begin() as owner:
        for statement in (
            "INSERT INTO person (id, name) VALUES (:id, 'A newcomer')",
            "INSERT INTO membership (id, person_id, agency_id, starts_on)"
            " VALUES (:id, :id, :agency, :since)",
            "INSERT INTO membership_role (membership_id, role) VALUES (:id, :role)",
        ):
            await owner.execute(text(statement), given)
    return member


async def change(engines: Engines, statement: str, **given: Any) -> None:
    async with engines.owner.begin() as owner:
        assert (await owner.execute(text(statement), given)).rowcount == 1


async def test_after_leaving_the_agency_nothing_is_answered(
    portal: Portal, engines: Engines, newcomer: UUID
) -> None:
    given = keyed(title="Logged by a newcomer")
    assert "initiative" in await portal.do(newcomer, "logInitiative", given, LOGGED)
    leaving = "UPDATE membership SET ends_on = :day WHERE id = :id"
    await change(engines, leaving, day=DAY - timedelta(days=1), id=newcomer)
    document = """mutation($input: LogInitiativeInput!) { logInitiative(input: $input) {
        __typename ...on InitiativePayload { initiative { id } } } }"""
    data, errors = await portal.try_asking(newcomer, document, input=given)
    assert data is None
    [error] = errors
    assert "this principal has no access" in error["message"]


async def test_after_losing_the_role_the_repeated_change_is_not_found(
    portal: Portal, engines: Engines, newcomer: UUID
) -> None:
    given = keyed(title="Logged by a newcomer")
    assert "initiative" in await portal.do(newcomer, "logInitiative", given, LOGGED)
    losing = "UPDATE membership_role SET role = :role WHERE membership_id = :id"
    await change(engines, losing, role=Role.AGENCY_ADMINISTRATOR, id=newcomer)
    assert shows_nothing(await portal.do(newcomer, "logInitiative", given, LOGGED))


async def test_after_being_removed_a_partner_is_shown_nothing(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    given = keyed(initiative=row["id"], title="Ours", ownerTeam=RASA_TEAM, dueOn="2026-12-01")
    first = await portal.do(RASA, "addAction", given, ADDED)
    assert await portal.do(RASA, "addAction", given, ADDED) == first
    await done(portal, LEAD, "removePartner", **of(partner, reason="Over."))
    assert shows_nothing(await portal.do(RASA, "addAction", given, ADDED))


async def test_after_narrowing_those_who_saw_it_are_shown_nothing(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    given = keyed(initiative=row["id"], text="A good idea.")
    assert "comment" in await portal.do(STRANGER, "addComment", given, SAID)
    narrowed = await read(portal, LEAD, row["id"], "id version")
    await done(portal, LEAD, "shareInitiative", **of(narrowed, visibility="PARTNERS"))
    assert shows_nothing(await portal.do(STRANGER, "addComment", given, SAID))


async def test_a_key_used_twice_at_once_makes_one_change_and_one_answer(portal: Portal) -> None:
    given = keyed(title=f"At once {uuid4()}")
    sent = [portal.do(LEAD, "logInitiative", given, LOGGED) for _ in range(2)]
    one, two = await asyncio.gather(*sent)
    assert one == two
    counted = "query($text: String) { initiatives(filter: {text: $text}) { totalCount } }"
    found = await portal.ask(LEAD, counted, text=given["title"])
    assert found["initiatives"]["totalCount"] == 1


async def test_a_key_belongs_to_its_input_its_mutation_and_its_person(portal: Portal) -> None:
    given = keyed(title="The first")
    await portal.do(LEAD, "logInitiative", given, LOGGED)
    other = await portal.do(LEAD, "logInitiative", {**given, "title": "Another"}, LOGGED)
    assert (other["__typename"], other["errors"][0]["path"]) == (
        "ValidationError",
        ["input", "idempotencyKey"],
    )
    row = await live(portal)
    comment = {"initiative": row["id"], "text": "Yes.", "idempotencyKey": given["idempotencyKey"]}
    assert "comment" in await portal.do(LEAD, "addComment", comment, SAID)
    hers = await portal.do(RASA, "logInitiative", given, LOGGED)
    assert hers["initiative"]["title"] == "The first"


async def test_a_refusal_is_not_remembered(portal: Portal) -> None:
    row = await live(portal)
    given = keyed(**of(row, rating="RED"))
    refused = await portal.do(LEAD, "rateInitiative", given)
    assert refused["__typename"] == "ValidationError"
    mended = await portal.do(LEAD, "rateInitiative", {**given, "reason": "Late."}, LOGGED)
    assert mended["initiative"]["id"] == row["id"]


def counted() -> Iterator[str]:
    for name in sorted(RULES):
        yield f"SELECT '{name}' AS name, count(*) AS rows FROM {name}"  # noqa: S608 - declared names


async def standing(engines: Engines) -> dict[str, int]:
    """How many rows each table has."""
    async with engines.owner.connect() as owner:
        found = await owner.execute(text(" UNION ALL ".join(counted())))
        return {row.name: row.rows for row in found}


async def audit_lines(engines: Engines) -> set[tuple[Any, ...]]:
    async with engines.owner.connect() as owner:
        lines = text("SELECT id, principal_id, verb, outcome, rule FROM audit_line")
        return {tuple(line) for line in await owner.execute(lines)}


@pytest.mark.parametrize(
    ("who", "given", "rule"),
    [
        (STRANGER, {"rating": "GREEN"}, "initiative.lead_edits"),
        (LEAD, {"rating": "RED"}, "Invalid"),
        (LEAD, {"rating": "GREEN", "expectedVersion": 99}, "Conflict"),
        ("cheshire.viewer", {"rating": "GREEN"}, "NotVisible"),
    ],
)
async def test_a_refused_change_leaves_its_audit_line_and_nothing_else(
    portal: Portal, engines: Engines, who: str, given: dict[str, Any], rule: str
) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    before, lines = await standing(engines), await audit_lines(engines)
    await portal.do(who, "rateInitiative", {**of(row), **given})
    assert await standing(engines) == {**before, "audit_line": before["audit_line"] + 1}
    [line] = await audit_lines(engines) - lines
    assert line[1:] == (membership_id(who), "rate_initiative", "refused", rule)
    assert (await read(portal, LEAD, row["id"], "version"))["version"] == row["version"]


async def test_a_fault_of_ours_leaves_nothing_at_all(portal: Portal, engines: Engines) -> None:
    row = await live(portal)
    before = await standing(engines)
    break_it = (
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'the disk of Jane Doe is full'; END $$",
        "CREATE TRIGGER breaks AFTER INSERT ON audit_line FOR EACH ROW EXECUTE FUNCTION breaks()",
    )
    async with engines.owner.begin() as owner:
        for statement in break_it:
            await owner.execute(text(statement))
    try:
        document = """mutation($input: RateInitiativeInput!) {
            rateInitiative(input: $input) { __typename } }"""
        given = keyed(**of(row, rating="GREEN"))
        data, errors = await portal.try_asking(LEAD, document, input=given)
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(text("DROP FUNCTION breaks() CASCADE"))
    assert data is None
    assert len(errors) == 1
    assert await standing(engines) == before
    again = await portal.do(LEAD, "rateInitiative", given, LOGGED)
    assert again["initiative"]["id"] == row["id"]
