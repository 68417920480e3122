"""How themes, frameworks, plan actions and self-assessments are shown."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

import portal.initiatives.shown  # noqa: F401 - it names the enum Rating, before a type here uses it
from portal.agencies.api import Agency, Membership
from portal.frameworks import tables
from portal.frameworks.tables import SelfAssessmentLevel
from portal.initiatives.tables import Initiative as InitiativeRow
from portal.initiatives.tables import Rating, Stage
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
    values,
    where,
)

strawberry.enum(SelfAssessmentLevel, description=SelfAssessmentLevel.__doc__)
OF_THEME = col(tables.InitiativeTheme.theme_id)
OF_ENTRY = col(tables.InitiativeEntry.entry_id)


class FrameworkEntryOrder(Enum):
    """How framework entries are sorted."""

    POSITION = "position"


class PlanActionOrder(Enum):
    """How plan actions are sorted."""

    NUMBER = "number"
    LATEST_CHANGE = "latest_change"


class PlanUpdateOrder(Enum):
    """How the updates of a plan action are sorted."""

    NEWEST = "newest"


class SelfAssessmentOrder(Enum):
    """How self-assessments are sorted."""

    NEWEST = "newest"


for _order in (FrameworkEntryOrder, PlanActionOrder, PlanUpdateOrder, SelfAssessmentOrder):
    strawberry.enum(_order, description=_order.__doc__)


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


def valid_versions(ask: Ask) -> Select[Any]:
    """The ids of the framework versions that are valid today."""
    version = tables.FrameworkVersion
    return select(col(version.id)).where(
        col(version.valid_from) <= ask.today,
        or_(col(version.valid_to).is_(None), col(version.valid_to) >= ask.today),
    )


def themes_of(initiative: Columns, _: Ask) -> Select[Any]:
    """An initiative's themes by name."""
    theme, link = tables.Theme, tables.InitiativeTheme
    chosen = select(theme).join(link, col(link.theme_id) == col(theme.id))
    return chosen.where(col(link.initiative_id) == initiative.id).order_by(col(theme.name))


def entries_of(initiative: Columns, _: Ask) -> Select[Any]:
    """An initiative's framework entries, older versions first."""
    entry, link, version = tables.FrameworkEntry, tables.InitiativeEntry, tables.FrameworkVersion
    return (
        select(entry)
        .join(link, col(link.entry_id) == col(entry.id))
        .join(version, col(version.id) == col(entry.framework_version_id))
        .where(col(link.initiative_id) == initiative.id)
        .order_by(col(version.valid_from), col(version.id), col(entry.position))
    )


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
    initiatives: int = sql(
        "How many initiatives are about it, whatever their stage, of those you may see.",
        lambda theme, _: mapped(OF_THEME, theme.id),
    )
    version: int = column("Pass it as `expectedVersion` with a change.")


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
    initiatives: int = sql(
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
    versions: list[FrameworkVersion] = values(
        "Its versions, oldest first.",
        lambda framework, _: (
            select(tables.FrameworkVersion)
            .where(col(tables.FrameworkVersion.framework_id) == framework.id)
            .order_by(col(tables.FrameworkVersion.valid_from))
        ),
        size=4,
    )


PLAN_UPDATES = Listing(
    None,
    PlanUpdateOrder,
    {PlanUpdateOrder.NEWEST: Order(lambda u: [u.recorded_at, u.action_version], descending=True)},
    PlanUpdateOrder.NEWEST,
)


@reads(tables.PlanUpdate)
class PlanUpdate(Node):
    """How a plan action stood after one change."""

    action_version: int = column("The version of the plan action that it describes.")
    owner: Agency | None = one("Who owned it.", "owner_agency_id")
    rating: Rating | None = column("How it stood.")
    rating_reason: str | None = column("Why it had this rating.")
    text: str | None = column("What was last said of it.")
    by: Membership | None = one("Who changed it; null when a program did.", "by_id")
    by_agency: Agency | None = one("For which agency.", "by_agency_id")
    recorded_at: datetime = column("When it was changed.")


@filter_input
class PlanActionFilter:
    """Which plan actions."""

    owner: strawberry.ID | None = where(
        "Owned by this agency.", lambda action, agency, _: action.owner_agency_id == agency
    )
    owned: bool | None = where(
        "With an owner (true), or without (false).",
        lambda action, owned, _: action.owner_agency_id.is_not(None) == owned,
    )
    rating: list[Rating] | None = where(
        "With one of these ratings.", lambda action, some, _: action.rating == func.any(some)
    )
    updated_since: datetime | None = where(
        "Changed at or after this instant.", lambda action, at, _: action.updated_at >= at
    )


PLAN_ACTIONS = Listing(
    PlanActionFilter,
    PlanActionOrder,
    {
        PlanActionOrder.NUMBER: Order(lambda action: [action.number]),
        PlanActionOrder.LATEST_CHANGE: Order(lambda action: [action.updated_at], descending=True),
    },
    PlanActionOrder.NUMBER,
)


def _title_of(action: Columns, _: Ask) -> ColumnElement[str]:
    entry = tables.FrameworkEntry
    chosen = select(col(entry.title)).where(col(entry.id) == action.entry_id)
    return chosen.correlate(action.entry_id.table).scalar_subquery()


@reads(tables.PlanAction)
class PlanAction(Node):
    """An action of the local delivery plan, as it stands."""

    number: int = column("Its number in the plan.")
    title: str = sql("What it is called; its number where the title is not published.", _title_of)
    entry: FrameworkEntry = one("The framework entry that initiatives are mapped to.", "entry_id")
    owner: Agency | None = one("The agency that owns it; null while none does.", "owner_agency_id")
    rating: Rating | None = column("How it stands, as last set; null while nobody has said.")
    rating_reason: str | None = column("Why it has this rating.")
    last_update: str | None = column("What was last said of it.")
    last_update_at: datetime | None = column("When that was said.")
    linked_initiatives: int = sql(
        "How many initiatives serve it, whatever their stage, of those you may see.",
        lambda action, _: mapped(OF_ENTRY, action.entry_id),
    )
    live_initiatives: int = sql(
        "How many of them are live now.", lambda action, _: mapped_live(OF_ENTRY, action.entry_id)
    )
    updates: Connection[PlanUpdate] = many(
        "How it stood after each change.",
        PLAN_UPDATES,
        lambda action, update, _: update.plan_action_id == action.id,
    )
    updated_at: datetime = column("When it was last changed, its owner included.")
    version: int = column("Pass it as `expectedVersion` with a change.")


def _is_latest(row: Columns, _: Ask) -> ColumnElement[bool]:
    """No later one of the same agency about the same entry."""
    later = aliased(tables.SelfAssessment)
    same = (col(later.entry_id) == row.entry_id, col(later.agency_id) == row.agency_id)
    after = tuple_(col(later.assessed_on), col(later.recorded_at), col(later.id)) > tuple_(
        row.assessed_on, row.recorded_at, row.id
    )
    return ~exists().where(*same, after).correlate(row.id.table)


@filter_input
class SelfAssessmentFilter:
    """Which self-assessments."""

    agency: strawberry.ID | None = where(
        "Of this agency.", lambda row, agency, _: row.agency_id == agency
    )
    entry: strawberry.ID | None = where(
        "About this framework entry.", lambda row, entry, _: row.entry_id == entry
    )
    latest: bool | None = where(
        "The latest of its agency about its entry (true), or superseded (false).",
        lambda row, latest, ask: _is_latest(row, ask) == latest,
    )


SELF_ASSESSMENTS = Listing(
    SelfAssessmentFilter,
    SelfAssessmentOrder,
    {
        SelfAssessmentOrder.NEWEST: Order(
            lambda row: [row.assessed_on, row.recorded_at], descending=True
        )
    },
    SelfAssessmentOrder.NEWEST,
)


@reads(tables.SelfAssessment)
class SelfAssessment(Node):
    """What an agency said of itself on a day."""

    agency: Agency = one("Who assessed itself.", "agency_id")
    entry: FrameworkEntry = one("The P that was assessed.", "entry_id")
    level: SelfAssessmentLevel = column("How far it says it has come.")
    text: str = column("What the level rests on; plain text.")
    assessed_on: date = column("The day of the assessment.")
    latest: bool = sql("Whether no later one has superseded it.", _is_latest)
    by: Membership | None = one("Who recorded it; null when a program did.", "by_id")
    recorded_at: datetime = column("When it was recorded.")
