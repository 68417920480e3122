"""Writing past the verbs: statements and rows straight into a caller's transaction."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from support.asking import Portal

REFUSED = "new row violates row-level security policy"


def plain(row: dict[str, Any]) -> UUID:
    """The id as the database has it."""
    return UUID(row["id"].partition(":")[2])


def said(problem: DBAPIError) -> tuple[str, str]:
    """SQLSTATE and text of what the database answered."""
    cause = problem.orig
    assert cause is not None
    return str(getattr(cause, "sqlstate", "")), str(cause)


async def attempt(portal: Portal, who: str, sql: str, /, **given: Any) -> tuple[str, str]:
    """How the database refuses this statement of a caller's."""
    async with portal.context(who).acting() as session:
        with pytest.raises(DBAPIError) as refused:
            await session.execute(text(sql), given)
        await session.rollback()
    return said(refused.value)


async def adding(portal: Portal, who: str, row: SQLModel) -> tuple[str, str] | None:
    """How the database refuses this row; None when it takes it (and forgets it again)."""
    async with portal.context(who).acting() as session:
        session.add(row)
        try:
            await session.flush()
        except DBAPIError as problem:
            return said(problem)
        finally:
            await session.rollback()
    return None
