"""What people do with an initiative's money: add a line, change it, say what is spent."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select

from portal.acting.act import Deleted
from portal.acting.checks import length_fault, one_line, refuse
from portal.acting.figures import money_fault
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.funding.tables import FIRST_YEAR, LAST_YEAR, FundingLine
from portal.funding.years import year_label
from portal.initiatives.holding import held, led
from portal.initiatives.tables import Initiative

LineId = Annotated[UUID, Ref("FundingLine")]


def check_line(line: FundingLine) -> list[Finding]:
    """Every fault of a funding line."""
    faults = [
        None if line.source else Finding(("source",), "Say who gives the money."),
        length_fault("source", line.source, 120),
        length_fault("grantReference", line.grant_reference, 60),
        length_fault("note", line.note, 1000),
        money_fault("amount", line.amount),
        money_fault("spent", line.spent),
        _year_fault(line),
    ]
    found = [fault for fault in faults if fault is not None]
    if not any(fault.code == "BAD_NUMBER" for fault in found):
        found += _sum_faults(line)
    return found


def _sum_faults(line: FundingLine) -> list[Finding]:
    found = []
    if line.amount <= 0:
        found.append(Finding(("amount",), "Enter an amount above 0."))
    if line.spent < 0:
        found.append(Finding(("spent",), "What is spent cannot be below 0."))
    return found


def _year_fault(line: FundingLine) -> Finding | None:
    if line.financial_year is None:
        if line.note:
            return None
        message = "Give the year in which the financial year begins, or say in the note why not."
        return Finding(("financialYear",), message, "YEAR_UNKNOWN")
    if not FIRST_YEAR <= line.financial_year <= LAST_YEAR:
        message = f"Give the year in which it begins, {FIRST_YEAR} to {LAST_YEAR}: 2026 is 2026/27."
        return Finding(("financialYear",), message)
    return None


def new_line(  # noqa: PLR0913 - one for each cell of a row
    initiative_id: UUID,
    source: str,
    amount: Decimal,
    *,
    financial_year: int | None = None,
    grant_reference: str | None = None,
    spent: Decimal | None = None,
    is_match: bool | None = None,
    note: str | None = None,
) -> FundingLine:
    """The row of a funding line, tidied and not yet checked."""
    return FundingLine(
        initiative_id=initiative_id,
        source=one_line(source),
        grant_reference=_said(grant_reference),
        amount=amount,
        financial_year=financial_year,
        spent=Decimal(0) if spent is None else spent,
        is_match=bool(is_match),
        note=_said(note),
    )


def _said(text: str | None) -> str | None:
    return (one_line(text) or None) if text else None


async def add_funding_line(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    source: Annotated[str, "Who gives the money, such as `Home Office Safer Streets Fund`."],
    amount: Annotated[Decimal, "How much for this year, in pounds."],
    financial_year: Annotated[
        int | None, "The year in whose April it begins; without it the note must say why."
    ] = None,
    grant_reference: Annotated[str | None, "The funder's reference of the grant."] = None,
    spent: Annotated[Decimal, "What of it is spent so far."] = Decimal(0),
    is_match: Annotated[bool, "Whether it is match funding: a partner's own share."] = False,
    note: Annotated[str | None, "What a reader should know."] = None,
) -> FundingLine:
    """Say which money an initiative has, from whom and for which financial year."""
    of = await led(work, initiative)
    line = new_line(
        of.id,
        source,
        amount,
        financial_year=financial_year,
        grant_reference=grant_reference,
        spent=spent,
        is_match=is_match,
        note=note,
    )
    await _accept(work, line)
    work.db.add(line)
    return line


async def change_funding_line(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: LineId,
    expected_version: int,
    source: Annotated[str | Keep, "Who gives the money."] = KEEP,
    amount: Annotated[Decimal | Keep, "How much for this year, in pounds."] = KEEP,
    financial_year: Annotated[
        int | Keep | None, "The year in whose April it begins; null when it is not known."
    ] = KEEP,
    grant_reference: Annotated[str | Keep | None, "The funder's reference; null for none."] = KEEP,
    is_match: Annotated[bool | Keep, "Whether it is match funding."] = KEEP,
    note: Annotated[str | Keep | None, "What a reader should know; null removes it."] = KEEP,
) -> FundingLine:
    """Change a funding line; the history keeps what stood there."""
    line = await held(work, FundingLine, id, expected_version)
    cleared = {"financial_year": financial_year, "grant_reference": grant_reference, "note": note}
    filled = {"source": source, "amount": amount, "is_match": is_match}
    given = {name: value for name, value in filled.items() if value is not None}
    before = {name: getattr(line, name) for name in (*cleared, *filled)}
    asked = {**before, **{k: v for k, v in {**given, **cleared}.items() if v is not KEEP}}
    new = new_line(line.initiative_id, spent=line.spent, **asked)
    await _accept(work, new, line.id)
    for name in asked:
        setattr(line, name, getattr(new, name))
    return line


async def record_spend(
    work: Work,
    id: LineId,
    expected_version: int,
    spent: Annotated[Decimal, "What is spent of it so far, all told, in pounds."],
) -> FundingLine:
    """Say what of a funding line is spent so far."""
    line = await held(work, FundingLine, id, expected_version)
    fault = money_fault("spent", spent)
    if fault is None and spent < 0:
        fault = Finding(("spent",), "What is spent cannot be below 0.")
    refuse(fault)
    if spent < line.spent:
        message = f"It was £{line.spent:,.2f} before: give all that is spent, not the latest part."
        work.warn("spent", message, "LESS_THAN_BEFORE")
    line.spent = spent
    _warn_of_overspend(work, line)
    return line


async def delete_funding_line(work: Work, id: LineId, expected_version: int) -> Deleted:
    """Delete a funding line that should not be there; the history keeps it."""
    line = await held(work, FundingLine, id, expected_version)
    await work.db.delete(line)
    return Deleted("FundingLine", line.id)


async def _accept(work: Work, line: FundingLine, itself: UUID | None = None) -> None:
    refuse(*check_line(line))
    if not line.is_match:
        await _must_be_new(work, line, itself)
    _warn_of_overspend(work, line)
    _warn_of_far_years(work, line, work.today)


async def _must_be_new(work: Work, line: FundingLine, itself: UUID | None) -> None:
    """One grant counts once for a year; match funding is a partner's own share and may repeat.

    Within the initiative an index says so too. Across initiatives the check looks only at what this
    caller sees: a constraint, or a function that answers yes or no, would tell that a hidden
    initiative names the same grant, and what is hidden must look missing by every route. So the
    same grant can be entered where neither sees the other; whoever sees both reads it from
    `sameGrantElsewhere`.
    """
    elsewhere = col(FundingLine.initiative_id) != line.initiative_id
    found = (
        select(FundingLine, Initiative)
        .join(Initiative, col(Initiative.id) == col(FundingLine.initiative_id))
        .where(*same_grant(line), col(FundingLine.id) != (itself or line.id))
    )
    if line.grant_reference is None:  # without its reference it is no more than the same funder
        found = found.where(~elsewhere)
    known = (await work.db.execute(found.order_by(elsewhere).limit(1))).first()
    if known is None:
        return
    where, remedy = "this initiative", "Change that line"
    if known[1].id != line.initiative_id:
        where, remedy = f"{known[1].reference}, {known[1].title},", "Split the grant's reference"
    message = (
        f"This grant is entered for {year_label(line.financial_year)} in {where} already. {remedy},"
        " give another reference, or mark it as match funding."
    )
    raise Invalid.field("grantReference", message, "GRANT_TWICE")


def same_grant(line: FundingLine) -> tuple[ColumnElement[bool], ...]:
    """Lines, match funding apart, with the same source, reference and year."""
    reference = func.coalesce(col(FundingLine.grant_reference), "")
    return (
        ~col(FundingLine.is_match),
        func.lower(col(FundingLine.source)) == func.lower(line.source),
        func.lower(reference) == func.lower(line.grant_reference or ""),
        func.coalesce(col(FundingLine.financial_year), 0) == (line.financial_year or 0),
    )


def _warn_of_overspend(work: Work, line: FundingLine) -> None:
    if line.spent > line.amount:
        work.warn("spent", "More is spent than there is. Check both amounts.", "OVERSPENT")


def _warn_of_far_years(work: Work, line: FundingLine, today: date) -> None:
    if line.financial_year is not None and line.financial_year > today.year + 5:
        work.warn("financialYear", "This is more than five years ahead.", "FAR_YEAR")
