"""Invented initiatives with all that hangs on them: many, plausible, and the same at every run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from auth.areas import BOROUGHS, HALTON
from portal.acting.work import LETTERS
from portal.actions.tables import Action, ActionMove
from portal.evidence.tables import EvidenceItem
from portal.frameworks.tables import InitiativeEntry, InitiativeTheme
from portal.funding.tables import FundingLine
from portal.initiatives.tables import Initiative, InitiativeArea, Partner, RatingSet, StageMove
from portal.measures.tables import Measure, Observation
from portal.milestones.tables import Milestone
from portal.risks.tables import Risk
from portal.sample.partnership import DAY

Values = dict[str, Any]
Made = tuple[type[SQLModel], Values]
DAYS_BACK = 3 * 365
PLACES = {**BOROUGHS, HALTON: "Halton"}
WHAT = (
    "Safer journeys home", "Bystander training", "Healthy relationships in schools", "Safe spaces",
    "Licensed premises charter", "Support after rape", "Stalking clinic", "Street lighting review",
    "Perpetrator programme", "Survivor voices panel", "Taxi driver training", "Campus safety",
    "Workplace pledge", "Spiking response", "Domestic abuse housing", "Night bus ambassadors",
)  # fmt: skip
DOES = (
    "Agree the plan", "Recruit the coordinator", "Train staff", "Publish the leaflet",
    "Run the survey", "Hold the workshop", "Walk the route at night", "Review the referrals",
    "Brief the councillors", "Report to the board", "Set up the helpline", "Fit the lamps",
)  # fmt: skip
SUMMARY = "Partners work on this together; it is invented, and so are its figures. "
STAGES = {
    "proposed": 10, "approved": 10, "live": 50, "paused": 5, "complete": 15, "closed": 7,
    "cancelled": 3,
}  # fmt: skip
SEEN_BY = {"draft": 5, "partners": 16, "partnership": 62, "public": 17}
"""An agency of the partnership sees about four of five."""
PARTNER_STATES = {"committed": 78, "invited": 10, "offered": 4, "declined": 4, "left": 4}
RATINGS = {"green": 50, "amber": 28, "red": 12, "not_started": 6, "blue": 4}
BEFORE = {"approved": "proposed", "live": "approved", "paused": "live", "complete": "live",
          "closed": "complete", "cancelled": "proposed"}  # fmt: skip
PARTS = ("fund", "deliver", "host", "support", "evaluate")


@dataclass(frozen=True)
class House:
    """An agency that takes part: its teams with their members, and who speaks for it."""

    id: UUID
    teams: Sequence[UUID]
    members: Mapping[UUID, Sequence[UUID]]
    speaker: UUID


@dataclass(frozen=True)
class World:
    """What the invented rows refer to."""

    houses: Sequence[House]
    definitions: Sequence[UUID]
    themes: Sequence[UUID]
    entries: Sequence[UUID]


@dataclass(frozen=True)
class Spread:
    """How much hangs on each initiative."""

    actions: int = 10
    measures: int = 2
    observations: int = 12
    extras: int = 2
    """Milestones, risks, items of evidence and funding lines, of each this many."""


@dataclass
class Inventor:
    """Makes one initiative after another from one stream of chance."""

    chance: Random
    world: World
    spread: Spread = field(default_factory=Spread)

    def uuid(self) -> UUID:
        """A random id that is the same at every run."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def pick(self, weighted: Mapping[str, int]) -> str:
        """One of the names, by weight."""
        return self.chance.choices(tuple(weighted), tuple(weighted.values()))[0]

    def initiative(self, number: int) -> Iterator[Made]:
        """An initiative, then its rows, parents first."""
        return _Invented(self, number).rows()


class _Invented:
    """One initiative in the making."""

    def __init__(self, by: Inventor, number: int) -> None:
        self.by, self.chance, self.number = by, by.chance, number
        self.id = by.uuid()
        self.lead, *self.partners = by.chance.sample(by.world.houses, by.chance.randint(3, 5))
        self.seen_by = by.pick(SEEN_BY)
        self.stage = "proposed" if self.seen_by == "draft" else by.pick(STAGES)
        self.begun = DAY - timedelta(days=by.chance.randrange(DAYS_BACK))
        self.ends = self.begun + timedelta(days=by.chance.randint(90, 900))
        self.taking_part = [self.lead]

    def rows(self) -> Iterator[Made]:
        yield Initiative, self._initiative()
        for house in self.partners:
            yield Partner, self._partner(house)
        for code in self.chance.sample(tuple(PLACES), self.chance.choice((1, 1, 1, 2, 3))):
            yield InitiativeArea, self._tied(area_code=code)
        yield from self._subjects()
        yield from self._history()
        for at in range(self.by.spread.actions):
            yield from self._action(at)
        definitions = self.chance.sample(self.by.world.definitions, self.by.spread.measures)
        for definition in definitions:
            yield from self._measure(definition)
        for at in range(self.by.spread.extras):
            yield from self._extras(at)

    def _initiative(self) -> Values:
        timing = self.by.pick({"dated": 90, "open_ended": 8, "unknown": 2})
        made = self._at(self.begun)
        title = f"{self.chance.choice(WHAT)}, {self.chance.choice(tuple(PLACES.values()))}"
        return {
            "id": self.id, "title": f"{title} {self.number}", "reference": self._reference(),
            "summary": SUMMARY * self.chance.randint(1, 4),
            "lead_agency_id": self.lead.id, "lead_team_id": self.lead.teams[0],
            "stage": self.stage, "visibility": self.seen_by,
            "sent_at": None if self.seen_by == "draft" else made,
            "timing": timing, "starts_on": None if timing == "unknown" else self.begun,
            "ends_on": self.ends if timing == "dated" else None,
            "review_on": self.ends if timing == "open_ended" else None,
            "timing_source": "Invented" if timing == "unknown" else None,
            "audience": "Women and girls who live or work here", "rating": self._rating(),
            "source": "Invented", "is_sample": True, "created_at": made, "updated_at": made,
        }  # fmt: skip

    def _reference(self) -> str:
        code = "".join(self.chance.choices(LETTERS, k=8))
        return f"VG-{code[:4]}-{code[4:]}"

    def _rating(self) -> str:
        if self.stage in {"proposed", "approved"}:
            return "not_started"
        return "blue" if self.stage in {"complete", "closed"} else self.by.pick(RATINGS)

    def _tied(self, **values: Any) -> Values:  # noqa: ANN401 - columns of any type
        return {"id": self.by.uuid(), "initiative_id": self.id, "updated_at": self._at(self.begun),
                **values}  # fmt: skip

    def _at(self, day: date) -> datetime:
        """Some moment of that day's working hours."""
        moment = timedelta(microseconds=self.chance.randrange(8 * 3600 * 10**6))
        return datetime.combine(day, time(9), UTC) + moment

    def _partner(self, house: House) -> Values:
        state = self.by.pick(PARTNER_STATES)
        if state == "committed":
            self.taking_part.append(house)
        asked = self._at(self.begun)
        ended = state in {"declined", "left"}
        return self._tied(
            agency_id=house.id,
            parts=self.chance.sample(PARTS, self.chance.randint(1, 2)),
            state=state,
            ended_reason="Other work comes first this year." if ended else None,
            asked_at=asked,
            answered_at=None if state in {"invited", "offered"} else asked + timedelta(days=6),
        )

    def _subjects(self) -> Iterator[Made]:
        themes, entries = self.by.world.themes, self.by.world.entries
        for theme in self.chance.sample(themes, min(len(themes), self.chance.randint(1, 2))):
            yield InitiativeTheme, self._tied(theme_id=theme)
        for entry in self.chance.sample(entries, min(len(entries), self.chance.randint(0, 2))):
            yield InitiativeEntry, self._tied(entry_id=entry)

    def _history(self) -> Iterator[Made]:
        by = {"by_id": self.lead.speaker, "by_agency_id": self.lead.id}
        stage, moved = self.stage, {f"moved_{name}": value for name, value in by.items()}
        while before := BEFORE.get(stage):
            reason = "It was agreed by the board."
            at = self._at(self.begun)
            yield (
                StageMove,
                self._tied(from_stage=before, to_stage=stage, reason=reason, moved_at=at, **moved),
            )
            stage = before
        for _ in range(self.chance.choice((0, 1, 2))):
            set_by = {f"set_{name}": value for name, value in by.items()}
            rating, at = self.by.pick(RATINGS), self._at(self.begun + timedelta(days=30))
            reason = "As the partners reported it."
            yield RatingSet, self._tied(rating=rating, reason=reason, set_at=at, **set_by)

    def _team(self, house: House) -> UUID:
        """Most of the work goes to an agency's first teams."""
        return house.teams[int(len(house.teams) * self.chance.random() ** 3)]

    def _action(self, at: int) -> Iterator[Made]:
        house = self.chance.choice(self.taking_part)
        team, made = self._team(house), self._at(self.begun)
        due = self.begun + (self.ends - self.begun) * (at + 1) // (self.by.spread.actions + 1)
        late = {"done": 80, "open": 10, "in_progress": 6, "not_done": 4}
        state = self.by.pick(late if due < DAY else {"open": 62, "in_progress": 33, "done": 5})
        members = house.members.get(team, ())
        action = self._tied(
            title=f"{self.chance.choice(DOES)} {at + 1}",
            detail="Invented.",
            owner_team_id=team,
            owner_agency_id=house.id,
            allocated_to_id=self.chance.choice(members) if members and at % 2 else None,
            due_on=due,
            state=state,
            done_on=min(due, DAY) if state == "done" else None,
            not_done_reason="The partner had no staff for it." if state == "not_done" else None,
            created_at=made,
            created_by_id=self.lead.speaker,
        )
        yield Action, action
        if state != "open":
            moved = {"moved_by_id": house.speaker, "moved_by_agency_id": house.id}
            at_last = self._at(min(due, DAY))
            move = self._tied(action_id=action["id"], state=state, moved_at=at_last, **moved)
            yield ActionMove, move

    def _measure(self, definition: UUID) -> Iterator[Made]:
        start, made = Decimal(self.chance.randint(10, 400)), self._at(self.begun)
        measure = self._tied(
            definition_id=definition,
            baseline_value=start,
            baseline_on=self.begun,
            target_value=start * 2,
            target_on=self.ends,
            is_sample=True,
            created_at=made,
        )
        yield Measure, measure
        month = self.begun.replace(day=1)
        for _ in range(self.by.spread.observations):
            following = (month + timedelta(days=32)).replace(day=1)
            last = following - timedelta(days=1)
            yield (
                Observation,
                self._tied(
                    measure_id=measure["id"],
                    period_from=month,
                    period_to=last,
                    value=start + self.chance.randint(-9, 90),
                    recorded_by_agency_id=self.lead.id,
                    recorded_by_id=self.lead.speaker,
                    recorded_at=self._at(last),
                    is_sample=True,
                ),
            )
            month = following

    def _extras(self, at: int) -> Iterator[Made]:
        made, due = self._at(self.begun), self.begun + timedelta(days=60 * (at + 1))
        yield Milestone, self._tied(title=f"Milestone {at + 1}", due_on=due, created_at=made)
        yield (
            Risk,
            self._tied(
                title="Too few volunteers",
                likelihood=self.chance.randint(1, 5),
                impact=self.chance.randint(1, 5),
                owner_team_id=self.lead.teams[0],
                owner_agency_id=self.lead.id,
                created_at=made,
            ),
        )
        link = f"https://example.org/evidence/{self.number}/{at + 1}"
        yield EvidenceItem, self._tied(title=f"Report {at + 1}", url=link, created_at=made)
        yield (
            FundingLine,
            self._tied(
                source="Safer Streets Fund",
                grant_reference=f"SSF-{self.number}-{at + 1}",
                amount=Decimal(self.chance.randint(5, 90)) * 1000,
                spent=Decimal(self.chance.randint(0, 5)) * 1000,
                financial_year=self.begun.year,
                is_sample=True,
                created_at=made,
            ),
        )
