"""Definitions are shared by all: any coordinator brings one in, its keepers revise it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.measuring import COUNT, SHARE, answer, define, defined_count, made, revise


async def test_what_one_agency_defines_every_signed_in_person_can_read(portal: Portal) -> None:
    definition = await define(portal, "rasa.coordinator")
    query = "query($id: ID!) { measureDefinition(id: $id) { key unit definedBy { shortName } } }"
    for reader in ("sefton.coordinator", "pcc.administrator", "cheshire.viewer"):
        seen = (await portal.ask(reader, query, id=definition["id"]))["measureDefinition"]
        assert seen == {
            "key": definition["key"], "unit": "per cent", "definedBy": {"shortName": "RASA"}
        }  # fmt: skip


@pytest.mark.parametrize("who", ["rasa.contributor", "wirral.viewer", "pcc.administrator"])
async def test_only_a_coordinator_defines_what_is_counted(portal: Portal, who: str) -> None:
    refused = await answer(portal, who, "defineMeasure", key="not-mine", words=SHARE)
    assert (refused["__typename"], refused["rule"]) == (
        "NotPermitted", "measure.coordinator_defines"
    )  # fmt: skip


async def test_a_key_is_given_once(portal: Portal) -> None:
    definition = await define(portal)
    again = await answer(
        portal, "sefton.coordinator", "defineMeasure", key=definition["key"], words=COUNT
    )
    assert (again["__typename"], again["faults"]) == ("ValidationError", {"key": "KNOWN_KEY"})


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"unit": "  "}, "words.unit"),
        ({"unit": "x" * 41}, "words.unit"),
        ({"name": ""}, "words.name"),
        ({"meaning": "x" * 2001}, "words.meaning"),
        ({"per": None}, "words.per"),
        ({"per": 0}, "words.per"),
        ({"denominatorLabel": None}, "words.per"),
        ({"numeratorLabel": ""}, "words.numeratorLabel"),
    ],
)
async def test_an_incomplete_definition_names_the_field(
    portal: Portal, words: dict[str, object], field: str
) -> None:
    refused = await answer(
        portal, "wirral.coordinator", "defineMeasure", key="broken", words={**SHARE, **words}
    )
    assert list(refused["faults"]) == [field]


@pytest.mark.parametrize("key", ["", "X", "9lives", "with space", "ü-ber", "x" * 61, "a\n"])
async def test_a_key_is_a_word_for_programs(portal: Portal, key: str) -> None:
    refused = await answer(portal, "wirral.coordinator", "defineMeasure", key=key, words=COUNT)
    assert list(refused["faults"]) == ["key"]


async def test_a_new_edition_is_a_new_definition_and_the_old_one_stays(portal: Portal) -> None:
    first = await defined_count(portal)
    words = {**COUNT, "unit": "cases"}
    second = await revise(portal, "wirral.coordinator", first, **words)
    assert (second["key"], second["edition"], second["unit"]) == (first["key"], 2, "cases")
    query = "query($id: ID!) { measureDefinition(id: $id) { unit isCurrent newer { id } } }"
    old = (await portal.ask("sefton.coordinator", query, id=first["id"]))["measureDefinition"]
    assert old == {"unit": "people", "isCurrent": False, "newer": {"id": second["id"]}}
    again = await answer(
        portal,
        "wirral.coordinator",
        "reviseMeasureDefinition",
        id=first["id"],
        expectedVersion=first["version"],
        words=COUNT,
    )
    assert again["faults"] == {"id": "NOT_NEWEST"}
    assert second["id"] in again["message"]


async def test_only_its_keepers_revise_and_retire_a_definition(portal: Portal) -> None:
    definition = await defined_count(portal)
    given = {"id": definition["id"], "expectedVersion": definition["version"]}
    for who in ("sefton.coordinator", "wirral.contributor"):
        revised = await answer(portal, who, "reviseMeasureDefinition", **given, words=COUNT)
        retired = await answer(portal, who, "retireMeasureDefinition", **given)
        assert {revised["rule"], retired["rule"]} == {"measure.definer_keeps"}
    gone = await made(portal, "pcc.programme", "retireMeasureDefinition", **given)
    assert (gone["retiredOn"], gone["isCurrent"]) == ("2026-11-16", False)


async def test_a_definition_is_retired_once_and_not_ahead_of_its_day(portal: Portal) -> None:
    definition = await defined_count(portal)
    given = {"id": definition["id"], "expectedVersion": definition["version"]}
    early = await answer(
        portal, "wirral.coordinator", "retireMeasureDefinition", **given, on="2026-12-31"
    )
    assert early["faults"] == {"on": "FUTURE"}
    gone = await made(portal, "wirral.coordinator", "retireMeasureDefinition", **given)
    stale = await answer(portal, "wirral.coordinator", "retireMeasureDefinition", **given)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", gone["version"])
    again = await answer(
        portal,
        "wirral.coordinator",
        "retireMeasureDefinition",
        id=gone["id"],
        expectedVersion=gone["version"],
    )
    assert again["faults"] == {"id": "RETIRED"}


async def test_the_database_lets_only_keepers_define_and_retire(portal: Portal) -> None:
    definition = await defined_count(portal)
    row = {"id": definition["id"].split(":")[1]}
    copy = (
        "INSERT INTO measure_definition (id, key, edition, name, meaning, unit, direction, kind,"
        " frequency, defined_by_agency_id, is_sample, created_at, updated_at, version, state,"
        " valid_from, proposed_by_id) SELECT"
        " gen_random_uuid(), key || '-copy', 1, name, meaning, unit, direction, kind,"
        " frequency, {agency}, false, created_at, updated_at, 1, 'proposed', valid_from,"
        " caller_principal()"
        " FROM measure_definition WHERE id = CAST(:id AS uuid)"
    )
    change = text("UPDATE measure_definition SET unit = 'x' WHERE id = CAST(:id AS uuid)")
    for who, agency in (
        ("rasa.contributor", "caller_agency()"),
        ("rasa.coordinator", "defined_by_agency_id"),  # in another agency's name
    ):
        async with portal.context(who).acting() as session:
            assert (await session.execute(change, row)).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            async with portal.context(who).acting() as session:
                await session.execute(text(copy.format(agency=agency)), row)


async def test_definitions_are_found_by_text_key_kind_and_use(portal: Portal) -> None:
    first = await define(portal, name="Zebra crossings lit")
    words = {**SHARE, "name": "Zebra crossings lit well"}
    second = await revise(portal, "wirral.coordinator", first, **words)
    query = (
        "query($filter: MeasureDefinitionFilter) {"
        " measureDefinitions(filter: $filter) { totalCount nodes { id } } }"
    )

    async def found(**wanted: object) -> list[str]:
        page = (await portal.ask("icb.viewer", query, filter=wanted))["measureDefinitions"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["id"] for node in page["nodes"]]

    assert await found(text="zebra CROSSINGS") == [first["id"], second["id"]]
    assert await found(key=first["key"], current=True) == [second["id"]]
    assert await found(key=first["key"], current=False) == [first["id"]]
    assert await found(key=first["key"], kind="OUTPUT") == []
