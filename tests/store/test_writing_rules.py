"""Writing passes the row rules as reading does, and tells nothing about rows that are hidden."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.children import AUTHOR, CHILDREN
from support.initiating import LEAD, committed, done, live, log, of, read
from support.joint_work import RASA_TEAM
from support.writing import REFUSED, adding, attempt, plain

from portal.database import RULES
from portal.sample.partnership import agency_id
from portal.store.engines import Engines

RASA = "rasa.coordinator"


@pytest.mark.parametrize("table", ["agency", "membership", "team", "initiative"])
async def test_the_owner_changes_rows_by_its_own_policy_and_none_without_it(
    portal: Portal, engines: Engines, table: str
) -> None:
    """A definer's update or a back-fill would else change nothing, and say nothing."""
    await log(portal)
    async with engines.owner.connect() as owner:
        every = (await owner.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608 - as below
        unchanged = text(f"UPDATE {table} SET id = id")  # noqa: S608 - a name from the list above
        assert (await owner.execute(unchanged)).rowcount == every > 0
        await owner.execute(text(f"DROP POLICY owner ON {table}"))
        assert (await owner.execute(unchanged)).rowcount == 0
        await owner.rollback()


async def test_keys_reach_every_row_of_an_initiative(portal: Portal, engines: Engines) -> None:
    """What a definer trigger writes arrives: counted, since a refused one would change 0 rows."""
    row = await live(portal)
    for title in ("One", "Two"):
        given = {"initiative": row["id"], "title": title, "dueOn": "2026-12-01"}
        await portal.do(LEAD, "addMilestone", given)
    await committed(portal, row)
    rows = text("SELECT count(*) FILTER (WHERE m.acl = i.acl), count(*) FROM milestone m"
                " JOIN initiative i ON i.id = m.initiative_id WHERE i.id = :id")  # fmt: skip
    async with engines.owner.connect() as owner:
        assert tuple((await owner.execute(rows, {"id": plain(row)})).one()) == (2, 2)


def test_every_table_that_hangs_on_an_initiative_is_tried() -> None:
    hanging = {n for n, rule in RULES.items() if "initiative_id" in rule.table.columns}
    assert set(CHILDREN) == hanging - {"change", "history"}


@pytest.mark.parametrize("table", CHILDREN)
async def test_a_child_of_a_hidden_initiative_is_refused_as_one_of_none(
    portal: Portal, table: str
) -> None:
    hidden = plain(await log(portal, RASA))
    answers = {await adding(portal, AUTHOR, CHILDREN[table](one)) for one in (hidden, uuid4())}
    [answer] = answers
    assert answer is not None
    assert answer[0] == "42501"
    assert REFUSED in answer[1]


@pytest.mark.parametrize(
    ("table", "column"),
    [("action_move", "action_id"), ("observation", "measure_id"), ("observation", "supersedes_id"),
     ("survivor_consultation", "action_id")],
)  # fmt: skip
async def test_a_reference_to_a_hidden_row_is_refused_as_one_to_none(
    portal: Portal, table: str, column: str
) -> None:
    hidden, mine = await rows_of_rasa(portal), plain(await live(portal))
    answers = set()
    for one in (hidden[column], uuid4()):
        row = CHILDREN[table](mine)
        setattr(row, column, one)
        answers.add(await adding(portal, AUTHOR, row))
    assert len(answers) == 1, answers
    assert None not in answers


async def test_a_correction_does_not_tell_that_a_hidden_figure_is_there(portal: Portal) -> None:
    hidden, mine = await rows_of_rasa(portal), plain(await live(portal))
    nowhere = {"measure_id": uuid4(), "supersedes_id": uuid4()}
    answers = set()
    for known in (hidden, nowhere):
        row = CHILDREN["observation"](mine)
        for column in nowhere:
            setattr(row, column, known[column])
        answers.add(await adding(portal, AUTHOR, row))
    [answer] = answers
    assert answer is not None
    assert answer[0] == "42501"


async def rows_of_rasa(portal: Portal) -> dict[str, UUID]:
    """An action, a measure and a figure of a draft that only RASA sees."""
    draft = await log(portal, RASA)
    given = {"initiative": draft["id"]}
    shows = "...on ActionPayload { action { id } }"
    do = {"title": "Hidden", "dueOn": "2026-12-01", "ownerTeam": RASA_TEAM}
    action = (await portal.do(RASA, "addAction", {**given, **do}, shows))["action"]
    words = {"name": "Hidden", "unit": "people", "direction": "HIGHER_IS_BETTER", "kind": "OUTPUT",
             "frequency": "MONTHLY"}  # fmt: skip
    key = {"key": f"m{uuid4().hex[:20]}", "words": words}
    shows = "...on MeasureDefinitionPayload { measureDefinition { id version } }"
    by = (await portal.do(RASA, "defineMeasure", key, shows))["measureDefinition"]
    await portal.do("pcc.programme", "confirmMeasureDefinition", of(by))
    shows = "...on MeasurePayload { measure { id } }"
    asked = {**given, "definition": by["id"]}
    measure = (await portal.do(RASA, "addMeasure", asked, shows))["measure"]
    figure = {"periodFrom": "2026-10-01", "periodTo": "2026-10-31", "value": "3"}
    shows = "...on ObservationPayload { observation { id } }"
    asked = {"measure": measure["id"], "figure": figure}
    observed = (await portal.do(RASA, "recordObservation", asked, shows))["observation"]
    return {"action_id": plain(action), "measure_id": plain(measure),
            "supersedes_id": plain(observed)}  # fmt: skip


async def test_a_row_cannot_be_given_away_out_of_its_authors_sight(portal: Portal) -> None:
    """The verb first makes the lead a partner; without that the row rules refuse."""
    row = await live(portal)
    await committed(portal, row)
    giving = "UPDATE initiative SET lead_agency_id = :to, lead_team_id = NULL WHERE id = :id"
    answer = await attempt(portal, LEAD, giving, to=agency_id("rasa"), id=plain(row))
    assert answer[0] == "42501"
    assert REFUSED in answer[1]
    handed = await done(
        portal, LEAD, "handOverLead", **of(row, agency=f"Agency:{agency_id('rasa')}")
    )
    assert handed["lead"] == {"shortName": "RASA"} or handed["lead"]["shortName"]
    assert await read(portal, LEAD, row["id"], "id")


async def test_whoever_leaves_gets_an_answer_and_then_sees_nothing(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    left = await done(portal, RASA, "leaveInitiative", **of(partner, reason="Money ran out."))
    assert left["state"] == "COMMITTED", "the row as it was read just before"
    assert await read(portal, RASA, row["id"], "id") is None


async def test_no_view_stands_between_a_caller_and_the_row_rules(engines: Engines) -> None:
    views = text(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace::regnamespace::text IN ('public', 'auth_secret')"
        " AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'"
    )
    async with engines.owner.connect() as owner:
        assert (await owner.execute(views)).scalars().all() == []


@pytest.mark.parametrize(("option", "passes_by"), [("", True), ("WITH (security_invoker)", False)])
async def test_a_plain_view_would_show_what_is_hidden(
    portal: Portal, engines: Engines, option: str, *, passes_by: bool
) -> None:
    hidden = plain(await log(portal, RASA))
    async with engines.owner.begin() as owner:
        await owner.execute(text(f"CREATE VIEW shortcut {option} AS SELECT id FROM initiative"))  # noqa: S608
        await owner.execute(text("GRANT SELECT ON shortcut TO portal_runtime"))
    try:
        async with portal.context(LEAD).acting() as connection:
            assert (hidden in await ids(connection, "shortcut")) is passes_by
            assert hidden not in await ids(connection, "initiative")
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(text("DROP VIEW shortcut"))


async def ids(connection: Any, relation: str) -> set[UUID]:
    found = await connection.execute(text(f"SELECT id FROM {relation}"))  # noqa: S608
    return set(found.scalars())


async def test_a_unique_value_is_checked_against_hidden_rows_too(portal: Portal) -> None:
    """So references are drawn at random, and drawn again by the verb: nobody can choose one."""
    hidden, mine = await log(portal, RASA), await log(portal)
    taking = "UPDATE initiative SET reference = :taken WHERE id = :id"
    answer = await attempt(portal, LEAD, taking, taken=hidden["reference"], id=plain(mine))
    assert answer[0] == "23505"


async def test_keys_are_computed_whatever_a_writer_puts_there(
    portal: Portal, engines: Engines
) -> None:
    row = await live(portal)
    milestone = CHILDREN["milestone"](plain(row))
    async with engines.owner.connect() as owner:
        public = (
            await owner.execute(text("SELECT id FROM capability WHERE kind = 'public'"))
        ).scalar_one()
    stands = text("SELECT i.acl AS ours, m.acl AS its FROM initiative i"
                  " JOIN milestone m ON m.initiative_id = i.id WHERE i.id = :id")  # fmt: skip
    async with portal.context(LEAD).acting() as session:
        milestone.acl = [public]  # type: ignore[attr-defined]
        session.add(milestone)
        await session.flush()
        widen = {"wide": [public], "id": plain(row)}
        for wide in (
            "UPDATE initiative SET acl = :wide WHERE id = :id",
            "UPDATE milestone SET acl = :wide WHERE initiative_id = :id",
        ):
            assert (await session.execute(text(wide), widen)).rowcount == 1
        kept = (await session.execute(stands, {"id": plain(row)})).one()
        await session.rollback()
    assert kept.ours == kept.its
    assert public not in kept.ours
