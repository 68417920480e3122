"""What every table shares: naming of constraints, ids made in Python, states as text
with a check.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Enum, Integer, Numeric
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

Instant = DateTime(timezone=True)
Money = Numeric(14, 2)
Figure = Numeric(18, 4)
Keys = ARRAY(Integer)


def no_keys() -> list[int]:
    """What a row carries until its trigger has computed its keys.

    A function of ours, since pydantic reads the signature of a default's factory for each row, and
    that of the built-in `list` takes it longer than all the rest of the row.
    """
    return []


def choice(values: type[StrEnum], name: str) -> Any:  # noqa: ANN401 - a column type, whose class SQLAlchemy hides
    """Text with a CHECK of its values: an enum type's `=` is not leakproof and would lose its
    index.
    """
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=name,
        values_callable=lambda e: [member.value for member in e],
    )


class Row(SQLModel):
    """An identified row. Ids are random, so that they can neither be guessed nor counted."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
