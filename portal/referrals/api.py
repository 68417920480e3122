"""Referrals in GraphQL: the summary that every party sees, the queue of a team, the moves."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    select,
)

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Area, Membership, Team
from portal.agreements.api import Agreement
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    by_id,
    column,
    many,
    one,
    reads,
    sql,
    value,
    values,
)
from portal.referrals import sending, steps, suspects, tables, verbs
from portal.referrals.allocation_tables import Allocation as Allocations
from portal.referrals.engine.pathway import Hold
from portal.referrals.filters import RecipientFilter, ReferralFilter
from portal.referrals.held import DaysHeld, days_held
from portal.referrals.lateness import due, is_late
from portal.referrals.marking import MARKING, marking
from portal.referrals.preview import Preview, preview_of
from portal.referrals.tables import Overall, Urgency
from portal.referrals.tasks.api import CASE_ACTIONS, CaseAction
from portal.store.rules import table_of


class ReferralEventOrder(Enum):
    """How the events of a referral are sorted."""

    OLDEST = "oldest"
    """As they happened."""
    NEWEST = "newest"
    """What happened last, first."""


class RecipientOrder(Enum):
    """How recipients are sorted."""

    OLDEST = "oldest"
    """Who was addressed first, first."""
    DUE = "due"
    """Whose first clock runs out soonest, first; those without a clock last."""
    NEWEST = "newest"
    """The newest first."""
    URGENCY = "urgency"
    """The most urgent first, then the oldest."""


class ReferralOrder(Enum):
    """How referrals are sorted."""

    NEWEST = "newest"
    """The newest first."""
    OLDEST = "oldest"
    """The oldest first."""


class RunningClockOrder(Enum):
    """How clocks are sorted."""

    STARTED = "started"
    """As they were started."""


EVENTS = Listing(
    None,
    ReferralEventOrder,
    {
        ReferralEventOrder.OLDEST: Order(lambda row: [row.at, row.recorded_at, row.position]),
        ReferralEventOrder.NEWEST: Order(
            lambda row: [row.at, row.recorded_at, row.position], descending=True
        ),
    },
    ReferralEventOrder.OLDEST,
)
CLOCKS = Listing(
    None,
    RunningClockOrder,
    {RunningClockOrder.STARTED: Order(lambda row: [row.started_at])},
    RunningClockOrder.STARTED,
)


@reads(tables.ReferralEvent)
class ReferralEvent(Node):
    """Something that happened in a referral; a mistake is an event, too, and overwrites nothing."""

    handling: str = sql(MARKING, marking)
    name: str = column("The move, or what else happened, as the pathway calls it.")
    part: str = column("For which part: sender, receiver, coordinator; none for a new calendar.")
    to_state: str | None = column("The state it led to, if it led to one.")
    at: datetime = column("When it happened.")
    recorded_at: datetime = column("When the portal learned of it.")
    by: Membership | None = one("Who recorded it; null for a program.", "by_id")
    by_agency: Agency = one("The agency of whoever recorded it.", "by_agency_id")
    error_of: "ReferralEvent | None" = one(
        "The event that this one says was recorded in error.", "error_of_id"
    )
    in_error: bool = sql(
        "Whether it was later said to have been recorded in error.", lambda row, _: _in_error(row)
    )


def _in_error(event: Columns) -> ColumnElement[bool]:
    later = table_of(tables.ReferralEvent).alias()
    found = select(later.c.id).where(later.c.error_of_id == event.id)
    return found.correlate(event.id.table).exists()


@reads(tables.RunningClock)
class RunningClock(Node):
    """A clock of the pathway that has started in this referral."""

    handling: str = sql(MARKING, marking)
    name: str = column("What the pathway calls it.")
    holder: str = column("Whose time it counts.")
    team: Team | None = one(
        "The team that it lies with; null where it lies with nobody.", "team_id"
    )
    started_at: datetime = column("When it started.")
    due_at: datetime | None = column("When it runs out; null while it is paused.")
    stopped_at: datetime | None = column("When what it waited for was done.")
    provisional: bool = column("Whether what it waits for has not surely begun.")
    told: str | None = column(
        "Who was told last that it runs out or is late: `due_soon` and `team_inbox` the team,"
        " `team_lead`, `agency_spoc`, or the role of the pathway's contact; where nobody was there"
        " at the last, `sender` or `recipient`, the other side's team."
    )
    told_at: datetime | None = column("When they were told.")
    late: bool = sql(
        "Whether it ran out before that, or has by now; never while it is provisional.",
        lambda row, ask: and_(
            func.coalesce(func.coalesce(row.stopped_at, ask.now) > row.due_at, False),
            row.provisional.is_(False),
        ),
    )


class AllocationOrder(Enum):
    """How who worked on a case is sorted."""

    OLDEST = "oldest"
    """The oldest first."""


@reads(Allocations)
class Allocation(Node):
    """A case was given to a member of the team, or put back; only the team's own agency sees it."""

    handling: str = sql(MARKING, marking)
    allocated_to: Membership | None = one(
        "To whom; null: put back on the team's unallocated list.", "allocated_to_id"
    )
    by: Membership | None = one("Who did it; null where it came about by itself.", "by_id")
    at: datetime = column("When.")


ALLOCATIONS = Listing(
    None,
    AllocationOrder,
    {AllocationOrder.OLDEST: Order(lambda row: [row.at, row.position])},
    AllocationOrder.OLDEST,
)


@reads(tables.Recipient)
class Recipient(Node):
    """A team that a referral is addressed to, and where it stands there."""

    handling: str = sql(MARKING, marking)
    referral: "Referral" = one("The referral.", "referral_id")
    agency: Agency = one("The agency of the team.", "agency_id")
    team: Team = one("The team it is addressed to.", "team_id")
    suspect: int | None = column(
        "The suspect it is about, where each is followed apart: the first, the second of the case."
    )
    allocated_to: Membership | None = one(
        "Who in the team works on it; null while it is on the team's unallocated list.",
        "allocated_to_id",
    )
    allocations: Connection[Allocation] = many(
        "Who worked on it one after the other; none where it is not with your agency.",
        ALLOCATIONS,
        lambda row, kept, _: kept.recipient_id == row.id,
        first=20,
    )
    state: str = column("Its state here, as the pathway calls it.")
    turn: str = column("Whose turn it is: sender, receiver, coordinator or none.")
    hold: Hold = column("Whether it has been taken on here.")
    state_on: date | None = column("Since which day it is in its state.")
    days_held: list[DaysHeld] = values("For how many days it lay with whom.", days_held)
    open: bool = column("Whether it stands in the team's queue.", "is_open")
    agreement: Agreement | None = one(
        "The agreement under which it was given, whatever has become of that; null within one"
        " agency, and where yours is no party of it.",
        "agreement_id",
    )
    gateway: str | None = column("By which power it was given; null within one agency.")
    due_at: datetime | None = column("When the first of its running clocks runs out.")
    late: bool = sql(
        "Whether that has passed.",
        lambda row, ask: is_late(row, ask.now),
    )
    clocks: Connection[RunningClock] = many(
        "Its clocks.", CLOCKS, lambda row, clock, _: clock.recipient_id == row.id, first=10
    )
    events: Connection[ReferralEvent] = many(
        "What happened here.", EVENTS, lambda row, event, _: event.recipient_id == row.id
    )
    comes_from: "Recipient | None" = one(
        "By a transfer, the place from which it is to come here, or came.", "from_id"
    )
    passed_at: datetime | None = column(
        "Since when another team has taken it over: this one keeps the summary."
    )
    given_at: datetime | None = column("Since when it may be seen here; null before it is sent.")
    lost_at: datetime | None = column("Since when it no longer may.")
    disclosure_read_at: datetime | None = column(
        "When its sender said that they have read that police or CPS may have to disclose it."
    )
    created_at: datetime = column("When it was addressed to the team.")
    version: int = column("Pass it as `expectedVersion` with a change.")


RECIPIENTS = Listing(
    RecipientFilter,
    RecipientOrder,
    {
        RecipientOrder.OLDEST: Order(lambda row: [row.created_at]),
        RecipientOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        RecipientOrder.DUE: Order(lambda row: [due(row)]),
        RecipientOrder.URGENCY: Order(lambda row: [row.rank, row.created_at]),
    },
    RecipientOrder.OLDEST,
)


def _own_reference(referral: Columns, ask: Ask) -> ColumnElement[str]:
    own = table_of(tables.LocalReference).c
    found = select(own.value).where(own.referral_id == referral.id, own.agency_id == ask.agency)
    return found.correlate(referral.id.table).scalar_subquery()


@reads(tables.Referral)
class Referral(Node):
    """One agency asks others to act for a person, along a pathway. This is its summary: it names
    nobody and says nothing about a person.
    """

    reference: str = column("A short random code, for the phone and for letters.")
    handling: str = sql(MARKING, marking)
    pathway: str = column("The pathway it goes along.")
    pathway_version: int = column("The version of the pathway that it began with, and keeps.")
    purpose: str = column("For which purpose it is shared.")
    urgency: Urgency = column("How soon somebody has to look at it.")
    overall: Overall = column("Where it stands as a whole.")
    sender: Agency = one("The agency that makes it.", "sender_agency_id")
    sender_team: Team = one("That agency's team.", "sender_team_id")
    kept_by: Membership | None = one("Who keeps it at the sender's.", "kept_by_id")
    area: Area | None = one("Where the victim lives, as a borough.", "area_code")
    onward_from: "Referral | None" = one(
        "The referral that this one passes on; null where you are no party of that.",
        "onward_from_id",
    )
    preview: Preview = value(
        "Who would see it if it were sent now, and by what right: look at it, then send with its"
        " token.",
        preview_of,
    )
    recipients: Connection[Recipient] = many(
        "Whom it is addressed to.",
        RECIPIENTS,
        lambda row, recipient, _: recipient.referral_id == row.id,
        first=10,
    )
    events: Connection[ReferralEvent] = many(
        "What has happened, with every recipient.",
        EVENTS,
        lambda row, event, _: event.referral_id == row.id,
    )
    actions: Connection[CaseAction] = many(
        "What is to be done, by which team, by when; what it is, the full view says.",
        CASE_ACTIONS,
        lambda row, action, _: action.referral_id == row.id,
        first=10,
    )
    own_reference: str | None = sql(
        "What your own agency calls the case; nobody else sees it.",
        _own_reference,
        nullable=True,
    )
    created_at: datetime = column("When it was begun.")
    sent_at: datetime | None = column("When it was sent.")
    ended_at: datetime | None = column("When it ended, or was taken back.")
    version: int = column("Pass it as `expectedVersion` with a change.")


REFERRALS = Listing(
    ReferralFilter,
    ReferralOrder,
    {
        ReferralOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
        ReferralOrder.OLDEST: Order(lambda row: [row.created_at]),
    },
    ReferralOrder.NEWEST,
)


@strawberry.type
class ReferralQueries:
    """Cases that your agency sends or was sent."""

    referrals: Connection[Referral] = many("The referrals you may see.", REFERRALS)
    referral: Referral | None = by_id("One referral: its summary.")
    queue: Connection[Recipient] = many(
        "What was sent to teams, as their queues show it.",
        RECIPIENTS,
        lambda _, recipient, ask: recipient.given_at.is_not(None),
    )


@strawberry.type
class ReferralMutations:
    """Making a referral, answering it, moving it along."""

    start_referral = mutation(verbs.start_referral, Referral, needs="referrals:work")
    change_referral = mutation(verbs.change_referral, Referral, needs="referrals:work")
    address_referral = mutation(verbs.address_referral, Referral, needs="referrals:work")
    take_off_recipient = mutation(verbs.take_off_recipient, Referral, needs="referrals:work")
    delete_referral = mutation(verbs.delete_referral, "Deleted", needs="referrals:work")
    name_own_reference = mutation(verbs.name_own_reference, Referral, needs="referrals:work")
    allocate_referral = mutation(verbs.allocate_referral, Recipient, needs="referrals:work")
    send_referral = mutation(sending.send_referral, Referral, needs="referrals:work")
    withdraw_referral = mutation(sending.withdraw_referral, Referral, needs="referrals:work")
    move_referral = mutation(steps.move_referral, Recipient, needs="referrals:work")
    transfer_referral = mutation(steps.transfer_referral, Recipient, needs="referrals:work")
    add_suspect = mutation(suspects.add_suspect, Referral, needs="referrals:work")
    correct_referral = mutation(steps.correct_referral, Recipient, needs="referrals:work")
