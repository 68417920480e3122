"""Who sees changes, history and audit lines; only the database's own trigger writes the
first two.
"""

from portal.changes import tables
from portal.store.rules import HELD, RowRule, table_of

OWN = "principal_id = (SELECT caller_principal())"

RULES = (
    RowRule(table_of(tables.Change), "Whoever saw the changed row before, or sees it now.", HELD),
    RowRule(table_of(tables.History), "Whoever sees the initiative now.", HELD),
    RowRule(
        table_of(tables.AuditLine),
        "The caller's own lines; auditors see every line.",
        f"{OWN} OR (SELECT caller_can('audit:read'))",
        add=OWN,
    ),
    RowRule(
        table_of(tables.Repeat),
        "The caller's own keys.",
        OWN,
        add=OWN,
        change=OWN,
        remove=OWN,
    ),
)

DEFINERS: dict[str, str] = {"record_change()": ""}
CALLABLE: tuple[str, ...] = ("touch_row()", "changed_part(jsonb,jsonb)")
