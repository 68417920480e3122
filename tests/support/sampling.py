"""Which cells are really run: each mutation by every role in every relation, and some more."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from random import Random
from typing import Any
from uuid import UUID

from support.doing import NAMES, Doing
from support.powers import CONTRIBUTES, KEEPS_FRAMEWORKS, Case
from support.world import PARTNER, Shared, World

from auth.roles import Role
from portal.database import RULES
from portal.initiatives.tables import PartnerState
from portal.sample.partnership import AGENCIES, OUTSIDE, fixed

AGREES = frozenset({Role.DATA_PROTECTION_LEAD, Role.AUTHORISED_SIGNATORY})
STANDING = tuple(state.value for state in PartnerState)
ABLE, TRIES = 12, 1_000
"""How many cells of people who may are added for each line of the table."""
RELATIONS = ("lead", *STANDING, "stranger", "outside")
ELSEWHERE = ("lead", PartnerState.COMMITTED.value, "stranger", "outside")
Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """Somebody, something to do, and what to do it with."""

    doing: Doing
    case: Case
    relation: str
    role: Role

    @property
    def place(self) -> UUID | None:
        """The initiative that is changed; None for what is everybody's."""
        row = self.case.row
        found = row["id"] if self.doing.about == "initiative" else row.get("initiative_id")
        return found if isinstance(found, UUID) else None


def may(cell: Cell) -> bool:
    """Whether the table lets them; not yet whether they see it."""
    return cell.doing.power(cell.case)


def relations_of(doing: Doing) -> tuple[str, ...]:
    """Where whoever asks can stand: a partner's state is one of an initiative, and to anything else
    partners in all states are the same agency.
    """
    of_initiative = doing.about == "initiative" or (
        doing.about and "initiative_id" in RULES[doing.about].table.columns
    )
    return RELATIONS if of_initiative else ELSEWHERE


@dataclass
class Sampler:
    """Draws cells, the same ones at every run."""

    world: World
    random: Random

    def __post_init__(self) -> None:
        self.of: dict[tuple[str, UUID], list[Row]] = defaultdict(list)
        self.rows = {
            table: sorted(rows, key=lambda row: str(row["id"]))
            for table, rows in self.world.rows.items()
        }
        for table, rows in self.rows.items():
            for row in rows:
                where = row["id"] if table == "initiative" else row.get("initiative_id")
                if where is not None:
                    self.of[table, where].append(row)
        self.programs: dict[Any, Row] = {row["id"]: row for row in self.rows["client"]}
        self.shared = sorted(self.world.shared.values(), key=lambda one: one.id)

    def draw(self, doings: Sequence[Doing], again: str = "") -> Iterator[Cell]:
        """All combinations once, then some of people who may; others of them when drawn again."""
        for doing, role in product(doings, Role):
            for relation in relations_of(doing):
                yield self.cell(doing, role, relation)
        for doing in doings:
            # A further doing changes no other's.
            self.random = Random(f"{doing.mutation}{again}")  # noqa: S311
            yield from islice(filter(may, self._named(doing)), ABLE)

    def cell(self, doing: Doing, role: Role, relation: str) -> Cell:
        """Somebody of this role whose agency stands so to what it is about."""
        one = self._one(doing, relation)
        row = self._row(doing, one)
        return self._made(doing, role, self._agency(one, relation), row, relation)

    def _named(self, doing: Doing) -> Iterator[Cell]:
        """People of agencies that the record or its initiative names."""
        roles = sorted(doing.by or CONTRIBUTES | KEEPS_FRAMEWORKS | AGREES)
        for _ in range(TRIES):
            one = self._one(doing, self.random.choice(RELATIONS))
            row = self._row(doing, one)
            whole = self.programs.get(row.get("client_id"), {}) | row
            held = [v for k, v in whole.items() if k.endswith("agency_id") and v in NAMES]
            agency = self.random.choice([*sorted(NAMES[v] for v in held), one.lead])
            yield self._made(doing, self.random.choice(roles), agency, row, "named")

    def _made(self, doing: Doing, role: Role, agency: str, row: Row, relation: str) -> Cell:
        caller = self.world.callers[fixed("matrix", f"{agency}/{role}")]
        return Cell(doing, Case(self.world, caller, row), relation, role)

    def _one(self, doing: Doing, relation: str) -> Shared:
        fitting = [
            one
            for one in self.shared
            if (relation == one.state if relation in STANDING else True)
            and (one.state is not None or doing.about != "partner")
        ]
        return self.random.choice(fitting)

    def _row(self, doing: Doing, one: Shared) -> Row:
        if not doing.about:
            return {}
        rows = self.of.get((doing.about, one.id)) or self.rows[doing.about]
        return self.random.choice([r for r in rows if doing.only is None or doing.only(r)])

    def _agency(self, one: Shared, relation: str) -> str:
        if relation == "lead":
            return one.lead
        if relation in STANDING:
            return PARTNER
        if relation == "outside":
            return self.random.choice(sorted(OUTSIDE))
        strangers = [a for a in AGENCIES if a not in {one.lead, PARTNER, *OUTSIDE}]
        return self.random.choice(strangers)
