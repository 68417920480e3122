"""Invented initiatives that show everything the portal keeps; every row is marked as sample."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import SQLModel

from portal.actions.tables import Action, ActionMove, ActionState
from portal.evidence.tables import EvidenceItem
from portal.frameworks.reference import entry_id
from portal.frameworks.tables import InitiativeEntry
from portal.funding.tables import FundingLine
from portal.initiatives.tables import (
    Initiative,
    Part,
    PartnerState,
    Rating,
    RatingSet,
    Stage,
    StageMove,
    Timing,
    Visibility,
)
from portal.milestones.tables import Milestone
from portal.risks.tables import Risk, RiskState
from portal.sample.figures import figures
from portal.sample.initiatives import LOGGED, initiative_id, partner, tags
from portal.sample.partnership import ALL, agency_id, fixed, membership_id, team_id
from portal.voices.tables import Audience, Comment, SurvivorConsultation

WIRRAL, LIVERPOOL = "E08000015", "E08000012"


@dataclass(frozen=True)
class Invented:
    """An initiative that does not exist."""

    key: str
    reference: str
    title: str
    summary: str
    person: str
    team: str
    visibility: Visibility
    stage: Stage
    areas: tuple[str, ...]
    themes: tuple[str, ...]
    days: tuple[date, date] | None = None

    @property
    def lead(self) -> str:
        """The agency that leads it."""
        return self.person.split(".")[0]


ROUTES = Invented(
    "safe-routes",
    "VG-SFRTS2",
    "Safe routes home (sample)",
    "Better lighting and staffed stops on three walking routes between stations and homes, agreed"
    " with the women who use them.",
    "wirral.coordinator",
    "Community safety",
    Visibility.PARTNERSHIP,
    Stage.LIVE,
    (WIRRAL,),
    ("public_space", "transport"),
    (date(2026, 1, 5), date(2026, 12, 18)),
)
TAXIS = Invented(
    "taxi-training",
    "VG-TXTRN3",
    "Bystander training for taxi drivers (sample)",
    "Licensed drivers learn to notice and to help; a certificate goes with the renewed licence.",
    "liverpool.coordinator",
    "Community safety",
    Visibility.PARTNERS,
    Stage.APPROVED,
    (LIVERPOOL,),
    ("night_time_economy", "transport"),
    (date(2026, 10, 1), date(2027, 3, 31)),
)
BUS = Invented(
    "night-bus",
    "VG-NGHTB4",
    "Campus night bus (sample)",
    "A draft that nobody outside the university sees yet.",
    "uol.coordinator",
    "Student welfare",
    Visibility.DRAFT,
    Stage.PROPOSED,
    (LIVERPOOL,),
    ("education",),
)
CONDUCT = Invented(
    "conduct-figures",
    "VG-CNDCT5",
    "Conduct figures, openly (sample)",
    "The national and local figures on violence against women by officers and staff, kept in one"
    " place with their units and periods.",
    "police.coordinator",
    "Prevention hub",
    Visibility.PUBLIC,
    Stage.LIVE,
    ALL,
    ("police_conduct",),
    (date(2026, 4, 1), date(2027, 3, 31)),
)
INVENTED = (ROUTES, TAXIS, BUS, CONDUCT)


def invented_rows() -> Iterator[SQLModel]:
    """All of them, parents first."""
    for known in INVENTED:
        yield _initiative(known)
        yield from tags(known.key, known.areas, known.themes)
    yield partner("safe-routes", "rasa", Part.SUPPORT)
    yield partner("safe-routes", "police", Part.DELIVER)
    yield partner("safe-routes", "merseytravel", Part.HOST, PartnerState.INVITED)
    yield partner("safe-routes", "ljmu", Part.EVALUATE, PartnerState.OFFERED)
    yield partner("taxi-training", "ldas", Part.EVALUATE)
    yield partner("conduct-figures", "rasa", Part.EVALUATE, PartnerState.INVITED)
    yield from _progress()
    yield from _actions()
    yield from _plan()
    yield from _voices()
    yield from figures()


def _initiative(known: Invented) -> Initiative:
    return Initiative(
        id=initiative_id(known.key),
        reference=known.reference,
        title=known.title,
        summary=known.summary,
        lead_agency_id=agency_id(known.lead),
        lead_team_id=team_id(known.lead, known.team),
        stage=known.stage,
        visibility=known.visibility,
        sent_at=None if known.visibility is Visibility.DRAFT else LOGGED,
        timing=Timing.DATED,
        starts_on=known.days[0] if known.days else None,
        ends_on=known.days[1] if known.days else None,
        rating=Rating.GREEN if known is ROUTES else Rating.NOT_STARTED,
        is_sample=True,
        created_at=LOGGED,
        updated_at=LOGGED,
    )


def _progress() -> Iterator[SQLModel]:
    """Stages, a rating and a framework entry of the safe routes."""
    person, agency = membership_id("wirral.coordinator"), agency_id("wirral")
    steps = ((Stage.PROPOSED, Stage.APPROVED), (Stage.APPROVED, Stage.LIVE))
    for at, (before, after) in enumerate(steps):
        yield StageMove(
            id=fixed("stage-move", after),
            initiative_id=initiative_id("safe-routes"),
            from_stage=before,
            to_stage=after,
            moved_by_id=person,
            moved_by_agency_id=agency,
            moved_at=LOGGED + timedelta(hours=at),
            updated_at=LOGGED,
        )
    yield RatingSet(
        id=fixed("rating-set", "safe-routes"),
        initiative_id=initiative_id("safe-routes"),
        rating=Rating.GREEN,
        reason="All three routes are agreed.",
        set_by_id=person,
        set_by_agency_id=agency,
        set_at=LOGGED,
        updated_at=LOGGED,
    )
    for key, code in (("pillars", "3"), ("four_ps", "PREVENT")):
        yield InitiativeEntry(
            id=fixed("initiative-entry", key),
            initiative_id=initiative_id("safe-routes"),
            entry_id=entry_id(key, code),
            updated_at=LOGGED,
        )


ACTIONS = (
    # key, title, team, allocated to, due, state
    ("walk", "Walk the routes with the residents' panel", "wirral/Community safety",
     "wirral.contributor", date(2026, 10, 9), ActionState.DONE),
    ("lamps", "Fit lamps at the underpass", "wirral/Community safety", "wirral.coordinator",
     date(2026, 11, 6), ActionState.IN_PROGRESS),
    ("patrols", "Plan patrols for the last trains", "police/Prevention hub", "police.contributor",
     date(2026, 11, 27), ActionState.OPEN),
    ("posters", "Print posters for the library", "wirral/Community safety", None,
     date(2026, 10, 16), ActionState.NOT_DONE),
    ("line", "Put the support line on every stop", "rasa/Prevention", None, date(2026, 12, 4),
     ActionState.OPEN),
)  # fmt: skip


def _actions() -> Iterator[SQLModel]:
    for key, title, team, member, due, state in ACTIONS:
        agency, name = team.split("/")
        done = state is ActionState.DONE
        yield Action(
            id=fixed("action", key),
            initiative_id=initiative_id("safe-routes"),
            title=f"{title} (sample)",
            owner_team_id=team_id(agency, name),
            owner_agency_id=agency_id(agency),
            allocated_to_id=membership_id(member) if member else None,
            due_on=due,
            state=state,
            done_on=date(2026, 10, 7) if done else None,
            not_done_reason="The library closed." if state is ActionState.NOT_DONE else None,
            created_at=LOGGED,
            created_by_id=membership_id("wirral.coordinator"),
            updated_at=LOGGED,
        )
        yield ActionMove(
            id=fixed("action-move", key),
            initiative_id=initiative_id("safe-routes"),
            action_id=fixed("action", key),
            state=state,
            moved_by_id=membership_id("wirral.coordinator"),
            moved_by_agency_id=agency_id("wirral"),
            moved_at=LOGGED,
            updated_at=LOGGED,
        )


def _plan() -> Iterator[SQLModel]:
    """A milestone, a risk, an evidence item, two funding lines."""
    tied: dict[str, Any] = {
        "initiative_id": initiative_id("safe-routes"),
        "created_at": LOGGED,
        "updated_at": LOGGED,
    }
    yield Milestone(
        id=fixed("milestone", "lit"),
        title="First route lit and staffed (sample)",
        due_on=date(2026, 11, 30),
        **tied,
    )
    yield Milestone(
        id=fixed("milestone", "agreed"),
        title="Routes agreed with residents (sample)",
        due_on=date(2026, 9, 30),
        reached_on=date(2026, 9, 28),
        **tied,
    )
    yield Risk(
        id=fixed("risk", "weather"),
        title="Storms delay the works (sample)",
        likelihood=2,
        impact=2,
        owner_team_id=team_id("wirral", "Community safety"),
        owner_agency_id=agency_id("wirral"),
        state=RiskState.CLOSED,
        closed_reason="The outdoor works are done.",
        **tied,
    )
    yield Risk(
        id=fixed("risk", "supplier"),
        title="The lamp supplier is late (sample)",
        likelihood=3,
        impact=2,
        owner_team_id=team_id("wirral", "Community safety"),
        owner_agency_id=agency_id("wirral"),
        **tied,
    )
    yield EvidenceItem(
        id=fixed("evidence", "survey"),
        title="Survey of women who walk the routes (sample)",
        url="https://example.org/survey",
        framework_entry_id=entry_id("four_ps", "PREVENT"),
        review_on=date(2026, 11, 1),
        **tied,
    )
    for key, source, amount, spent, match in (
        ("grant", "Safer streets grant (sample)", 90_000, 30_000, False),
        ("match", "Council match (sample)", 20_000, 18_500, True),
    ):
        yield FundingLine(
            id=fixed("funding", f"safe-routes/{key}"),
            source=source,
            amount=Decimal(amount),
            spent=Decimal(spent),
            financial_year=2026,
            is_match=match,
            is_sample=True,
            **tied,
        )


def _voices() -> Iterator[SQLModel]:
    """A comment to all partners, one to the own agency only, and what survivors said."""
    tied: dict[str, Any] = {
        "initiative_id": initiative_id("safe-routes"),
        "created_at": LOGGED,
        "updated_at": LOGGED,
    }
    for person, audience, said in (
        ("rasa.coordinator", Audience.PARTNERS, "Could the last bus wait for the last train?"),
        ("wirral.coordinator", Audience.AGENCY, "The contractor asks for more money."),
    ):
        yield Comment(
            id=fixed("comment", audience),
            audience=audience,
            author_id=membership_id(person),
            agency_id=agency_id(person.split(".")[0]),
            text=f"{said} (sample)",
            **tied,
        )
    yield SurvivorConsultation(
        id=fixed("consultation", "panel"),
        held_on=date(2026, 2, 11),
        group="Residents' panel of women who walk the routes (sample)",
        heard="The underpass is the worst place; the help point is too far from the stop.",
        changed="The underpass came first, and the help point moved to the stop.",
        action_id=fixed("action", "lamps"),
        agency_id=agency_id("wirral"),
        recorded_by_id=membership_id("wirral.coordinator"),
        **tied,
    )
