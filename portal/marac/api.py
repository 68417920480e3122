"""MARACs in GraphQL: meetings and their lists, who sits there, what agencies know."""

from datetime import date, datetime
from enum import Enum

import strawberry

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Area, Membership, Team
from portal.marac import repeats, tables, verbs
from portal.marac.tables import MeetingKind, MistakenLink, RepeatAnchor
from portal.reading.declare import (
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
from portal.referrals import research_tables
from portal.referrals.api import Recipient, Referral
from portal.referrals.marking import MARKING, marking
from portal.referrals.research_tables import Known


class MaracMeetingOrder(Enum):
    """How meetings are sorted."""

    EARLIEST = "earliest"
    """The earliest first."""
    LATEST = "latest"
    """The latest first."""


class MaracListingOrder(Enum):
    """How the cases of a list are sorted."""

    LISTED = "listed"
    """As they were put on it."""


class MaracResearchOrder(Enum):
    """How questions to agencies are sorted."""

    ASKED = "asked"
    """As they were asked."""


class MaracRepeatOrder(Enum):
    """How repeats are sorted."""

    NEWEST = "newest"
    """What was linked last, first."""


class MaracSeatOrder(Enum):
    """How seats are sorted."""

    SINCE = "since"
    """Who has sat there longest, first."""


@reads(research_tables.MaracSeat)
class MaracSeat(Node):
    """A team that speaks for its agency at a MARAC."""

    marac: Team = one("The MARAC's team.", "marac_team_id")
    agency: Agency = one("The agency.", "agency_id")
    team: Team = one("Its team.", "team_id")
    starts_on: date = column("From which meeting day on it is asked.")
    ends_on: date | None = column("The last meeting day for which it is.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(research_tables.MaracResearch)
class MaracResearch(Node):
    """A team is asked whether it knows the people of a case. The agency that was asked sees its own
    answer, and the MARAC all of them.
    """

    referral: Referral = one("The case.", "referral_id")
    agency: Agency = one("The agency that is asked.", "agency_id")
    team: Team = one("Its team.", "team_id")
    gateway: str | None = column("By which power it was given the case for that.")
    given_at: datetime | None = column(
        "Since when it has the case; null where no agreement lets the MARAC give it: ask by phone."
    )
    known: Known | None = column("What it said; null until it does.")
    answered_at: datetime | None = column("When it said so.")
    answered_by: Membership | None = one("Who said so.", "answered_by_id")
    created_at: datetime = column("When it was asked.")
    handling: str = sql(MARKING, marking)
    version: int = column("Pass it as `expectedVersion` with a change.")


@reads(tables.MaracRepeat)
class MaracRepeat(Node):
    """A case repeats an earlier one, as the coordinator of its MARAC says; nobody else sees it."""

    referral: Referral = one("The later case.", "referral_id")
    earlier: Referral | None = one(
        "The earlier case; null once your MARAC sees it no more.", "earlier_id"
    )
    within: str = column("Within which time the rule of the later case's area counts a repeat.")
    trigger: str = column("What counts there: a code of the pathway's list `repeat_trigger`.")
    anchor: RepeatAnchor = column("From when it counts.")
    counted_from: date = column("The day from which it counted.")
    linked_by: Membership | None = one("Who linked them.", "linked_by_id")
    created_at: datetime = column("When they were linked.")
    taken_back_at: datetime | None = column("When the link was taken back as a mistake.")
    taken_back_by: Membership | None = one("Who took it back.", "taken_back_by_id")
    taken_back_reason: MistakenLink | None = column("Why it was a mistake.")
    handling: str = sql(MARKING, marking)
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class MaracRepeatFilter:
    """Which repeats."""

    referral: strawberry.ID | None = where(
        "Of this later case.", lambda row, case, _: row.referral_id == case
    )
    earlier: strawberry.ID | None = where(
        "Of this earlier case.", lambda row, case, _: row.earlier_id == case
    )
    taken_back: bool | None = where(
        "Whether the link was taken back as a mistake.",
        lambda row, back, _: row.taken_back_at.is_not(None) == back,
    )
    counted_since: date | None = where(
        "Counted from this day or a later one.", lambda row, day, _: row.counted_from >= day
    )


@filter_input
class MaracResearchFilter:
    """Which questions."""

    referral: strawberry.ID | None = where(
        "About this case.", lambda row, case, _: row.referral_id == case
    )
    agency: strawberry.ID | None = where(
        "To this agency.", lambda row, agency, _: row.agency_id == agency
    )
    mine: bool | None = where(
        "Whether your own agency is asked.",
        lambda row, mine, ask: (row.agency_id == ask.agency) == mine,
    )
    answered: bool | None = where(
        "Whether it was answered.", lambda row, said, _: row.answered_at.is_not(None) == said
    )


@filter_input
class MaracListingFilter:
    """Which cases of lists."""

    meeting: strawberry.ID | None = where(
        "Of this meeting.", lambda row, meeting, _: row.meeting_id == meeting
    )
    referral: strawberry.ID | None = where(
        "This case.", lambda row, case, _: row.referral_id == case
    )


@filter_input
class MaracMeetingFilter:
    """Which meetings."""

    area: str | None = where("For this area.", lambda row, code, _: row.area_code == code)
    kind: MeetingKind | None = where("Of this kind.", lambda row, kind, _: row.kind == kind)
    from_day: date | None = where("On this day or later.", lambda row, day, _: row.held_on >= day)
    to_day: date | None = where("On this day or before.", lambda row, day, _: row.held_on <= day)


@filter_input
class MaracSeatFilter:
    """Which seats."""

    marac: strawberry.ID | None = where(
        "At this MARAC, by its team.", lambda row, team, _: row.marac_team_id == team
    )


RESEARCH = Listing(
    MaracResearchFilter,
    MaracResearchOrder,
    {MaracResearchOrder.ASKED: Order(lambda row: [row.created_at])},
    MaracResearchOrder.ASKED,
)
LISTINGS = Listing(
    MaracListingFilter,
    MaracListingOrder,
    {MaracListingOrder.LISTED: Order(lambda row: [row.created_at])},
    MaracListingOrder.LISTED,
)
REPEATS = Listing(
    MaracRepeatFilter,
    MaracRepeatOrder,
    {MaracRepeatOrder.NEWEST: Order(lambda row: [row.created_at], descending=True)},
    MaracRepeatOrder.NEWEST,
)
SEATS = Listing(
    MaracSeatFilter,
    MaracSeatOrder,
    {MaracSeatOrder.SINCE: Order(lambda row: [row.starts_on])},
    MaracSeatOrder.SINCE,
)


@reads(tables.MaracListing)
class MaracListing(Node):
    """A case on a meeting's list."""

    referral: Referral = one("The case.", "referral_id")
    recipient: Recipient | None = one("Where it stands with the MARAC.", "recipient_id")
    meeting: "MaracMeeting | None" = one(
        "The meeting; null where your agency does not sit there.", "meeting_id"
    )
    research: Connection[MaracResearch] = many(
        "Who was asked, and what they know, as far as you may see it.",
        RESEARCH,
        lambda row, question, _: question.recipient_id == row.recipient_id,
        first=30,
    )
    created_at: datetime = column("When it was first put on a list.")
    handling: str = sql(MARKING, marking)


@reads(tables.MaracMeeting)
class MaracMeeting(Node):
    """A meeting of a MARAC."""

    agency: Agency = one("The MARAC.", "agency_id")
    team: Team = one("Its team, to which cases are referred.", "team_id")
    area: Area = one("Where.", "area_code")
    held_on: date = column("Its day.")
    kind: MeetingKind = column("Whether it was planned, or called.")
    listings: Connection[MaracListing] = many(
        "The cases on its list that you may see.",
        LISTINGS,
        lambda row, listing, _: listing.meeting_id == row.id,
    )
    version: int = column("Pass it as `expectedVersion` with a change.")


MEETINGS = Listing(
    MaracMeetingFilter,
    MaracMeetingOrder,
    {
        MaracMeetingOrder.EARLIEST: Order(lambda row: [row.held_on]),
        MaracMeetingOrder.LATEST: Order(lambda row: [row.held_on], descending=True),
    },
    MaracMeetingOrder.EARLIEST,
)


@strawberry.type
class MaracQueries:
    """Meetings and their lists."""

    marac_meetings: Connection[MaracMeeting] = many("Meetings of MARACs where you sit.", MEETINGS)
    marac_meeting: MaracMeeting | None = by_id("One meeting.")
    marac_listings: Connection[MaracListing] = many("Cases on the lists of meetings.", LISTINGS)
    marac_research: Connection[MaracResearch] = many(
        "What agencies were asked about cases, and what they know.", RESEARCH
    )
    marac_repeats: Connection[MaracRepeat] = many(
        "Cases that repeat an earlier one, of the MARAC that you coordinate; also links that were"
        " taken back.",
        REPEATS,
    )
    marac_seats: Connection[MaracSeat] = many("Who sits at MARACs.", SEATS)


@strawberry.type
class MaracMutations:
    """Preparing meetings, and answering for one's agency."""

    add_marac_meeting = mutation(verbs.add_marac_meeting, MaracMeeting, needs="marac:coordinate")
    add_marac_seat = mutation(verbs.add_marac_seat, MaracSeat, needs="marac:coordinate")
    end_marac_seat = mutation(verbs.end_marac_seat, MaracSeat, needs="marac:coordinate")
    link_repeat = mutation(repeats.link_repeat, MaracRepeat, needs="marac:coordinate")
    answer_research = mutation(verbs.answer_research, MaracResearch, needs="referrals:work")
