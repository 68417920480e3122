"""What an import has to say, as a table for a terminal."""

from collections.abc import Iterator, Sequence

from portal.sheets.faults import Fault
from portal.sheets.format import SHEETS
from portal.sheets.importing import Report
from portal.sheets.plan import Outcome

HEADS = ("Sheet", "Row", "Column", "What is wrong", "What to do")
NARROW = 3
"""So many columns have a width of their own; the texts behind them run on."""


def table(faults: Sequence[Fault]) -> Iterator[str]:
    """Each fault on a line: where it is, what is wrong, what to do."""
    rows = [HEADS, *(tuple(_one_line(cell) for cell in fault.cells) for fault in faults)]
    widths = [max(len(row[at]) for row in rows) for at in range(NARROW)]
    for row in rows:
        place = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        said = " → ".join(row[NARROW:]) if row is HEADS else " → ".join(filter(None, row[NARROW:]))
        yield f"{place}  {said}".rstrip()


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def summary(report: Report) -> Iterator[str]:
    """How many rows of each sheet are new, changed, unchanged."""
    for sheet in SHEETS:
        counts = report.counts.get(sheet.name)
        if counts:
            parts = [f"{counts[kind]:,} {kind.value}" for kind in Outcome if counts[kind]]
            yield f"{sheet.name}: {', '.join(parts)}"


def changes(report: Report) -> int:
    """How many rows are not as they were."""
    kinds = (Outcome.CREATED, Outcome.CHANGED)
    return sum(counts[kind] for counts in report.counts.values() for kind in kinds)
