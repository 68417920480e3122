"""A file that names a body which has ended is its successor's: nothing comes in twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.asking import Portal, the_schema
from support.databases import empty_database
from support.initiating import agency
from support.measuring import COUNT, define
from support.workbooks import bring, brought, initiatives

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import DAY, load_partnership
from portal.store.build import build
from portal.store.server import Server

BEFORE, AFTER = "rasa.coordinator", "savera.coordinator"
PER = {"per": None, "numeratorLabel": None, "denominatorLabel": None}


@pytest.fixture(scope="module")
async def partnership(server: Server) -> AsyncIterator[Portal]:
    """A database of its own, since an agency ends in it."""
    async with empty_database(server, "files_succeeded") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield Portal(the_schema(), engines.command)


def file(path: Path, measure: str, value: int = 8, **more: str) -> Path:
    """What RASA keeps, in its own words."""
    ours = {"Initiative": "our-nights"}
    return initiatives(
        path / f"{value}.xlsx",
        {**ours, "Title": "Safer nights", "Lead": "RASA Merseyside", "Visibility": "partners",
         **more},
        Partners=[{**ours, "Agency": "Wirral Council", "Parts": "deliver"}],
        Actions=[{**ours, "Title": "Train the staff", "Agency": "RASA", "Team": "Prevention",
                  "Due on": "2026-12-01"}],
        Measures=[{**ours, "Measure": measure}],
        Observations=[{**ours, "Measure": measure, "Period from": "2026-10-01",
                       "Period to": "2026-10-31", "Value": value}],
    )  # fmt: skip


async def test_the_successor_goes_on_with_the_files_of_the_body_it_took_over(
    partnership: Portal, tmp_path: Path
) -> None:
    portal = partnership
    told = await define(portal, BEFORE, **{**COUNT, **PER, "name": "People trained by RASA"})
    first = file(tmp_path, told["key"])
    assert {"new": 1} in (await brought(portal, BEFORE, first)).values()
    over = {"agency": agency("rasa"), "by": agency("savera"), "fromDay": str(DAY),
            "expectedVersion": 1}  # fmt: skip
    done = await portal.do("pcc.administrator", "succeedAgency", over)
    assert done["__typename"] == "AgencyPayload", done
    sheets = ("Initiatives", "Partners", "Actions", "Measures", "Observations")
    assert await brought(portal, AFTER, first) == {sheet: {"unchanged": 1} for sheet in sheets}
    changed = await brought(portal, AFTER, file(tmp_path, told["key"], 9, Place="stations"))
    assert (changed["Initiatives"], changed["Observations"]) == ({"changed": 1}, {"changed": 1})
    found = "{ initiatives(filter: { mine: true }) { nodes { place lead { shortName } } } }"
    assert (await portal.ask(AFTER, found))["initiatives"]["nodes"] == [
        {"place": "stations", "lead": {"shortName": "Savera"}}
    ]


async def test_a_partner_is_its_successor_and_nobody_new_is_asked_in_its_place(
    partnership: Portal, tmp_path: Path
) -> None:
    ours = {"Initiative": "wirral-nights"}

    def with_partner(name: str) -> Path:
        row = {**ours, "Title": "Nights", "Visibility": "partners"}
        asked = {**ours, "Agency": name, "Parts": "support"}
        return initiatives(tmp_path / f"{name}.xlsx", row, Partners=[asked])

    await brought(partnership, "wirral.coordinator", with_partner("Ariel Trust"))
    over = {"agency": agency("ariel"), "by": agency("ldas"), "fromDay": str(DAY),
            "expectedVersion": 1}  # fmt: skip
    await partnership.do("pcc.administrator", "succeedAgency", over)
    again = await brought(partnership, "wirral.coordinator", with_partner("Ariel Trust"))
    assert again["Partners"] == {"unchanged": 1}
    [fault] = (await bring(partnership, "wirral.coordinator", with_partner("RASA"))).faults
    assert fault.remedy == "Ask Savera UK, which took over."


async def test_a_stranger_is_not_led_by_it_to_what_another_agency_calls_so(
    partnership: Portal, tmp_path: Path
) -> None:
    told = await define(partnership, "wirral.coordinator", **COUNT)
    theirs = file(tmp_path, told["key"], 7)
    faults = (await bring(partnership, "wirral.coordinator", theirs)).faults
    assert faults[0].rule == "initiative.lead_logs"
    assert faults[0].reason.startswith("Savera UK leads it")
