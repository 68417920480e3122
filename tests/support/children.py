"""One row for each table that hangs on an initiative, as somebody of Wirral could write it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlmodel import SQLModel

from portal.actions.tables import Action, ActionMove, ActionState
from portal.evidence.tables import EvidenceItem
from portal.frameworks.reference import entry_id, theme_id
from portal.frameworks.tables import InitiativeEntry, InitiativeTheme
from portal.funding.tables import FundingLine
from portal.initiatives.tables import (
    InitiativeArea,
    Partner,
    PartnerState,
    Rating,
    RatingSet,
    Stage,
    StageMove,
)
from portal.measures.tables import Measure, Observation
from portal.milestones.tables import Milestone
from portal.risks.tables import Risk
from portal.sample.partnership import agency_id, membership_id, team_id
from portal.voices.tables import Audience, Comment, SurvivorConsultation

AUTHOR = "wirral.coordinator"
ME, OURS, TEAM = membership_id(AUTHOR), agency_id("wirral"), team_id("wirral", "Community safety")
DAY, NOW = date(2026, 11, 16), datetime(2026, 11, 16, 9, tzinfo=UTC)

CHILDREN: dict[str, Callable[[UUID], SQLModel]] = {
    "initiative_area": lambda of: InitiativeArea(initiative_id=of, area_code="E08000012"),
    "partner": lambda of: Partner(
        initiative_id=of, agency_id=OURS, parts=["fund"], state=PartnerState.OFFERED, asked_at=NOW
    ),
    "stage_move": lambda of: StageMove(
        initiative_id=of, from_stage=Stage.LIVE, to_stage=Stage.PAUSED, moved_by_id=ME,
        moved_by_agency_id=OURS, moved_at=NOW,
    ),
    "rating_set": lambda of: RatingSet(
        initiative_id=of, rating=Rating.GREEN, set_by_id=ME, set_by_agency_id=OURS, set_at=NOW
    ),
    "action": lambda of: Action(
        initiative_id=of, title="Do", owner_team_id=TEAM, owner_agency_id=OURS, due_on=DAY,
        created_by_id=ME,
    ),
    "action_move": lambda of: ActionMove(
        initiative_id=of, action_id=uuid4(), state=ActionState.DONE, moved_by_id=ME,
        moved_by_agency_id=OURS, moved_at=NOW,
    ),
    "milestone": lambda of: Milestone(initiative_id=of, title="Lit", due_on=DAY),
    "risk": lambda of: Risk(
        initiative_id=of, title="Storm", likelihood=1, impact=1, owner_team_id=TEAM,
        owner_agency_id=OURS,
    ),
    "evidence_item": lambda of: EvidenceItem(
        initiative_id=of, title="Survey", url="https://example.org"
    ),
    "funding_line": lambda of: FundingLine(
        initiative_id=of, source="Fund", amount=Decimal(1), financial_year=2026
    ),
    "measure": lambda of: Measure(initiative_id=of, definition_id=uuid4()),
    "observation": lambda of: Observation(
        initiative_id=of, measure_id=uuid4(), period_from=DAY, period_to=DAY, value=Decimal(1),
        recorded_by_agency_id=OURS, recorded_by_id=ME, recorded_at=NOW,
    ),
    "initiative_theme": lambda of: InitiativeTheme(initiative_id=of, theme_id=theme_id("online")),
    "initiative_entry": lambda of: InitiativeEntry(
        initiative_id=of, entry_id=entry_id("four_ps", "PURSUE")
    ),
    "comment": lambda of: Comment(
        initiative_id=of, audience=Audience.PARTNERS, author_id=ME, agency_id=OURS, text="Said."
    ),
    "survivor_consultation": lambda of: SurvivorConsultation(
        initiative_id=of, held_on=DAY, group="Students", heard="Light.", agency_id=OURS,
        recorded_by_id=ME,
    ),
}  # fmt: skip
