"""Role by agency by part by agreement's state by object by view: who sees a case, and does what."""

import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import product
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from support import sharing
from support.asking import the_schema
from support.doing import Doing
from support.doings import DOINGS
from support.powers import Case
from support.running import Runner
from support.sampling import Cell, may
from support.sharing import LIVES, PARTS, STATES, Shared
from support.twins import FULL_VIEW, WORKED_BY
from support.world import World

from auth.caller import Caller
from auth.roles import Role
from portal.charging.access import sees_listed
from portal.referrals.parties import Party, sees_full, sees_summary
from portal.sample.partnership import DAY, fixed
from portal.store.engines import Engines
from portal.store.rules import table_of

AT_LEAST = 1_000_000
OPEN = "SELECT * FROM open_command_caller($1, $2, $3)"
NOON = datetime.combine(DAY, time(12), UTC)
SUMMARY = tuple(table_of(model).name for model in sharing.SUMMARY)
FULL = {**FULL_VIEW, "event_codes": "reasons"}
OVER = {"emergency_over", "emergency_ended"}
OBJECTS = (*SUMMARY, *FULL, *WORKED_BY)


def seen(caller: Caller, parties: list[Party]) -> Iterator[str]:
    """The objects of a case that the rules in Python show."""
    if sees_summary(caller, parties):
        yield from SUMMARY
    yield from (name for name, category in FULL.items() if sees_full(caller, parties, category))
    for name, category in WORKED_BY.items():
        if sees_listed(caller, parties, category):
            yield name


def asked() -> str:
    """One statement: of each object whose cases the caller sees it of."""
    case = {"referral": "id"}
    return " UNION ALL ".join(
        f"SELECT '{name}', array_agg(DISTINCT {case.get(name, 'referral_id')}) FROM {name}"  # noqa: S608
        for name in OBJECTS
    )


async def looks(
    engines: Engines, world: World
) -> AsyncIterator[tuple[Caller, dict[str, set[UUID]]]]:
    """Each caller in turn, and of which cases the database shows them which objects."""
    statement = asked()
    async with engines.command.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        for caller in world.callers.values():
            async with driver.transaction():
                await driver.fetchrow(OPEN, caller.principal_id, uuid4(), NOON)
                told = {name: set(ids or ()) for name, ids in await driver.fetch(statement)}
            yield caller, told


async def test_each_sees_what_part_agreement_and_role_give_them(
    shared: tuple[Engines, World],
) -> None:
    engines, world = shared
    often = {case.id: case for case in sharing.listed()}
    every = often | {case.id: case for case in sharing.further()}
    assert {case.life for case in every.values()} == {*LIVES, *sharing.FURTHER}
    axes, lives = Axes(often), Counter[tuple[str, str]]()
    cells, wrong = 0, []
    async for caller, told in looks(engines, world):
        should: dict[str, set[UUID]] = {name: set() for name in OBJECTS}
        for case_id in every:
            for name in seen(caller, world.parties[case_id]):
                should[name].add(case_id)
        cells += len(every) * len(OBJECTS)
        for name in OBJECTS:
            shown = told[name] & every.keys()
            axes.count(caller.agency_id, name, shown & often.keys())
            received = (
                every[one] for one in shown if every[one].part_of(caller.agency_id) == "receiver"
            )
            lives.update((case.life, name) for case in received)
            odd = shown ^ should[name]
            wrong += [(every[one], name, caller.agency_id, caller.roles) for one in odd]
    sys.stdout.write(f"\n{cells:,} cells, {len(wrong)} disagreements\n")
    assert not wrong, (Counter((w[0].state, w[0].life, w[1]) for w in wrong), wrong[:3])
    assert cells >= AT_LEAST
    axes.assert_all_tell()
    seen_of = {life for life, _ in lives}
    assert seen_of == {*LIVES, *sharing.FURTHER} - {"lost", "not_given"} - OVER
    assert not {name for life, name in lives if life == "passed"} & FULL.keys()


ENDED = text(
    "UPDATE agreement_version SET ends_on = :day, review_on = :day, run_off_days = :days"
    " WHERE agreement_id = ANY(:deals)"
)
MUCH = 250
"""So many cells turn at least, or nothing was tried."""


async def test_an_end_yesterday_turns_exactly_the_cells_that_the_rules_say(
    shared: tuple[Engines, World],
) -> None:
    """Everybody's, whatever their part: an agreement of each chain, without a run-off and with."""
    engines, world = shared
    every = {case.id: case for case in (*sharing.listed(), *sharing.further())}
    whole = [
        case for case in every.values()
        if (case.state, case.covers, case.permits) == ("in_force", sharing.ALL, sharing.ANYBODY)
    ]  # fmt: skip
    deals = [fixed("agreement", deal) for deal in {case.deal or "" for case in whole}]
    assert len(deals) == len(sharing.CHAINS)

    async def shown() -> set[tuple[UUID, str, UUID]]:
        return {
            (caller.principal_id, name, case)
            async for caller, told in looks(engines, world)
            for name in OBJECTS
            for case in told[name] & every.keys()
        }

    def turns(state: str) -> set[tuple[UUID, str, UUID]]:
        return {
            (caller.principal_id, name, case.id)
            for caller in world.callers.values()
            for case in whole
            for name in {*seen(caller, case.parties())} ^ {*seen(caller, case.parties(state))}
        }

    async def ends(day: date, days: int | None) -> None:
        async with engines.owner.begin() as owner:
            await owner.execute(ENDED, {"day": day, "days": days, "deals": deals})

    before, turned = await shown(), []
    try:
        for state, days in (("expired", None), ("running_off", 30)):
            await ends(sharing.YESTERDAY, days)
            expected = turns(state)
            assert before ^ await shown() == expected, state
            assert expected <= before
            turned.append(expected)
    finally:
        await ends(DAY + sharing.YEAR, None)
    over, running_off = turned
    assert MUCH < len(running_off) < len(over)
    assert running_off < over


@dataclass
class Axes:
    """Of each part, state and view how many cells there are, and how many are seen."""

    every: dict[UUID, Shared]
    looked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    shown: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.part: dict[UUID, dict[UUID, str]] = {}

    def count(self, agency: UUID, name: str, shown: set[UUID]) -> None:
        parts = self.part.get(agency)
        if parts is None:
            parts = self.part[agency] = {k: c.part_of(agency) for k, c in self.every.items()}
        view = "summary" if name in SUMMARY else "full"
        states = {k: (part, self.every[k].state, view) for k, part in parts.items()}
        self.looked.update(states.values())
        self.shown.update(states[k] for k in shown)

    def assert_all_tell(self) -> None:
        """Each has been looked at: seen by somebody where it should be, and by others not."""
        for axis in product(PARTS, STATES, ("summary", "full")):
            part, state, _ = axis
            receives = part == "receiver" and state in {*sharing.SHARED, "running_off"}
            has_it = part in {"sender", "coordinator"} or receives
            assert bool(self.shown[axis]) == has_it, axis
            assert self.looked[axis] > self.shown[axis], axis
        assert {case.life for case in self.every.values()} == set(LIVES)


DOABLE = {
    "moveReferral", "nameOwnReference", "referOutside", "describeReferral", "assessRisk",
    "addCaseAction", "allocateReferral", "finishCaseAction", "setSafeContact", "setWishes",
}  # fmt: skip
WITHOUT_PART = {Role.CASEWORKER, Role.MARAC_COORDINATOR, Role.AGENCY_SPOC, Role.AUDITOR}
"""The roles that stand for all where an agency has nothing to do with the case."""
WRITES = {"addCaseAction": "actions", "finishCaseAction": "actions"}
"""The data category that whoever has a case writes in, if their agreement covers it."""
REFUSALS = {"NotFound", "NotPermitted"}
SEED = 20261116


def cells_of(world: World) -> Iterator[Cell]:
    """Each part with each state of the agreement and each role, and caseworkers with everything."""
    random = Random(SEED)  # noqa: S311 - the same at every run
    doings = [doing for doing in DOINGS if doing.mutation in DOABLE]
    rows = {
        (table, row.get("referral_id", row["id"])): row
        for table in {doing.about for doing in doings}
        for row in world.rows[table]
    }
    by_state = defaultdict(list)
    for case in sharing.listed():
        if case.life in {"open", "narrow", "lost"}:
            by_state[case.state].append(case)

    def cell(doing: Doing, part: str, state: str, role: Role) -> Cell:
        case = random.choice([c for c in by_state[state] if part != "coordinator" or c.host])
        who = {"sender": case.sender, "coordinator": case.host, "receiver": case.receiver}
        agency = who.get(part) or random.choice(["uol", "sefton", "savera", "cps"])
        caller = world.callers[fixed("matrix", f"{agency}/{role}")]
        row = rows[doing.about, case.id]
        return Cell(doing, Case(world, caller, row), f"{part}, {state}, {case.life}", role)

    for part, state, role in product(PARTS, STATES, Role):
        if part == "none" and role not in WITHOUT_PART:
            continue
        yield cell(random.choice(doings), part, state, role)
    for doing, part, state in product(doings, PARTS, STATES):
        yield cell(doing, part, state, Role.CASEWORKER)


def predicted(cell: Cell) -> str:
    """The refusal, or "" where there is none for want of sight or power."""
    row, caller = cell.case.row, cell.case.caller
    parties = cell.case.world.parties[row.get("referral_id", row["id"])]
    if not sees_summary(caller, parties):
        return "NotFound"
    written = WRITES.get(cell.doing.mutation)
    covered = written is None or sees_full(caller, parties, written)
    return "" if covered and may(cell) else "NotPermitted"


async def test_each_does_what_they_see_and_may(shared: tuple[Engines, World]) -> None:
    engines, world = shared
    runner = Runner(engines.command, the_schema())
    wrong, ended = [], Counter[str]()
    cells = list(cells_of(world))
    for cell in cells:
        should = predicted(cell)
        answer = await runner.run(cell)
        kind = answer["__typename"]
        ended[kind] += 1
        if (kind if kind in REFUSALS else "") != should:
            wrong.append((cell.doing.mutation, cell.relation, cell.role, should, answer))
    sys.stdout.write(f"\n{len(cells):,} cells, {len(wrong)} disagreements: {dict(ended)}\n")
    assert not wrong, (Counter(w[:2] for w in wrong), wrong[:5])
    assert min(ended["NotFound"], ended["NotPermitted"], ended["ReferralPayload"]) > 30, ended
