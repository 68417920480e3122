"""By which route a case goes to a MARAC, and whether the borough where the victim lives takes cases
by that route on the day on which it is sent.
"""

from collections.abc import AsyncIterator, Sequence

from sqlmodel import col, select

from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.marac.rules.verbs import confirmed, routes_of
from portal.referrals.assessing import thresholds
from portal.referrals.codes import RiskTool
from portal.referrals.details import RiskAssessment
from portal.referrals.engine.local_rules import fewest_incidents, open_routes
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.scales.tables import RiskScale, RiskThreshold
from portal.referrals.tables import Recipient, Referral

ROUTE, INCIDENTS = "route", "incidents"
HIGH_RISK, ESCALATION = "visible_high_risk", "potential_escalation"
NO_AREA = (
    "By which routes a MARAC takes cases differs by borough: say first where the victim lives"
    " (`changeReferral`, `area`)."
)
CLOSED = "Where the victim lives no case is taken by this route today. Open are: {open}."
TOO_FEW = (
    "Where the victim lives it takes {fewest} incidents or more in the last twelve months. Give"
    " their number, or take another route: {open}."
)
TOO_LOW = (
    "No assessment of this case reaches the threshold of visible high risk where the victim lives"
    "{needs}. Record one that does (`assessRisk`), or take another route: {open}."
)


async def must_be_open(
    work: Work, referral: Referral, _: Recipient, event: Event, standing: Standing
) -> None:
    """Refuse to send a case by a route that its area does not take, or whose mark it lacks."""
    pathway = standing.pathway
    sends = event.name in pathway.moves and pathway.sends(event.name)
    if not (pathway.routes and sends and ROUTE in event.fields):
        return
    if referral.area_code is None:
        raise Invalid(Finding(("id",), NO_AREA, "AREA_NEEDED"))
    route = str(event.fields[ROUTE])
    own = [routes_of(each) for each in await confirmed(work)]
    ways = open_routes(pathway, referral.area_code, work.today, own)
    if route not in ways:
        said = CLOSED.format(open=", ".join(ways))
        raise Invalid(Finding(("fields", ROUTE), said, "ROUTE_CLOSED"))
    others = ", ".join(way for way in ways if way != route)
    if route == ESCALATION:
        fewest = fewest_incidents(pathway, referral.area_code, work.today, own)
        _must_be_enough(fewest, event, others)
    if route == HIGH_RISK and not await _is_high(work, referral):
        needs = "; ".join([each async for each in _marks(work, referral)])
        said = TOO_LOW.format(needs=f" ({needs})" if needs else "", open=others)
        raise Invalid(Finding(("fields", ROUTE), said, "ROUTE_NOT_MET"))


def _must_be_enough(fewest: int, event: Event, others: str) -> None:
    if int(str(event.fields.get(INCIDENTS, 0))) < fewest:
        said = TOO_FEW.format(fewest=fewest, open=others)
        raise Invalid(Finding(("fields", INCIDENTS), said, "ROUTE_NOT_MET"))


async def _is_high(work: Work, referral: Referral) -> bool:
    """Whether an assessment's score is of visible high risk where she lives. What was judged is a
    route of its own.
    """
    found = select(RiskAssessment).where(col(RiskAssessment.referral_id) == referral.id)
    for assessed in (await work.db.execute(found)).scalars().all():
        if await _reaches(work, referral, assessed):
            return True
    return False


async def _reaches(work: Work, referral: Referral, assessed: RiskAssessment) -> bool:
    """It keeps the grade that it was given; only if she lives elsewhere than was thought then, it
    is that of her area on the day of the assessment.
    """
    given = await work.seen(RiskThreshold, assessed.threshold_id)
    steps = await thresholds(work, assessed.tool, referral.area_code, assessed.assessed_on)
    if not steps or await _area(work, steps) == await _area(work, [given]):
        return given.high_risk
    reached = [step for step in steps if step.at_least <= assessed.score]
    return bool(reached) and reached[-1].high_risk


async def _area(work: Work, steps: Sequence[RiskThreshold]) -> str | None:
    return (await work.seen(RiskScale, steps[0].risk_scale_id)).area_code


async def _marks(work: Work, referral: Referral) -> AsyncIterator[str]:
    """From which score on each tool says visible high risk there today."""
    for tool in RiskTool:
        steps = await thresholds(work, tool, referral.area_code, work.today)
        high = [step.at_least for step in steps if step.high_risk]
        if high:
            yield f"{tool.name} from {min(high)}"
