"""Global ids: the type's name and the row's UUID, readable for people and opaque for programs."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, literal_column

_SHAPE = re.compile(r"([A-Za-z]{1,40}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


LONG = 40
"""Characters of a text that a message repeats."""


class BadId(ValueError):
    """The text is not an id of this API."""

    def __init__(self, text: str) -> None:
        short = text if len(text) <= LONG else f"{text[:LONG]}…"
        plain = "".join(c if c.isprintable() else "?" for c in short)
        super().__init__(f"“{plain}” is not an id of this API: pass an `id` back unread.")


def to_global(type_name: str, row_id: UUID) -> str:
    """`Initiative:0f8f…`, the id that the API shows."""
    return f"{type_name}:{row_id}"


def from_global(text: str) -> tuple[str, UUID]:
    """The type's name and the row's id; BadId when the text has another form."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BadId(text)
    return found[1], UUID(found[2])


def global_id(type_name: str, column: ColumnElement[UUID]) -> ColumnElement[str]:
    """The same as `to_global`, in SQL."""
    return literal_column(f"'{type_name}:'", Text).concat(cast(column, Text))
