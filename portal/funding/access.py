"""Who sees an initiative's money (whoever sees the initiative); its lead's coordinators keep it."""

from portal.funding.tables import FundingLine
from portal.initiatives.access import led
from portal.store.rules import follows

LED = led("funding_line")

RULES = (follows(FundingLine, "Whoever sees the initiative.", add=LED, change=LED, remove=LED),)

DEFINERS: dict[str, str] = {}
