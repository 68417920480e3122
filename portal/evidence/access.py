"""Who sees evidence (whoever sees the initiative), who changes it (the lead's coordinators)."""

from portal.actions.access import LEADS_IT
from portal.evidence.tables import EvidenceItem
from portal.store.rules import HELD, follows

_EDITS = f"{HELD} AND {LEADS_IT}"

RULES = (follows(EvidenceItem, "Whoever sees the initiative.", add=_EDITS, change=_EDITS),)

DEFINERS: dict[str, str] = {}
