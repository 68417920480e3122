"""The sample's matters between police and prosecutors. One has two suspects, each apart; of its two
victims one has a supporter, whose team she lets see what she has been told. In another the victim
was told that nobody is charged, and can ask for a review. The third is no more than a question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlmodel import SQLModel

from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.charging.codes import Supporter
from portal.charging.courts import hearings, plan_items
from portal.charging.support_tables import SupportAuthority, SupportedMatter
from portal.charging.tables import Hearing, PlanItem, VictimSupport
from portal.referrals import codes, details, tables
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Hold, Part
from portal.referrals.engine.standing import Event, Standing, Value, overall
from portal.referrals.routes import Employment
from portal.referrals.tables import RANKS, Overall, Urgency
from portal.referrals.telling.escalating import keep, lies_with
from portal.referrals.tracks import days_until
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

KEY, REFERENCE = "two-suspects", "RF-C5W7ND"
POLICE, PROSECUTORS = ("police", "Protecting vulnerable people"), ("cps", "Area business centre")
SUPPORTERS, ASKED = ("rasa", "ISVA service"), date(2026, 11, 10)
WHO = {Part.SENDER: "police.caseworker", Part.RECEIVER: "cps.liaison"}
BEGUN = datetime(2026, 11, 2, 10, tzinfo=UTC)
P, R = Part.SENDER, Part.RECEIVER
_OVERALL = {Hold.ASKED: Overall.WAITING, Hold.TAKEN: Overall.IN_HAND, Hold.ENDED: Overall.ENDED}
_FILE: dict[str, Value] = {"colour": "green", "test": "full_code"}
_REGISTERED: dict[str, Value] = {
    "urn": "05A10012326", "suspects": 2, "victim_rights": "enhanced", "decision_maker": "cps",
}  # fmt: skip
Steps: TypeAlias = tuple[tuple[str, Part, int, dict[str, Value]], ...]
"""Each: the move, by which part, on which day of November, with which fields."""


@dataclass(frozen=True)
class Matter:
    """One case; what happened in it with each suspect, or before there were any."""

    key: str
    reference: str
    steps: Mapping[int | None, Steps]
    victims: int = 1

    def row(self, kind: str, suspect: int | None = None) -> UUID:
        """The id of a row of it, or of one suspect's."""
        return fixed(kind, self.key if suspect is None else f"{self.key}/{suspect}")


MATTERS = (
    Matter(KEY, REFERENCE, {
        1: (
            ("register", P, 2, _REGISTERED),
            ("submit", P, 5, _FILE),
            ("accept_file", R, 6, {"complexity": "simple"}),
            ("authorise_charge", R, 10, {"test": "full_code"}),
            ("charge", P, 11, {"charge_form": "charged"}),
            ("victim_told", P, 12, {"told_on": "2026-11-12", "told_by": "officer"}),
            ("first_hearing_magistrates", R, 13, {"hearing_on": "2026-11-27"}),
        ),
        2: (
            ("register", P, 2, _REGISTERED),
            ("submit", P, 5, _FILE),
            ("accept_file", R, 6, {"complexity": "complex"}),
            ("issue_action_plan", R, 12, {"plan_items": ["phone", "third_party"],
                                          "answer_by": "2026-11-26"}),
        ),
    }, victims=2),
    Matter("told", "RF-X8K2QJ", {
        1: (
            ("register", P, 2, {**_REGISTERED, "urn": "05A10012426", "suspects": 1}),
            ("submit", P, 3, _FILE),
            ("accept_file", R, 4, {"complexity": "simple"}),
            ("decide_nfa_evidential", R, 11, {}),
            ("tell_of_nfa", R, 12, {"told_on": "2026-11-12", "told_by": "liaison_unit"}),
        ),
    }),
    Matter("question", "RF-P3V9DM", {
        None: (("log_contact", P, 13, {"contact_topic": "third_party"}),),
    }),
)  # fmt: skip


def matter_rows() -> Iterator[SQLModel]:
    """Each matter with all that hangs on it, parents first."""
    for matter in MATTERS:
        yield from _rows(matter)
    yield from _supported(MATTERS[0])


def _rows(matter: Matter) -> Iterator[SQLModel]:
    pathway = shipped().of("cps_charging", 1)
    stands = {one: replay(pathway, events_of(matter, one), Calendar()) for one in matter.steps}
    stand = overall(pathway.overall, [one.hold for one in stands.values()])
    sent = min(event.at for suspect in matter.steps for event in events_of(matter, suspect))
    ended = max(one.last_at for one in stands.values() if one.last_at)
    yield tables.Referral(
        id=matter.row("referral"), reference=matter.reference, pathway=pathway.name,
        pathway_version=1, purpose=pathway.purpose, categories=list(pathway.shares),
        urgency=Urgency.ROUTINE, sender_agency_id=agency_id(POLICE[0]),
        sender_team_id=team_id(*POLICE), area_code="E08000015", overall=_OVERALL[stand],
        created_by_id=membership_id(WHO[P]), created_at=BEGUN, updated_at=BEGUN, sent_at=sent,
        ended_at=ended if stand is Hold.ENDED else None,
    )  # fmt: skip
    yield from _people(matter)
    for suspect, standing in stands.items():
        yield _track(matter, suspect, standing)
        yield from _history(matter, suspect)
        yield from _clocks(matter, suspect, standing)
        yield from _listed(matter, suspect, standing)


def events_of(matter: Matter, suspect: int | None) -> list[Event]:
    """What has happened with a suspect."""
    return [
        Event(
            id=matter.row(f"case-event/{name}", suspect), name=name, part=part, fields=said,
            at=BEGUN.replace(day=day),
        )
        for name, part, day, said in matter.steps[suspect]
    ]  # fmt: skip


def _people(matter: Matter) -> Iterator[SQLModel]:
    of: dict[str, Any] = {"referral_id": matter.row("referral"), "updated_at": BEGUN}
    victims = ((codes.SubjectRole.VICTIM, one) for one in range(1, matter.victims + 1))
    roles = *victims, *((codes.SubjectRole.SUSPECT, one) for one in matter.steps if one)
    for role, number in roles:
        yield details.Subject(
            id=matter.row(f"subject/{role}", number), role=role, number=number,
            person=matter.row(f"person/{role}", number),
            employment=Employment.NONE_KNOWN if role in codes.ACCUSED else None, **of,
        )  # fmt: skip
    yield details.SafeContact(
        id=matter.row("contact"), allowed=["call"], forbidden=["post", "voicemail"], days=[],
        checked_on=BEGUN.date(), **of,
    )  # fmt: skip


def _track(matter: Matter, suspect: int | None, standing: Standing) -> tables.Recipient:
    state_on, held = days_until(standing)
    [first, *_] = events_of(matter, suspect)
    return tables.Recipient(
        id=matter.row("recipient", suspect), referral_id=matter.row("referral"),
        agency_id=agency_id(PROSECUTORS[0]), team_id=team_id(*PROSECUTORS), suspect=suspect,
        state=standing.state.name, turn=standing.turn, rank=RANKS[Urgency.ROUTINE],
        hold=standing.hold, is_open=standing.hold is not Hold.ENDED,
        agreement_id=fixed("agreement", "cps-police"),
        gateway="common_law_policing", events=len(matter.steps[suspect]), state_on=state_on,
        held=held, due_at=standing.due_at, created_at=BEGUN, updated_at=BEGUN, given_at=first.at,
    )  # fmt: skip


def _history(matter: Matter, suspect: int | None) -> Iterator[SQLModel]:
    pathway = shipped().of("cps_charging", 1)
    of: dict[str, Any] = {"referral_id": matter.row("referral"), "updated_at": BEGUN}
    for position, event in enumerate(events_of(matter, suspect), start=1):
        move = pathway.moves.get(event.name)
        yield tables.ReferralEvent(
            id=UUID(str(event.id)), recipient_id=matter.row("recipient", suspect),
            position=position, name=event.name, part=event.part, at=event.at, recorded_at=event.at,
            to_state=move.to if move else None, by_id=membership_id(WHO[event.part]),
            by_agency_id=agency_id(WHO[event.part].split(".")[0]), **of,
        )  # fmt: skip
        by_category: dict[DataCategory, dict[str, Value]] = {}
        for field, value in event.fields.items():
            by_category.setdefault(pathway.fields[field].category, {})[field] = value
        for category, said in by_category.items():
            urn = str(said["urn"]) if "urn" in said else None
            yield tables.EventCodes(
                id=matter.row(f"case-codes/{event.name}/{category}", suspect),
                event_id=UUID(str(event.id)), category=category, codes=said,
                urn=urn, **of,
            )  # fmt: skip


def _listed(matter: Matter, suspect: int | None, standing: Standing) -> Iterator[SQLModel]:
    """Its hearings and action plans, as the portal works them out of the events."""
    of: dict[str, Any] = {
        "referral_id": matter.row("referral"), "recipient_id": matter.row("recipient", suspect),
        "updated_at": BEGUN,
    }  # fmt: skip
    for at, one in enumerate(hearings(standing, events_of(matter, suspect))):
        yield Hearing(
            id=matter.row(f"hearing/{at}", suspect), event_id=one.event, held_on=one.held_on,
            kind=one.kind, state=one.state, **of,
        )  # fmt: skip
    for item in plan_items(standing, events_of(matter, suspect)):
        yield PlanItem(
            id=matter.row(f"plan-item/{item.code}", suspect), event_id=item.event,
            code=item.code, due_on=item.due_on, state=item.state, ended_on=item.ended_on, **of,
        )  # fmt: skip


def _supported(matter: Matter) -> Iterator[SQLModel]:
    """The first victim has a supporter, and lets her team see it; of the other nobody knows."""
    of: dict[str, Any] = {"referral_id": matter.row("referral"), "updated_at": BEGUN}
    said = (Supporter.YES, ASKED), (Supporter.NOT_KNOWN, None)
    for victim, (answer, asked_on) in enumerate(said, start=1):
        yield VictimSupport(
            id=matter.row("victim-support", victim), victim=victim, answer=answer,
            asked_on=asked_on, set_by_id=membership_id(WHO[P]), **of,
        )  # fmt: skip
    to: dict[str, Any] = {
        "agency_id": agency_id(SUPPORTERS[0]),
        "team_id": team_id(*SUPPORTERS),
        "from_on": ASKED,
    }
    authority = matter.row("support-authority")
    yield SupportAuthority(
        id=authority, victim=1, given_by_id=membership_id(WHO[P]), **to, **of
    )  # fmt: skip
    for suspect in filter(None, matter.steps):
        events = events_of(matter, suspect)
        standing = replay(shipped().of("cps_charging", 1), events, Calendar())
        told = standing.told or standing.state
        yield SupportedMatter(
            id=matter.row("supported-matter", suspect), authority_id=authority,
            recipient_id=matter.row("recipient", suspect), reference=REFERENCE, suspect=suspect,
            state=told.name, says=told.victim or told.says,
            days=[one.held_on for one in hearings(standing, events)], **to, **of,
        )  # fmt: skip


def _clocks(matter: Matter, suspect: int | None, standing: Standing) -> Iterator[SQLModel]:
    for at, clock in enumerate(standing.clocks):
        row = tables.RunningClock(
            id=matter.row(f"clock/{clock.clock.name}/{at}", suspect), updated_at=BEGUN,
            referral_id=matter.row("referral"), recipient_id=matter.row("recipient", suspect),
            name=clock.clock.name, holder=clock.holder, started_at=clock.started_at,
        )  # fmt: skip
        sides = team_id(*POLICE), team_id(*PROSECUTORS)
        keep(row, clock, Calendar(), lies_with(standing.pathway, clock.holder, *sides))
        yield row
