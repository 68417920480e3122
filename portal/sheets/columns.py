"""What a column of the format is: its header, what may stand in its cells, and what it says."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Kind(Enum):
    """What stands in a cell."""

    TEXT = auto()
    CHOICE = auto()
    LIST = auto()
    DAY = auto()
    NUMBER = auto()
    MONEY = auto()
    YEAR = auto()
    YES = auto()


_ALLOWED = {
    Kind.TEXT: "text",
    Kind.LIST: "names with a semicolon between",
    Kind.DAY: "a date cell, or text such as 2026-11-16",
    Kind.NUMBER: "a number, at most four decimal places",
    Kind.MONEY: "pounds, such as 270000 or 270000.50",
    Kind.YEAR: "a financial year such as 2026/27",
    Kind.YES: "yes or no",
}


@dataclass(frozen=True)
class Column:
    """One column. `path` is where the API's checks say that a fault is."""

    header: str
    help: str
    kind: Kind = Kind.TEXT
    example: str = ""
    required: bool = False
    choices: type[StrEnum] | None = None
    limit: int = 0
    lines: bool = False
    path: str = ""

    @property
    def field(self) -> str:
        """Its name in Python."""
        return self.header.lower().replace(" ", "_")

    @property
    def allowed(self) -> str:
        """What may stand in it, in words."""
        if self.choices is not None:
            several = "; several with a semicolon between" if self.kind is Kind.LIST else ""
            return ", ".join(shown(choice) for choice in self.choices) + several
        if self.kind is Kind.TEXT and self.limit:
            return f"text, at most {self.limit:,} characters"
        return _ALLOWED[self.kind]


@dataclass(frozen=True)
class Sheet:
    """One sheet."""

    name: str
    help: str
    columns: tuple[Column, ...]

    def at(self, field: str) -> Column:
        """The column of that field."""
        return next(column for column in self.columns if column.field == field)

    def of_path(self, path: tuple[str, ...]) -> Column | None:
        """The column that a finding of the API's checks is about."""
        given = ".".join(path)
        for column in self.columns:
            if column.path and (given == column.path or given.startswith(column.path + ".")):
                return column
        return None


def shown(choice: StrEnum) -> str:
    """A state as people write it: `open ended`."""
    return choice.value.replace("_", " ")
