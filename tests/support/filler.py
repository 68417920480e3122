"""Rows for every readable table, made up: each nullable column is NULL once and filled once.

Nothing here knows a table. Values come from the column's type, its foreign key and the words in
its checks; what the database refuses is tried again otherwise.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Time,
    TypeDecorator,
    Uuid,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.acting.work import LETTERS
from portal.sample.partnership import DAY

TRIES = 400
ENOUGH = 10
WORDS = (
    "safer", "Bus stops", "night-time", "it's", 'a "quoted" word', "back\\slash", "tab\there",
    "two\nlines", "100 %", "under_score", "ärger", "نور", "🕯️ vigil", "e\u0301", "null", "a-key",
    "https://example.org/a?b=c&d=%20", "\u2028", "</script>", "$1", ":name", "O'Brien; --", " x",
    "a.b@example.org",
)  # fmt: skip
DAYS = tuple(DAY + timedelta(days=n) for n in (-800, -400, -31, -1, 0, 1, 60, 500))
MOMENTS = tuple(
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC) + timedelta(seconds=s, microseconds=m)
    for s, m in ((0, 0), (0, 1), (0, 100_000), (1, 999_999), (86_400 * 200, 0), (86_400 * 231, 7))
)
NUMBERS = (0, 1, 2, 3, 5, 40, 2026)
FIGURES = tuple(Decimal(n) for n in ("0", "0.5", "1.00", "12.3400", "100", "99999999.99"))
OBJECTS = ({"a": 1, "b": [None, "ä"]}, {}, {"z": {"y": "x"}, "a": 0.5})
_FORM = re.compile(r"~ '([^']*)'")
_LENGTH = re.compile(r"^length\(\w+\) = (\d+)$")
_QUOTED, _NUMBER = re.compile(r"'([^']*)'"), re.compile(r"\b\d{1,4}\b")


@dataclass
class Filler:
    """Fills the tables of one database, as its owner."""

    owner: AsyncConnection
    tables: Iterable[Table]
    random: Random
    unmet: list[str] = field(default_factory=list)
    """Columns that no row could be made for, as `table.column is NULL` or `is filled`."""
    _known: dict[Any, Sequence[Any]] = field(default_factory=dict)

    async def fill(self) -> None:
        """Parents first."""
        for table in self.tables:
            await self._fill(table)

    async def _fill(self, table: Table) -> None:
        nullable = [c for c in table.columns if c.nullable and not _made_by_database(c)]
        goals = {(c.name, empty) for c in nullable for empty in (True, False)}
        rows = (await self.owner.execute(select(func.count()).select_from(table))).scalar_one()
        goals -= await self._met(table, nullable)
        for _ in range(TRIES * (len(goals) + 1)):
            if not goals and rows >= ENOUGH:
                break
            forced = self.random.choice(sorted(goals)) if goals else ("", True)
            made = await self._try(table, forced)
            if made is not None:
                rows += 1
                goals -= {(c.name, made.get(c.name) is None) for c in nullable}
        self.unmet += [f"{table.fullname}.{n} is {'NULL' if e else 'filled'}" for n, e in goals]

    async def _met(self, table: Table, nullable: list[Column[Any]]) -> set[tuple[str, bool]]:
        if not nullable:
            return set()
        asked = [func.bool_or(c.is_(None) if e else c.is_not(None)).label(f"{c.name}:{e}")
                 for c in nullable for e in (True, False)]  # fmt: skip
        found = (await self.owner.execute(select(*asked))).mappings().one()
        return {(c.name, e) for c in nullable for e in (True, False) if found[f"{c.name}:{e}"]}

    async def _try(self, table: Table, forced: tuple[str, bool]) -> Mapping[str, Any] | None:
        try:
            row = await self._row(table, forced)
            async with self.owner.begin_nested():
                await self.owner.execute(insert(table).values(row))
        except (DBAPIError, StatementError, LookupError):
            return None
        self._known.clear()
        return row

    async def _row(self, table: Table, forced: tuple[str, bool]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        empty = {c.name for c in table.columns if self._leaves_empty(c, forced)}
        for key in sorted(table.foreign_key_constraints, key=lambda k: -len(k.columns)):
            if not empty & {c.name for c in key.columns}:
                row |= await self._referred(key, row)
        for column in table.columns:
            if column.name in empty:
                row[column.name] = None
            elif column.name not in row and not _made_by_database(column):
                row[column.name] = await self._value(table, column)
        return row

    def _leaves_empty(self, column: Column[Any], forced: tuple[str, bool]) -> bool:
        if not column.nullable or _made_by_database(column):
            return False
        return forced[1] if column.name == forced[0] else self.random.random() < 0.5

    async def _referred(
        self, key: ForeignKeyConstraint, known: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One of the rows a foreign key may point at, among the few that most rows point at."""
        parts = key.elements
        if key not in self._known:
            wanted = [e.column for e in parts]
            chosen = select(*wanted).order_by(*wanted).limit(200)
            self._known[key] = (await self.owner.execute(chosen)).all()
        names = [e.parent.name for e in parts]
        same = [at for at, name in enumerate(names) if name in known]
        found = [r for r in self._known[key] if all(r[at] == known[names[at]] for at in same)][:12]
        if not found:
            raise LookupError(key.name)
        one = found[min(self.random.randrange(len(found)), self.random.randrange(len(found)))]
        return {e.parent.name: value for e, value in zip(parts, one, strict=True)}

    async def _value(self, table: Table, column: Column[Any]) -> Any:
        if column.name == "acl":
            keys = (await self.owner.execute(_CAPABILITIES)).scalars().all()
            return sorted(self.random.sample(list(keys), 3))
        return _some(column.type, self.random, _hints_of(table, column.name))


@dataclass(frozen=True)
class Hints:
    """What a column's checks name: words, numbers, and the form its text must have."""

    words: tuple[str, ...]
    numbers: tuple[int, ...]
    form: re.Pattern[str]
    length: int | None
    """How long a text must be, where it has one length only."""


def _some(kind: Any, random: Random, hints: Hints) -> Any:
    """A value of a column's type."""
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    for known, make in _MAKERS:
        if isinstance(kind, known):
            return make(kind, random, hints)
    raise TypeError(f"no value of {kind!r} is known")


def _text(kind: String, random: Random, hints: Hints) -> str:
    if hints.length is not None:
        return f"{random.getrandbits(4 * hints.length):0{hints.length}x}"
    if hints.words and random.random() < 0.5:
        made = random.choice(hints.words)
    elif random.random() < 0.2:
        made = f"{random.choice(WORDS)} {random.choice(WORDS)} {random.randrange(9)}"
    else:
        made = random.choice((*WORDS, f"x{random.randrange(10**6)}"))
    number = random.randrange(10**6)
    fits = [made, f"x{number}", f"https://example.org/{number}", f"RF-{_code(random)}"]
    return next((text for text in fits if hints.form.search(text)), made)[: kind.length]


def _code(random: Random) -> str:
    return "".join(random.choices(LETTERS, k=6))


def _array(kind: Any, random: Random, hints: Hints) -> list[Any]:
    if hints.words:  # some of a given set: by chance a row with several such lists never fits
        return random.sample(hints.words, random.randint(0, min(3, len(hints.words))))
    return [_some(kind.item_type, random, hints) for _ in range(random.randint(0, 3))]


_MAKERS: tuple[tuple[Any, Callable[[Any, Random, Hints], Any]], ...] = (
    (Enum, lambda kind, random, _: random.choice(list(kind.enum_class or kind.enums))),
    (String, _text),
    (Boolean, lambda _, random, __: random.random() < 0.5),
    (Numeric, lambda _, random, __: random.choice(FIGURES)),
    (Integer, lambda _, random, hints: random.choice((*NUMBERS, *hints.numbers))),
    (DateTime, lambda _, random, __: random.choice(MOMENTS)),
    (Date, lambda _, random, __: random.choice(DAYS)),
    (Time, lambda _, random, __: time(random.randrange(24), random.choice((0, 30)))),
    (Uuid, lambda _, random, __: UUID(int=random.getrandbits(128), version=4)),
    (LargeBinary, lambda _, random, __: random.randbytes(32)),
    (JSON, lambda _, random, __: random.choice(OBJECTS)),
    (ARRAY, _array),
)
_CAPABILITIES = select(literal_column("id", Integer)).select_from(text("capability"))


def _made_by_database(column: Column[Any]) -> bool:
    return column.identity is not None or column.computed is not None


@cache
def _hints_of(table: Table, column: str) -> Hints:
    checks = [str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)]
    about = [check for check in checks if re.search(rf"\b{column}\b", check)]
    forms = [found for check in about for found in _FORM.findall(check)]
    bare = [_FORM.sub("", check) for check in about]
    lengths = [found for check in about for found in _LENGTH.findall(check)]
    return Hints(
        tuple(word for check in bare for word in _QUOTED.findall(check)),
        tuple(int(n) for check in bare for n in _NUMBER.findall(_QUOTED.sub("", check))),
        re.compile(forms[0].replace("[:space:]", r"\s") if forms else ""),
        int(lengths[0]) if lengths else None,
    )
