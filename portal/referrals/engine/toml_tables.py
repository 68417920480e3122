"""Reading a TOML file strictly: each fault names its file and key, and says what to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAMES = "a name has at most 40 small letters, digits and _, and begins with a letter"


@dataclass(frozen=True)
class Fault:
    """What is wrong at one key of one file, and the remedy."""

    file: str
    key: str
    says: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.says}" if self.key else f"{self.file}: {self.says}"


class BadPathway(ValueError):
    """A file that is no pathway; it has all its faults, each with a remedy."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def unknown(word: str, noun: str, known: Iterable[str]) -> str:
    """That there is no such thing, what was perhaps meant, and what there is."""
    names = sorted(known)
    near = get_close_matches(word, names, 1)
    meant = f' Did you mean "{near[0]}"?' if near else ""
    return f'there is no {noun} "{word}".{meant} Use one of: {", ".join(names) or "none"}.'


@dataclass
class Table:
    """One table of a file. What is faulty is noted in `faults`, and a stand-in is returned."""

    file: str
    key: str
    raw: Mapping[str, object]
    faults: list[Fault] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    def fault(self, key: str, says: str) -> None:
        """Note a fault at a key below this table."""
        self.faults.append(Fault(self.file, ".".join(filter(None, (self.key, key))), says))

    def has(self, key: str) -> bool:
        """Whether the file says anything of it."""
        return key in self.raw

    def text(self, key: str, default: str | None = None) -> str:
        """Words for people, or a name; required without a default."""
        found = self._of(key, str, "text in quotation marks", default)
        if found is not None and not found.strip():
            self.fault(key, "is empty: write what it means in plain English.")
        return " ".join((found or "").split())

    def text_or_none(self, key: str) -> str | None:
        """Words, where there are any."""
        return self.text(key) if self.has(key) else None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """true or false."""
        return bool(self._of(key, bool, "true or false", default))

    def number(self, key: str) -> int:
        """A whole number of at least one."""
        found = self._of(key, int, "a whole number", None)
        if found is None or isinstance(found, bool) or found < 1:
            self.fault(key, "must be a whole number of at least 1.")
            return 1
        return found

    def day(self, key: str) -> date:
        """A date, without quotation marks."""
        return self._of(key, date, "a date like 2026-04-01, without quotation marks", None) or (
            date.min
        )

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """One word of an enumeration."""
        said = self.text(key, default.value if default else None)
        return self.one_of(key, said, kind) or next(iter(kind))

    def choices(self, key: str, kind: type[E]) -> tuple[E, ...]:
        """A list of such words; none where it says nothing."""
        found = (self.one_of(key, said, kind) for said in self.texts(key))
        return tuple(one for one in found if one)

    def one_of(self, key: str, said: str, kind: type[E]) -> E | None:
        """The enumeration's member of that word; None is noted as a fault."""
        if said in {one.value for one in kind}:
            return kind(said)
        noun = re.sub("(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
        if said:
            self.fault(key, unknown(said, noun, [one.value for one in kind]))
        return None

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        found = self.raw.get(key, [])
        self._asked.add(key)
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.fault(key, 'must be a list of texts, such as ["one", "two"].')
            return ()
        if required and not listed:
            self.fault(key, "is missing: say at least one.")
        return tuple(str(one) for one in listed)

    def table(self, key: str) -> "Table":
        """The table of that name; empty where there is none."""
        self._asked.add(key)
        found = self.raw.get(key, {})
        if not isinstance(found, dict):
            self.fault(key, f"must be a table: write [{key}] on a line of its own.")
            found = {}
        return self._child(key, found)

    def tables(self, key: str) -> dict[str, "Table"]:
        """The tables below that key, each under a name of its own."""
        inside = self.table(key)
        for name, raw in inside.raw.items():
            if not NAME.fullmatch(name):
                inside.fault(name, f"is no name that can be used: {_NAMES}.")
            if not isinstance(raw, dict):
                inside.fault(name, f"must be a table: write [{inside.key}.{name}].")
        return {name: inside.table(name) for name in inside.raw}

    def rows(self, key: str) -> list["Table"]:
        """The tables of a list, [[key]]."""
        self._asked.add(key)
        found = self.raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.fault(key, f"must be a list of tables: write [[{key}]] above each.")
            return []
        return [self._child(f"{key}[{at}]", row) for at, row in enumerate(found, 1)]

    def pairs(self, key: str) -> dict[str, str]:
        """Names with texts."""
        inside = self.table(key)
        return {name: inside.text(name) for name in inside.raw}

    def no_more(self) -> None:
        """Whatever was not asked for is a mistake, most often a misspelt key."""
        for key in self.raw.keys() - self._asked:
            self.fault(key, unknown(key, "key", sorted(self._asked)))

    def _child(self, key: str, raw: Mapping[str, object]) -> "Table":
        return Table(self.file, ".".join(filter(None, (self.key, key))), raw, self.faults)

    def _of(self, key: str, kind: type[T], noun: str, default: T | None) -> T | None:
        self._asked.add(key)
        if key not in self.raw:
            if default is None:
                self.fault(key, f"is missing: write {key} = with {noun}.")
            return default
        found = self.raw[key]
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            self.fault(key, f"must be {noun}.")
            return default
        return found
