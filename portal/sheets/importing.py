"""An import from file to database: every row checked, then all of it written, or nothing."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from portal.acting.act import BEGIN, audit_line
from portal.changes.tables import Outcome as AuditOutcome
from portal.context import Context
from portal.sheets.actions import check_action_row
from portal.sheets.columns import Sheet
from portal.sheets.faults import Fault
from portal.sheets.format import (
    ACTIONS,
    FUNDING,
    INITIATIVES,
    MEASURES,
    OBSERVATIONS,
    PARTNERS,
    SHEETS,
)
from portal.sheets.funding import check_funding, grant_of
from portal.sheets.initiatives import check_initiative
from portal.sheets.measures import check_measure, check_observation
from portal.sheets.partners import check_partner
from portal.sheets.plan import REFERENCE, Line, Options, Outcome, Plan, key_id
from portal.sheets.reading import Book
from portal.sheets.world import known_grants, read_entries, read_world
from portal.sheets.writing import Overtaken, Told, write
from portal.store.states import CONSTRAINTS, FORBIDDEN, sqlstate

VERB = "import_initiatives"
CHECKS: tuple[tuple[Sheet, Callable[[Line], Outcome]], ...] = (
    (INITIATIVES, check_initiative),
    (PARTNERS, check_partner),
    (FUNDING, check_funding),
    (ACTIONS, check_action_row),
    (MEASURES, check_measure),
    (OBSERVATIONS, check_observation),
)
_TOGETHER = {*CONSTRAINTS, "23502"}


@dataclass
class Report:
    """What an import found and did."""

    faults: list[Fault]
    warnings: list[Fault] = field(default_factory=list)
    counts: dict[str, Counter[Outcome]] = field(default_factory=dict)


class _Refused(Exception):
    """Something stands against the import: what has been written is taken back."""

    def __init__(self, report: Report) -> None:
        self.report = report


def quiet(_: int) -> None:
    """Tell nobody."""


async def run_import(context: Context, book: Book, options: Options, told: Told = quiet) -> Report:
    """Check the file and write it, as the caller whom the context opens.

    A Rehearsal does the same and takes it back, so that a dry run says what the import will say.
    """
    async with context.acting() as db:
        await db.execute(BEGIN, {"verb": VERB})
        try:
            async with db.begin_nested():
                report = await _attempt(db, context, book, options, told)
        except _Refused as refused:
            report = refused.report
        rule = next((fault.rule for fault in report.faults if fault.rule), None)
        outcome = AuditOutcome.REFUSED if report.faults else AuditOutcome.DONE
        if report.faults and rule is None:
            rule = "Invalid"
        db.add(audit_line(context, VERB, outcome, rule=rule))
    return report


async def _attempt(
    db: AsyncSession, context: Context, book: Book, options: Options, told: Told
) -> Report:
    plan = await planned(db, context, book, options)
    report = Report(_in_order([*book.faults, *plan.faults]), plan.warnings, plan.counts)
    if report.faults:
        raise _Refused(report)
    try:
        await write(db, plan, told)
    except (Overtaken, DBAPIError) as error:
        state = sqlstate(error)
        if isinstance(error, DBAPIError) and state not in {*_TOGETHER, FORBIDDEN}:
            raise
        report.faults.append(_late(state))
        raise _Refused(report) from error
    return report


def _late(state: str | None) -> Fault:
    """What only the database could tell."""
    if state == FORBIDDEN:
        says = "The database's own rules refuse one of these rows for you."
        return Fault(
            "", 0, "", says, "Import fewer rows to find it, and report it: this is a fault."
        )
    return Fault(
        "", 0, "",
        "Somebody has changed or entered one of these records while this import was running.",
        "Run it again; nothing has been saved.",
    )  # fmt: skip


async def planned(db: AsyncSession, context: Context, book: Book, options: Options) -> Plan:
    """What the file asks for, checked row by row; nothing is written."""
    world = await read_world(db, context.today)
    plan = Plan(context.caller, context.now, context.today, world, options)
    plan.unsure = any("initiative" in row.bad for row in book.rows.get(INITIATIVES.name, ()))
    keys = {
        row.values["initiative"]
        for rows in book.rows.values()
        for row in rows
        if row.values.get("initiative")
    }
    await _find(db, plan, keys)
    named = (row.values.get("grant_reference") for row in book.rows.get(FUNDING.name, ()))
    for known in await known_grants(db, [reference for reference in named if reference]):
        plan.grants.setdefault(grant_of(known), known.initiative_id)
    for sheet, check in CHECKS:
        plan.take(sheet, book.rows.get(sheet.name, ()), check)
    return plan


async def _find(db: AsyncSession, plan: Plan, keys: Iterable[str]) -> None:
    """The initiatives that the file speaks of and the portal has."""
    own = plan.caller.agency_id
    before = plan.own - {own}
    by_reference, by_id = {}, {}
    inherited: dict[UUID, str] = {}
    for text in keys:
        if REFERENCE.fullmatch(text) and not plan.options.elsewhere:
            by_reference[text.upper()] = plan.key(text)
        else:
            by_id[key_id(own, text)] = plan.key(text)
            inherited |= {key_id(old, text): plan.key(text) for old in before}
    found = await read_entries(db, [*by_reference], [*by_id, *inherited])
    for entry in found:
        for key in (by_reference.get(entry.row.reference), by_id.get(entry.row.id)):
            if key is not None:
                plan.entries[key] = entry
    for entry in found:  # our own first: where both have used a name, it is ours that is meant
        if entry.row.id in inherited:
            plan.entries.setdefault(inherited[entry.row.id], entry)


def _in_order(faults: list[Fault]) -> list[Fault]:
    order = {sheet.name: at for at, sheet in enumerate(SHEETS)}
    return sorted(faults, key=lambda fault: (order.get(fault.sheet, 9), fault.row))
