"""Fills a database with invented initiatives: a demonstration at size, and the benchmarks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import chain
from random import Random
from typing import Any
from uuid import UUID

from pydantic_core import PydanticUndefined
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from auth.roles import Role
from auth.tables import Agency, AgencyKind, Membership, MembershipRole, Person, Team, TeamMember
from portal.measures.tables import Direction, Frequency, MeasureDefinition, MeasureKind
from portal.proposals.tables import ProposalState
from portal.sample.invented import House, Inventor, Made, Spread, Values, World
from portal.sample.partnership import JOINED, agency_id, fixed, membership_id, team_id
from portal.store.rules import table_of

CHUNK = 1000  # initiatives at a time: what is in memory, and how often progress is told
BUSY_TEAMS = 60
BUSY = "seed1.coordinator"
"""A member of 60 teams, who holds as many keys as a caller can: 64."""

AFTERWARDS = {
    "partner": "UPDATE initiative SET acl = acl WHERE id IN (SELECT initiative_id FROM seeding)"
}
"""What the trigger `y_partners` does for each partner, once for each initiative instead: computing
its keys again and again is half of the time."""

MEASURES = (
    "People trained", "Referrals received", "Survivors supported", "Reports to the police",
    "Charges", "Lamps repaired", "Premises signed up", "Helpline calls", "Pupils reached",
    "Women who feel safe after dark",
)  # fmt: skip


def quiet(_written: int) -> None:
    """Tell nobody."""


async def seed(
    owner: AsyncConnection,
    initiatives: int,
    *,
    agencies: int | None = None,
    spread: Spread | None = None,
    progress: Callable[[int], object] = quiet,
) -> None:
    """Add this many initiatives to the sample partnership, in the owner's transaction.

    `agencies` are invented on top of it; the first of them has 60 teams. `progress` is told how
    many initiatives have just been written, as a progress bar wants it.
    """
    taken = (await owner.execute(text("SELECT count(*) FROM initiative"))).scalar_one()
    load = Load((await owner.get_raw_connection()).driver_connection)
    await load.write(
        chain(_definitions(), invented_agencies(agencies or 0)), "ON CONFLICT DO NOTHING"
    )
    chance = Random(f"portal/{taken}")  # noqa: S311 - repeatable on purpose
    inventor = Inventor(chance, await load.world(), spread or Spread())
    await load.driver.execute("ALTER TABLE partner DISABLE TRIGGER y_partners")
    for begin in range(0, initiatives, CHUNK):
        numbers = range(begin, min(begin + CHUNK, initiatives))
        await load.write(row for n in numbers for row in inventor.initiative(taken + n + 1))
        progress(len(numbers))
    await load.driver.execute("ALTER TABLE partner ENABLE TRIGGER y_partners; ANALYZE")


@dataclass
class Load:
    """The driver's connection, and what goes in bulk through it."""

    driver: Any

    async def write(self, made: Iterable[Made], on_conflict: str = "") -> None:
        """The rows by table, in the order in which the tables first appear: parents first."""
        by_table: dict[type[SQLModel], list[Values]] = {}
        for model, values in made:
            by_table.setdefault(model, []).append({**defaults(model), **values})
        for model, rows in by_table.items():
            await self._write(table_of(model).name, rows, on_conflict)

    async def _write(self, table: str, rows: list[Values], on_conflict: str) -> None:
        """COPY refuses a table with row rules, so it fills a copy of the table without them."""
        names = ", ".join(f'"{name}"' for name in rows[0])
        await self.driver.execute(
            f"CREATE TEMPORARY TABLE seeding AS SELECT {names} FROM {table} LIMIT 0"  # noqa: S608 - our own names
        )
        records = [tuple(row.values()) for row in rows]
        await self.driver.copy_records_to_table("seeding", columns=list(rows[0]), records=records)
        await self.driver.execute(
            f"INSERT INTO {table} ({names}) SELECT * FROM seeding {on_conflict};"  # noqa: S608
            f"{AFTERWARDS.get(table, '')}; DROP TABLE seeding"
        )

    async def fill(self, name: str, columns: str, records: Sequence[tuple[Any, ...]]) -> None:
        """A temporary table of the transaction, indexed by its first column."""
        await self.driver.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
        await self.driver.copy_records_to_table(name, records=records)
        first = columns.split(maxsplit=1)[0]
        await self.driver.execute(f"CREATE INDEX ON {name} ({first}); ANALYZE {name}")

    async def triggers(self, models: Iterable[type[SQLModel]], *, on: bool) -> None:
        """Foreign keys are kept in either case, and checked at once."""
        await self.driver.execute("SET CONSTRAINTS ALL IMMEDIATE")
        do = "ENABLE" if on else "DISABLE"
        for model in models:
            await self.driver.execute(f"ALTER TABLE {table_of(model).name} {do} TRIGGER USER")

    async def world(self) -> World:
        """What the invented rows refer to."""
        members = await self.driver.fetch(
            "SELECT team_id, array_agg(membership_id ORDER BY membership_id) AS members"
            " FROM team_member GROUP BY team_id"
        )
        of_team = {row["team_id"]: row["members"] for row in members}
        return World(
            [House(h["id"], h["teams"], of_team, h["speaker"]) for h in await self._houses()],
            await self._ids("measure_definition WHERE retired_on IS NULL"),
            await self._ids("theme"),
            await self._ids("framework_entry"),
        )

    async def _houses(self) -> Any:  # noqa: ANN401 - the driver's records
        """The partners with a team and somebody in it."""
        return await self.driver.fetch(
            "SELECT a.id, array_agg(DISTINCT t.id) AS teams,"
            " min(m.membership_id::text)::uuid AS speaker"
            " FROM agency a JOIN team t ON t.agency_id = a.id AND t.ended_on IS NULL"
            " JOIN team_member m ON m.team_id = t.id"
            " WHERE a.ended_on IS NULL AND a.in_partnership GROUP BY a.id ORDER BY a.id"
        )

    async def _ids(self, rows: str) -> list[UUID]:
        found = await self.driver.fetch(f"SELECT id FROM {rows} ORDER BY id")  # noqa: S608 - ours
        return [row["id"] for row in found]


def defaults(model: type[SQLModel]) -> Values:
    """The columns' values where the row says nothing: the tables have no defaults of their own."""
    fields = model.model_fields
    plain = {n: f.default for n, f in fields.items() if f.default not in (None, PydanticUndefined)}
    return {**plain, **({"acl": []} if "acl" in fields else {})}


def _definitions() -> Iterator[Made]:
    made = datetime.combine(JOINED, time(9), UTC)
    for name in MEASURES:
        yield (
            MeasureDefinition,
            {
                "id": fixed("definition", f"seed/{name}"),
                "key": "seed-" + name.lower().replace(" ", "-"),
                "name": name,
                "meaning": "Invented, for a demonstration at size.",
                "unit": "people",
                "direction": Direction.HIGHER_IS_BETTER,
                "kind": MeasureKind.OUTPUT,
                "frequency": Frequency.MONTHLY,
                "defined_by_agency_id": agency_id("pcc"),
                "state": ProposalState.CONFIRMED,
                "valid_from": made.date(),
                "proposed_by_id": membership_id("pcc.programme"),
                "is_sample": True,
                "created_at": made,
                "updated_at": made,
            },
        )


def invented_agencies(count: int) -> Iterator[Made]:
    """Charities, each with a coordinator in all its teams."""
    for number in range(1, count + 1):
        key = f"seed{number}"
        person, home = fixed("person", key), agency_id(key)
        member = membership_id(f"{key}.coordinator")
        name = f"Invented Charity {number}"
        yield Agency, {"id": home, "name": name, "short_name": name, "kind": AgencyKind.CHARITY}
        yield Person, {"id": person, "name": f"Invented Person {number}"}
        yield (
            Membership,
            {"id": member, "person_id": person, "agency_id": home, "starts_on": JOINED},
        )
        yield MembershipRole, {"membership_id": member, "role": Role.INITIATIVE_COORDINATOR}
        for each in range(BUSY_TEAMS if number == 1 else 1):
            team = team_id(key, f"Team {each:02}")
            yield Team, {"id": team, "agency_id": home, "name": f"Team {each:02}"}
            yield TeamMember, {"team_id": team, "membership_id": member, "agency_id": home}
