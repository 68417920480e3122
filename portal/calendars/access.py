"""Who sees school terms and bank holidays; programme leads change them, two at a time."""

from portal.calendars import tables
from portal.proposals.access import KEEPERS, changed_by_two, comes_with
from portal.store.rules import RowRule, recorded

RULES: tuple[RowRule, ...] = (
    changed_by_two(
        tables.SchoolYear, "Every signed-in caller; two people change one.", who=KEEPERS
    ),
    comes_with(
        tables.SchoolTerm,
        tables.SchoolYear,
        "Every signed-in caller; it comes with its school year.",
        triggers=(recorded(tables.SchoolTerm),),
    ),
    changed_by_two(tables.BankHoliday, "Every signed-in caller; two people add one.", who=KEEPERS),
)
DEFINERS: dict[str, str] = {}
