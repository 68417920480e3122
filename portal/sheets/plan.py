"""What an import is going to do: rows to add, change and take away, and what stands against it."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import SQLModel

from auth.caller import Caller
from portal.acting.work import Warned
from portal.errors import Finding, Refusal
from portal.sheets.cells import BadCell, as_cell
from portal.sheets.columns import Column, Kind, Sheet
from portal.sheets.faults import MISSING, UNSAID, Fault, of_finding, of_refusal
from portal.sheets.names import Names
from portal.sheets.reading import Row
from portal.sheets.world import Entry, World
from portal.store.rules import table_of

T = TypeVar("T")
M = TypeVar("M", bound=SQLModel)
REFERENCE = re.compile(r"VG-[0-9A-Z-]{6,9}", re.IGNORECASE)
_RECORD = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(\d{1,9})")
_SPACE = uuid5(NAMESPACE_URL, "vawg-portal-import")
_KEPT = frozenset({"acl", "version", "updated_at"})

GONE = (
    "This record is not there any more, or belongs to another initiative.",
    "Export again and start from that; for a new row empty the cell.",
)


class Outcome(Enum):
    """What an import does with a row."""

    CREATED = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LEFT = "left alone"


@dataclass(frozen=True)
class Options:
    """How the caller wants the file to be taken."""

    mine: bool = False
    """Only the initiatives that the caller's agency leads; the rest of the file is left alone."""
    elsewhere: bool = False
    """The file comes from another portal: its references and records mean nothing here."""


def key_id(agency: UUID, key: str) -> UUID:
    """The id of the initiative that an agency calls by this key: the same at every import, and
    another for every agency, so that nobody reaches another's by guessing.
    """
    return uuid5(_SPACE, f"{agency}/{key.casefold()}")


def record(row_id: object, version: object) -> str:
    """What the column Record holds."""
    return f"{row_id}/{version}"


def values(row: SQLModel) -> dict[str, Any]:
    """A row's columns, apart from those that the database keeps."""
    names = table_of(type(row)).columns.keys()
    return {name: getattr(row, name) for name in names if name not in _KEPT}


@dataclass
class Plan:
    """Everything that the file asks for, checked row by row."""

    caller: Caller
    now: datetime
    today: date
    world: World
    options: Options
    entries: dict[str, Entry] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    """Initiatives of others, and those whose row says too little: theirs are not looked at."""
    unsure: bool = False
    """Whether the names of some new initiatives could not be read, which is told already."""
    grants: dict[tuple[str, str, int], UUID] = field(default_factory=dict)
    added: dict[type[SQLModel], list[Any]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[type[SQLModel], list[Any]] = field(default_factory=lambda: defaultdict(list))
    removed: dict[type[SQLModel], list[Any]] = field(default_factory=lambda: defaultdict(list))
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    counts: dict[str, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))

    @cached_property
    def own(self) -> frozenset[UUID]:
        """The caller's agency and those it took over from."""
        return self.world.own(self.caller.agency_id)

    def key(self, text: str) -> str:
        """How an initiative is known in this file."""
        is_reference = REFERENCE.fullmatch(text) and not self.options.elsewhere
        return text.upper() if is_reference else text.casefold()

    def add(self, entry: Entry, *rows: SQLModel) -> None:
        """New rows of an initiative; later rows of the file find them."""
        for row in rows:
            self.added[type(row)].append(row)
            if not isinstance(row, type(entry.row)):
                entry.of(type(row)).append(row)

    def take(self, sheet: Sheet, rows: Sequence[Row], check: Callable[["Line"], Outcome]) -> None:
        """Check the rows of a sheet."""
        for row in rows:
            line = Line(self, sheet, row)
            outcome = line.run(check)
            self.faults += line.faults
            if outcome is not None and not line.faults and not row.bad:
                self.counts[sheet.name][outcome] += 1


@dataclass
class Line:
    """One row while it is checked."""

    plan: Plan
    sheet: Sheet
    row: Row
    faults: list[Fault] = field(default_factory=list)

    def run(self, check: Callable[["Line"], Outcome]) -> Outcome | None:
        """The outcome, unless something stands against the row."""
        try:
            return check(self)
        except Refusal as refusal:
            self.faults += of_refusal(refusal, self.sheet, self.row.number)
        except Stopped:
            pass
        return None

    def has(self, name: str) -> bool:
        """Whether the file has the column, and the cell could be read."""
        return name in self.row.values

    def get(self, name: str) -> Any:  # noqa: ANN401 - each column has its own type
        """The cell's value; None where there is none."""
        return self.row.values.get(name)

    def fault(self, name: str, reason: str, remedy: str, rule: str | None = None) -> None:
        """Something is wrong with a cell; one fault for each cell is enough."""
        header = self.sheet.at(name).header if name else ""
        told = {fault.column for fault in self.faults}
        if name not in self.row.bad and (not header or header not in told):
            self.faults.append(
                Fault(self.sheet.name, self.row.number, header, reason, remedy, rule)
            )

    def stop(self, name: str, reason: str, remedy: str, rule: str | None = None) -> "Stopped":
        """The same, and nothing more can be said of the row."""
        self.fault(name, reason, remedy, rule)
        return Stopped()

    def findings(self, found: Sequence[Finding]) -> None:
        """What the API's own checks found."""
        for finding in found:
            told = of_finding(finding, self.sheet, self.row.number)
            column = self.sheet.of_path(finding.path)
            empty = told.reason == UNSAID and column and self.get(column.field) is None
            reason = MISSING if empty else told.reason
            self.fault(column.field if column else "", reason, told.remedy)

    def warn(self, warnings: Sequence[Warned]) -> None:
        """Accepted, and worth a second look."""
        for warned in warnings:
            finding = Finding(warned.path, warned.message)
            self.plan.warnings.append(of_finding(finding, self.sheet, self.row.number))

    def needed(self, name: str) -> Any:  # noqa: ANN401 - each column has its own type
        """The cell's value; a row that lacks it is not looked at further."""
        found = self.get(name)
        if found is None:
            column = self.sheet.at(name)
            raise self.stop(name, MISSING, f"Fill it in: {column.help}")
        return found

    def find(self, name: str, names: Names[T]) -> T | None:
        """What the cell names; None when it is empty or names nothing, which is then a fault."""
        text = self.get(name)
        if text is None:
            return None
        with self.reading(name):
            return names.find(text)
        return None

    def agency(self, name: str) -> UUID | None:
        """The agency that the cell names, or whoever has taken over from it."""
        found = self.find(name, self.plan.world.agencies)
        return None if found is None else self.plan.world.today(found)

    def find_all(self, name: str, names: Names[T]) -> list[T] | None:
        """What the items of a list name; None where the file has no such column."""
        if not self.has(name):
            return None
        found = []
        for text in self.get(name) or ():
            with self.reading(name):
                found.append(names.find(text))
        return list(dict.fromkeys(found))

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """What is wrong with a cell becomes a fault."""
        try:
            yield
        except BadCell as bad:
            self.fault(name, bad.reason, bad.remedy)

    def differing(self, row: SQLModel, **columns: str) -> dict[str, Any]:
        """What the file says otherwise than the row: {attribute: value} for column=attribute."""
        found = {}
        for name, attribute in columns.items():
            if self.has(name):
                value = self.get(name)
                if not _same(self.sheet.at(name), getattr(row, attribute), value):
                    found[attribute] = value
        return found

    def entry(self) -> Entry:
        """The initiative that a row of another sheet hangs on."""
        text = self.needed("initiative")
        key = self.plan.key(text)
        if key in self.plan.passed:
            raise Stopped
        if key in self.plan.entries:
            return self.plan.entries[key]
        if self.plan.unsure:
            raise Stopped
        raise self.unknown(text)

    def unknown(self, text: str) -> "Stopped":
        """There is no such initiative."""
        if self.plan.key(text) == text.upper() and REFERENCE.fullmatch(text):
            return self.stop(
                "initiative",
                "No initiative has this reference, or it is not shared with you.",
                "Check it. For a new initiative use a name that does not look like a reference.",
            )
        return self.stop(
            "initiative",
            "No initiative of yours has this key, in the portal or on the sheet Initiatives.",
            "Write it as on the sheet Initiatives, or use its reference.",
        )

    def record(self, known: Sequence[Any], *, gone: bool = False) -> tuple[Any, int | None]:
        """The row that the cell Record names, and the version of the export.

        With `gone` the row may have made room for its correction: then there is a version alone.
        """
        text = self.get("record")
        if text is None or self.plan.options.elsewhere:
            return None, None
        found = _RECORD.fullmatch(text)
        if found is None:
            raise self.stop("record", "This is no record of an export.", "Empty the cell.")
        for row in known:
            if str(row.id) == found[1]:
                return row, int(found[2])
        if gone:
            return None, int(found[2])
        raise self.stop("record", *GONE)

    def fresh(self, version: int | None, row: Any) -> None:  # noqa: ANN401 - a versioned row
        """What is to be changed is as it was exported."""
        if version is not None and version != row.version:
            self.fault(
                "record",
                "Somebody has changed this record since it was exported.",
                "Export again and make the change there; or empty the cell, and your row wins.",
            )

    def once(self, entry: Entry, *what: object) -> None:
        """The file says it only once."""
        said = (self.sheet.name, *what)
        if said in entry.seen:
            raise self.stop("", "An earlier row of the file is for the same.", "Keep one of them.")
        entry.seen.add(said)

    def closest(self, entry: Entry, alike: Sequence[M], alikeness: Callable[[M], int]) -> M | None:
        """Of rows with one name that which the file has not spoken of and which differs least:
        where several have one name, the same file finds each again.
        """
        free = [row for row in alike if (self.sheet.name, row.id) not in entry.seen]  # type: ignore[attr-defined]
        return max(free, key=alikeness, default=None)


class Stopped(Exception):
    """No more can be said of this row."""


def _same(column: Column, stored: Any, given: Any) -> bool:  # noqa: ANN401 - any column's type
    if column.kind is Kind.TEXT:
        return as_cell(column, stored) == as_cell(column, given)
    if column.kind is Kind.YES:
        return bool(stored) == bool(given)
    same: bool = stored == given
    return same
