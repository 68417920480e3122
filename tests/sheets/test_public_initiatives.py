"""The public initiatives of Merseyside, typed in by hand, come in and go out equal."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.asking import Portal
from support.databases import empty_database
from support.workbooks import bring, brought, initiatives, taken

from auth.areas import BOROUGHS
from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership
from portal.sheets.format import INITIATIVES
from portal.store.build import build
from portal.store.server import Server

PCC, EVERY = (
    "Merseyside Police and Crime Commissioner",
    "Knowsley; Liverpool; Sefton; St Helens; Wirral",
)
STRATEGY = "merseysidepcc.info, VAWG strategy page"
LEADS = ("pcc.coordinator", "ariel.coordinator", "savera.coordinator", "uol.coordinator")
ROWS: list[dict[str, Any]] = [
    {"Initiative": "transport", "Title": "Safer Streets Liverpool: public transport", "Lead": PCC,
     "Themes": "transport; night-time economy", "Areas": "Liverpool", "Place": "bus stations",
     "Starts on": date(2022, 3, 7),
     "Summary": "CCTV at three bus stations, help points, safe spaces, bystander training for"
     " drivers, text reporting, patrols; a survey of 1,500 women found 54 % felt unsafe on public"
     " transport at night and 42 % by day",
     "Timing source": "liverpoolcityregion-ca.gov.uk, Safer Streets"},
    {"Initiative": "merseyside", "Title": "Safer Streets Merseyside", "Lead": PCC,
     "Themes": "night-time economy; education; workplace", "Areas": EVERY,
     "Summary": "volunteer guardians in the night-time economy, CCTV on student bus routes, work in"
     " 130 or more primary schools, an adult online course open to up to 53,000 employees",
     "Timing source": "liverpoolliveradio.com; liverpoolexpress.co.uk"},
    {"Initiative": "boroughs", "Title": "Safer Streets: Liverpool St Helens Knowsley", "Lead": PCC,
     "Themes": "public space", "Areas": "Liverpool; St Helens; Knowsley",
     "Summary": "33 CCTV cameras among the outputs reported", "Timing source": STRATEGY},
    {"Initiative": "plan", "Title": "Merseyside VAWG Delivery Plan", "Lead": PCC,
     "Areas": "E08000011; E08000012; E08000014; St. Helens; Wirral",
     "Starts on": date(2022, 11, 24),
     "Summary": "57 actions, signed by all leaders, action groups and milestones, overseen by the"
     " Merseyside Strategic Policing and Partnerships Board, progress report each November",
     "Timing source": "merseysidepcc.info, summit November 2022"},
    {"Initiative": "training", "Title": "Trauma-informed and domestic abuse training", "Lead": PCC,
     "Themes": "domestic abuse; workforce", "Areas": EVERY,
     "Summary": "5,101 partners trauma-trained; 1,800 officers trained on domestic abuse; 150"
     " champions", "Timing source": STRATEGY},
    {"Initiative": "selfie", "Title": "Send Me a Selfie", "Lead": "Ariel Trust",
     "Themes": "education; online", "Areas": EVERY, "Place": "schools",
     "Summary": "3,782 pupils took part", "Timing source": STRATEGY},
    {"Initiative": "honour", "Title": "Training on so-called honour-based abuse",
     "Lead": "Savera UK", "Themes": "honour-based abuse; workforce", "Areas": EVERY,
     "Summary": "more than 200 people trained", "Timing source": STRATEGY},
    {"Initiative": "campus", "Title": "Safe and welcoming campus",
     "Lead": "University of Liverpool", "Themes": "education; sexual violence",
     "Areas": "Liverpool", "Place": "campus",
     "Summary": "Report and Support service, consent module, bystander training by the students'"
     " guild", "Timing source": "liverpool.ac.uk, staff hub"},
]  # fmt: skip
for _row in ROWS:
    _row |= {"Stage": "live", "Visibility": "partners", "Source": _row["Timing source"]}
PARTS = {
    "transport": {"Liverpool City Council": "deliver", "Merseytravel": "host",
                  "Merseyside Police": "deliver"},
    "merseyside": {"Liverpool John Moores University": "deliver", "Merseyside Police": "deliver",
                   "Merseyside Violence Reduction Partnership": "support",
                   "RASA Merseyside": "support"},
    "boroughs": {"Liverpool City Council": "deliver", "St Helens Council": "deliver",
                 "Knowsley Council": "deliver"},
    "plan": {"about 50 partners": "support"},
    "training": {"Merseyside Police": "deliver"},
    "selfie": {PCC: "fund"},
    "honour": {PCC: "fund"},
    "campus": {"Liverpool Guild of Students": "deliver"},
}  # fmt: skip
PARTNERS = [
    {"Initiative": of, "Agency": agency, "Parts": part}
    for of, asked in PARTS.items()
    for agency, part in asked.items()
]
FUNDING = [
    {"Initiative": of, "Source": "Home Office Safer Streets Fund", "Amount": amount,
     "Note": "The year is not public."}
    for of, amount in (("transport", 270000), ("merseyside", "£576,000"), ("boroughs", "440000"))
]  # fmt: skip


@pytest.fixture(scope="module")
async def empty(server: Server, portal: Portal) -> AsyncIterator[Portal]:
    """A partnership that has just begun."""
    async with empty_database(server, "begun") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield Portal(portal.schema, engines.command)


def by_hand(path: Path, partners: list[dict[str, Any]]) -> Path:
    return initiatives(path, *ROWS, Partners=partners, Funding=FUNDING)


async def titles(portal: Portal, who: str) -> set[str]:
    """What somebody sees of it through the API."""
    found = await portal.ask(who, "{ initiatives(first: 100) { nodes { title } } }")
    return {each["title"] for each in found["initiatives"]["nodes"]}


async def test_they_come_in_are_seen_by_partners_alone_and_go_out_equal(
    empty: Portal, tmp_path: Path
):
    first = by_hand(tmp_path / "first.xlsx", PARTNERS)
    [fault] = (await bring(empty, "pcc.coordinator", first, mine=True)).faults
    assert (fault.sheet, fault.row, fault.column) == ("Partners", 12, "Agency")
    assert "about 50 partners" in fault.reason
    mended = by_hand(
        tmp_path / "mended.xlsx", [p for p in PARTNERS if p["Agency"] != "about 50 partners"]
    )
    for who in LEADS:
        await brought(empty, who, mended, mine=True)
    await check_who_sees_what(empty)
    for who in LEADS:
        again = await brought(empty, who, mended, mine=True)
        assert not any("new" in found or "changed" in found for found in again.values())
    for who, lead in zip(
        LEADS, (PCC, "Ariel Trust", "Savera UK", "University of Liverpool"), strict=True
    ):
        await check_they_go_out_equal(empty, who, lead)


async def check_who_sees_what(empty: Portal) -> None:
    """Each partner sees what it was asked into, everybody else nothing."""
    shown = {row["Initiative"]: row["Title"] for row in ROWS}
    assert await titles(empty, "pcc.coordinator") == {*shown.values()} - {shown["campus"]}
    assert await titles(empty, "merseytravel.contributor") == {shown["transport"]}
    assert await titles(empty, "rasa.contributor") == {shown["merseyside"]}
    assert await titles(empty, "sthelens.coordinator") == {shown["boroughs"]}
    for outsider in ("cheshire.viewer", "wirral.coordinator", "pcc.administrator", "icb.viewer"):
        assert await titles(empty, outsider) == set()


async def check_they_go_out_equal(empty: Portal, who: str, lead: str) -> None:
    """Every cell that was typed, as the portal spells it."""
    exported = await taken(empty, who, mine=True)
    heads = [column.header for column in INITIATIVES.columns]
    found = {row[1]: dict(zip(heads, row, strict=True)) for row in exported.rows["Initiatives"]}
    for row in ROWS:
        if row["Lead"] == lead:
            out = found[row["Title"]]
            for head, cell in row.items():
                if head not in {"Initiative", "Areas", "Themes"}:
                    assert str(out[head]) == str(cell), (row["Title"], head)
            areas = row["Areas"].replace("St. Helens", "St Helens")
            for code, name in BOROUGHS.items():
                areas = areas.replace(code, name)
            assert items(out["Areas"]) == items(areas)
            assert items(out["Themes"]) == items(row.get("Themes"))
            assert out["Timing"] == "unknown"
            reference = out["Initiative"]
            partners = {p[1]: (p[2], p[4]) for p in exported.rows["Partners"] if p[0] == reference}
            asked = {a: part for a, part in PARTS[row["Initiative"]].items() if "about" not in a}
            assert partners == {agency: (part, "invited") for agency, part in asked.items()}
            money = [str(f[4]) for f in exported.rows["Funding"] if f[0] == reference]
            given = [f["Amount"] for f in FUNDING if f["Initiative"] == row["Initiative"]]
            assert money == [str(cell).strip("£").replace(",", "") for cell in given]


def items(cell: Any) -> set[str]:
    """A list, whatever its order and capitals."""
    return {item.strip().lower().replace("-", " ") for item in str(cell or "").split(";")} - {""}
