"""Who sees a milestone (whoever sees the initiative), who changes it (the lead's coordinators)."""

from portal.initiatives.access import led
from portal.milestones.tables import Milestone
from portal.store.rules import follows

_EDITS = led("milestone")

RULES = (follows(Milestone, "Whoever sees the initiative.", add=_EDITS, change=_EDITS),)

DEFINERS: dict[str, str] = {}
