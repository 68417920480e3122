"""Whether a database may be filled with sample data: never one that agencies work in."""

from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.sample.partnership import agency_id


class Ground(StrEnum):
    """What a database holds."""

    EMPTY = "empty"
    SAMPLE = "sample"
    IN_USE = "in_use"


async def ground(owner: AsyncConnection) -> Ground:
    """Nobody but the sample has an agency with the sample's id."""
    agencies = await owner.execute(
        text("SELECT count(*), bool_or(id = :sample) FROM agency"), {"sample": agency_id("police")}
    )
    count, sample = agencies.one()
    if count == 0:
        return Ground.EMPTY
    return Ground.SAMPLE if sample else Ground.IN_USE
