"""What people do to map an initiative: to themes, and to entries of frameworks."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from portal.acting.checks import refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.frameworks.tables import (
    FrameworkEntry,
    FrameworkVersion,
    InitiativeEntry,
    InitiativeTheme,
    Theme,
)
from portal.initiatives.holding import to_lead
from portal.initiatives.tables import Initiative
from portal.initiatives.verbs import InitiativeId
from portal.proposals.holding import must_hold

ThemeId = Annotated[UUID, Ref("Theme")]
EntryId = Annotated[UUID, Ref("FrameworkEntry")]
End = tuple[type[InitiativeTheme] | type[InitiativeEntry], Mapped[UUID]]
"""A table of links, and its column of what is linked."""
OF_THEME: End = (InitiativeTheme, col(InitiativeTheme.theme_id))
OF_ENTRY: End = (InitiativeEntry, col(InitiativeEntry.entry_id))
LINK_LIMIT = 20


async def set_themes(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    themes: Annotated[
        list[ThemeId], "All themes it is to have, at most 20; those not listed are taken off."
    ],
) -> Initiative:
    """Say which themes an initiative is about."""
    initiative = await to_lead(work, id, expected_version)
    _check_number("themes", themes)
    held = await linked(work, OF_THEME, initiative.id)
    asked = [await work.seen(Theme, theme, f"themes.{at}") for at, theme in enumerate(themes)]
    refuse(*check_themes(asked, held, work.today))
    await _unlink(work, OF_THEME, initiative, held - {*themes})
    new = sorted({*themes} - held)
    work.db.add_all(InitiativeTheme(initiative_id=initiative.id, theme_id=theme) for theme in new)
    return _counted(initiative, changed=held != {*themes})


async def set_framework_entries(
    work: Work,
    id: InitiativeId,
    expected_version: int,
    entries: Annotated[
        list[EntryId], "All entries it is to serve, at most 20; those not listed are taken off."
    ],
) -> Initiative:
    """Say which pillars, Ps and plan actions an initiative serves."""
    initiative = await to_lead(work, id, expected_version)
    _check_number("entries", entries)
    held = await linked(work, OF_ENTRY, initiative.id)
    for at, entry_id in enumerate(entries):
        await chosen_entry(work, entry_id, f"entries.{at}", known=entry_id in held)
    await _unlink(work, OF_ENTRY, initiative, held - {*entries})
    new = sorted({*entries} - held)
    work.db.add_all(InitiativeEntry(initiative_id=initiative.id, entry_id=entry) for entry in new)
    return _counted(initiative, changed=held != {*entries})


async def chosen_entry(
    work: Work, entry_id: UUID, path: str, *, known: bool = False
) -> FrameworkEntry:
    """The entry; one of a version that has ended is worth a second look, if it is a new choice."""
    entry = await work.seen(FrameworkEntry, entry_id, path)
    version = await work.seen(FrameworkVersion, entry.framework_version_id)
    if known:
        return entry
    must_hold(version, path, version.label, work.today)
    if version.valid_to is not None and version.valid_to < work.today:
        said = f"{entry.title!r} belongs to {version.label!r}, which ended on {version.valid_to}."
        work.warn(path, said, "VERSION_ENDED")
    return entry


def check_themes(asked: Iterable[Theme], held: set[UUID], today: date) -> list[Finding]:
    """A retired theme stays where it is, and is given to nothing new."""
    return [
        Finding(("themes", str(at)), f"{theme.name!r} is retired. Choose another.", "RETIRED")
        for at, theme in enumerate(asked)
        if theme.id not in held and theme.retired_on is not None and theme.retired_on <= today
    ]


def _counted(initiative: Initiative, *, changed: bool) -> Initiative:
    """The initiative's version counts its links too, so that two editors of them collide."""
    if changed:
        initiative.version += 1
    return initiative


def _check_number(field: str, ids: list[UUID]) -> None:
    if len(ids) > LINK_LIMIT:
        said = f"Choose the {LINK_LIMIT} that matter most; there are {len(ids)}."
        raise Invalid.field(field, said, "TOO_MANY")


async def linked(work: Work, end: End, initiative_id: UUID) -> set[UUID]:
    """The themes or entries that an initiative has now."""
    link, other = end
    found = select(other).where(col(link.initiative_id) == initiative_id)
    return set(await work.db.scalars(found))


async def _unlink(work: Work, end: End, initiative: Initiative, gone: set[UUID]) -> None:
    link, other = end
    of_this = col(link.initiative_id) == initiative.id
    await work.db.execute(delete(link).where(of_this, other.in_(gone)))
