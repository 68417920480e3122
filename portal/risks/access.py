"""Who sees a risk (whoever sees the initiative) and who changes it (the lead's coordinators)."""

from portal.initiatives.access import led
from portal.risks.tables import Risk
from portal.store.rules import follows

_EDITS = led("risk")

RULES = (follows(Risk, "Whoever sees the initiative.", add=_EDITS, change=_EDITS),)

DEFINERS: dict[str, str] = {}
