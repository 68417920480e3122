"""Places, by their codes: those there are today, and which lies within which."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import live

from portal.sample.partnership import DAY
from portal.store.engines import Engines

ADD = text(
    "INSERT INTO area (code, name, kind, in_force_area, valid_from, valid_to)"
    " VALUES ('E08999999', 'Newborough', 'borough', true, :first, :last)"
)


@pytest.mark.parametrize(
    ("first", "last", "known"),
    [(0, None, True), (0, 0, True), (1, None, False), (-9, -1, False)],
)
async def test_only_the_places_of_today_are_listed(
    portal: Portal, engines: Engines, first: int, last: int | None, known: bool
) -> None:
    days = {
        "first": DAY + timedelta(days=first),
        "last": None if last is None else DAY + timedelta(days=last),
    }
    async with engines.owner.begin() as owner:
        await owner.execute(ADD, days)
    try:
        areas = (await portal.ask("wirral.viewer", "{ areas { nodes { code } } }"))["areas"][
            "nodes"
        ]
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(text("DELETE FROM area WHERE code = 'E08999999'"))
    assert ("E08999999" in {area["code"] for area in areas}) is known


async def test_a_part_of_a_part_is_a_part_in_the_sample(engines: Engines) -> None:
    async with engines.owner.connect() as owner:
        found = await owner.execute(text("SELECT whole_code, part_code FROM area_part"))
        parts = {(whole, part) for whole, part in found}
    assert parts
    assert {(a, d) for a, b in parts for c, d in parts if b == c} <= parts
    assert all(whole != part for whole, part in parts)


async def test_agencies_reach_beyond_the_force_area_and_lie_outside_it(portal: Portal) -> None:
    asked = "{ agencies(first: 100) { nodes { shortName areas { nodes { name inForceArea } } } } }"
    agencies = (await portal.ask("wirral.viewer", asked))["agencies"]["nodes"]
    works = {
        agency["shortName"]: {
            area["name"]: area["inForceArea"] for area in agency["areas"]["nodes"]
        }
        for agency in agencies
    }
    assert works["Edge Hill"] == {"West Lancashire": False}
    assert works["Cheshire Police"] == {"Cheshire": False, "Halton": False}
    assert works["LCRCA"]["Halton"] is False
    assert works["LCRCA"]["Wirral"] is True


async def test_what_covers_a_neighbour_covers_its_boroughs(portal: Portal) -> None:
    row = await live(portal, title="Trains to Ormskirk", areas=["E23000003"], visibility="PUBLIC")
    asked = (
        'query($c: String!) { initiatives(filter: {area: $c, text: "Ormskirk"}) { nodes { id } } }'
    )
    for code, there in (("E07000127", True), ("E23000003", True), ("E06000006", False)):
        found = (await portal.ask("wirral.viewer", asked, c=code))["initiatives"]["nodes"]
        assert ({"id": row["id"]} in found) is there, code
