"""What only the database knew is told with the field it is about, where a constraint says so."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, committed, live

from portal.acting.constraints import _columns, misfit
from portal.acting.inputs import params_of
from portal.initiatives.partners import invite_partner
from portal.initiatives.verbs import change_initiative
from portal.measures.defining import define_measure
from portal.store.engines import Engines

TITLE = "UPDATE initiative SET title = '' WHERE id = (SELECT id FROM initiative LIMIT 1)"
DATES = "UPDATE initiative SET starts_on = '2026-02-01', ends_on = '2026-01-01'"
TEAM = "UPDATE initiative SET lead_team_id = gen_random_uuid()"
TWICE = (
    "INSERT INTO partner (id, initiative_id, agency_id, parts, state, asked_at, updated_at,"
    " version, acl) SELECT gen_random_uuid(), initiative_id, agency_id, parts, state, asked_at,"
    " updated_at, 1, acl FROM partner"
)
WORDS = {"name": "Lamps", "unit": "lamps", "direction": "NEITHER", "kind": "OUTPUT",
         "frequency": "ONCE"}  # fmt: skip
KEY = "UPDATE measure_definition SET key = 'Not A Key'"
PER = "UPDATE measure_definition SET numerator_label = 'x', denominator_label = 'y', per = -1"


@pytest.mark.parametrize(
    ("statement", "verb", "fields"),
    [
        (TITLE, change_initiative, ["title"]),
        (DATES, change_initiative, ["endsOn", "startsOn"]),
        (TEAM, change_initiative, ["leadTeam"]),
        (TWICE, invite_partner, ["initiative", "agency"]),
        (KEY, define_measure, ["key"]),
        (PER, define_measure, ["words.per"]),
        (PER, change_initiative, [""]),
    ],
)
async def test_the_refusal_names_the_fields_that_the_constraint_is_about(
    portal: Portal, engines: Engines, statement: str, verb: Any, fields: list[str]
) -> None:
    await committed(portal, await live(portal))
    given = {"key": f"k{uuid4().hex[:8]}", "words": WORDS}
    await portal.do(LEAD, "defineMeasure", given)
    async with engines.owner.connect() as owner:
        await owner.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        with pytest.raises(DBAPIError) as broken:
            await owner.execute(text(statement))
        await owner.rollback()
    refusal = misfit(broken.value, params_of(verb))
    assert [".".join(finding.path) for finding in refusal.findings] == fields
    assert {finding.code for finding in refusal.findings} == {"CONSTRAINT"}


async def test_a_refusal_reaches_the_caller_with_its_field(
    portal: Portal, engines: Engines
) -> None:
    """A rule that only the database has."""
    only = "CHECK (title <> 'Known to the database alone')"
    async with engines.owner.begin() as owner:
        await owner.execute(text(f"ALTER TABLE initiative ADD CONSTRAINT initiative_title {only}"))
        await owner.execute(text("ALTER TABLE initiative DROP CONSTRAINT initiative_title_check"))
        await owner.execute(
            text(
                "ALTER TABLE initiative RENAME CONSTRAINT initiative_title"
                " TO initiative_title_check"
            )
        )
    try:
        given = {"title": "Known to the database alone"}
        told = await portal.do(LEAD, "logInitiative", given)
    finally:
        async with engines.owner.begin() as owner:
            for change in (
                "DROP CONSTRAINT initiative_title_check",
                "ADD CONSTRAINT initiative_title_check CHECK (length(btrim(title)) > 0)",
            ):
                await owner.execute(text(f"ALTER TABLE initiative {change}"))
    assert (told["__typename"], told["path"]) == ("ValidationError", ["input", "title"])
    assert told["errors"][0]["code"] == "CONSTRAINT"


async def test_each_constraint_is_known_by_the_name_and_the_columns_it_has(
    engines: Engines,
) -> None:
    listed = text(
        "SELECT r.relname, c.conname, array_agg(a.attname::text) FROM pg_constraint c"
        " JOIN pg_class r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = r.oid"
        " AND a.attnum = ANY (c.conkey) WHERE c.contype IN ('c', 'f', 'p', 'u')"
        " AND c.connamespace = 'public'::regnamespace AND r.relname <> 'alembic_version'"
        " GROUP BY 1, 2"
    )
    async with engines.owner.connect() as owner:
        found = (await owner.execute(listed)).all()
    assert len(found) > 200
    known = _columns()
    assert [
        (table, name, columns, known.get((table, name)))
        for table, name, columns in found
        if set(known.get((table, name), ())) != set(columns)
    ] == []
