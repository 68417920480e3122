"""A cell becomes a value, or a fault in plain words; and a value becomes a cell again."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from portal.acting.checks import UNPRINTABLE
from portal.sheets.columns import Column, Kind, shown
from portal.sheets.faults import quoted

Cell = str | int | float | bool | date | datetime | time | timedelta | None
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|[+-]?\.\d+", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{2,4}")
_YEAR = re.compile(r"(\d{4})(?:\s*[/\u2013-]\s*(\d{2}|\d{4}))?", re.ASCII)
_EXACT = 2**53
_LONGEST_NUMBER = 60
YES, NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})


class BadCell(Exception):
    """What is wrong with a cell, and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def value_of(column: Column, cell: Cell) -> Any:  # noqa: ANN401 - each kind has its own type
    """The cell's value; None when it is empty."""
    if isinstance(cell, str):
        cell = settled(cell)
        if UNPRINTABLE.search(cell):
            raise BadCell("It holds control characters.", "Type the text anew, without them.")
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and not isfinite(cell):
        raise BadCell("It holds no finite number.", "Type the number again, in digits.")
    return _READERS[column.kind](column, cell)


def settled(text: str) -> str:
    """The text without space around it, its lines ended alike."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def as_cell(column: Column, text: str | None) -> str | None:
    """A stored text as a cell of the column can hold it; what no cell can hold shows as a sign."""
    plain = _UNWRITABLE.sub("\ufffd", settled(text or ""))
    return (plain if column.lines else " ".join(plain.split())) or None


def _text(column: Column, cell: Cell) -> str:
    match cell:
        case str():
            text = cell if column.lines else " ".join(cell.split())
        case bool():
            text = "yes" if cell else "no"
        case int() | float():
            text = _digits(cell)
        case _:
            raise BadCell(
                "The cell holds a date or a time where a text belongs.",
                "Format the cell as text and type it again.",
            )
    if column.limit and len(text) > column.limit:
        remedy = f"Shorten it to {column.limit:,} characters."
        raise BadCell(f"It has {len(text):,} characters.", remedy)
    return text


def _digits(number: float) -> str:
    if abs(number) >= _EXACT:
        raise BadCell(
            "The spreadsheet has rounded this long number.",
            "Format the cell as text and type the number again.",
        )
    return str(int(number)) if number == int(number) else f"{number:.15g}"


def _choice(column: Column, cell: Cell) -> Any:  # noqa: ANN401 - a member of the column's enum
    if column.choices is None:
        raise TypeError(f"{column.header} lists no choices")
    wanted = "_".join(str(cell).lower().replace("-", " ").replace("_", " ").split())
    for choice in column.choices:
        if choice.value == wanted:
            return choice
    listed = ", ".join(shown(choice) for choice in column.choices)
    raise BadCell(f"{quoted(cell)} is not one of the words for it.", f"Choose from: {listed}.")


def _list(column: Column, cell: Cell) -> list[Any]:
    text = _text(Column("", "", lines=True), cell)
    items = [item.strip() for item in re.split(r"[;\n]", text) if item.strip()]
    found = [_choice(column, item) if column.choices else item for item in items]
    return list(dict.fromkeys(found))


def _day(_: Column, cell: Cell) -> date:
    match cell:
        case datetime():
            if cell.time() != time():
                raise BadCell("It holds a time of day, too.", "Enter the day alone.")
            return cell.date()
        case date():
            return cell
        case str():
            return _written_day(cell)
        case int() | float() if not isinstance(cell, bool):
            raise BadCell(
                f"It is the number {cell:g}, and not a date.",
                "Format the cell as a date, or write it as text such as 2026-11-16.",
            )
    raise BadCell(f"{quoted(cell)} is not a date.", "Write it such as 2026-11-16.")


def _written_day(text: str) -> date:
    found = _ISO.fullmatch(text)
    if found:
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            raise BadCell(f"{quoted(text)} is no day of the calendar.", "Correct it.") from None
    if _SLASHED.fullmatch(text):
        raise BadCell(
            f"{quoted(text)} is a text that some read as day and month, others as month and day.",
            "Write year, month, day such as 2026-11-16, or format the cell as a date.",
        )
    raise BadCell(f"{quoted(text)} is not a date.", "Write it such as 2026-11-16.")


def _number(_: Column, cell: Cell) -> Decimal:
    if isinstance(cell, str):
        plain = cell.removesuffix("%").strip() if cell.endswith("%") else cell
        if plain != cell and _NUMBER.fullmatch(plain):
            raise BadCell(f"{quoted(cell)} has a per cent sign.", f"Write {quoted(plain)}.")
        if not _NUMBER.fullmatch(cell) or len(cell) > _LONGEST_NUMBER:
            raise BadCell(f"{quoted(cell)} is not a number.", "Write digits, such as 52.5.")
        return Decimal(cell.replace(",", ""))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return Decimal(f"{cell:.15g}")
    raise BadCell(f"{quoted(cell)} is not a number.", "Write digits, such as 52.5.")


def _money(column: Column, cell: Cell) -> Decimal:
    if isinstance(cell, str):
        for sign in "€$":
            if sign in cell:
                raise BadCell(f"{quoted(cell)} is not in pounds.", "Enter the sum in pounds.")
        cell = re.sub(r"^([+-]?)\s*£\s*", r"\1", cell)
    try:
        return _number(column, cell)
    except BadCell as bad:
        raise BadCell(bad.reason, "Write pounds in digits, such as 270000 or 270000.50.") from None


def _year(_: Column, cell: Cell) -> int:
    text = _digits(cell) if isinstance(cell, (int, float)) else str(cell)
    found = _YEAR.fullmatch(text)
    remedy = "Write it such as 2026/27: April 2026 to March 2027."
    if found is None or isinstance(cell, (date, bool)):
        raise BadCell(f"{quoted(text)} is not a financial year.", remedy)
    begins, ends = int(found[1]), found[2]
    if ends is not None and int(ends) not in {(begins + 1) % 100, begins + 1}:
        raise BadCell(f"{quoted(text)} is not one financial year.", remedy)
    return begins


def _yes(_: Column, cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    if str(cell).lower() in YES:
        return True
    if str(cell).lower() in NO:
        return False
    raise BadCell(f"{quoted(cell)} is neither yes nor no.", "Write yes or no.")


_READERS: dict[Kind, Callable[[Column, Cell], Any]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.LIST: _list,
    Kind.DAY: _day,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.YEAR: _year,
    Kind.YES: _yes,
}
