"""Who sees a risk (whoever sees the initiative) and who changes it (the lead's coordinators)."""

from portal.actions.access import LEADS_IT
from portal.risks.tables import Risk
from portal.store.rules import HELD, follows

_EDITS = f"{HELD} AND {LEADS_IT}"

RULES = (follows(Risk, "Whoever sees the initiative.", add=_EDITS, change=_EDITS),)

DEFINERS: dict[str, str] = {}
