"""A CSV file: in UTF-8, with an apostrophe before what looks like a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from portal.sheets.cells import Cell
from portal.sheets.faults import Unreadable
from portal.sheets.xlsx import Grid

RISKY = ("=", "+", "-", "@", "'", "\t", "\r")
"""A spreadsheet program takes a text that begins with one of these for a formula."""
ROWS = 100_000
_AS_UTF8 = (
    "In Excel choose Save As, then “CSV UTF-8 (Comma delimited)”; in LibreOffice choose the"
    " character set Unicode (UTF-8)."
)


def guarded(text: str) -> str:
    """The text as it stands in a CSV cell."""
    return f"'{text}" if text.startswith(RISKY) else text


def unguarded(cell: str) -> str:
    """The text of a CSV cell: exactly one apostrophe comes off, where one was put on."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(RISKY) else cell


def write_csv(path: Path, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The rows as a spreadsheet program opens them: UTF-8 with its mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        for row in rows:
            writer.writerow(["" if cell is None else guarded(str(cell)) for cell in row])


def read_csv(path: Path, name: str) -> list[Grid]:
    """The file as the one sheet of that name."""
    text = _decoded(path.read_bytes())
    delimiter = _delimiter(text)
    if text.lower().startswith("sep="):
        text = text.partition("\n")[2]
    csv.field_size_limit(1_000_000)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [Grid(name, list(_numbered(reader)))]
    except csv.Error as error:
        raise Unreadable(
            f"Line {reader.line_num:,} cannot be read: {error}. Mend its quotation marks, or save"
            " the file from a spreadsheet program."
        ) from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4000]:
        raise Unreadable(f"This file is in UTF-16 or is no text. {_AS_UTF8}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"Line {line:,} is not UTF-8: the file is probably in Windows-1252. {_AS_UTF8}"
        ) from error


def _delimiter(text: str) -> str:
    """A comma; a semicolon or a tab where the column names have those instead."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        return first.strip()[-1]
    line = first if first.strip() else rest.partition("\n")[0]
    return max(",;\t", key=lambda sign: (line.count(sign), sign == ","))


def _numbered(reader: Iterable[list[str]]) -> Iterator[tuple[int, list[Cell]]]:
    for number, cells in enumerate(reader, 1):
        if number > ROWS:
            raise Unreadable(f"This file has more than {ROWS:,} rows. Split it.")
        if any(cell.strip() for cell in cells):
            yield number, [unguarded(cell) for cell in cells]
