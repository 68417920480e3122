"""The sample's MARAC: two meetings, who sits at them, and a case on the list of the first."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlmodel import SQLModel

from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.marac.tables import MaracListing, MaracMeeting
from portal.referrals import tables
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Part
from portal.referrals.engine.standing import Event, Value
from portal.referrals.research_tables import MaracResearch, MaracSeat
from portal.referrals.tables import RANKS, Overall, Urgency
from portal.referrals.telling.escalating import keep, lies_with
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

MARAC = ("marac", "MARAC")
WIRRAL = "E08000015"
PLANNED = datetime(2026, 11, 2, 9, tzinfo=UTC)
MEETINGS = (date(2026, 11, 26), date(2026, 12, 10))
SEATS = (
    ("police", "Protecting vulnerable people"),
    ("wirral", "Family safety unit"),
    ("probation", "Public protection"),
)


def conference_rows() -> Iterator[SQLModel]:
    """Meetings and seats."""
    for day in MEETINGS:
        yield MaracMeeting(
            id=fixed("marac-meeting", str(day)), agency_id=agency_id("marac"),
            team_id=team_id(*MARAC), area_code=WIRRAL, held_on=day, updated_at=PLANNED,
        )  # fmt: skip
    for agency, team in SEATS:
        yield MaracSeat(
            id=fixed("marac-seat", agency), marac_team_id=team_id(*MARAC),
            agency_id=agency_id(agency), team_id=team_id(agency, team),
            starts_on=date(2026, 4, 1), updated_at=PLANNED,
        )  # fmt: skip


SENDER = ("tww", "Outreach")
CASE, PLACE = fixed("referral", "conference"), fixed("recipient", "conference")
DEAL, GATEWAY = fixed("agreement", "wirral-marac"), "cda_115"
SENT, TAKEN_ON = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (12, 13))
STEPS: tuple[tuple[str, Part, str, datetime, dict[DataCategory, dict[str, Value]]], ...] = (
    ("submit", Part.SENDER, "tww.caseworker", SENT, {
        DataCategory.REASONS: {"route": "visible_high_risk"},
        DataCategory.WISHES: {"consent": "given", "aware": "yes"},
    }),
    ("accept", Part.RECEIVER, "marac.coordinator", TAKEN_ON, {
        DataCategory.CLOCKS: {"meeting_on": str(MEETINGS[0]), "research_by": "2026-11-24"},
    }),
)  # fmt: skip


def conference_case() -> Iterator[SQLModel]:
    """A case that a charity referred, listed, and not yet answered by those who sit there."""
    pathway = shipped().of("marac", 1)
    standing = replay(pathway, _events(), Calendar())
    yield tables.Referral(
        id=CASE, reference="RF-W6N3JD", pathway=pathway.name, pathway_version=1,
        purpose=pathway.purpose, categories=list(pathway.shares), urgency=Urgency.URGENT,
        sender_agency_id=agency_id(SENDER[0]), sender_team_id=team_id(*SENDER), area_code=WIRRAL,
        overall=Overall.IN_HAND, created_by_id=membership_id("tww.caseworker"),
        created_at=SENT, updated_at=TAKEN_ON, sent_at=SENT,
    )  # fmt: skip
    yield tables.Recipient(
        id=PLACE, referral_id=CASE, agency_id=agency_id("marac"), team_id=team_id(*MARAC),
        state=standing.state.name, turn=standing.turn, rank=RANKS[Urgency.URGENT],
        hold=standing.hold, is_open=True, agreement_id=DEAL, gateway=GATEWAY, events=len(STEPS),
        due_at=standing.due_at, created_at=SENT, updated_at=TAKEN_ON, given_at=SENT,
        shown=[team_id(*seat) for seat in SEATS],
    )  # fmt: skip
    yield from _history()
    for clock in standing.clocks:
        row = tables.RunningClock(
            id=fixed("clock", f"conference/{clock.clock.name}"), referral_id=CASE,
            recipient_id=PLACE, name=clock.clock.name, holder=clock.holder,
            started_at=clock.started_at, updated_at=TAKEN_ON,
        )  # fmt: skip
        lies = lies_with(pathway, clock.holder, team_id(*SENDER), team_id(*MARAC))
        keep(row, clock, Calendar(), lies)
        yield row
    yield MaracListing(
        id=fixed("marac-listing", "conference"), referral_id=CASE, recipient_id=PLACE,
        agency_id=agency_id("marac"), created_at=TAKEN_ON, updated_at=TAKEN_ON,
        meeting_id=fixed("marac-meeting", str(MEETINGS[0])),
    )  # fmt: skip
    for agency, team in SEATS:
        yield MaracResearch(
            id=fixed("marac-research", agency), referral_id=CASE, recipient_id=PLACE,
            from_agency_id=agency_id("marac"), agency_id=agency_id(agency),
            team_id=team_id(agency, team), agreement_id=DEAL, gateway=GATEWAY,
            created_at=TAKEN_ON, given_at=TAKEN_ON, updated_at=TAKEN_ON,
        )  # fmt: skip


def _events() -> list[Event]:
    return [
        Event(
            id=fixed("case-event", f"conference/{name}"), name=name, at=at, part=part,
            fields={k: v for said in fields.values() for k, v in said.items()},
        )
        for name, part, _, at, fields in STEPS
    ]  # fmt: skip


def _history() -> Iterator[SQLModel]:
    for position, (event, (_, _, who, _, said)) in enumerate(zip(_events(), STEPS, strict=True), 1):
        event_id = UUID(str(event.id))
        yield tables.ReferralEvent(
            id=event_id, referral_id=CASE, recipient_id=PLACE, position=position, name=event.name,
            part=event.part, at=event.at, recorded_at=event.at + timedelta(minutes=5),
            by_id=membership_id(who), by_agency_id=agency_id(who.split(".")[0]),
            updated_at=event.at,
        )  # fmt: skip
        for category, codes in said.items():
            yield tables.EventCodes(
                id=fixed("case-codes", f"conference/{event.name}/{category}"), referral_id=CASE,
                event_id=event_id, category=category, codes=codes, updated_at=event.at,
            )  # fmt: skip
