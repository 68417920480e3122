"""Who sees changes, history and audit lines; only the database's own trigger writes the
first two.
"""

from portal.changes import tables
from portal.store.rules import GIVEN, HELD, RowRule, by_power, meets, mine, table_of

OWN = "principal_id = (SELECT caller_principal())"
READS = "(SELECT caller_can('initiatives:read'))"
OWN_AGENCIES = "((SELECT caller_agencies())::uuid[])"
WITHIN = f"(within_agency_id IS NULL OR within_agency_id = ANY {OWN_AGENCIES} AND {READS})"
SAW = meets("seen_then")
LEAD = "SELECT i.lead_agency_id FROM initiative i WHERE i.id = history.initiative_id"
LEADS = f"({LEAD}) = (SELECT caller_agency()) AND {READS}"

RULES = (
    RowRule(
        table_of(tables.Change),
        "Whoever saw the changed row before or right after; within one agency, that agency only; of"
        " a case while the way by which they had it is open.",
        f"{HELD} AND {WITHIN} AND {GIVEN}",
    ),
    RowRule(
        table_of(tables.History),
        "Whoever saw the row then and sees the initiative now (or the row, where it hangs on none);"
        " the lead agency sees all of it; what is kept within one agency, that agency only.",
        f"{HELD} AND {WITHIN} AND ({SAW} OR {LEADS})",
    ),
    RowRule(
        table_of(tables.AuditLine),
        "The caller's own lines; auditors see every line.",
        f"{OWN} OR (SELECT caller_can('audit:read'))",
        why=(mine(OWN), by_power("audit:read")),
        add=f"{OWN} AND agency_id = (SELECT caller_agency())",
    ),
    RowRule(
        table_of(tables.Repeat),
        "The caller's own keys.",
        OWN,
        add=OWN,
        change=OWN,
        remove=OWN,
        auth=("SELECT", "DELETE"),
    ),
)

DEFINERS: dict[str, str] = {
    "record_change()": "",
    "forget_records(text,integer)": "portal_auth",
}
CALLABLE: tuple[str, ...] = (
    "touch_row()",
    "count_row()",
    "changed_part(jsonb,jsonb)",
    "caller_agencies()",
    "keys_mark()",
    "keys_mark_holds(text)",
)
