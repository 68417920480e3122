"""Who sees which part of a case, and who may do what with it."""

from portal.store.rules import RowRule

RULES: tuple[RowRule, ...] = ()

DEFINERS: dict[str, str] = {
    "case_capability(text,uuid,uuid,uuid,uuid)": "",
    "case_keys(uuid,uuid[],text[],timestamptz)": "",
}
