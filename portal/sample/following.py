"""Which of the sample's teams takes what from where; invented, as is what comes by itself."""

from datetime import date

from portal.proposals.tables import ProposalState
from portal.referrals.follow.tables import PathwayTeam
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import fixed, team_id

TAKEN = (
    # pathway, area, agency and team, whether it comes by itself, since when
    ("idva", "E08000015", ("wirral", "Family safety unit"), True, date(2026, 7, 15)),
    ("marac", "E08000015", ("marac", "MARAC"), None, date(2026, 4, 1)),
    ("isva", "E08000015", ("rasa", "ISVA service"), None, date(2026, 4, 1)),
)


def pathway_teams() -> list[PathwayTeam]:
    """A row for each."""
    return [
        PathwayTeam(
            id=fixed("pathway-team", f"{pathway}/{area}"), pathway=pathway, area_code=area,
            team_id=team_id(*team), automatic=automatic, valid_from=since,
            state=ProposalState.CONFIRMED, updated_at=IMPORTED,
        )
        for pathway, area, team, automatic, since in TAKEN
    ]  # fmt: skip
