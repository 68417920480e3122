"""The sample's measures and figures: invented ones, marked as sample, and public ones.

The conduct figures of 2021 to 2023 are public and carry no such mark. Cases, allegations and people
are three different counts, and the two periods differ.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import SQLModel

from portal.frameworks.reference import framework_id
from portal.frameworks.tables import FrameworkEntry, FrameworkVersion
from portal.measures.tables import (
    Direction,
    Frequency,
    Measure,
    MeasureDefinition,
    MeasureKind,
    Observation,
)
from portal.proposals.tables import ProposalState
from portal.sample.initiatives import LOGGED, initiative_id
from portal.sample.partnership import DAY, agency_id, fixed, membership_id

DEFINITIONS = (
    # key, name, unit, direction, kind, source
    ("felt-safe", "Women who feel safe on the route at night (sample)", "percent",
     Direction.HIGHER_IS_BETTER, MeasureKind.OUTCOME, None),
    ("lamps-fitted", "Lamps fitted (sample)", "lamps", Direction.HIGHER_IS_BETTER,
     MeasureKind.OUTPUT, None),
    ("conduct-people", "Officers and staff accused of VAWG", "people", Direction.LOWER_IS_BETTER,
     MeasureKind.OUTCOME, "NPCC benchmark report published March 2023"),
    ("conduct-cases", "Cases of VAWG alleged against officers and staff", "cases",
     Direction.LOWER_IS_BETTER, MeasureKind.OUTCOME, "NPCC benchmark report published March 2023"),
    ("conduct-allegations", "Allegations of VAWG against officers and staff", "allegations",
     Direction.LOWER_IS_BETTER, MeasureKind.OUTCOME, "NPCC benchmark report published March 2023"),
)  # fmt: skip


def figures() -> Iterator[SQLModel]:
    """All of them, parents first."""
    yield from _definitions()
    yield from _measures()
    yield from _conduct()
    yield from _proposals()


def definition_id(key: str) -> UUID:
    """The id of a sample definition."""
    return fixed("definition", key)


def _definitions() -> Iterator[SQLModel]:
    for key, name, unit, direction, kind, source in DEFINITIONS:
        yield MeasureDefinition(
            id=definition_id(key),
            key=key,
            name=name,
            unit=unit,
            direction=direction,
            kind=kind,
            frequency=Frequency.QUARTERLY,
            source=source,
            defined_by_agency_id=agency_id("pcc"),
            state=ProposalState.CONFIRMED,
            valid_from=LOGGED.date(),
            proposed_by_id=membership_id("pcc.coordinator"),
            is_sample=source is None,
            created_at=LOGGED,
            updated_at=LOGGED,
        )


def _proposals() -> Iterator[SQLModel]:
    """What waits for a second person: a definition, and a version of a framework."""
    yield MeasureDefinition(
        id=definition_id("routes-walked"),
        key="routes-walked",
        name="Routes walked at night (sample)",
        unit="routes",
        direction=Direction.HIGHER_IS_BETTER,
        kind=MeasureKind.OUTPUT,
        frequency=Frequency.MONTHLY,
        valid_from=DAY,
        defined_by_agency_id=agency_id("wirral"),
        proposed_by_id=membership_id("wirral.coordinator"),
        is_sample=True,
        created_at=LOGGED,
        updated_at=LOGGED,
    )
    version = fixed("version", "next plan")
    yield FrameworkVersion(
        id=version,
        framework_id=framework_id("merseyside_plan"),
        label="2027 (sample)",
        valid_from=date(2027, 4, 1),
        note="Invented: the next phase is being shaped with survivors.",
        proposed_by_id=membership_id("pcc.programme"),
        updated_at=LOGGED,
    )
    for at, title in enumerate(("Safer journeys (sample)", "Safer nights (sample)"), 1):
        yield FrameworkEntry(
            id=fixed("entry", f"next plan/{at}"),
            framework_version_id=version,
            code=str(at),
            title=title,
            position=at,
        )


def _measures() -> Iterator[SQLModel]:
    """A measure with a baseline, a target and four quarters, all invented."""
    yield _measure("felt-safe", "safe-routes", (Decimal(38), date(2025, 12, 31)), Decimal(60))
    yield _measure("lamps-fitted", "safe-routes", None, Decimal(24))
    for at, value in enumerate((41, 44, 52)):
        start = date(2026, 1 + 3 * at, 1)
        yield _observed("felt-safe", "wirral", (start, _quarter_end(start)), value, None)
    yield _observed("lamps-fitted", "wirral", (date(2026, 1, 1), date(2026, 9, 30)), 15, None)


def _measure(
    key: str, initiative: str, baseline: tuple[Decimal, date] | None, target: Decimal | None
) -> Measure:
    return Measure(
        id=fixed("measure", key),
        initiative_id=initiative_id(initiative),
        definition_id=definition_id(key),
        baseline_value=baseline[0] if baseline else None,
        baseline_on=baseline[1] if baseline else None,
        target_value=target,
        target_on=date(2026, 12, 31) if target else None,
        is_sample=target is not None,
        created_at=LOGGED,
        updated_at=LOGGED,
    )


def _quarter_end(start: date) -> date:
    return date(start.year, start.month + 3, 1) - timedelta(days=1)


def _observed(
    key: str, agency: str, period: tuple[date, date], value: float, source: str | None
) -> Observation:
    initiative = "conduct-figures" if key.startswith("conduct") else "safe-routes"
    when = datetime.combine(date(2026, 10, 6), time(9), LOGGED.tzinfo)
    return Observation(
        id=fixed("observation", f"{key}/{period[0]}"),
        initiative_id=initiative_id(initiative),
        measure_id=fixed("measure", key),
        period_from=period[0],
        period_to=period[1],
        value=Decimal(str(value)),
        source=source,
        is_sample=source is None,
        recorded_by_agency_id=agency_id(agency),
        recorded_by_id=membership_id(f"{agency}.coordinator"),
        recorded_at=when,
        updated_at=when,
    )


NATIONAL = (date(2021, 10, 1), date(2022, 3, 31))
LOCAL = (date(2022, 9, 1), date(2023, 2, 28))
REPORT = "NPCC benchmark report published March 2023: England and Wales and BTP"
STATEMENT = "news report of the force's statement: Merseyside Police"


def _conduct() -> Iterator[SQLModel]:
    """The public figures: the national ones and the force's own, each with unit, period, source."""
    for key in ("conduct-people", "conduct-cases", "conduct-allegations"):
        yield _measure(key, "conduct-figures", None, None)
    yield _observed("conduct-people", "police", NATIONAL, 1539, REPORT)
    yield _observed("conduct-cases", "police", NATIONAL, 1177, REPORT)
    yield _observed("conduct-allegations", "police", NATIONAL, 1483, REPORT)
    yield _observed("conduct-cases", "police", LOCAL, 22, STATEMENT)
    yield _observed("conduct-allegations", "police", LOCAL, 32, STATEMENT)
