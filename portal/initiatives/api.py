"""Initiatives in GraphQL: the type, its lists, its mutations."""

from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, case, literal_column, select
from sqlmodel import col

from portal.acting.exposed import mutation
from portal.actions.api import ACTIONS, Action, ActionCounts, counts_of
from portal.agencies.api import AREAS, Agency, Area, Team
from portal.changes.api import HistoryEntry
from portal.changes.listing import HISTORY
from portal.evidence.api import EVIDENCE, EvidenceItem
from portal.frameworks.shown import COVERAGE, THEMES, FrameworkEntry, Theme, is_about, serves
from portal.funding.api import FUNDING, FundingLine, FundingTotal, totals_of
from portal.initiatives import joining, partners, stages, tables, verbs
from portal.initiatives.filters import (
    INITIATIVES,
    PARTNERS,
    RATING_SETS,
    STAGE_MOVES,
    automatic,
    past_last_day,
    quiet,
    shown_rating,
)
from portal.initiatives.shown import (
    Partner,
    PartnerQueries,
    RatingSet,
    ShownRating,
    StageMove,
)
from portal.initiatives.tables import Rating, Stage, Timing, Visibility
from portal.measures.api import Measure
from portal.measures.lists import MEASURES
from portal.milestones.api import MILESTONES, Milestone
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Node,
    by_id,
    column,
    many,
    one,
    reads,
    sql,
    value,
    values,
)
from portal.risks.api import RISKS, Risk
from portal.voices.api import COMMENTS, CONSULTATIONS, Comment, SurvivorConsultation

EDIT, CONTRIBUTE = "initiatives:edit", "initiatives:contribute"


def _covers(row: Columns, area: Columns, _: Ask) -> ColumnElement[bool]:
    covered = select(col(tables.InitiativeArea.area_code)).where(
        col(tables.InitiativeArea.initiative_id) == row.id
    )
    covers: ColumnElement[bool] = area.code.in_(covered)
    return covers


def _possible_stages(row: Columns, _: Ask) -> ColumnElement[Any]:
    def listed(after: tuple[Stage, ...]) -> ColumnElement[Any]:
        return literal_column("'{" + ",".join(after) + "}'::text[]", ARRAY(Text()))

    branches = [(row.stage == stage, listed(after)) for stage, after in stages.MOVES.items()]
    return case(*branches, else_=listed(()))


@reads(tables.Initiative)
class Initiative(Node):
    """A piece of work that one agency leads and may share with partners."""

    reference: str = column("A short random code to quote.")
    title: str = column("What it is called.")
    summary: str = column("What is done, for whom, and why; plain text.")
    lead: Agency = one("The agency that leads it.", "lead_agency_id")
    lead_team: Team | None = one("The team of the lead that looks after it.", "lead_team_id")
    stage: Stage = column("How far it has come.")
    possible_stages: list[Stage] = sql(
        "Where it can be moved to from here, by its lead.", _possible_stages
    )
    stage_moves: Connection[StageMove] = many(
        "How it came to its stage.",
        STAGE_MOVES,
        lambda row, move, _: move.initiative_id == row.id,
    )
    visibility: Visibility = column("Who may see it.")
    sent_at: datetime | None = column("When others than its lead could first see it.")
    audience: str | None = column("Whom it is for.")
    place: str | None = column("Where it happens, if more precise than its areas.")
    areas: Connection[Area] = many("The areas it covers.", AREAS, _covers, first=20)
    themes: Connection[Theme] = many("What it is about, at most 20.", THEMES, is_about, first=20)
    framework_entries: Connection[FrameworkEntry] = many(
        "The pillars, Ps and plan actions that it serves, at most 20; older versions first.",
        COVERAGE,
        serves,
        first=20,
    )
    timing: Timing = column("What is known of its dates.")
    starts_on: date | None = column("Its first day.")
    ends_on: date | None = column("Its last day.")
    review_on: date | None = column("When it is next reviewed, if open-ended.")
    timing_source: str | None = column("Where it is known from, if its dates are not.")
    overdue: bool = sql("Whether its last day has passed while it is still running.", past_last_day)
    rating: Rating = column("How it stands, as last set.")
    shown_rating: ShownRating = value(
        "How it stands, with lateness counted in: amber when it, an action or a milestone of it is"
        " overdue and it was set green or not started.",
        lambda row, ask: select(
            shown_rating(row, ask).label("rating"), automatic(row, ask).label("automatic")
        ),
    )
    rating_sets: Connection[RatingSet] = many(
        "Every rating that was set.",
        RATING_SETS,
        lambda row, rating, _: rating.initiative_id == row.id,
    )
    partners: Connection[Partner] = many(
        "The agencies that were asked or have offered, whatever came of it.",
        PARTNERS,
        lambda row, partner, _: partner.initiative_id == row.id,
    )
    partners_without_update: Connection[Partner] = many(
        "Committed partners that have changed nothing on it for 60 days.",
        PARTNERS,
        lambda row, partner, ask: (partner.initiative_id == row.id) & quiet(partner, ask),
    )
    actions: Connection[Action] = many(
        "What is done for it, by whom and by when.",
        ACTIONS,
        lambda row, action, _: action.initiative_id == row.id,
    )
    action_counts: ActionCounts = value("How many of its actions stand where.", counts_of)
    milestones: Connection[Milestone] = many(
        "What it wants to have reached, and by when.",
        MILESTONES,
        lambda row, milestone, _: milestone.initiative_id == row.id,
    )
    risks: Connection[Risk] = many(
        "What could go wrong with it.", RISKS, lambda row, risk, _: risk.initiative_id == row.id
    )
    measures: Connection[Measure] = many(
        "What is counted for it, and how far that has come.",
        MEASURES,
        lambda row, measure, _: measure.initiative_id == row.id,
    )
    funding: Connection[FundingLine] = many(
        "Its money, line by line.", FUNDING, lambda row, line, _: line.initiative_id == row.id
    )
    funding_totals: list[FundingTotal] = values("Its money by source and year.", totals_of)
    evidence: Connection[EvidenceItem] = many(
        "Links to what shows how it does.",
        EVIDENCE,
        lambda row, item, _: item.initiative_id == row.id,
    )
    comments: Connection[Comment] = many(
        "What was said about it, as far as it is for you.",
        COMMENTS,
        lambda row, comment, _: comment.initiative_id == row.id,
    )
    consultations: Connection[SurvivorConsultation] = many(
        "When survivors were asked, and what came of it.",
        CONSULTATIONS,
        lambda row, asked, _: asked.initiative_id == row.id,
    )
    history: Connection[HistoryEntry] = many(
        "Who changed what since you could see it; its lead sees all.",
        HISTORY,
        lambda row, entry, _: entry.initiative_id == row.id,
    )
    equality_impact: str | None = column("How it affects people with protected characteristics.")
    equality_reviewed_on: date | None = column("When that was last looked at.")
    source: str | None = column("Where it was imported from.")
    is_sample: bool = column("Whether it was made up to show the portal.")
    created_at: datetime = column("When it was logged.")
    updated_at: datetime = column("When it was last changed itself.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@strawberry.type
class InitiativeQueries(PartnerQueries):
    """What is being done together."""

    initiatives: Connection[Initiative] = many("The initiatives you may see.", INITIATIVES)
    initiative: Initiative | None = by_id("One initiative.")
    initiative_by_reference: Initiative | None = by_id(
        "One initiative by the code that people quote.",
        argument="reference",
        kind=str,
        tells="Its reference, such as VG-7K2P9W.",
    )


@strawberry.type
class InitiativeMutations:
    """Logging, changing and sharing initiatives; asking partners in, and answering."""

    log_initiative = mutation(verbs.log_initiative, Initiative, needs=EDIT)
    change_initiative = mutation(verbs.change_initiative, Initiative, needs=EDIT)
    share_initiative = mutation(verbs.share_initiative, Initiative, needs=EDIT)
    delete_initiative = mutation(verbs.delete_initiative, "Deleted", needs=EDIT)
    move_initiative = mutation(stages.move_initiative, Initiative, needs=EDIT)
    rate_initiative = mutation(stages.rate_initiative, Initiative, needs=EDIT)
    hand_over_lead = mutation(partners.hand_over_lead, Initiative, needs=EDIT, fresh=True)
    invite_partner = mutation(partners.invite_partner, Partner, needs=EDIT)
    accept_invitation = mutation(joining.accept_invitation, Partner, needs=EDIT)
    decline_invitation = mutation(joining.decline_invitation, Partner, needs=EDIT)
    offer_contribution = mutation(joining.offer_contribution, Partner, needs=CONTRIBUTE)
    accept_offer = mutation(partners.accept_offer, Partner, needs=EDIT)
    decline_offer = mutation(partners.decline_offer, Partner, needs=EDIT)
    change_partner_parts = mutation(partners.change_partner_parts, Partner, needs=EDIT)
    remove_partner = mutation(partners.remove_partner, Partner, needs=EDIT)
    leave_initiative = mutation(joining.leave_initiative, Partner, needs=CONTRIBUTE)
