"""What risk tools' scores mean in the sample, and what waits there for a second person.

Gold from 72 is what St Helens has published; all else is invented.
"""

from collections.abc import Iterator
from datetime import date

from sqlmodel import SQLModel

from portal.marac.rules.tables import MaracRoute, MaracRule, RepeatTrigger
from portal.marac.tables import RepeatAnchor
from portal.proposals.tables import ProposalState
from portal.referrals.codes import RiskTool
from portal.referrals.follow.tables import PathwayTeam
from portal.referrals.scales.tables import RiskScale, RiskThreshold
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import fixed, membership_id, team_id

ST_HELENS, WIRRAL = "E08000013", "E08000015"
MERIT = ((0, "bronze"), (36, "silver"), (72, "gold"))
SCALES = (
    # tool, area, highest score, grades
    (RiskTool.MERIT, None, 120, MERIT),
    (RiskTool.MERIT, ST_HELENS, 120, MERIT),
    (RiskTool.MERIT, WIRRAL, 120, MERIT),
    (RiskTool.DASH, None, 24, ((0, "standard"), (10, "medium"), (14, "high"))),
)
SINCE, NEXT_YEAR = date(2024, 4, 1), date(2027, 4, 1)
PROPOSER = "pcc.programme"


def scale_rows() -> Iterator[SQLModel]:
    """Every scale with its grades; then a lower threshold and another team, both proposed."""
    for tool, area, highest, grades in SCALES:
        key = f"{tool}/{area}"
        yield RiskScale(
            id=fixed("scale", key), tool=tool, area_code=area, highest=highest, valid_from=SINCE,
            state=ProposalState.CONFIRMED, updated_at=IMPORTED,
        )  # fmt: skip
        yield from _grades(key, highest, grades)
    yield RiskScale(
        id=fixed("scale", "proposed"), tool=RiskTool.MERIT, area_code=WIRRAL, highest=120,
        valid_from=NEXT_YEAR, proposed_by_id=membership_id(PROPOSER), updated_at=IMPORTED,
    )  # fmt: skip
    yield from _grades("proposed", 120, ((0, "bronze"), (36, "silver"), (68, "gold")))
    yield MaracRule(
        id=fixed("marac-rule", "proposed"), area_code=WIRRAL, fewest_incidents=2, repeat_months=12,
        routes=list(MaracRoute), repeat_trigger=RepeatTrigger.ANY_ABUSE,
        repeat_anchor=RepeatAnchor.LAST_MEETING, valid_from=NEXT_YEAR,
        proposed_by_id=membership_id(PROPOSER), updated_at=IMPORTED,
    )  # fmt: skip
    yield PathwayTeam(
        id=fixed("pathway-team", "proposed"), pathway="idva", area_code=WIRRAL, automatic=True,
        team_id=team_id("tww", "Outreach"), valid_from=NEXT_YEAR,
        proposed_by_id=membership_id(PROPOSER), updated_at=IMPORTED,
    )  # fmt: skip


def _grades(key: str, highest: int, grades: tuple[tuple[int, str], ...]) -> Iterator[SQLModel]:
    for at_least, grade in grades:
        yield RiskThreshold(
            id=fixed("threshold", f"{key}/{grade}"), risk_scale_id=fixed("scale", key),
            highest=highest, grade=grade, at_least=at_least, high_risk=grade in {"gold", "high"},
        )  # fmt: skip
