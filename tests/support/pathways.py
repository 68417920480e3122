"""Walking pathways: events at invented times, with the least that each has to say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from portal.calendars.days import Calendar
from portal.clock import LONDON
from portal.errors import Finding
from portal.referrals.engine.machine import begin, replay
from portal.referrals.engine.moving import check_move
from portal.referrals.engine.pathway import Kind, Part, Pathway, Saying
from portal.referrals.engine.standing import Event, Standing, Value

PLAIN = Calendar()
BEGAN = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
"""A Monday in London."""
_numbers = count(1)


def here(text: str) -> datetime:
    """An instant, as clocks in London show it."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def least(pathway: Pathway, saying: Saying) -> dict[str, Value]:
    """The fields without which it is refused, each with the first value that it can have."""
    return {name: _some(pathway, name) for name in saying.needs}


def _some(pathway: Pathway, name: str) -> Value:
    one = pathway.fields[name]
    first = next(iter(pathway.codes.get(one.codes or "", {"": ""})))
    values: Mapping[Kind, Value] = {
        Kind.CODE: first,
        Kind.CODES: [first],
        Kind.DAY: "2026-12-01",
        Kind.MOMENT: "2026-12-01T10:00:00+00:00",
        Kind.NUMBER: 0,
        Kind.YES_NO: True,
        Kind.URN: "05A10012326",
        Kind.RECORD: str(UUID(int=7)),
        Kind.REFERENCE: "RF-7K2P9W",
    }
    return values[one.kind]


def part_of(pathway: Pathway, name: str) -> Part:
    """One that may make it."""
    saying = pathway.saying(name)
    assert saying is not None, name
    return min(saying.by)


@dataclass
class Case:
    """A case that is told what happens, one thing after another."""

    pathway: Pathway
    events: list[Event]
    calendar: Calendar = PLAIN

    @classmethod
    def of(cls, pathway: Pathway) -> "Case":
        return cls(pathway, [])

    @property
    def standing(self) -> Standing:
        return replay(self.pathway, self.events, self.calendar)

    @property
    def state(self) -> str:
        return self.standing.state.name

    def tries(
        self,
        name: str,
        part: Part | None = None,
        at: str | datetime | None = None,
        **fields: Value,
    ) -> list[Finding]:
        """What speaks against it now."""
        given = self._fields(name, fields)
        moment = self._at(at)
        return check_move(self.standing, name, part or part_of(self.pathway, name), given, moment)

    def says(
        self,
        name: str,
        part: Part | None = None,
        at: str | datetime | None = None,
        **fields: Value,
    ) -> "Case":
        """Records it, if nothing speaks against it."""
        found = self.tries(name, part, at, **fields)
        assert not found, [one.message for one in found]
        self.note(name, part or part_of(self.pathway, name), self._at(at), fields)
        return self

    def goes(self, *names: str) -> "Case":
        """Several, an hour after each other, by whoever may."""
        for name in names:
            self.says(name)
        return self

    def note(
        self, name: str, part: Part, at: datetime, fields: Mapping[str, Value], **more: object
    ) -> Event:
        """Records it unchecked."""
        given = self._fields(name, fields)
        event = Event(id=next(_numbers), name=name, at=at, part=part, fields=given, **more)  # type: ignore[arg-type]
        self.events.append(event)
        return event

    def _fields(self, name: str, fields: Mapping[str, Value]) -> dict[str, Value]:
        saying = self.pathway.saying(name)
        return {**(least(self.pathway, saying) if saying else {}), **fields}

    def _at(self, at: str | datetime | None) -> datetime:
        if at is None:
            last = self.events[-1].at if self.events else BEGAN - timedelta(hours=1)
            return last + timedelta(hours=1)
        return here(at) if isinstance(at, str) else at


def sayings(pathway: Pathway) -> Iterator[Saying]:
    """All moves and events."""
    yield from pathway.moves.values()
    yield from pathway.events.values()


def at_start(pathway: Pathway) -> Standing:
    """A draft."""
    return begin(pathway)
