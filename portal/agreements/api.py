"""Agreements in GraphQL: the type, its lists, the gate, its mutations."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, Text, Uuid, func, literal_column, select
from sqlmodel import col

from portal.acting.exposed import mutation
from portal.agencies.api import Agency
from portal.agreements import parties, powers, signing, tables, verbs
from portal.agreements.categories import Purpose
from portal.agreements.gate import GateQueries
from portal.agreements.shown import (
    EVENTS,
    GATEWAYS,
    PARTIES,
    AgreementEvent,
    AgreementParty,
    AgreementVersion,
    Gateway,
)
from portal.agreements.tables import AgreementState
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    by_id,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)


class AgreementOrder(Enum):
    """How agreements are sorted."""

    NEWEST = "newest"
    """The newest first."""
    TITLE = "title"
    """By title."""


class AgreementVersionOrder(Enum):
    """How versions are sorted."""

    NEWEST = "newest"
    """The newest first."""


VERSIONS = Listing(
    None,
    AgreementVersionOrder,
    {AgreementVersionOrder.NEWEST: Order(lambda v: [v.number], descending=True)},
    AgreementVersionOrder.NEWEST,
)


def _state(row: Columns, ask: Ask) -> ColumnElement[str]:
    state = func.agreement_state(row.id, ask.now, type_=Text)
    return func.coalesce(state, literal_column("'draft'", Text), type_=Text)


def _now(row: Columns, ask: Ask) -> ColumnElement[object]:
    return func.agreement_version_now(row.id, ask.now, type_=Uuid)


def _of_version_now(row: Columns, ask: Ask, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found: Select[Any] = select(literal_column("1")).where(
        col(tables.AgreementVersion.id) == _now(row, ask), condition
    )
    return found.correlate(row.id.table).exists()


def _has_party(row: Columns, agency: ColumnElement[object], _: Ask) -> ColumnElement[bool]:
    party = tables.AgreementParty
    found: Select[Any] = select(literal_column("1")).where(
        col(party.agreement_id) == row.id,
        col(party.agency_id) == agency,
        col(party.left_at).is_(None),
    )
    return found.correlate(row.id.table).exists()


@filter_input
class AgreementFilter:
    """Which agreements."""

    state: list[AgreementState] | None = where(
        "In one of these states.", lambda row, some, ask: _state(row, ask) == func.any(some)
    )
    party: strawberry.ID | None = where("With this agency as a party, or named as one.", _has_party)
    lead: strawberry.ID | None = where(
        "Led by this agency.", lambda row, agency, _: row.lead_agency_id == agency
    )
    purpose: Purpose | None = where(
        "In force for this purpose, or over.",
        lambda row, purpose, ask: _of_version_now(
            row, ask, purpose == func.any(col(tables.AgreementVersion.purposes))
        ),
    )
    review_before: date | None = where(
        "To be reviewed before this day.",
        lambda row, day, ask: _of_version_now(
            row, ask, col(tables.AgreementVersion.review_on) < day
        ),
    )
    ends_before: date | None = where(
        "With a last day before this day.",
        lambda row, day, ask: _of_version_now(row, ask, col(tables.AgreementVersion.ends_on) < day),
    )


AGREEMENTS = Listing(
    AgreementFilter,
    AgreementOrder,
    {
        AgreementOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        AgreementOrder.TITLE: Order(lambda row: [row.title]),
    },
    AgreementOrder.NEWEST,
)


@reads(tables.Agreement)
class Agreement(Node):
    """What agencies have agreed about sharing personal data."""

    reference: str = column("A random short code to quote.")
    title: str = column("What it is called.")
    lead: Agency = one("The agency that drafted it and looks after it.", "lead_agency_id")
    state: AgreementState = sql("Where it stands now.", _state)
    in_force: AgreementVersion | None = one(
        "The version that counts today; also that of an agreement that is over or suspended.", _now
    )
    versions: Connection[AgreementVersion] = many(
        "All versions.", VERSIONS, lambda row, version, _: version.agreement_id == row.id, first=20
    )
    parties: Connection[AgreementParty] = many(
        "Who is or was a party.", PARTIES, lambda row, party, _: party.agreement_id == row.id
    )
    events: Connection[AgreementEvent] = many(
        "What happened to it.", EVENTS, lambda row, event, _: event.agreement_id == row.id
    )
    sent_at: datetime | None = column("When it was first sent for signature.")
    suspended_at: datetime | None = column("Since when it is interrupted.")
    withdrawn_at: datetime | None = column("When it was ended before its last day.")
    is_sample: bool = column("Whether it was made up for the sample.")
    created_at: datetime = column("When it was begun.")
    updated_at: datetime = column("When it was last changed.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with a change.")


@strawberry.type
class AgreementQueries(GateQueries):
    """What is agreed, and what may be shared."""

    agreements: Connection[Agreement] = many(
        "The agreements that your agency leads, or is or was a party of.", AGREEMENTS
    )
    agreement: Agreement | None = by_id("One agreement.")
    gateways: Connection[Gateway] = many(
        "The legal powers that agreements rest on, also what they were, and what is proposed.",
        GATEWAYS,
    )


_DRAFT, _ADVISE, _SIGN = "agreements:draft", "agreements:advise", "agreements:sign"


@strawberry.type
class AgreementMutations:
    """Writing, signing, interrupting and ending agreements, and who is a party."""

    draft_agreement = mutation(verbs.draft_agreement, Agreement, needs=_DRAFT)
    change_agreement = mutation(verbs.change_agreement, Agreement, needs=_DRAFT)
    amend_agreement = mutation(verbs.amend_agreement, Agreement, needs=_DRAFT)
    give_up_agreement_version = mutation(verbs.give_up_agreement_version, Agreement, needs=_DRAFT)
    name_agreement_party = mutation(parties.name_agreement_party, Agreement, needs=_DRAFT)
    remove_agreement_party = mutation(parties.remove_agreement_party, Agreement, needs=_DRAFT)
    send_agreement = mutation(verbs.send_agreement, Agreement, needs=_DRAFT)
    advise_on_agreement = mutation(signing.advise_on_agreement, Agreement, needs=_ADVISE)
    sign_agreement = mutation(signing.sign_agreement, Agreement, needs=_SIGN, fresh=True)
    consent_to_agreement_party = mutation(
        parties.consent_to_agreement_party, Agreement, needs=_SIGN, fresh=True
    )
    suspend_agreement_party = mutation(parties.suspend_agreement_party, Agreement, needs=_DRAFT)
    resume_agreement_party = mutation(parties.resume_agreement_party, Agreement, needs=_DRAFT)
    leave_agreement = mutation(parties.leave_agreement, Agreement, needs=_DRAFT)
    suspend_agreement = mutation(verbs.suspend_agreement, Agreement, needs=_DRAFT)
    resume_agreement = mutation(verbs.resume_agreement, Agreement, needs=_DRAFT)
    withdraw_agreement = mutation(verbs.withdraw_agreement, Agreement, needs=_DRAFT)
    propose_gateway = mutation(powers.propose_gateway, Gateway, needs=_ADVISE)
    confirm_gateway = mutation(powers.confirm_gateway, Gateway, needs=_ADVISE)
    decline_gateway = mutation(powers.decline_gateway, Gateway, needs=_ADVISE)
