"""Stories that a pathway's file makes possible: between them every move and event happens."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from support.pathways import PLAIN, at_start, least, sayings

from portal.referrals.engine.machine import advance
from portal.referrals.engine.pathway import Kind, Move, Part, Pathway, Saying
from portal.referrals.engine.standing import Event, Standing, Value

DAY_ONE = datetime(2026, 11, 16, 9, tzinfo=UTC)
WAITS = (timedelta(days=1), timedelta(days=130))
"""Until the next thing happens: a day, or longer than any time that may run out."""


@dataclass(frozen=True)
class Step:
    """What happens, when, by whom, and what is said with it."""

    name: str
    part: Part
    at: datetime
    fields: dict[str, Value]
    leads_to: Standing

    def __str__(self) -> str:
        return f"{self.name} ({self.leads_to.state.name})"


Story = tuple[Step, ...]


def stories(pathway: Pathway) -> list[Story]:
    """The shortest to each move and event, without those that are the beginning of another."""
    shortest: dict[str, Story] = {}
    for story in _told(pathway):
        shortest.setdefault(story[-1].name, story)
    ways = {tuple(step.name for step in story): story for story in shortest.values()}
    return [
        story
        for names, story in ways.items()
        if not any(other[: len(names)] == names for other in ways if other != names)
    ]


def _told(pathway: Pathway) -> Iterator[Story]:
    """From the beginning, one step further at a time, to every place that is not known yet."""
    ahead: deque[tuple[Standing, Story]] = deque([(at_start(pathway), ())])
    seen = set()
    while ahead:
        standing, story = ahead.popleft()
        now = story[-1].at if story else DAY_ONE - WAITS[0]
        key = (standing.state.name, *_open(standing, now))
        if key in seen:
            continue
        seen.add(key)
        for saying in sayings(pathway):
            for wait in WAITS if story else WAITS[:1]:
                if standing.allows(saying, now + wait) and not _passes_on(saying):
                    for fields in _fields(pathway, saying, now + wait):
                        step = _step(standing, saying, now + wait, fields)
                        yield (*story, step)
                        ahead.append((step.leads_to, (*story, step)))
                    break


def _passes_on(saying: Saying) -> bool:
    """Whether it waits for another team's yes."""
    return isinstance(saying, Move) and saying.consent is Part.NEW_RECEIVER


def _open(standing: Standing, now: datetime) -> list[frozenset[str]]:
    all_of = list(sayings(standing.pathway))
    return [frozenset(s.name for s in all_of if standing.allows(s, now + wait)) for wait in WAITS]


def _step(standing: Standing, saying: Saying, at: datetime, fields: dict[str, Value]) -> Step:
    part = min(saying.by)
    event = Event(id=object(), name=saying.name, at=at, part=part, fields=fields)
    return Step(saying.name, part, at, fields, advance(standing, event, PLAIN))


def _fields(pathway: Pathway, saying: Saying, at: datetime) -> Iterator[dict[str, Value]]:
    """The least it needs; and the same with each code on which something later depends."""
    plain = least(pathway, saying)
    for name in plain:
        match pathway.fields[name].kind:
            case Kind.DAY:
                plain[name] = at.date().isoformat()
            case Kind.MOMENT:
                plain[name] = at.isoformat()
            case Kind.NUMBER:
                plain[name] = 1
            case _:
                pass
    yield plain
    for other in sayings(pathway):
        for field, codes in other.where.items():
            yield from ({**plain, field: code} for code in codes if field in saying.fields)
