"""The refusals a verb may raise; everything else is a fault of ours."""

from collections.abc import Sequence
from dataclasses import dataclass


class Refusal(Exception):
    """A request was understood and turned down; the message is for a person to read."""


class NotVisible(Refusal):
    """The record does not exist for this caller: hidden and missing are one answer."""

    def __init__(self, path: Sequence[str] = ("id",)) -> None:
        super().__init__("No such record, or it is not shared with you.")
        self.path = tuple(path)


class NotAllowed(Refusal):
    """The record is visible, and this change to it is not this caller's to make."""

    def __init__(self, message: str, *, rule: str, granted_by: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.granted_by = granted_by


@dataclass(frozen=True)
class Finding:
    """One fault in the input: which field (as a path from the input object), and what to do."""

    path: tuple[str, ...]
    message: str
    code: str = "INVALID"


class Invalid(Refusal):
    """The input cannot be accepted; each finding names a field and a remedy."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{'.'.join(f.path)}: {f.message}" for f in findings))
        self.findings = findings

    @classmethod
    def field(cls, name: str, message: str, code: str = "INVALID") -> "Invalid":
        """One finding about the field `name` (dots separate the steps of a path)."""
        return cls(Finding(tuple(name.split(".")), message, code))


class Conflict(Refusal):
    """Somebody else changed the record first; `current` is the version it has now."""

    def __init__(self, current: int, message: str | None = None) -> None:
        super().__init__(
            message
            or "This record has changed since you read it. Read it again and repeat your change."
        )
        self.current = current
