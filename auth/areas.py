"""The places of the partnership, by their ONS codes: rows that every database holds."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.tables import Area, AreaKind, AreaPart
from portal.store.rules import table_of

BOROUGHS = {
    "E08000011": "Knowsley",
    "E08000012": "Liverpool",
    "E08000013": "St Helens",
    "E08000014": "Sefton",
    "E08000015": "Wirral",
}
FORCE_AREA, CITY_REGION, HALTON = "E23000004", "E47000004", "E06000006"
"""Halton lies in the city region, and Cheshire polices it."""
CHESHIRE, LANCASHIRE, WEST_LANCASHIRE = "E23000006", "E23000003", "E07000127"
"""The forces next door, and the borough where a university of the partnership lies."""
SINCE, REGION_SINCE = date(2009, 4, 1), date(2014, 4, 1)


def areas() -> list[Area]:
    """The boroughs and the force's area, the city region, and what lies beyond."""
    found = [_area(code, name) for code, name in BOROUGHS.items()]
    found.append(_area(FORCE_AREA, "Merseyside", AreaKind.FORCE_AREA))
    for code, name in ((HALTON, "Halton"), (WEST_LANCASHIRE, "West Lancashire")):
        found.append(_area(code, name, policed=False))
    for code, name in ((CHESHIRE, "Cheshire"), (LANCASHIRE, "Lancashire")):
        found.append(_area(code, name, AreaKind.FORCE_AREA, policed=False))
    region = _area(CITY_REGION, "Liverpool City Region", AreaKind.COMBINED_AUTHORITY, policed=False)
    region.valid_from = REGION_SINCE
    return [*found, region]


def parts() -> list[AreaPart]:
    """Which lies within which."""
    within = {
        FORCE_AREA: tuple(BOROUGHS),
        CITY_REGION: (*BOROUGHS, HALTON),
        CHESHIRE: (HALTON,),
        LANCASHIRE: (WEST_LANCASHIRE,),
    }
    return [
        AreaPart(whole_code=whole, part_code=part)
        for whole, some in within.items()
        for part in some
    ]


async def furnish_areas(owner: AsyncConnection) -> None:
    """Write those that are not there; what an operator has changed stays."""
    for row in (*areas(), *parts()):
        put = insert(table_of(type(row))).values(row.model_dump())
        await owner.execute(put.on_conflict_do_nothing())


def _area(code: str, name: str, kind: AreaKind = AreaKind.BOROUGH, *, policed: bool = True) -> Area:
    return Area(code=code, name=name, kind=kind, in_force_area=policed, valid_from=SINCE)
