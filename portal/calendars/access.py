"""Who sees school terms and bank holidays."""

from portal.calendars import tables
from portal.store.rules import RowRule, everyone, recorded

RULES: tuple[RowRule, ...] = tuple(
    everyone(model, "Every signed-in caller.", triggers=(recorded(model),))
    for model in (tables.SchoolTerm, tables.BankHoliday)
)
DEFINERS: dict[str, str] = {}
