"""What the database holds sealed, and sealing it anew."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

from auth.keys.ring import KeyRing, sealed_with

BATCH = 500
SEALED = "sealed"
"""A column of this name holds what only the key ring opens, in any table."""


def place(table: str, row: object) -> str:
    """What the sealed column of a row is about: in another row it does not open."""
    return f"{table}/{row}/{SEALED}"


@dataclass(frozen=True)
class Progress:
    """How far sealing anew has come with one table."""

    table: str
    done: int
    of: int


def sealed_columns() -> Iterator[Column[Any]]:
    """Every one that is declared; the portal's tables must have been imported."""
    for table in SQLModel.metadata.sorted_tables:
        yield from (column for column in table.columns if column.name == SEALED)


async def sealed_under(owner: AsyncEngine) -> Counter[int]:
    """How many values need each wrapping key, by its number."""
    found: Counter[int] = Counter()
    async with owner.connect() as db:
        for column in sealed_columns():
            number = _number(column)
            counted = select(number, func.count()).select_from(column.table).group_by(number)
            for name, count in (await db.execute(counted)).all():
                found[int.from_bytes(name)] += count
    return found


async def reseal(owner: AsyncEngine, ring: KeyRing) -> AsyncIterator[Progress]:
    """Seal what older keys sealed with the current one, a batch in each transaction.

    It can be interrupted and begun again; meanwhile everything opens, and others may write.
    """
    for column in sealed_columns():
        of, done = await _older(owner, column, ring), 0
        while of and (moved := await _batch(owner, column, ring)):
            done += moved
            yield Progress(str(column.table), done, of)


async def _older(owner: AsyncEngine, column: Column[Any], ring: KeyRing) -> int:
    async with owner.connect() as db:
        counted = select(func.count()).select_from(column.table).where(_old(column, ring))
        return (await db.execute(counted)).scalar_one()


async def _batch(owner: AsyncEngine, column: Column[Any], ring: KeyRing) -> int:
    table = column.table
    if not isinstance(table, Table):
        raise TypeError(f"{column} stands in no table")
    [key] = table.primary_key.columns
    async with owner.begin() as db:
        wanted = select(key, column).where(_old(column, ring)).limit(BATCH).with_for_update()
        rows = (await db.execute(wanted)).all()
        for row, sealed in rows:
            about = place(table.name, row)
            anew = ring.seal(ring.open(sealed, about), about)
            if sealed_with(anew) == sealed_with(sealed):
                raise RuntimeError("The keys have not changed.")
            await db.execute(update(table).where(key == row).values({column: anew}))
    return len(rows)


def _old(column: Column[Any], ring: KeyRing) -> Any:  # noqa: ANN401 - a condition
    return _number(column) != _bytes(ring.vault.wrapping_version())


def _number(column: Column[Any]) -> Any:  # noqa: ANN401 - four bytes of the value
    return func.substr(column, 2, 4)


def _bytes(version: int) -> bytes:
    return version.to_bytes(4)
