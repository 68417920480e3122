"""How records of cases are marked: each says so itself, wherever it is read or told of."""

from sqlalchemy import ColumnElement, Text, literal_column

HANDLING = "OFFICIAL-SENSITIVE. For the teams it is addressed to; do not copy, print or pass on."
"""The marking of every case record, and what it asks of who reads it."""
MARKING = "Its marking, and what it asks of whoever reads it."
"""What the field `handling` is."""


def marking(*_: object) -> ColumnElement[str]:
    """The marking, as SQL."""
    return literal_column(f"'{HANDLING}'::text", Text)
