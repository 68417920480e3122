"""Each pathway, walked to every place: possible there is what its file says, and no more."""

import tomllib
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from support.pathways import BEGAN, PLAIN, at_start, least, sayings

from portal.referrals.engine.files import FOLDER, load
from portal.referrals.engine.machine import advance
from portal.referrals.engine.moving import check_move, possible
from portal.referrals.engine.pathway import Hold, Part, Pathway, Saying, Turn
from portal.referrals.engine.standing import Event, Standing

FILES = sorted(FOLDER.glob("*.toml"))
SOON, LATER = timedelta(minutes=1), timedelta(days=800)
PARTS = [*Part]
File = Mapping[str, Any]

every_pathway = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


class Twin:
    """A second reading of the file, straight from its text."""

    def __init__(self, text: str) -> None:
        self.raw: File = tomllib.loads(text)

    def listed(self, of: File, key: str) -> list[str]:
        found = of.get(key, [])
        return [found] if isinstance(found, str) else list(found)

    def places(self, of: File, key: str) -> set[str]:
        named = set(self.listed(of, key))
        if "any" in named or (key == "within" and not named):
            named |= {
                name
                for name, state in self.raw["states"].items()
                if name != self.raw["begins"] and not state.get("final")
            }
        return named - {"any"} - set(self.listed(of, "except"))

    def parts(self, of: File) -> set[str]:
        words = {"either": {"sender", "receiver"}}
        words |= {turn: {part} for turn, part in self.raw.get("parts", {}).items()}
        return {one for said in self.listed(of, "by") for one in words.get(said, {said})}

    def possible(self, standing: Standing, name: str, at: datetime) -> bool:
        is_move = name in self.raw["moves"]
        of = self.raw["moves" if is_move else "events"][name]
        return (
            standing.state.name in self.places(of, "from" if is_move else "within")
            and not any(one in standing.happened for one in self.listed(of, "unless"))
            and self.in_order(of, list(standing.happened))
            and all(standing.facts.get(f) in codes for f, codes in of.get("where", {}).items())
            and self.late_enough(of.get("when_late"), standing, at)
        )

    def in_order(self, of: File, past: list[str]) -> bool:
        """Back from now, something of `after` comes before anything of `not_since`."""
        needed, spoils = self.listed(of, "after"), self.listed(of, "not_since")
        met = next((one for one in reversed(past) if one in {*needed, *spoils}), None)
        return not needed or met in needed

    def late_enough(self, clock: str | None, standing: Standing, at: datetime) -> bool:
        running = standing.clock(clock) if clock else None
        late = running is not None and not running.watch.stopped_at and running.is_late(at)
        return clock is None or late


@lru_cache(maxsize=len(FILES))
def explored(file: Path) -> tuple[tuple[Standing, datetime], ...]:
    return tuple(places(load(file)))


def places(pathway: Pathway) -> Iterator[tuple[Standing, datetime]]:
    """Every place that a case can come to: two are one if the same is possible at both, soon and
    in years.
    """
    ahead, seen = deque([(at_start(pathway), BEGAN)]), set()
    while ahead:
        standing, now = ahead.popleft()
        key = (
            standing.state.name,
            standing.pending and standing.pending.name,
            *_open(standing, now),
        )
        if key in seen:
            continue
        seen.add(key)
        yield standing, now
        for saying in sayings(pathway):
            for at in (now + SOON, now + LATER):
                if standing.allows(saying, at):
                    ahead += ((one, at) for one in _after(standing, saying, at))


def _open(standing: Standing, now: datetime) -> list[frozenset[str]]:
    all_of = list(sayings(standing.pathway))
    return [
        frozenset(one.name for one in all_of if standing.allows(one, at))
        for at in (now + SOON, now + LATER)
    ]


def _after(standing: Standing, saying: Saying, at: datetime) -> Iterator[Standing]:
    """With the least it needs; and with each code that something else depends on."""
    for fields in _told(standing.pathway, saying):
        event = Event(id=object(), name=saying.name, at=at, part=min(saying.by), fields=fields)
        after = advance(standing, event, PLAIN)
        yield after
        if after.pending is event:
            for answer in ("consent_given", "consent_refused"):
                said = Event(id=object(), name=answer, at=at, part=Part.NEW_RECEIVER)
                yield advance(after, said, PLAIN)


def _told(pathway: Pathway, saying: Saying) -> Iterator[dict[str, Any]]:
    plain = least(pathway, saying)
    yield plain
    for other in sayings(pathway):
        for field, codes in other.where.items():
            yield from ({**plain, field: code} for code in codes if field in saying.fields)
    for since in {clock.since for clock in pathway.clocks.values()} & {*saying.may}:
        yield {**plain, since: BEGAN.isoformat()}


def test_each_kind_of_case_has_its_pathway():
    assert {file.stem for file in FILES} == {
        "cps_charging",
        "dvds",
        "idva",
        "isva",
        "marac",
        "mash_contact",
        "operation_encompass",
        "perpetrator_programme",
        "request_for_support",
        "university_disclosure",
        "university_formal_report",
    }


@every_pathway
def test_from_each_state_every_move_by_every_part_is_allowed_or_refused_as_the_file_says(file):
    pathway, twin = load(file), Twin(file.read_text())
    cells = 0
    for standing, now in explored(file):
        for at in (now + SOON, now + LATER):
            listed = {part: possible(standing, part, at) for part in PARTS}
            for saying in sayings(pathway):
                raw = {**twin.raw["moves"], **twin.raw.get("events", {})}[saying.name]
                can = twin.possible(standing, saying.name, at)
                for part in PARTS:
                    may = can and part in twin.parts(raw)
                    waits = bool(standing.pending) and "consent" in raw
                    found = check_move(standing, saying.name, part, least(pathway, saying), at)
                    where = (standing.state.name, saying.name, part, [f.message for f in found])
                    assert (saying.name in listed[part]) is may, where
                    assert (not found) is (may and not waits and not _more(found)), where
                    cells += 1
    assert cells >= len(pathway.states) * len(PARTS)


def _more(found: list[Any]) -> bool:
    """That something late needs one more field is no question of who may."""
    return bool(found) and all(one.code == "REQUIRED" for one in found)


@every_pathway
def test_every_state_is_reached_by_moves_that_can_really_be_made(file):
    pathway = load(file)
    reached = {standing.state.name for standing, _ in explored(file)}
    assert reached == set(pathway.states)


@every_pathway
def test_every_move_and_event_can_really_happen_somewhere(file):
    pathway = load(file)
    made = {
        saying.name
        for standing, now in explored(file)
        for saying in sayings(pathway)
        if standing.allows(saying, now + LATER) or standing.allows(saying, now + SOON)
    }
    assert made == {saying.name for saying in sayings(pathway)}


@every_pathway
def test_from_every_place_a_case_can_still_end(file):
    for standing, now in explored(file):
        assert _ends(standing, now), f"{standing.state.name} after {standing.happened}"


def _ends(standing: Standing, now: datetime) -> bool:
    ahead, seen = deque([(standing, now)]), set()
    while ahead:
        here, at = ahead.popleft()
        if here.hold is Hold.ENDED:
            return True
        key = (here.state.name, *_open(here, at))
        if key not in seen:
            seen.add(key)
            ahead += [
                (one, then)
                for saying in sayings(here.pathway)
                for then in (at + SOON, at + LATER)
                if here.allows(saying, then)
                for one in _after(here, saying, then)
            ]
    return False


@every_pathway
def test_every_clock_starts_somewhere_and_stops_somewhere(file):
    pathway = load(file)
    started, stopped = set(), set()
    for standing, now in explored(file):
        for saying in sayings(pathway):
            for at in (now + SOON, now + LATER):
                if not standing.allows(saying, at):
                    continue
                for after in _after(standing, saying, at):
                    started |= {one.clock.name for one in after.clocks}
                    stopped |= {one.clock.name for one in after.clocks if one.watch.stopped_at}
    assert started == set(pathway.clocks)
    assert stopped == set(pathway.clocks)


@every_pathway
def test_whose_turn_it_is_can_do_something_about_it(file):
    for standing, now in explored(file):
        part = standing.turn_part
        if part is not None:
            both = {*possible(standing, part, now + SOON), *possible(standing, part, now + LATER)}
            assert both, standing.state.name
        elif standing.turn not in {Turn.COURT, *standing.pathway.outside}:
            assert standing.hold is Hold.ENDED or standing.clocks, standing.state.name


@every_pathway
def test_a_final_state_leaves_no_clock_running(file):
    for standing, _ in explored(file):
        if standing.state.final:
            assert [one for one in standing.clocks if one.runs] == []
