"""By which ways a pathway's cases are taken where the victim lives, as its file says: some services
take nobody whom a professional refers to them directly.
"""

from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.marac.by_route import ROUTE
from portal.referrals.engine.local_rules import in_force
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.tables import Recipient, Referral

CLOSED = "Where the victim lives it is taken by these ways alone: {open}. {instead}"


async def must_be_taken(
    work: Work, referral: Referral, _: Recipient, event: Event, standing: Standing
) -> None:
    """Refuse to send a case in a way that its area does not take. A MARAC's routes have marks of
    their own, and change by two people: `by_route` has them.
    """
    pathway = standing.pathway
    sends = event.name in pathway.moves and pathway.sends(event.name)
    row = in_force(pathway.routes, referral.area_code, work.today)
    if not sends or row is None or row.field == ROUTE or row.field not in event.fields:
        return
    if event.fields[row.field] not in row.open:
        said = CLOSED.format(open=", ".join(row.open), instead=row.instead).rstrip()
        raise Invalid(Finding(("fields", row.field), said, "ROUTE_CLOSED"))
