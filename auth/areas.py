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
SINCE, REGION_SINCE = date(2009, 4, 1), date(2014, 4, 1)


def areas() -> list[Area]:
    """The boroughs, Halton, the force's area and the city region."""
    found = [_area(code, name) for code, name in BOROUGHS.items()]
    found.append(_area(HALTON, "Halton", policed=False))
    found.append(_area(FORCE_AREA, "Merseyside", AreaKind.FORCE_AREA))
    region = _area(CITY_REGION, "Liverpool City Region", AreaKind.COMBINED_AUTHORITY, policed=False)
    region.valid_from = REGION_SINCE
    return [*found, region]


def parts() -> list[AreaPart]:
    """Which lies within which."""
    found = [AreaPart(whole_code=FORCE_AREA, part_code=code) for code in BOROUGHS]
    within = (*BOROUGHS, HALTON)
    return found + [AreaPart(whole_code=CITY_REGION, part_code=code) for code in within]


async def furnish_areas(owner: AsyncConnection) -> None:
    """Write those that are not there; what an operator has changed stays."""
    for row in (*areas(), *parts()):
        put = insert(table_of(type(row))).values(row.model_dump())
        await owner.execute(put.on_conflict_do_nothing())


def _area(code: str, name: str, kind: AreaKind = AreaKind.BOROUGH, *, policed: bool = True) -> Area:
    return Area(code=code, name=name, kind=kind, in_force_area=policed, valid_from=SINCE)
