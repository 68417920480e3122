"""Every feature's queries and mutations, as one schema."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.types.base_scalars import (
    DateDefinition,
    DateTimeDefinition,
    DecimalDefinition,
)

from portal.actions.api import ActionMutations, ActionQueries
from portal.agencies.api import AgencyMutations, AgencyQueries
from portal.agreements.api import AgreementMutations, AgreementQueries
from portal.calendars.api import CalendarMutations, CalendarQueries
from portal.changes.api import ChangeQueries
from portal.charging.api import ChargingMutations, ChargingQueries
from portal.charging.support_api import SupportMutations, SupportQueries
from portal.evidence.api import EvidenceMutations
from portal.execution import Execution
from portal.frameworks.api import FrameworkMutations, FrameworkQueries
from portal.funding.api import FundingMutations, FundingQueries
from portal.initiatives.api import InitiativeMutations, InitiativeQueries
from portal.marac.api import MaracMutations, MaracQueries
from portal.marac.believing_api import MaracBeliefMutations, MaracBeliefQueries
from portal.marac.rules.api import MaracRuleMutations, MaracRuleQueries
from portal.measures.api import MeasureMutations, MeasureQueries
from portal.milestones.api import MilestoneMutations
from portal.outbox.api import OutboxMutations, OutboxQueries
from portal.people.api import PeopleMutations, PeopleQueries
from portal.programs.api import ProgramMutations, ProgramQueries
from portal.reading.choices import describe_choices
from portal.reading.declare import Node, node_by_id, nodes_by_id
from portal.reading.plans import Plans
from portal.reading.promises import BrokenPromises, broken_promises
from portal.referrals.api import ReferralMutations, ReferralQueries
from portal.referrals.consents.api import ConsentMutations, ConsentQueries
from portal.referrals.cover.api import CoverMutations, CoverQueries
from portal.referrals.emergencies.api import EmergencyMutations, EmergencyQueries
from portal.referrals.follow.api import FollowingQueries
from portal.referrals.full import FileMutations, FileQueries
from portal.referrals.late import LateQueries
from portal.referrals.offering import OfferingQueries
from portal.referrals.outside.api import OutsideMutations, OutsideQueries
from portal.referrals.scales.api import ScaleMutations, ScaleQueries
from portal.referrals.stopping import StoppingQueries
from portal.referrals.tasks.api import CaseActionMutations, CaseActionQueries
from portal.referrals.totals import TotalsQueries
from portal.risks.api import RiskMutations
from portal.sight import SIGHT
from portal.voices.api import VoiceMutations

Guard = Callable[[], SchemaExtension]
_UUID = strawberry.scalar(
    name="UUID",
    description="A UUID in its usual form, such as a request's id.",
    serialize=str,
    parse_value=UUID,
)
_SCALARS: Mapping[object, Any] = {
    UUID: _UUID,
    date: replace(DateDefinition, description='A day in London, such as "2026-11-16".'),
    datetime: replace(DateTimeDefinition, description='A moment, as "2026-11-16T09:30:00Z".'),
    Decimal: replace(DecimalDefinition, description='A number in digits, as a text: "52.5".'),
}
"""Strawberry's own speak of isoformat."""


@strawberry.type(
    description="What can be read. Every list is a page; what you may not see is not there."
)
class Query(
    InitiativeQueries,
    ActionQueries,
    FrameworkQueries,
    MeasureQueries,
    FundingQueries,
    AgreementQueries,
    AgencyQueries,
    PeopleQueries,
    ProgramQueries,
    CalendarQueries,
    OutboxQueries,
    ReferralQueries,
    ChargingQueries,
    SupportQueries,
    FileQueries,
    FollowingQueries,
    EmergencyQueries,
    MaracQueries,
    MaracBeliefQueries,
    MaracRuleQueries,
    StoppingQueries,
    OfferingQueries,
    ConsentQueries,
    OutsideQueries,
    CaseActionQueries,
    LateQueries,
    TotalsQueries,
    ScaleQueries,
    CoverQueries,
    ChangeQueries,
):
    """All root fields for reading."""

    node: Node | None = node_by_id("Any record by its id; null when there is none for you.")
    nodes: list[Node | None] = nodes_by_id(
        "Up to 100 records by id, in the order asked; null where there is none for you."
    )


@strawberry.type(
    description="What can be done. Each takes one input and answers with the record or why not."
)
class Mutation(
    AgencyMutations,
    PeopleMutations,
    OutboxMutations,
    ProgramMutations,
    InitiativeMutations,
    ActionMutations,
    MilestoneMutations,
    RiskMutations,
    EvidenceMutations,
    FrameworkMutations,
    MeasureMutations,
    FundingMutations,
    VoiceMutations,
    AgreementMutations,
    ReferralMutations,
    ChargingMutations,
    SupportMutations,
    FileMutations,
    MaracMutations,
    MaracBeliefMutations,
    MaracRuleMutations,
    CaseActionMutations,
    EmergencyMutations,
    ConsentMutations,
    OutsideMutations,
    ScaleMutations,
    CoverMutations,
    CalendarMutations,
):
    """All root fields for changing."""


class Schema(strawberry.Schema):
    """All types, and the statements that known queries have become."""

    plans: Plans


def build(*guards: Guard) -> Schema:
    """The schema with its plan cache; `guards` see each request before it is executed."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        extensions=[*guards, lambda: Execution(plans)],
        config=StrawberryConfig(scalar_map=_SCALARS),
    )
    core: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    describe_choices(core)
    schema.plans = plans = Plans(core)
    if found := broken_promises(core, SIGHT):
        raise BrokenPromises(found)
    return schema
