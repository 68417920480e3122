"""What a file's rows refer to, read as the caller sees it: names, and the records there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import any_, bindparam, func, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text, Uuid
from sqlmodel import SQLModel, col

from auth.tables import Agency, Area, Team
from portal.actions.tables import Action
from portal.frameworks.tables import (
    FrameworkEntry,
    FrameworkVersion,
    InitiativeEntry,
    InitiativeTheme,
    Theme,
)
from portal.funding.tables import FundingLine
from portal.initiatives.tables import Initiative, InitiativeArea, Partner, PartnerState, RatingSet
from portal.measures.tables import Measure, MeasureDefinition, Observation
from portal.proposals.holding import holds
from portal.sheets.names import Names
from portal.store.rules import table_of

M = TypeVar("M", bound=SQLModel)
CHILDREN = (
    Partner, InitiativeArea, InitiativeTheme, InitiativeEntry, FundingLine, Action, Measure,
    Observation,
)  # fmt: skip


@dataclass
class Entry:
    """An initiative that the file speaks of, with what hangs on it before and after the import."""

    row: Initiative
    new: bool = False
    reason: str | None = None
    """Why it was last rated as it is."""
    children: dict[type[SQLModel], list[Any]] = field(default_factory=dict)
    seen: set[tuple[object, ...]] = field(default_factory=set)
    """What the file has said so far: nothing is said twice."""

    def of(self, model: type[M]) -> list[M]:
        """Its rows of a table."""
        return self.children.setdefault(model, [])

    @property
    def taking_part(self) -> frozenset[UUID]:
        """The agencies that work on it: the lead and the committed partners."""
        partners = self.of(Partner)
        committed = (p.agency_id for p in partners if p.state is PartnerState.COMMITTED)
        return frozenset({self.row.lead_agency_id, *committed})


@dataclass(frozen=True)
class World:
    """What can be named."""

    agencies: Names[UUID]
    agency: dict[UUID, Agency]
    teams: dict[UUID, Names[UUID]]
    team: dict[UUID, Team]
    areas: Names[str]
    valid_areas: dict[str, str]
    """The names of today's areas, by code."""
    themes: Names[UUID]
    theme: dict[UUID, Theme]
    entries: Names[UUID]
    definitions: Names[UUID]
    definition: dict[UUID, MeasureDefinition]

    def own(self, agency_id: UUID) -> frozenset[UUID]:
        """The agency and those it took over from."""
        own = {agency_id}
        while before := {a.id for a in self.agency.values() if a.successor_id in own} - own:
            own |= before
        return frozenset(own)

    def today(self, agency_id: UUID) -> UUID:
        """The agency, or whoever has taken over from it: old files go on naming the old body."""
        while (successor := self.agency[agency_id].successor_id) is not None:
            agency_id = successor
        return agency_id


async def read_world(db: AsyncSession, today: date) -> World:
    """Everything that a row can name."""
    agency = {row.id: row for row in await rows_of(db, Agency)}
    team = {row.id: row for row in await rows_of(db, Team)}
    theme = {row.id: row for row in await rows_of(db, Theme)}
    definition = {row.id: row for row in await rows_of(db, MeasureDefinition)}
    areas = await rows_of(db, Area)
    valid = {
        a.code: a.name for a in areas if a.valid_from <= today and (a.valid_to or today) >= today
    }
    return World(
        agencies=Names(
            "agency",
            "Write one agency in a cell, by its full or short name.",
            [(a.name, a.id) for a in agency.values()],
            [(a.short_name, a.id) for a in agency.values()],
        ),
        agency=agency,
        teams={of: _teams(agency[of].name, of, team.values()) for of in agency},
        team=team,
        areas=Names(
            "area",
            "Write its name or ONS code.",
            [(area.code, area.code) for area in areas],
            [(area.name, area.code) for area in areas if area.code in valid],
        ),
        valid_areas=valid,
        themes=Names(
            "theme",
            "Choose from the portal's themes.",
            [(t.name, t.id) for t in theme.values()],
            [(t.key, t.id) for t in theme.values()],
        ),
        theme=theme,
        entries=Names(
            "framework entry",
            "Write the version, a colon and the code, such as The 4 Ps, 2024: PREVENT.",
            await _entries(db, today),
        ),
        definitions=Names(
            "measure",
            "Write the key of a definition that the portal has, or define it there first.",
            _keys(each for each in definition.values() if holds(each, today)),
        ),
        definition=definition,
    )


def _teams(agency: str, of: UUID, teams: Iterable[Team]) -> Names[UUID]:
    named = [(team.name, team.id) for team in teams if team.agency_id == of]
    return Names(f"team of {agency}", "Write the team's name as the portal has it.", named)


async def _entries(db: AsyncSession, today: date) -> list[tuple[str, UUID]]:
    versions = [row for row in await rows_of(db, FrameworkVersion) if holds(row, today)]
    label = {row.id: row.label for row in versions}
    named = [e for e in await rows_of(db, FrameworkEntry) if e.framework_version_id in label]
    return [(entry_name(label[e.framework_version_id], e.code), e.id) for e in named]


def entry_name(label: str, code: str) -> str:
    """A framework entry as the file names it."""
    return f"{label}: {code}"


def _keys(definitions: Iterable[MeasureDefinition]) -> list[tuple[str, UUID]]:
    """Each edition by its number, the newest by the bare key, too."""
    newest: dict[str, MeasureDefinition] = {}
    named = []
    for each in sorted(definitions, key=lambda d: d.edition):
        newest[each.key] = each
        named.append((f"{each.key}@{each.edition}", each.id))
    return [*named, *((key, each.id) for key, each in newest.items())]


async def rows_of(db: AsyncSession, model: type[M], *where: Any) -> list[M]:  # noqa: ANN401
    """Rows as the caller sees them, not kept by the session: what changes is written in bulk."""
    table = table_of(model)
    found = await db.execute(select(table).where(*where))
    return [model(**row) for row in found.mappings()]


async def read_entries(
    db: AsyncSession, references: Sequence[str], ids: Sequence[UUID]
) -> list[Entry]:
    """The initiatives with these references or ids that the caller sees, with their rows."""
    wanted = or_(
        col(Initiative.reference) == _in("refs", [*references], Text),
        col(Initiative.id) == _in("ids", [*ids], Uuid),
    )
    entries = {row.id: Entry(row) for row in await rows_of(db, Initiative, wanted)}
    among = _in("of", [*entries], Uuid)
    for model in CHILDREN:
        more = [not_(col(Observation.superseded))] if model is Observation else []
        for row in await rows_of(db, model, table_of(model).c.initiative_id == among, *more):
            entries[row.initiative_id].of(model).append(row)
    for initiative_id, reason in await _reasons(db, among):
        entries[initiative_id].reason = reason
    return list(entries.values())


def _in(name: str, values: list[Any], kind: Any) -> Any:  # noqa: ANN401 - a bound array
    return any_(bindparam(name, values, type_=ARRAY(kind)))


async def _reasons(db: AsyncSession, among: Any) -> list[Any]:  # noqa: ANN401 - a bound array
    latest = (
        select(col(RatingSet.initiative_id), col(RatingSet.reason))
        .ext(distinct_on(col(RatingSet.initiative_id)))
        .where(col(RatingSet.initiative_id) == among)
        .order_by(
            col(RatingSet.initiative_id), col(RatingSet.set_at).desc(), col(RatingSet.id).desc()
        )
    )
    return list((await db.execute(latest)).all())


async def known_grants(db: AsyncSession, references: Iterable[str]) -> list[FundingLine]:
    """Lines of any initiative that the caller sees with one of these grant references."""
    wanted = _in("grants", sorted({reference.lower() for reference in references}), Text)
    named = func.lower(func.coalesce(col(FundingLine.grant_reference), "")) == wanted
    return await rows_of(db, FundingLine, named, not_(col(FundingLine.is_match)))
