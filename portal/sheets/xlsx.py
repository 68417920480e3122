"""An XLSX workbook is looked over before anything believes it, then read by calamine.

What calamine would pass over in silence is found here: formulas (it gives what was last computed,
or nothing), cells that hold an error (it gives nothing), and cells so far out or texts so long that
reading them would fill the memory.
"""

import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from portal.sheets.cells import Cell
from portal.sheets.faults import Fault, Unreadable

UNPACKED = 400_000_000
MEMBERS = 1_000
LAST_ROW, LAST_COLUMN = 99_999, "BH"
TEXTS = 500_000_000
"""Characters of all text cells together, counted once for each cell that shows them."""
SAVE_AGAIN = "Open it in Excel or LibreOffice, save it as .xlsx and try again."
_TAG = rb"<(?:\w+:)?"
_REF = rb"\br\s*=\s*[\"']([A-Z]{1,3}[0-9]{1,7})[\"']"
_FORMULA = re.compile(_TAG + rb"c\b[^>]*?" + _REF + rb"[^>]*>\s*" + _TAG + rb"f\b")
_ANY_FORMULA = re.compile(_TAG + rb"f[\s/>]")
_ERROR = re.compile(_TAG + rb"c\b([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>")
_FAR = re.compile(
    _TAG + rb"c\b[^>]*?\br\s*=\s*[\"']"
    rb"(?:[A-Z]{1,3}[0-9]{6,7}|(?:[A-Z]{3}|[C-Z][A-Z]|B[I-Z])[0-9]+)[\"'][^>]*(?<!/)>(?!\s*</)"
)
_NO_REF = re.compile(_TAG + rb"c(?=[\s/>])(?![^>]*\br\s*=)")
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<")
_SHEET = re.compile(_TAG + rb"sheet\b([^>]*)/?>")
_RELATION = re.compile(_TAG + rb"Relationship\b([^>]*)/?>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass
class Grid:
    """A sheet as it was found: its rows that hold something, by number, and what is wrong."""

    name: str
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_xlsx(path: Path, unread: Iterable[str], called: Callable[[str], str] = str) -> list[Grid]:
    """The sheets of a workbook; those for people are passed over. `called` is how a sheet is named
    where something is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = dict(_looked_over(archive, frozenset(unread), called))
        return [
            Grid(name, list(_rows(path, name, called)), faults) for name, faults in found.items()
        ]
    except zipfile.BadZipFile as error:
        raise Unreadable(f"This file is damaged or is no workbook. {SAVE_AGAIN}") from error
    except PasswordError as error:
        raise Unreadable(_LOCKED) from error
    except CalamineError as error:
        raise Unreadable(f"The workbook cannot be read. {SAVE_AGAIN}") from error


_LOCKED = "This workbook has a password. Save a copy without one, and import that."


def what_else(head: bytes) -> str | None:
    """Why a file that begins like this is neither a CSV file nor an XLSX workbook."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in head:
            return _LOCKED
        return "This is a workbook of an old kind (.xls). Save it as .xlsx and import that."
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z")):
        return "This is not a spreadsheet. Give a .csv file or an .xlsx workbook."
    return None


def _looked_over(
    archive: zipfile.ZipFile, unread: frozenset[str], called: Callable[[str], str]
) -> Iterator[tuple[str, list[Fault]]]:
    members = archive.infolist()
    names = [member.filename.lower() for member in members]
    if "xl/workbook.xml" not in names:
        raise Unreadable("This is not an .xlsx workbook. Give a .csv file or an .xlsx workbook.")
    if len(members) > MEMBERS or len({*names}) < len(names):
        raise Unreadable(f"This workbook is put together in an odd way. {SAVE_AGAIN}")
    if sum(member.file_size for member in members) > UNPACKED:
        limit = UNPACKED // 1_000_000
        raise Unreadable(f"Unpacked, this file is above {limit} MB. Split it into smaller ones.")
    shared = _part(archive, "xl/sharedStrings.xml") if "xl/sharedstrings.xml" in names else b""
    lengths = [len(text) for text in shared.split(b"</si>")] if shared else []
    for name, member in _sheets(archive):
        part = _part(archive, member)
        if name not in unread:
            _check_size(called(name), part, lengths)
            yield name, list(_faults(name, part))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of the workbook. zipfile reads no further than the size that it declares."""
    by_name = {member.filename.lower(): member for member in archive.infolist()}
    if name.lower() not in by_name:
        raise Unreadable(f"A part of this workbook is missing. {SAVE_AGAIN}")
    try:
        data = archive.read(by_name[name.lower()])
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in an unusual way
        raise Unreadable(f"This workbook is locked or packed oddly. {SAVE_AGAIN}") from error
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") or b"\x00" in data[:200]:
        raise Unreadable(f"A part of this workbook is not as it should be. {SAVE_AGAIN}")
    return data


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """(name, part) of each sheet."""
    relations = _part(archive, "xl/_rels/workbook.xml.rels")
    targets = {
        each["id"]: each["target"] for each in map(_attributes, _RELATION.findall(relations))
    }
    for each in map(_attributes, _SHEET.findall(_part(archive, "xl/workbook.xml"))):
        target = targets.get(
            each.get("r:id", next((v for k, v in each.items() if k.endswith(":id")), ""))
        )
        if "name" in each and target and "worksheet" in target:
            yield each["name"], target.removeprefix("/") if target[0] == "/" else f"xl/{target}"


def _attributes(text: bytes) -> dict[str, str]:
    return {
        key.decode().lower(): unescape((double or single).decode("utf-8", "replace"))
        for key, double, single in _ATTRIBUTE.findall(text)
    }


def _check_size(name: str, part: bytes, lengths: list[int]) -> None:
    if _FAR.search(part):
        raise Unreadable(
            f"The sheet {name} has something behind row {LAST_ROW:,} or column {LAST_COLUMN}."
            " Delete it, or split the file."
        )
    if _NO_REF.search(part):
        raise Unreadable(f"The cells of the sheet {name} have no addresses. {SAVE_AGAIN}")
    if max(lengths, default=0) * part.count(b"<") > TEXTS:
        shown = Counter(int(number) for number in _SHARED.findall(part))
        if sum(n * lengths[at] for at, n in shown.items() if at < len(lengths)) > TEXTS:
            raise Unreadable(f"The texts of the sheet {name} are too long. Shorten them.")


def _faults(name: str, part: bytes) -> Iterator[Fault]:
    """What calamine would not tell: formulas and errors, together for each column."""
    formulas = [ref.decode() for ref in _FORMULA.findall(part)] if _ANY_FORMULA.search(part) else []
    if not formulas and _ANY_FORMULA.search(part):
        formulas = [""]
    errors = [
        found[1].decode() for each in _ERROR.findall(part) if (found := re.search(_REF, each))
    ]
    computed = {*formulas}
    yield from _together(
        name, formulas, "holds a formula", "Copy the column and paste it as values in its place."
    )
    yield from _together(
        name, [ref for ref in errors if ref not in computed], "holds an error such as #N/A",
        "Enter the value, or empty the cell.",
    )  # fmt: skip


def _together(name: str, refs: list[str], what: str, remedy: str) -> Iterator[Fault]:
    columns: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        columns[ref.rstrip("0123456789")].append(ref)
    for column, cells in columns.items():
        more = f", and {len(cells) - 1:,} more in the column do" if len(cells) > 1 else ""
        row = int(cells[0].removeprefix(column) or 0)
        yield Fault(name, row, column, f"Cell {cells[0]} {what}{more}.", remedy)


def _rows(path: Path, name: str, called: Callable[[str], str]) -> Iterator[tuple[int, list[Cell]]]:
    with CalamineWorkbook.from_path(path) as workbook:
        sheet = workbook.get_sheet_by_name(name)
        merged = sheet.merged_cell_ranges or []
        if merged:
            (top, left), (bottom, right) = merged[0]
            where = f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"
            more = f" and {len(merged) - 1:,} more" if len(merged) > 1 else ""
            raise Unreadable(
                f"The sheet {called(name)} has merged cells: {where}{more}. Unmerge them, and fill"
                " in each row for itself."
            )
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
            if any(cell != "" for cell in cells):
                yield number, list(cells)


def letters(column: int) -> str:
    """A column's name in a spreadsheet program, counted from 0."""
    letters = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        letters, column = chr(65 + letter) + letters, column - 1
    return letters
