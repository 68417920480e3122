"""What is planned is written in bulk: some thousand rows in a statement, under the caller's rules.

One JSON value carries the rows, so that PostgreSQL plans once and asks once who is calling.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from portal.acting.work import reference
from portal.actions.tables import Action, ActionMove
from portal.frameworks.tables import InitiativeEntry, InitiativeTheme
from portal.funding.tables import FundingLine
from portal.initiatives.tables import (
    Initiative,
    InitiativeArea,
    Partner,
    RatingSet,
    StageMove,
)
from portal.measures.tables import Measure, Observation
from portal.sheets.plan import Plan
from portal.store.rules import table_of

CHUNK = 1_000
FEW = 250
"""New initiatives at a time: where a reference is taken, these draw again."""
DRAWS = 20
IN_ORDER: tuple[type[SQLModel], ...] = (
    Initiative, Partner, InitiativeArea, InitiativeTheme, InitiativeEntry, StageMove, RatingSet,
    FundingLine, Action, ActionMove, Measure, Observation,
)  # fmt: skip
"""Parents first. Partners come early: each gives the rows of its initiative new keys."""
KEPT = frozenset({"id", "acl", "version", "created_at", "updated_at"})
Told = Callable[[int], object]


class Overtaken(Exception):
    """Somebody changed one of these records while the import was running."""


async def write(db: AsyncSession, plan: Plan, told: Told) -> None:
    """Everything planned; `told` hears how many rows have just been written."""
    for model in IN_ORDER:
        for row_ids in _chunks(plan.removed[model], CHUNK):
            await _remove(db, model, row_ids)
        for rows in _chunks(plan.changed[model], CHUNK):
            await _change(db, model, rows)
            told(len(rows))
        size = FEW if model is Initiative else CHUNK
        for rows in _chunks(plan.added[model], size):
            await (_add_initiatives if model is Initiative else _add)(db, rows)
            told(len(rows))


def _chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


async def _add_initiatives(db: AsyncSession, rows: Sequence[Any]) -> None:
    """Only the unique constraint knows the references of rows that this caller does not see."""
    for left in reversed(range(DRAWS)):
        try:
            async with db.begin_nested():
                await _add(db, rows)
        except IntegrityError as error:
            if "initiative_reference_key" not in str(error.orig) or not left:
                raise
            for row in rows:
                row.reference = reference("VG")
        else:
            return


async def _add(db: AsyncSession, rows: Sequence[SQLModel]) -> None:
    table = table_of(type(rows[0])).name
    names = ", ".join(f'"{name}"' for name in table_of(type(rows[0])).columns.keys())  # noqa: SIM118 - a column collection
    await db.execute(
        text(
            f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608 - our own names
            f" FROM json_populate_recordset(NULL::{table}, CAST(:rows AS text)::json)"
        ),
        {"rows": _json(rows)},
    )


async def _change(db: AsyncSession, model: type[SQLModel], rows: Sequence[Any]) -> None:
    table = table_of(model)
    names = [f'"{name}"' for name in table.columns.keys() if name not in KEPT]  # noqa: SIM118
    theirs = ", ".join(f"new.{name}" for name in names)
    done = await db.execute(
        text(
            # The version moves even where only a link of the initiative has changed.
            f"UPDATE {table.name} old SET ({', '.join(names)}, version)"  # noqa: S608 - our own names
            f" = ROW({theirs}, new.version + 1)"
            f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS text)::json) new"
            " WHERE old.id = new.id AND old.version = new.version"
        ),
        {"rows": _json(rows)},
    )
    _must_be(done, len(rows))


async def _remove(db: AsyncSession, model: type[SQLModel], row_ids: Sequence[UUID]) -> None:
    ids = json.dumps([str(row_id) for row_id in row_ids])
    done = await db.execute(
        text(
            f"DELETE FROM {table_of(model).name} WHERE id IN"  # noqa: S608 - our own names
            " (SELECT value::uuid FROM json_array_elements_text(CAST(:ids AS text)::json))"
        ),
        {"ids": ids},
    )
    _must_be(done, len(row_ids))


def _must_be(done: object, wanted: int) -> None:
    if not isinstance(done, CursorResult) or done.rowcount != wanted:
        raise Overtaken


def _json(rows: Sequence[SQLModel]) -> str:
    names = list(table_of(type(rows[0])).columns.keys())
    plain = [{name: getattr(row, name) for name in names} for row in rows]
    return json.dumps(plain, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in SQL")
