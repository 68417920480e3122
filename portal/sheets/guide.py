"""The sheet Help: how to fill in the workbook, with names that the portal at hand knows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from portal.context import Context
from portal.frameworks.tables import FrameworkEntry, FrameworkVersion
from portal.proposals.holding import holds
from portal.sheets.format import (
    ACTIONS,
    INITIATIVES,
    MEASURES,
    OBSERVATIONS,
    PARTNERS,
    RULES,
    SHEETS,
)
from portal.sheets.world import World, entry_name, read_world, rows_of

Line = Sequence[str]
OWN = "Teams of your agency"


@dataclass(frozen=True)
class Known:
    """What a portal knows by name, as one of its people sees it; empty for the sample's own names,
    which the format gives as examples.
    """

    agency: str = ""
    lists: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    """Under each heading its rows, the name first."""

    def example(self, sheet: str, header: str, usual: str) -> str:
        """What could stand in the column: the usual example if this portal would take it."""
        place = sheet, header
        if not self.lists:
            return usual
        if place in {(INITIATIVES.name, "Lead"), (ACTIONS.name, "Agency")}:
            return self.agency
        if place not in _LISTED:
            return usual
        names = [row[0] for row in self.lists[_LISTED[place]] if row[0] != self.agency]
        wanted = usual.split("; ")
        return usual if {*wanted} <= {*names} else "; ".join(names[: len(wanted)])


_LISTED = {
    (INITIATIVES.name, "Lead team"): OWN,
    (INITIATIVES.name, "Areas"): "Areas",
    (INITIATIVES.name, "Themes"): "Themes",
    (INITIATIVES.name, "Framework entries"): "Framework entries",
    (PARTNERS.name, "Agency"): "Agencies",
    (ACTIONS.name, "Team"): OWN,
    (MEASURES.name, "Measure"): "Measures",
    (OBSERVATIONS.name, "Measure"): "Measures",
}
"""The columns that hold names of the portal, and the list they are in."""


async def read_known(context: Context) -> Known:
    """As the caller sees it."""
    async with context.acting() as db:
        world, own = await read_world(db, context.today), context.caller.agency_id
        entries = await _entries(db)
    lists = {name: sorted(rows, key=tuple) for name, rows in _lists(world, own, context.today)}
    return Known(world.agency[own].name, {**lists, "Framework entries": entries})


def help_lines(known: Known) -> Iterator[Line]:
    """The whole sheet."""
    yield ("How to fill in this workbook",)
    yield from ((rule,) for rule in RULES)
    for sheet in SHEETS:
        yield ()
        yield (sheet.name, sheet.help)
        yield ("Column", "Meaning", "Needed in a new row", "What may stand in it", "Example")
        for column in sheet.columns:
            needed = "yes" if column.required else "no"
            example = known.example(sheet.name, column.header, column.example)
            yield column.header, column.help, needed, column.allowed, example
    for heading, rows in known.lists.items():
        yield ()
        yield (f"{heading} that this portal knows",)
        yield from rows or (("none yet",),)


def _lists(world: World, own: UUID, today: date) -> Iterator[tuple[str, Sequence[Line]]]:
    def now(ends: date | None) -> bool:
        return ends is None or ends > today

    agencies, teams = world.agency.values(), world.team.values()
    yield "Agencies", [(a.name, a.short_name) for a in agencies if now(a.ended_on)]
    yield OWN, [(t.name,) for t in teams if t.agency_id == own and now(t.ended_on)]
    yield "Areas", [(name, code) for code, name in world.valid_areas.items()]
    yield "Themes", [(t.name,) for t in world.theme.values() if now(t.retired_on)]
    yield (
        "Measures",
        [
            (d.key, d.name, d.unit)
            for d in world.definition.values()
            if holds(d, today) and now(d.retired_on)
        ],
    )


async def _entries(db: AsyncSession) -> list[Line]:
    """Framework by framework, in the order they have there."""
    label = {row.id: row.label for row in await rows_of(db, FrameworkVersion)}
    rows = await rows_of(db, FrameworkEntry)
    rows.sort(key=lambda entry: (label[entry.framework_version_id], entry.position))
    return [(entry_name(label[e.framework_version_id], e.code), e.title) for e in rows]
