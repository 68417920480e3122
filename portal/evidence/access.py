"""Who sees evidence (whoever sees the initiative), who changes it (the lead's coordinators)."""

from portal.evidence.tables import EvidenceItem
from portal.initiatives.access import led
from portal.store.rules import follows

_EDITS = led("evidence_item")

RULES = (follows(EvidenceItem, "Whoever sees the initiative.", add=_EDITS, change=_EDITS),)

DEFINERS: dict[str, str] = {}
