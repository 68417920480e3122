"""What holds: it is confirmed, and its first day has come. Until then the row before it does."""

from datetime import date

from sqlalchemy import ColumnElement, and_, select

from portal.errors import Invalid
from portal.proposals.tables import ProposalState, Proposed
from portal.reading.declare import Columns
from portal.store.rules import table_of


def holds(row: Proposed, today: date) -> bool:
    """Whether it is confirmed, and its first day has come."""
    return row.state is ProposalState.CONFIRMED and row.valid_from <= today


def holding(row: Columns, today: ColumnElement[date]) -> ColumnElement[bool]:
    """The same in SQL."""
    return and_(row.state == ProposalState.CONFIRMED, row.valid_from <= today)


def latest(
    row: Columns, model: type[Proposed], today: ColumnElement[date], *same: str
) -> ColumnElement[bool]:
    """In SQL: it holds, and none that is the `same` has begun later."""
    later = table_of(model).alias().c
    alike = (later[name].is_not_distinct_from(getattr(row, name)) for name in same)
    found = select(later.id).where(*alike, later.valid_from > row.valid_from, holding(later, today))
    return holding(row, today) & ~found.correlate(row.id.table).exists()


def must_hold(row: Proposed, path: str, name: str, today: date) -> None:
    """Nothing is built on what may yet be declined."""
    if holds(row, today):
        return
    waits = {
        ProposalState.PROPOSED: "waits for a second person to confirm it",
        ProposalState.CONFIRMED: f"is valid from {row.valid_from} on",
        ProposalState.DECLINED: "was declined",
    }[row.state]
    raise Invalid.field(path, f"{name!r} {waits}. Choose another.", "NOT_IN_FORCE")
