"""A fault of a row, as an officer reads it: where, what is wrong, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.errors import Finding, Invalid, NotAllowed, NotVisible, Refusal
from portal.sheets.columns import Sheet

SHOWN = 60
"""Characters of a cell's text in a message."""
MISSING = "Something is missing."
UNSAID = "It cannot stay as it is."
"""Where a check says what to do, and its words for it hold no reason."""


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row; `rule` is the access rule that refused."""

    sheet: str
    row: int
    column: str
    reason: str
    remedy: str
    rule: str | None = None

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """As a row of the table of faults."""
        return self.sheet, str(self.row or ""), self.column, self.reason, self.remedy


def quoted(text: object) -> str:
    """What somebody wrote, short enough for a message and harmless on a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in str(text))
    return f"“{plain if len(plain) <= SHOWN else plain[:SHOWN] + '…'}”"


def of_refusal(refusal: Refusal, sheet: Sheet, row: int) -> Iterable[Fault]:
    """What a check or an access rule of the portal said about a row."""
    match refusal:
        case Invalid(findings=findings):
            yield from (of_finding(finding, sheet, row) for finding in findings)
        case NotAllowed(rule=rule, granted_by=granted_by):
            yield Fault(sheet.name, row, "", str(refusal), f"Ask {granted_by}.", rule)
        case NotVisible(path=path):
            column = sheet.of_path(path)
            where = column.header if column else sheet.columns[0].header
            yield Fault(sheet.name, row, where, str(refusal), "Check it, or leave the row out.")
        case _:
            yield Fault(sheet.name, row, "", str(refusal), "Export it again and start from that.")


def of_finding(finding: Finding, sheet: Sheet, row: int) -> Fault:
    """A finding of the API's own checks."""
    column = sheet.of_path(finding.path)
    reason, _, remedy = finding.message.partition(". ")
    if not remedy:
        reason, remedy = _WHY.get(finding.code, UNSAID), finding.message
    else:
        reason += "."
    return Fault(sheet.name, row, column.header if column else "", reason, remedy)


_WHY = {"REQUIRED": MISSING, "EMPTY": MISSING}
