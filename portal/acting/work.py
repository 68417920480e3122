"""What a verb is given: the caller, the session, the request's one now, and the few things every
verb does.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from auth.caller import Caller
from portal.errors import Conflict, NotVisible

R = TypeVar("R", bound=SQLModel)
# No vowels, so that no word appears; no 0, 1, I, L or O, so that a code can be read out over the
# phone.
LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"


@dataclass(frozen=True)
class Warned:
    """Something was accepted that somebody should look at."""

    path: tuple[str, ...]
    message: str
    code: str


@dataclass
class Work:
    """One verb's transaction."""

    db: AsyncSession
    caller: Caller
    now: datetime
    today: date
    warnings: list[Warned] = field(default_factory=list)
    look: Callable[[UUID], Awaitable[bool]] | None = None
    demonstration: bool = False
    link: str | None = None
    """What the answer shows this once, and the portal does not keep: an invitation's link."""

    def warn(self, path: str, message: str, code: str) -> None:
        """Accept, and say what is odd about it; "" is the input as a whole."""
        self.warnings.append(Warned(tuple(filter(None, path.split("."))), message, code))

    async def seen(self, model: type[R], row_id: UUID, path: str = "id") -> R:
        """The row, if this caller sees it; NotVisible names the field that holds the id."""
        found = (
            await self.db.execute(select(model).where(_id(model) == row_id))
        ).scalar_one_or_none()
        if found is None:
            raise NotVisible(path.split("."))
        return found

    async def hold(self, row: R, expected_version: int) -> R:
        """Lock the row; Conflict when it is no longer as the caller read it.

        Ask the access rules first: a row that the caller may not change cannot be locked.
        """
        await self._hold_parent_of(row)
        wanted = select(type(row)).where(_id(type(row)) == row.id)  # type: ignore[attr-defined]
        held = await self._afresh(wanted.with_for_update())
        if held is None:
            # A change that we waited for took the right to this one, or the sight of the row.
            held = await self._afresh(wanted)
            if held is None:
                raise NotVisible
            raise Conflict(current=held.version)  # type: ignore[attr-defined]
        return self.unchanged(held, expected_version)

    @staticmethod
    def unchanged(row: R, expected_version: int) -> R:
        """The row; Conflict when it is no longer as the caller read it. For rows that a definer
        function changes; `hold` also locks.
        """
        current: int = row.version  # type: ignore[attr-defined]  # only versioned rows are asked for
        if current != expected_version:
            raise Conflict(current=current)
        return row

    async def _hold_parent_of(self, row: R) -> None:
        """What hangs on an initiative or on a referral is locked after it, by everyone: nobody
        waits in a ring.
        """
        initiative, referral = (
            getattr(row, "initiative_id", None),
            getattr(row, "referral_id", None),
        )
        if initiative is not None:
            moving = getattr(type(row), "MOVES_KEYS", False)
            await self.db.execute(select(func.hold_initiative(initiative, moving)))
        if referral is not None:
            await self.db.execute(select(func.hold_referral(referral)))

    async def _afresh(self, wanted: SelectOfScalar[R]) -> R | None:
        found = await self.db.execute(wanted, execution_options={"populate_existing": True})
        return found.scalar_one_or_none()

    async def own_agencies(self) -> frozenset[UUID]:
        """The caller's agency and those it took over from."""
        return frozenset((await self.db.execute(select(func.caller_agencies()))).scalar_one())

    async def last_look(self, row_id: UUID) -> None:
        """Read the answer now: the step that follows ends the caller's own sight of the row."""
        await self.db.flush()
        if self.look is not None:
            await self.look(row_id)


def _id(model: type[SQLModel]) -> Any:  # noqa: ANN401 - the id column of any table
    return col(model.id)  # type: ignore[attr-defined]  # every Row has one


def reference(prefix: str) -> str:
    """A random short code such as `VG-7K2P9W`: it says nothing about how many there are."""
    return f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"


@event.listens_for(Session, "before_flush")
def _date_new_rows(session: Session, *_: object) -> None:
    """New rows get the request's now; the database dates changes itself."""
    now = session.info.get("now")
    if now is not None:
        for row in session.new:
            for name in ("created_at", "updated_at"):
                if getattr(row, name, now) is None:
                    setattr(row, name, now)
