"""A figure is corrected by another; both can be read, one stands, and of two at once one wins."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.asking import Portal
from support.initiating import LEAD, of
from support.measuring import (
    OCTOBER,
    SEPTEMBER,
    answer,
    correct,
    defined_count,
    measured,
    read,
    record,
)

from portal.store.engines import Engines


async def test_a_correction_supersedes_and_both_can_be_read(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    wrong = await record(portal, measure, value="8")
    said = await correct(portal, wrong, value="9", note="one report came late")
    right = said["observation"]
    assert (right["value"], right["supersedes"], right["superseded"]) == (
        "9", {"id": wrong["id"]}, False
    )  # fmt: skip
    shows = (
        "latest { value } observations { totalCount nodes { id } }"
        " allObservations { totalCount nodes { id value superseded supersededBy { id } } }"
    )
    seen = await read(portal, "rasa.contributor", measure, shows)
    assert seen["latest"] == {"value": "9"}
    assert seen["observations"] == {"totalCount": 1, "nodes": [{"id": right["id"]}]}
    assert seen["allObservations"]["totalCount"] == 2
    by_id = {node["id"]: node for node in seen["allObservations"]["nodes"]}
    assert by_id[wrong["id"]] == {
        "id": wrong["id"], "value": "8", "superseded": True, "supersededBy": {"id": right["id"]}
    }  # fmt: skip


async def test_a_chain_of_corrections_ends_in_the_one_that_stands(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    first = await record(portal, measure, value="8")
    figure = first
    for value in ("9", "10", "11"):
        figure = (await correct(portal, figure, value=value))["observation"]
    stale = await correct(portal, first, value="12")
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    late = await correct(portal, {**first, "version": 2}, value="12")
    assert late["faults"] == {"id": "SUPERSEDED"}
    assert figure["id"] in late["message"]
    seen = await read(portal, LEAD, measure, "latest { value } observations { totalCount }")
    assert seen == {"latest": {"value": "11"}, "observations": {"totalCount": 1}}


async def test_a_correction_can_move_a_figure_to_another_period(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    await record(portal, measure, value="8", **SEPTEMBER)
    wrong = await record(portal, measure, value="9")
    taken = await correct(portal, wrong, value="9", **SEPTEMBER)
    assert taken["faults"] == {"figure.periodFrom": "RECORDED_ALREADY"}
    august = {"periodFrom": "2026-08-01", "periodTo": "2026-08-31"}
    assert (await correct(portal, wrong, value="9", **august))["__typename"] == "ObservationPayload"
    assert (await read(portal, LEAD, measure, "latest { value }"))["latest"] == {"value": "8"}


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("rasa.contributor", "ObservationPayload"),  # recorded it
        ("rasa.coordinator", "ObservationPayload"),
        ("wirral.coordinator", "ObservationPayload"),  # leads
        ("wirral.contributor", "NotPermitted"),
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotFound"),
    ],
)
async def test_the_recording_agency_and_the_lead_correct(
    portal: Portal, who: str, outcome: str
) -> None:
    measure = await measured(portal, await defined_count(portal))
    figure = await record(portal, measure, "rasa.contributor", value="8")
    assert (await correct(portal, figure, who, value="9"))["__typename"] == outcome


async def test_a_partner_does_not_correct_the_lead(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    figure = await record(portal, measure, value="8")
    refused = await correct(portal, figure, "rasa.coordinator", value="9")
    assert refused["rule"] == "measure.recorder_corrects"


async def test_of_two_corrections_at_once_one_wins_and_the_other_conflicts(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    for day in range(10, 15):
        wrong = await record(portal, measure, value="8")
        pair = await asyncio.gather(
            correct(portal, wrong, value="9"), correct(portal, wrong, value="10")
        )
        assert sorted(a["__typename"] for a in pair) == ["Conflict", "ObservationPayload"]
        lost = next(a for a in pair if a["__typename"] == "Conflict")
        assert lost["currentVersion"] == 2
        won = next(a["observation"] for a in pair if a["__typename"] == "ObservationPayload")
        august = {"periodFrom": "2026-08-01", "periodTo": f"2026-08-{day}"}
        await correct(portal, won, value="8", **august)


async def test_of_two_recordings_at_once_one_wins(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    given = {"measure": measure["id"], "figure": {**OCTOBER, "value": "8"}}
    pair = await asyncio.gather(
        answer(portal, LEAD, "recordObservation", **given),
        answer(portal, "wirral.contributor", "recordObservation", **given),
    )
    assert sorted(a["__typename"] for a in pair) == ["ObservationPayload", "ValidationError"]


async def test_a_correction_leaves_a_history_of_both_rows(portal: Portal, engines: Engines) -> None:
    measure = await measured(portal, await defined_count(portal))
    wrong = await record(portal, measure, value="8")
    right = (await correct(portal, wrong, "wirral.coordinator", value="9"))["observation"]
    lines = text(
        "SELECT c.verb, c.kind, c.object_id::text, h.before, h.after FROM change c"
        " JOIN history h ON h.change_id = c.id WHERE c.object_id = ANY (:ids)"
        " ORDER BY c.txid, c.version DESC"
    )
    ids = [UUID(row["id"].split(":")[1]) for row in (wrong, right)]
    async with engines.owner.connect() as owner:
        found = [tuple(row) for row in await owner.execute(lines, {"ids": ids})]
    assert [(verb, kind, UUID(row)) for verb, kind, row, _, _ in found] == [
        ("record_observation", "created", ids[0]),
        ("correct_observation", "updated", ids[0]),
        ("correct_observation", "created", ids[1]),
    ]
    assert found[1][3:] == ({"superseded": False}, {"superseded": True})


async def test_a_stored_figure_cannot_be_changed_by_sql_either(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    wrong = await record(portal, measure, value="8")
    row = UUID(wrong["id"].split(":")[1])
    for statement in (
        "UPDATE observation SET value = 9 WHERE id = :id",
        "DELETE FROM observation WHERE id = :id",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with portal.context(LEAD).acting() as session:
                await session.execute(text(statement), {"id": row})


COPY = (
    "INSERT INTO observation (id, initiative_id, measure_id, period_from, period_to, value,"
    " breakdown, provisional, is_sample, recorded_by_agency_id, recorded_by_id, recorded_at,"
    " supersedes_id,"
    " superseded, version, updated_at) SELECT :new, initiative_id, :measure, period_from,"
    " period_to, 9, breakdown, false, false, {agency}, caller_principal(), recorded_at, {old},"
    " true, 1, updated_at FROM observation WHERE id = :old"
)


@pytest.mark.parametrize(
    ("who", "agency", "old", "complaint"),
    [
        ("rasa.coordinator", "recorded_by_agency_id", "NULL", "row-level security"),
        ("wirral.viewer", "caller_agency()", "NULL", "row-level security"),
        ("sefton.coordinator", "caller_agency()", "NULL", "row-level security"),  # no partner
        ("rasa.coordinator", "caller_agency()", "id", "only the agency that recorded"),
    ],
)
async def test_the_database_refuses_what_the_verbs_refuse(
    portal: Portal, who: str, agency: str, old: str, complaint: str
) -> None:
    measure = await measured(portal, await defined_count(portal), "PARTNERSHIP")
    figure = await record(portal, measure, value="8")
    values = {
        "new": uuid4(),
        "old": UUID(figure["id"].split(":")[1]),
        "measure": UUID(measure["id"].split(":")[1]),
    }
    with pytest.raises(DBAPIError, match=complaint):
        async with portal.context(who).acting() as session:
            await session.execute(text(COPY.format(agency=agency, old=old)), values)


async def test_the_database_lets_only_the_leads_coordinator_correct_a_partner(
    portal: Portal,
) -> None:
    measure = await measured(portal, await defined_count(portal))
    figure = await record(portal, measure, "rasa.contributor", value="8")
    values = {
        "new": uuid4(),
        "old": UUID(figure["id"].split(":")[1]),
        "measure": UUID(measure["id"].split(":")[1]),
    }
    copy = text(COPY.format(agency="caller_agency()", old="id"))
    with pytest.raises(DBAPIError, match="a coordinator of the lead"):
        async with portal.context("wirral.contributor").acting() as session:
            await session.execute(copy, values)
    async with portal.context(LEAD).acting() as session:
        await session.execute(copy, values)


async def test_a_correction_is_of_the_same_measure(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    other = await measured(portal, await defined_count(portal))
    figure = await record(portal, measure, value="8")
    values = {
        "new": uuid4(),
        "old": UUID(figure["id"].split(":")[1]),
        "measure": UUID(other["id"].split(":")[1]),
    }
    with pytest.raises(DBAPIError, match="same measure"):
        async with portal.context(LEAD).acting() as session:
            await session.execute(text(COPY.format(agency="caller_agency()", old="id")), values)


async def test_a_correction_needs_a_figure_that_can_be(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    wrong = await record(portal, measure, value="8")
    refused = await answer(
        portal, LEAD, "correctObservation", **of(wrong), figure={**OCTOBER, "value": "0.00001"}
    )
    assert refused["faults"] == {"figure.value": "BAD_NUMBER"}
    seen = await read(portal, LEAD, measure, "latest { value } allObservations { totalCount }")
    assert seen == {"latest": {"value": "8"}, "allObservations": {"totalCount": 1}}
