"""The sample's referrals: people who do not exist, as numbers and codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from portal.agreements.categories import DataCategory
from portal.calendars.days import Calendar
from portal.referrals import codes, details, tables
from portal.referrals.engine.files import shipped
from portal.referrals.engine.machine import replay
from portal.referrals.engine.pathway import Hold, Part
from portal.referrals.engine.standing import Event, Value
from portal.referrals.tables import RANKS, Overall, Urgency
from portal.referrals.telling.escalating import keep, lies_with
from portal.sample.partnership import agency_id, fixed, membership_id, team_id

WIRRAL = "E08000015"
SENDER, RECEIVER = ("tww", "Outreach"), ("wirral", "Family safety unit")
WHO = {Part.SENDER: "tww.caseworker", Part.RECEIVER: "wirral.idva"}
BEGUN = datetime(2026, 11, 9, 10, tzinfo=UTC)
Step = tuple[str, Part, datetime, dict[str, Value]]


@dataclass(frozen=True)
class Case:
    """One referral, and what has happened in it."""

    key: str
    reference: str
    steps: tuple[Step, ...] = ()
    urgency: Urgency = Urgency.ROUTINE

    @property
    def id(self) -> UUID:
        """Its id."""
        return fixed("referral", self.key)

    def row_id(self, kind: str) -> UUID:
        """The id of a row of it."""
        return fixed(kind, self.key)


def _at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


CASES = (
    Case("draft", "RF-7K2P9W"),
    Case("waiting", "RF-M4X8TC", (("send", Part.SENDER, _at(13, 9), {}),), Urgency.URGENT),
    Case(
        "started", "RF-Q9D3HB",
        (
            ("send", Part.SENDER, _at(10, 9), {}),
            ("accept", Part.RECEIVER, _at(11, 11), {}),
            ("contact_attempted", Part.RECEIVER, _at(12, 15), {"contact_result": "reached"}),
            ("start", Part.RECEIVER, _at(13, 10), {}),
        ),
    ),
)  # fmt: skip


def case_rows() -> Iterator[SQLModel]:
    """Every case with all that hangs on it, parents first."""
    for case in CASES:
        yield from _rows(case)


def _events(case: Case) -> list[Event]:
    return [
        Event(
            id=fixed("case-event", f"{case.key}/{name}"), name=name, at=at, part=part, fields=said
        )
        for name, part, at, said in case.steps
    ]


def _rows(case: Case) -> Iterator[SQLModel]:
    pathway = shipped().of("request_for_support", 1)
    standing = replay(pathway, _events(case), Calendar())
    sent = case.steps[0][2] if case.steps else None
    overall = Overall.IN_HAND if standing.hold is Hold.TAKEN else Overall.WAITING
    yield tables.Referral(
        id=case.id, reference=case.reference, pathway=pathway.name, pathway_version=1,
        purpose=pathway.purpose, categories=list(pathway.shares), urgency=case.urgency,
        sender_agency_id=agency_id(SENDER[0]), sender_team_id=team_id(*SENDER), area_code=WIRRAL,
        overall=overall if sent else Overall.DRAFT, created_by_id=membership_id(WHO[Part.SENDER]),
        created_at=BEGUN, updated_at=BEGUN, sent_at=sent,
    )  # fmt: skip
    yield tables.Recipient(
        id=case.row_id("recipient"), referral_id=case.id, agency_id=agency_id(RECEIVER[0]),
        team_id=team_id(*RECEIVER), state=standing.state.name, turn=standing.turn,
        rank=RANKS[case.urgency], hold=standing.hold, is_open=sent is not None,
        agreement_id=fixed("agreement", "wirral-marac") if sent else None,
        gateway="cda_115" if sent else None, events=len(case.steps), due_at=standing.due_at,
        created_at=BEGUN, updated_at=BEGUN, given_at=sent,
    )  # fmt: skip
    yield from _history(case)
    for clock in standing.clocks:
        row = tables.RunningClock(
            id=fixed("clock", f"{case.key}/{clock.clock.name}"), referral_id=case.id,
            recipient_id=case.row_id("recipient"), name=clock.clock.name, holder=clock.holder,
            started_at=clock.started_at, updated_at=BEGUN,
        )  # fmt: skip
        team = lies_with(pathway, clock.holder, team_id(*SENDER), team_id(*RECEIVER))
        keep(row, clock, Calendar(), team)
        yield row
    yield from _said(case)
    if case.key == "started":
        yield from _to_do(case)


def _history(case: Case) -> Iterator[SQLModel]:
    for position, event in enumerate(_events(case), start=1):
        who = WHO[event.part]
        yield tables.ReferralEvent(
            id=UUID(str(event.id)), referral_id=case.id, recipient_id=case.row_id("recipient"),
            position=position, name=event.name, part=event.part, at=event.at,
            recorded_at=event.at + timedelta(minutes=5), by_id=membership_id(who),
            by_agency_id=agency_id(who.split(".")[0]), updated_at=event.at,
        )  # fmt: skip
        if event.fields:
            yield tables.EventCodes(
                id=fixed("case-codes", f"{case.key}/{event.name}"), referral_id=case.id,
                event_id=UUID(str(event.id)), category=DataCategory.OUTCOME,
                codes=dict(event.fields), updated_at=event.at,
            )  # fmt: skip


def _to_do(case: Case) -> Iterator[SQLModel]:
    """One thing done, and one that waits for a day to come."""
    of: dict[str, Any] = {"referral_id": case.id, "updated_at": BEGUN}
    doer: dict[str, Any] = {
        "agency_id": agency_id(RECEIVER[0]), "team_id": team_id(*RECEIVER),
        "added_by_agency_id": agency_id(RECEIVER[0]), "created_at": _at(13, 10),
    }  # fmt: skip
    for code, day, ended in (
        (codes.CaseActionCode.SAFETY_PLAN, 13, _at(13, 16)),
        (codes.CaseActionCode.HOME_SECURITY, 20, None),
    ):
        action = fixed("case-action", f"{case.key}/{code}")
        state = codes.CaseActionState.DONE if ended else codes.CaseActionState.OPEN
        yield details.CaseAction(
            id=action, due_on=date(2026, 11, day), state=state, ended_at=ended, **doer, **of
        )
        said = fixed("case-action-codes", f"{case.key}/{code}")
        yield details.CaseActionCodes(id=said, action_id=action, code=code, **of)


def _said(case: Case) -> Iterator[SQLModel]:
    """Something in each part of the full view."""
    of: dict[str, Any] = {"referral_id": case.id, "updated_at": BEGUN}
    yield details.Subject(
        id=case.row_id("subject"), role=codes.SubjectRole.VICTIM, person=case.row_id("person"), **of
    )
    yield details.SafeContact(
        id=case.row_id("contact"), allowed=["text", "call"], forbidden=["post", "voicemail"],
        days=["monday", "tuesday", "wednesday"], checked_on=BEGUN.date(), **of,
    )  # fmt: skip
    yield details.Wishes(
        id=case.row_id("wishes"), awareness=codes.Awareness.AWARE_AND_WILLING,
        basis=codes.LawfulBasis.LEGITIMATE_INTERESTS, asked_on=BEGUN.date(), **of,
    )  # fmt: skip
    yield details.Need(
        id=case.row_id("need"), code=codes.NeedCode.INTERPRETER, language="pol", **of
    )
    yield details.ReferralReason(
        id=case.row_id("reason"), code=codes.ReasonCode.DOMESTIC_ABUSE, **of
    )
    yield details.Flag(id=case.row_id("flag"), code=codes.FlagCode.CHILDREN, **of)
    yield details.ProtectiveOrder(
        id=case.row_id("order"), kind=codes.OrderKind.NON_MOLESTATION,
        expires_on=date(2027, 5, 1), **of,
    )  # fmt: skip
    yield details.RiskAssessment(
        id=case.row_id("risk"), tool=codes.RiskTool.MERIT, tool_version="3", score=58,
        grade="silver", threshold_id=fixed("threshold", f"merit/{WIRRAL}/silver"),
        assessed_on=BEGUN.date(), assessed_by_id=membership_id(WHO[Part.SENDER]), **of,
    )  # fmt: skip
