"""What a body defined and counted is its successor's to keep and to correct."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.asking import Portal, the_schema
from support.databases import empty_database
from support.initiating import agency, of
from support.measuring import COUNT, answer, correct, define, made, measured, record
from support.workbooks import brought, initiatives

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, load_partnership
from portal.store.build import build
from portal.store.server import Server

BEFORE, AFTER = "rasa.coordinator", "savera.coordinator"
WHOLE = {**COUNT, "name": "People trained by RASA"}


@pytest.fixture(scope="module")
async def partnership(server: Server) -> AsyncIterator[Portal]:
    """A database of its own, since an agency ends in it."""
    async with empty_database(server, "figures_succeeded") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield Portal(the_schema(), engines.command)


async def test_the_successor_keeps_definitions_and_corrects_figures(
    partnership: Portal, tmp_path: Path
) -> None:
    portal = partnership
    told, retired = [await define(portal, BEFORE, **WHOLE, per=None, numeratorLabel=None,
                                  denominatorLabel=None) for _ in range(2)]  # fmt: skip
    measure = await measured(portal, told)
    wrong = [await record(portal, measure, BEFORE, value="8", periodTo=f"2026-10-{day}")
             for day in (10, 20)]  # fmt: skip
    over = {"agency": agency("rasa"), "by": agency("savera"), "fromDay": str(DAY),
            "expectedVersion": 1}  # fmt: skip
    done = await portal.do("pcc.administrator", "succeedAgency", over)
    assert done["__typename"] == "AgencyPayload", done
    right = await correct(portal, wrong[0], AFTER, value="9", periodTo="2026-10-10")
    assert right["__typename"] == "ObservationPayload", right
    assert right["observation"]["recordedBy"] == {"shortName": "Savera"}
    await check_an_import_corrects_too(portal, tmp_path, measure, told)
    refused = await correct(portal, right["observation"], "sefton.coordinator", value="7")
    assert refused["__typename"] in {"NotPermitted", "NotFound"}
    newer = await made(portal, AFTER, "reviseMeasureDefinition", **of(told, words=WHOLE))
    assert newer["definedBy"] == {"shortName": "Savera"}
    gone = await made(portal, AFTER, "retireMeasureDefinition", **of(retired))
    assert gone["definedBy"] == {"shortName": "RASA"}
    stranger = await answer(portal, "sefton.coordinator", "retireMeasureDefinition", **of(told))
    assert stranger["rule"] == "measure.definer_keeps"


async def check_an_import_corrects_too(portal, tmp_path: Path, measure, told) -> None:
    shows = "query($id: ID!) { initiative(id: $id) { reference } }"
    found = await portal.ask(AFTER, shows, id=measure["initiative"]["id"])
    row = {
        "Initiative": found["initiative"]["reference"],
        "Measure": told["key"],
        "Period from": "2026-10-01",
        "Period to": "2026-10-20",
        "Value": 10,
        "Recorded by": "RASA",
    }
    file = initiatives(tmp_path / "figures.xlsx", Observations=[row])
    assert await brought(portal, AFTER, file) == {"Observations": {"changed": 1}}
