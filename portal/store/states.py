"""What PostgreSQL says went wrong: its code, and the constraint that was not kept, wherever the
driver or SQLAlchemy has put them.
"""

from typing import Any

NO_ACCESS = "PA401"
"""Raised by the functions that open a caller: this token, session or id speaks for nobody."""
ACTS_AS_NOBODY = "PA402"
"""A session that is good, and whose person has not chosen a membership."""
CURSOR_STALE = "PA410"
FORBIDDEN = "42501"
"""A row rule, or a function of ours that knows better than its caller."""
CONSTRAINTS = frozenset({"23505", "23503", "23514", "23P01"})
GIVEN_UP = frozenset({"40P01", "40001"})
"""Two changes waited for each other and this one was given up: nothing of it has happened."""


def sqlstate(cause: BaseException) -> str | None:
    """PostgreSQL's error code."""
    state = _told(cause, "sqlstate")
    return state if isinstance(state, str) else None


def constraint_of(cause: BaseException) -> tuple[str, str] | None:
    """The table and the constraint, or unique index, that was not kept."""
    table, name = _told(cause, "table_name"), _told(cause, "constraint_name")
    return (table, name) if isinstance(table, str) and isinstance(name, str) else None


def _told(cause: BaseException, what: str) -> Any:  # noqa: ANN401 - whatever the driver keeps there
    layer: Any = cause
    for _ in range(3):  # SQLAlchemy's error, that of its adapter, the driver's own
        if (told := getattr(layer, what, None)) is not None:
            return told
        layer = getattr(layer, "orig", None) or getattr(layer, "__cause__", None)
    return None
