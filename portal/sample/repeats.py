"""Two earlier cases of the sample's MARAC, heard and closed; that one of them is repeated, that its
own sender believed it to repeat the other, and that no IDVA's team was known to the portal then.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlmodel import SQLModel

from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.marac.tables import MaracBelief, MaracRepeat, RepeatAnchor
from portal.referrals import tables
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Part
from portal.referrals.engine.standing import Event, Value
from portal.referrals.follow.tables import FollowOn, FollowOutcome
from portal.referrals.tables import RANKS, Overall, Urgency
from portal.sample.conferences import CASE, DEAL, GATEWAY, MARAC, PLACE, SENDER, TAKEN_ON, WIRRAL
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

EARLIER = (
    ("summer", "RF-4HT8QC", datetime(2026, 7, 7, 8, tzinfo=UTC)),
    ("spring", "RF-M2X7VN", datetime(2026, 4, 14, 8, tzinfo=UTC)),
)
STEPS: tuple[tuple[str, Part, int, dict[DataCategory, dict[str, Value]]], ...] = (
    ("submit", Part.SENDER, 0, {
        DataCategory.REASONS: {"route": "visible_high_risk"},
        DataCategory.WISHES: {"consent": "given", "aware": "yes"},
    }),
    ("accept", Part.COORDINATOR, 1, {}),
    ("research", Part.COORDINATOR, 7, {DataCategory.IDENTITY_LINK: {"known": "known"}}),
    ("finish_research", Part.COORDINATOR, 12, {}),
    ("hear", Part.COORDINATOR, 16, {}),
    ("no_actions", Part.COORDINATOR, 16, {}),
    ("close", Part.COORDINATOR, 30, {DataCategory.OUTCOME: {"outcome": "risk_reduced"}}),
)  # fmt: skip
"""Each with how many days after it was sent."""


def earlier_cases() -> Iterator[SQLModel]:
    """Both, the link of the case on the list to the later of them, and what is still to link."""
    for key, reference, sent in EARLIER:
        yield from _case(key, reference, sent)
    yield MaracRepeat(
        id=fixed("marac-repeat", "conference"), referral_id=CASE, recipient_id=PLACE,
        agency_id=agency_id(MARAC[0]), earlier_id=fixed("referral", EARLIER[0][0]),
        within="12 months", trigger="any_abuse", anchor=RepeatAnchor.LAST_REFERRAL,
        counted_from=EARLIER[0][2].date(), linked_by_id=membership_id("marac.coordinator"),
        created_at=TAKEN_ON, updated_at=TAKEN_ON,
    )  # fmt: skip
    [(key, _, sent), _] = EARLIER
    yield MaracBelief(
        id=fixed("marac-belief", key), referral_id=fixed("referral", key),
        recipient_id=fixed("recipient", key), agency_id=agency_id(MARAC[0]),
        created_at=sent, updated_at=sent,
    )  # fmt: skip


def _case(key: str, reference: str, sent: datetime) -> Iterator[SQLModel]:
    pathway = shipped().of("marac", 1)
    case, place, ended = fixed("referral", key), fixed("recipient", key), sent + timedelta(days=30)
    standing = replay(pathway, [event for event, _ in _events(key, sent)], Calendar())
    yield tables.Referral(
        id=case, reference=reference, pathway=pathway.name, pathway_version=1,
        purpose=pathway.purpose, categories=list(pathway.shares), urgency=Urgency.URGENT,
        sender_agency_id=agency_id(SENDER[0]), sender_team_id=team_id(*SENDER), area_code=WIRRAL,
        overall=Overall.ENDED, created_by_id=membership_id("tww.caseworker"),
        created_at=sent, updated_at=ended, sent_at=sent, ended_at=ended,
    )  # fmt: skip
    yield tables.Recipient(
        id=place, referral_id=case, agency_id=agency_id(MARAC[0]), team_id=team_id(*MARAC),
        state=standing.state.name, turn=standing.turn, rank=RANKS[Urgency.URGENT],
        hold=standing.hold, is_open=False, agreement_id=DEAL, gateway=GATEWAY, events=len(STEPS),
        created_at=sent, updated_at=ended, given_at=sent,
    )  # fmt: skip
    yield FollowOn(
        id=fixed("follow-on", key), referral_id=case, pathway="idva",
        outcome=FollowOutcome.NO_TEAM, created_at=sent, updated_at=sent,
    )  # fmt: skip
    for position, (event, said) in enumerate(_events(key, sent), 1):
        who = "tww.caseworker" if event.part is Part.SENDER else "marac.coordinator"
        event_id = UUID(str(event.id))
        yield tables.ReferralEvent(
            id=event_id, referral_id=case, recipient_id=place, position=position, name=event.name,
            part=event.part, at=event.at, recorded_at=event.at, by_id=membership_id(who),
            by_agency_id=agency_id(who.partition(".")[0]), updated_at=event.at,
        )  # fmt: skip
        for category, codes in said.items():
            yield tables.EventCodes(
                id=fixed("case-codes", f"{key}/{event.name}/{category}"), referral_id=case,
                event_id=event_id, category=category, codes=codes, updated_at=event.at,
            )  # fmt: skip


def _events(
    key: str, sent: datetime
) -> Iterator[tuple[Event, dict[DataCategory, dict[str, Value]]]]:
    """In the order in which they happened, each with what it says by category."""
    heard, asked = _day(sent, 16), _day(sent, 12)
    days: dict[str, dict[DataCategory, dict[str, Value]]] = {
        "accept": {DataCategory.CLOCKS: {"meeting_on": str(heard), "research_by": str(asked)}},
        "hear": {DataCategory.OUTCOME: {"heard_on": str(heard)}},
    }
    if key == EARLIER[0][0]:
        days["submit"] = {DataCategory.IDENTITY_LINK: {"repeat_of": EARLIER[1][1]}}
    for at, (name, part, after, codes) in enumerate(STEPS):
        said = codes | days.get(name, {})
        yield Event(
            id=fixed("case-event", f"{key}/{name}"), name=name, part=part,
            at=sent + timedelta(days=after, minutes=at),
            fields={k: v for of in said.values() for k, v in of.items()},
        ), said  # fmt: skip


def _day(sent: datetime, days: int) -> date:
    return (sent + timedelta(days=days)).date()
