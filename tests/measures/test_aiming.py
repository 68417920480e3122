"""The lead says by what an initiative is measured, where it starts and where it should get to."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, live, log
from support.measuring import (
    COUNT,
    answer,
    define,
    defined_count,
    made,
    measured,
    read,
    record,
    revise,
)

BASELINE = {"value": "40", "on": "2026-03-31"}
TARGET = {"value": "75.5", "on": "2027-03-31"}


async def test_the_lead_measures_by_a_shared_definition_and_partners_see_it(portal: Portal) -> None:
    measure = await measured(portal, await define(portal), baseline=BASELINE, target=TARGET)
    seen = await read(portal, "rasa.contributor", measure, "baselineValue targetValue targetOn")
    assert seen == {"baselineValue": "40", "targetValue": "75.5", "targetOn": "2027-03-31"}
    assert await read(portal, "sefton.coordinator", measure, "id") is None


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("rasa.coordinator", "NotPermitted"),
        ("wirral.contributor", "NotPermitted"),
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotFound"),
    ],
)
async def test_nobody_else_aims(portal: Portal, who: str, outcome: str) -> None:
    definition = await define(portal)
    measure = await measured(portal, definition)
    held = {"id": measure["id"], "expectedVersion": measure["version"]}
    added = await answer(
        portal,
        who,
        "addMeasure",
        initiative=measure["initiative"]["id"],
        definition=(await define(portal))["id"],
    )
    changed = await answer(portal, who, "changeMeasure", **held, baseline=BASELINE)
    retired = await answer(portal, who, "retireMeasure", **held)
    assert [a["__typename"] for a in (added, changed, retired)] == [outcome] * 3


async def test_an_initiative_uses_a_definition_once_at_a_time(portal: Portal) -> None:
    definition = await define(portal)
    measure = await measured(portal, definition)
    given = {"initiative": measure["initiative"]["id"], "definition": definition["id"]}
    again = await answer(portal, LEAD, "addMeasure", **given)
    assert again["faults"] == {"definition": "IN_USE"}
    await made(portal, LEAD, "retireMeasure", id=measure["id"], expectedVersion=measure["version"])
    assert (await made(portal, LEAD, "addMeasure", **given))["id"] != measure["id"]


async def test_a_retired_definition_cannot_be_chosen_and_an_old_edition_is_a_warning(
    portal: Portal,
) -> None:
    first = await defined_count(portal)
    second = await revise(portal, LEAD, first, **COUNT)
    initiative = await log(portal)
    given = {"initiative": initiative["id"], "definition": first["id"]}
    assert (await made(portal, LEAD, "addMeasure", **given))["warned"] == ["NOT_NEWEST"]
    await made(
        portal, LEAD, "retireMeasureDefinition", id=second["id"], expectedVersion=second["version"]
    )
    gone = await answer(portal, LEAD, "addMeasure", **{**given, "definition": second["id"]})
    assert gone["faults"] == {"definition": "RETIRED"}


@pytest.mark.parametrize(
    ("points", "field"),
    [
        ({"target": {"value": value, "on": "2027-03-31"}}, "target.value")
        for value in ("NaN", "-Infinity", "1E+999", "100000000000000", "0.00001", "0E-99999")
    ]
    + [
        ({"baseline": {"value": "NaN", "on": "2026-03-31"}}, "baseline.value"),
        (
            {"baseline": BASELINE, "target": {"value": "1", "on": "2026-03-31"}},
            "target.on",
        ),
    ],
)
async def test_a_number_that_cannot_be_kept_as_given_is_refused(
    portal: Portal, points: dict[str, object], field: str
) -> None:
    initiative, definition = await live(portal), await define(portal)
    given = {"initiative": initiative["id"], "definition": definition["id"]}
    refused = await answer(portal, LEAD, "addMeasure", **given, **points)
    assert list(refused["faults"]) == [field]


async def test_a_change_leaves_what_is_not_given_and_null_clears(portal: Portal) -> None:
    measure = await measured(portal, await define(portal), baseline=BASELINE, target=TARGET)
    held = {"id": measure["id"], "expectedVersion": measure["version"]}
    changed = await made(
        portal, LEAD, "changeMeasure", **held, target={"value": "80.0", "on": "2027-03-31"}
    )
    assert (changed["baselineValue"], changed["targetValue"]) == ("40", "80")
    stale = await answer(portal, LEAD, "changeMeasure", **held, target=None)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", changed["version"])
    held["expectedVersion"] = changed["version"]
    cleared = await made(portal, LEAD, "changeMeasure", **held, target=None)
    assert (cleared["targetValue"], cleared["targetOn"], cleared["baselineOn"]) == (
        None, None, "2026-03-31"
    )  # fmt: skip


async def test_a_retired_measure_keeps_its_figures_and_takes_no_new_ones(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    await record(portal, measure, value="12")
    retired = await made(
        portal, LEAD, "retireMeasure", id=measure["id"], expectedVersion=measure["version"]
    )
    assert (retired["retiredOn"], retired["latest"]["value"]) == ("2026-11-16", "12")
    late = await answer(
        portal,
        LEAD,
        "recordObservation",
        measure=measure["id"],
        figure={"periodFrom": "2026-11-01", "periodTo": "2026-11-10", "value": "3"},
    )
    assert late["faults"] == {"measure": "RETIRED"}
    held = {"id": measure["id"], "expectedVersion": retired["version"]}
    changed = await answer(portal, LEAD, "changeMeasure", **held, target=TARGET)
    assert changed["faults"] == {"id": "RETIRED"}


@pytest.mark.parametrize(
    ("direction", "value", "met", "difference"),
    [
        ("HIGHER_IS_BETTER", "75.5", True, "0"),
        ("HIGHER_IS_BETTER", "75.4999", False, "-0.0001"),
        ("LOWER_IS_BETTER", "75.5", True, "0"),
        ("LOWER_IS_BETTER", "80", False, "4.5"),
        ("NEITHER", "80", None, "4.5"),
    ],
)
async def test_the_latest_figure_stands_against_the_target(
    portal: Portal, direction: str, value: str, met: bool | None, difference: str
) -> None:
    measure = await measured(portal, await define(portal, direction=direction), target=TARGET)
    assert measure["againstTarget"] is None
    await record(portal, measure, value=value)
    shows = "againstTarget { latest target difference met } definition { id }"
    seen = await read(portal, "rasa.contributor", measure, shows)
    assert seen["againstTarget"] == {
        "latest": value, "target": "75.5", "difference": difference, "met": met
    }  # fmt: skip
    query = (
        "query($filter: MeasureFilter) { measures(filter: $filter) { totalCount nodes { id } } }"
    )
    for wanted in (True, False):
        filter_ = {"definition": seen["definition"]["id"], "met": wanted}
        page = (await portal.ask(LEAD, query, filter=filter_))["measures"]
        assert page["totalCount"] == len(page["nodes"]) == int(met is wanted)


async def test_the_database_lets_only_the_lead_add_and_change_measures(portal: Portal) -> None:
    measure = await measured(portal, await define(portal))
    other = {"id": (await define(portal))["id"].split(":")[1]}
    held = {"measure": measure["id"].split(":")[1]}
    copy = (
        "INSERT INTO measure (id, initiative_id, definition_id, is_sample, created_at, updated_at,"
        " version) SELECT gen_random_uuid(), initiative_id, CAST(:id AS uuid), false, created_at,"
        " updated_at, 1 FROM measure WHERE id = CAST(:measure AS uuid)"
    )
    change = text("UPDATE measure SET retired_on = NULL WHERE id = CAST(:measure AS uuid)")
    for who in ("rasa.coordinator", "wirral.contributor"):
        async with portal.context(who).acting() as session:
            assert (await session.execute(change, held)).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            async with portal.context(who).acting() as session:
                await session.execute(text(copy), {**held, **other})


async def test_without_target_or_figure_nothing_is_said_of_it(portal: Portal) -> None:
    measure = await measured(portal, await define(portal))
    await record(portal, measure, value="12")
    seen = await read(portal, LEAD, measure, "latest { value } againstTarget { met }")
    assert seen == {"latest": {"value": "12"}, "againstTarget": None}
