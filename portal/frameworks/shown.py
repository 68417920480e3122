"""How themes and frameworks are shown, with what is mapped to them."""

from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlmodel import col

from portal.agencies.api import Membership
from portal.changes.api import HistoryEntry
from portal.changes.listing import own_history
from portal.frameworks import tables
from portal.initiatives.tables import Initiative as InitiativeRow
from portal.initiatives.tables import Stage
from portal.proposals.tables import ProposalState
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    where,
)
from portal.reading.validity import valid_on
from portal.store.rules import table_of

OF_THEME = col(tables.InitiativeTheme.theme_id)
OF_ENTRY = col(tables.InitiativeEntry.entry_id)


class FrameworkEntryOrder(Enum):
    """How framework entries are sorted."""

    POSITION = "position"
    """By version, then by place within it."""


class ThemeOrder(Enum):
    """How themes are sorted."""

    NAME = "name"
    """By name."""


class FrameworkOrder(Enum):
    """How frameworks are sorted."""

    NAME = "name"
    """By name."""


class FrameworkVersionOrder(Enum):
    """How the versions of a framework are sorted."""

    OLDEST = "oldest"
    """The version that began first, first."""


def mapped(end: Any, mapped_to: Any) -> ColumnElement[int]:  # noqa: ANN401 - columns of any link
    """How many initiatives are mapped to this id. A link is as hidden as its initiative."""
    chosen = select(func.count()).select_from(end.class_).where(end == mapped_to)
    return chosen.correlate(mapped_to.table).scalar_subquery()


def mapped_live(end: Any, mapped_to: Any) -> ColumnElement[int]:  # noqa: ANN401 - as above
    """The same, of those that are live now."""
    link = end.class_
    chosen = (
        select(func.count())
        .select_from(link)
        .join(InitiativeRow, col(InitiativeRow.id) == link.initiative_id)
        .where(end == mapped_to, col(InitiativeRow.stage) == Stage.LIVE)
    )
    return chosen.correlate(mapped_to.table).scalar_subquery()


def confirmed_versions() -> Select[Any]:
    """The ids of the framework versions that a second person has confirmed."""
    version = table_of(tables.FrameworkVersion).c
    return select(version.id).where(version.state == ProposalState.CONFIRMED)


def valid_versions(ask: Ask) -> Select[Any]:
    """The ids of those that are valid today."""
    version = table_of(tables.FrameworkVersion).c
    return confirmed_versions().where(valid_on(version, ask.today))


def entries_of(framework: ColumnElement[Any]) -> Select[Any]:
    """The ids of a framework's entries, whatever the version."""
    entry, version = tables.FrameworkEntry, tables.FrameworkVersion
    joined = select(col(entry.id)).join(version, col(version.id) == col(entry.framework_version_id))
    return joined.where(col(version.framework_id) == framework)


def is_about(initiative: Columns, theme: Columns, _: Ask) -> ColumnElement[bool]:
    """Whether the initiative has this theme."""
    return _linked(OF_THEME, initiative, theme)


def serves(initiative: Columns, entry: Columns, _: Ask) -> ColumnElement[bool]:
    """Whether the initiative serves this framework entry."""
    return _linked(OF_ENTRY, initiative, entry)


def _linked(end: Any, initiative: Columns, row: Columns) -> ColumnElement[bool]:  # noqa: ANN401 - as above
    linked: ColumnElement[bool] = row.id.in_(
        select(end).where(end.class_.initiative_id == initiative.id)
    )
    return linked


def _of_version(entry: Columns, wanted: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column
    """A column of the version that an entry belongs to."""
    version = tables.FrameworkVersion
    chosen = select(wanted).where(col(version.id) == entry.framework_version_id)
    return chosen.correlate(entry.id.table).scalar_subquery()


@reads(tables.Theme)
class Theme(Node):
    """A subject that initiatives are about."""

    key: str = column("Its name for programs, such as `night_time_economy`.")
    name: str = column("What it is called.")
    description: str = column("What belongs to it.")
    valid_from: date = column("The first day on which it could be chosen.")
    retired_on: date | None = column("The day from which no further initiative is given it.")
    live_initiatives: int = sql(
        "How many initiatives about it are live now, of those you may see.",
        lambda theme, _: mapped_live(OF_THEME, theme.id),
    )
    linked_initiatives: int = sql(
        "How many initiatives are about it, whatever their stage, of those you may see.",
        lambda theme, _: mapped(OF_THEME, theme.id),
    )
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with a change.")


@filter_input
class ThemeFilter:
    """Which themes."""

    retired: bool | None = where(
        "Retired by today (true), or still given to initiatives (false).",
        lambda theme, retired, ask: (
            func.coalesce(theme.retired_on <= ask.today, literal_column("false")) == retired
        ),
    )


THEMES = Listing(
    ThemeFilter, ThemeOrder, {ThemeOrder.NAME: Order(lambda t: [t.name])}, ThemeOrder.NAME
)


@filter_input
class FrameworkEntryFilter:
    """Which framework entries."""

    framework: strawberry.ID | None = where(
        "Of this framework, in any version.",
        lambda entry, framework, _: (
            _of_version(entry, col(tables.FrameworkVersion.framework_id)) == framework
        ),
    )
    framework_version: strawberry.ID | None = where(
        "Of this version.", lambda entry, version, _: entry.framework_version_id == version
    )
    valid: bool | None = where(
        "Of a version that is valid today (true), or that is not (false).",
        lambda entry, valid, ask: entry.framework_version_id.in_(valid_versions(ask)) == valid,
    )
    covered: bool | None = where(
        "Served by a live initiative that you may see (true), or by none (false).",
        lambda entry, covered, _: (mapped_live(OF_ENTRY, entry.id) > 0) == covered,
    )


COVERAGE = Listing(
    FrameworkEntryFilter,
    FrameworkEntryOrder,
    {
        FrameworkEntryOrder.POSITION: Order(
            lambda entry: [
                _of_version(entry, col(tables.FrameworkVersion.valid_from)),
                entry.framework_version_id,
                entry.position,
            ]
        )
    },
    FrameworkEntryOrder.POSITION,
)


@filter_input
class FrameworkVersionFilter:
    """Which versions."""

    state: ProposalState | None = where(
        "In this state.", lambda version, state, _: version.state == state
    )
    valid: bool | None = where(
        "Confirmed and valid today (true), or not (false).",
        lambda version, valid, ask: version.id.in_(valid_versions(ask)) == valid,
    )


FRAMEWORKS = Listing(
    None, FrameworkOrder, {FrameworkOrder.NAME: Order(lambda f: [f.name])}, FrameworkOrder.NAME
)
VERSIONS = Listing(
    FrameworkVersionFilter,
    FrameworkVersionOrder,
    {FrameworkVersionOrder.OLDEST: Order(lambda version: [version.valid_from])},
    FrameworkVersionOrder.OLDEST,
)
ENTRIES = Listing(
    None,
    FrameworkEntryOrder,
    {FrameworkEntryOrder.POSITION: Order(lambda entry: [entry.position])},
    FrameworkEntryOrder.POSITION,
)


@reads(tables.FrameworkEntry)
class FrameworkEntry(Node):
    """One pillar, P or action of a framework's version."""

    code: str = column("Its code within the version, such as `PREVENT` or `12`.")
    title: str = column("What it is called.")
    position: int = column("Its place within the version.")
    framework_version: "FrameworkVersion" = one("Whose entry it is.", "framework_version_id")
    live_initiatives: int = sql(
        "How many initiatives that serve it are live now, of those you may see; 0 is a gap.",
        lambda entry, _: mapped_live(OF_ENTRY, entry.id),
    )
    linked_initiatives: int = sql(
        "How many initiatives serve it, whatever their stage, of those you may see.",
        lambda entry, _: mapped(OF_ENTRY, entry.id),
    )


@reads(tables.FrameworkVersion)
class FrameworkVersion(Node):
    """A framework as it reads from one day on."""

    label: str = column("What tells it from other versions.")
    framework: "Framework" = one("The framework it is a version of.", "framework_id")
    valid_from: date = column("Its first day.")
    valid_to: date | None = column("Its last day; null when none is set.")
    note: str | None = column("What else is known of it.")
    self_assessed: bool = column("Whether agencies assess themselves against its entries.")
    state: ProposalState = column("Whether it is confirmed: until then the one before holds.")
    proposed_by: Membership | None = one(
        "Who proposed it; null for a program, and for what was there from the start.",
        "proposed_by_id",
    )
    answered_by: Membership | None = one("Who confirmed or declined it.", "answered_by_id")
    answer_note: str | None = column("Why it was declined.")
    history: Connection[HistoryEntry] = own_history()
    version: int = column("Pass it as `expectedVersion` with an answer.")
    entries: Connection[FrameworkEntry] = many(
        "Its entries.",
        ENTRIES,
        lambda version, entry, _: entry.framework_version_id == version.id,
    )


@reads(tables.Framework)
class Framework(Node):
    """A strategy or plan that initiatives are mapped to."""

    key: str = column("Its name for programs.")
    name: str = column("What it is called.")
    owner: str = column("Who issues it.")
    versions: Connection[FrameworkVersion] = many(
        "Its versions.",
        VERSIONS,
        lambda framework, version, _: version.framework_id == framework.id,
        first=20,
    )
