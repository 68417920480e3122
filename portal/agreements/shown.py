"""How agreements' versions, parties, advice, signatures and events are shown."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, and_, exists, func, select

from auth.kinds import AgencyKind
from auth.roles import Role, SignatoryTitle
from auth.tables import MembershipRole
from portal.agencies.api import MEMBERSHIPS, Agency, Membership
from portal.agreements import tables
from portal.agreements.categories import DataCategory, DataSubject, Purpose
from portal.agreements.tables import (
    Accession,
    AgreementMove,
    Ceiling,
    Controllers,
    OnwardRule,
    SharingDirection,
    Verdict,
)
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.proposals.holding import holding
from portal.proposals.tables import ProposalState
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.agreements.api import Agreement

ParentAgreement = Annotated["Agreement", strawberry.lazy("portal.agreements.api")]


class GatewayOrder(Enum):
    """How gateways are sorted."""

    NAME = "name"
    """By name."""


class AgreementPartyOrder(Enum):
    """How parties are sorted."""

    NAMED = "named"
    """Who was named first, first."""


class SaidOrder(Enum):
    """How advice, signatures and events are sorted."""

    OLDEST = "oldest"
    """The oldest first."""
    NEWEST = "newest"
    """The newest first."""


def _latest(row: Columns, ask: Ask) -> ColumnElement[bool]:
    """No confirmed row of the same power has begun later."""
    later = table_of(tables.Gateway).alias()
    found = select(later.c.id).where(
        later.c.key == row.key, later.c.valid_from > row.valid_from, holding(later.c, ask.today)
    )
    return holding(row, ask.today) & ~found.correlate(row.key.table).exists()


def _holds(row: Columns, ask: Ask) -> ColumnElement[bool]:
    return _latest(row, ask) & func.coalesce(row.valid_to >= ask.today, True)


@filter_input
class GatewayFilter:
    """Which legal powers."""

    key: str | None = where("Of this name for programs.", lambda row, key, _: row.key == key)
    state: ProposalState | None = where(
        "That stand so: proposed, confirmed or declined.", lambda row, is_, _: row.state == is_
    )
    holds: bool | None = where(
        "Whether it counts today.", lambda row, so, ask: _holds(row, ask) == so
    )


GATEWAYS = Listing(
    GatewayFilter,
    GatewayOrder,
    {GatewayOrder.NAME: Order(lambda g: [g.name, g.valid_from])},
    GatewayOrder.NAME,
)
OF_VERSION = Listing(
    None, GatewayOrder, {GatewayOrder.NAME: Order(lambda g: [g.name])}, GatewayOrder.NAME
)
PARTIES = Listing(
    None,
    AgreementPartyOrder,
    {AgreementPartyOrder.NAMED: Order(lambda p: [p.named_at])},
    AgreementPartyOrder.NAMED,
)


def _by_time(column: str, default: SaidOrder) -> Listing:
    return Listing(
        None,
        SaidOrder,
        {
            SaidOrder.OLDEST: Order(lambda row: [row[column]]),
            SaidOrder.NEWEST: Order(lambda row: [row[column]], descending=True),
        },
        default,
    )


ADVICE = _by_time("advised_at", SaidOrder.NEWEST)
SIGNATURES = _by_time("signed_at", SaidOrder.OLDEST)
EVENTS = _by_time("at", SaidOrder.OLDEST)


@reads(tables.Gateway)
class Gateway(Node):
    """A legal power to disclose."""

    key: str = column("Its name for programs, such as `cda_115`.")
    name: str = column("What it is called.")
    law: str = column("Where it stands.")
    sender_kinds: list[AgencyKind] = column("Who may disclose under it, by kind of body.")
    receiver_kinds: list[AgencyKind] = column(
        "To whom; a body that acts for such an authority counts as one."
    )
    purposes: list[Purpose] = column("What for.")
    confirmed: bool = column("Whether somebody has confirmed that the law says so.")
    note: str | None = column("What else is known of it.")
    state: ProposalState = column("Whether it is confirmed: until then what held before holds.")
    valid_from: date = column("The first day on which it counts.")
    valid_to: date | None = column("The last day; null when none is set.")
    holds: bool = sql("Whether it counts today.", _holds)
    proposed_by: Membership | None = one("Who proposed it.", "proposed_by_id")
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answered_at: datetime | None = column("When.")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")


def _stands(party: Columns, ask: Ask) -> ColumnElement[bool]:
    standing = func.agreement_standing(party.agreement_id, ask.now).table_valued("party_id")
    return exists(select(standing.c.party_id).where(standing.c.party_id == party.id))


def _data_protection_leads(row: Columns, member: Columns, ask: Ask) -> ColumnElement[bool]:
    held = table_of(MembershipRole).c
    leads = select(held.membership_id).where(
        held.role == Role.DATA_PROTECTION_LEAD.value,
        func.coalesce(held.ends_on >= ask.today, True),
    )
    lives = and_(
        member.starts_on <= ask.today,
        func.coalesce(member.ends_on >= ask.today, True),
        member.ended_at.is_(None),
    )
    return and_(member.agency_id == row.agency_id, lives, member.id.in_(leads))


@reads(tables.AgreementParty)
class AgreementParty(Node):
    """An agency's part in an agreement."""

    agreement: ParentAgreement | None = one("The agreement.", "agreement_id")
    agency: Agency = one("The agency.", "agency_id")
    direction: SharingDirection = column("Which way it shares.")
    acts_for: Agency | None = one("The authority for which it acts.", "acts_for_id")
    required: bool = column("Whether a version counts only once it has signed.")
    accedes: bool = column("Whether it joins an agreement that others have made.")
    stands: bool = sql(
        "Whether it takes part now: it has joined, has signed the version in force, and is neither"
        " suspended nor gone.",
        _stands,
    )
    data_protection_leads: Connection[Membership] = many(
        "Whom to turn to there about the data: who looks after data protection today.",
        MEMBERSHIPS,
        _data_protection_leads,
        first=5,
    )
    since_number: int = column("From which version on it is a party, by its number.")
    named_at: datetime = column("When it was named.")
    joined_at: datetime | None = column("When it joined.")
    suspended_at: datetime | None = column("Since when its part is interrupted.")
    suspended_by: Agency | None = one("Who interrupted it.", "suspended_by_agency_id")
    left_at: datetime | None = column("When it left, or was let go before it joined.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.AgreementAdvice)
class AgreementAdvice(Node):
    """What a party's data protection lead said of a version."""

    agency: Agency = one("The agency that was advised.", "agency_id")
    verdict: Verdict = column("Whether it should sign.")
    text: str = column("The advice.")
    advised_by: Membership = one("Who advised.", "advised_by_id")
    advised_at: datetime = column("When.")


@reads(tables.AgreementSignature)
class AgreementSignature(Node):
    """A signature under a version."""

    agency: Agency = one("For which agency.", "agency_id")
    title: SignatoryTitle = column("As what the signatory signed.")
    signed_by: Membership = one("Who signed.", "signed_by_id")
    signed_at: datetime = column("When.")


def _rests_on(version: Columns, gateway: Columns, ask: Ask) -> ColumnElement[bool]:
    rests: ColumnElement[bool] = gateway.key == func.any(version.gateways)
    return rests & _latest(gateway, ask)


def _unsigned(version: Columns, party: Columns, _: Ask) -> ColumnElement[bool]:
    signature = table_of(tables.AgreementSignature).alias()
    signed = exists().where(
        signature.c.agreement_version_id == version.id, signature.c.party_id == party.id
    )
    wanted: ColumnElement[bool] = (
        (party.agreement_id == version.agreement_id) & party.left_at.is_(None) & ~signed
    )
    return wanted


@reads(tables.AgreementVersion)
class AgreementVersion(Node):
    """What an agreement says, from one day to another."""

    agreement: ParentAgreement | None = one("The agreement.", "agreement_id")
    number: int = column("1 for the first.")
    purposes: list[Purpose] = column("What data is shared for.")
    gateways: Connection[Gateway] = many(
        "The legal powers it rests on, as they stand today.", OF_VERSION, _rests_on, first=20
    )
    categories: list[DataCategory] = column("Which kinds of data.")
    subjects: list[DataSubject] = column("About whom.")
    permitted_roles: list[Role] = column("Who in a receiving agency may use it.")
    controllers: Controllers = column("Who answers for the data.")
    ceiling: Ceiling = column("The highest marking of what is shared.")
    onward_rule: OnwardRule = column("Whether a receiver may pass it on.")
    accession: Accession = column("Who lets a further party in.")
    lawful_basis: str = column("The conditions of data protection law.")
    retention_rule: str = column("How long data is kept.")
    rights_lead: Agency = one("Who answers for people's rights.", "rights_lead_agency_id")
    dpia_reference: str = column("The data protection impact assessment.")
    run_off_days: int | None = column(
        "For how many days after the end safe contact, actions and clocks stay in sight, if at all."
    )
    starts_on: date = column("The first day.")
    review_on: date = column("When it is to be reviewed; that closes nothing.")
    ends_on: date = column("The last day, in London: at its end the agreement closes.")
    sent_at: datetime | None = column("When it was sent for signature.")
    signed_at: datetime | None = column("When all that had to sign had signed.")
    dropped_at: datetime | None = column("When it was given up.")
    advice: Connection[AgreementAdvice] = many(
        "What data protection leads said of it.", ADVICE,
        lambda version, row, _: row.agreement_version_id == version.id, first=20,
    )  # fmt: skip
    signatures: Connection[AgreementSignature] = many(
        "Who has signed.", SIGNATURES,
        lambda version, row, _: row.agreement_version_id == version.id, first=20,
    )  # fmt: skip
    unsigned: Connection[AgreementParty] = many(
        "Parties that have not signed it.", PARTIES, _unsigned, first=20
    )


@reads(tables.AgreementEvent)
class AgreementEvent(Node):
    """What happened to an agreement."""

    move: AgreementMove = column("What happened.")
    at: datetime = column("When.")
    reason: str | None = column("Why.")
    by: Membership | None = one("Who did it; null for a program.", "by_id")
    by_agency: Agency | None = one("For which agency.", "by_agency_id")
    party: AgreementParty | None = one("The party that it is about.", "party_id")
    of_version: AgreementVersion | None = one(
        "The version that it is about.", "agreement_version_id"
    )
