"""Fields that an agreement may not cover: null then, and the answer's extensions say which."""

from dataclasses import dataclass
from typing import Any

from portal.reading.declare import Expression, Read
from portal.reading.jsonsql import constant
from portal.reading.pieces import Piece

NOT_COVERED = "NOT_COVERED"
"""What is there, if anything, is of a kind that the agreement leaves out."""
PARTLY_COVERED = "PARTLY_COVERED"
"""The same of some of it."""
WITHHELD: dict[str, str] = {
    NOT_COVERED: "The agreement by which you have the record does not cover this kind of data.",
    PARTLY_COVERED: "It does not cover all kinds of data that may be here; what it covers is.",
}
"""The codes of `extensions.withheld`."""


@dataclass(frozen=True)
class Covered(Read):
    """Read so unless it is withheld; `lacks` says that of a row, and only of rows that are open."""

    read: Read
    lacks: Expression
    code: str


def covered(field: Any, lacks: Expression, *, partly: bool = False) -> Any:  # noqa: ANN401 - a Strawberry field
    """The field, of which the answer says where `lacks` holds; null there, unless only a part is
    withheld, which is not in the rows then.
    """
    code = PARTLY_COVERED if partly else NOT_COVERED
    field.metadata = {**field.metadata, "read": Covered(field.metadata["read"], lacks, code)}
    return field


@dataclass(frozen=True)
class Lacking:
    """A field that is asked of a row which is being opened, and when it is withheld."""

    key: str
    condition: Piece
    code: str

    def entry(self, outer: str, condition: str) -> str:
        """SQL of its entry in the answer's extensions; NULL where it is shown."""
        for key in (outer, self.key):
            constant(key)
        said = f'{{"path":["{outer}","{self.key}"],"code":"{self.code}"}}'
        return f"CASE WHEN {condition} THEN '{said}' END"
