"""Funding in GraphQL: lines of money, and their sums by source and year."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal_column, not_, select

from portal.acting.exposed import mutation
from portal.funding import tables, verbs
from portal.funding.years import label, under_spent
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    by_id,
    column,
    filter_input,
    many,
    one,
    reads,
    sql,
    value_type,
    values,
    where,
)
from portal.store.rules import table_of

if TYPE_CHECKING:
    from portal.initiatives.api import Initiative

InitiativeType = Annotated["Initiative", strawberry.lazy("portal.initiatives.api")]
TOTALS_LIMIT = 300


class FundingOrder(Enum):
    """How funding lines are sorted."""

    OLDEST = "oldest"
    """The oldest first."""
    NEWEST = "newest"
    """The newest first."""


@filter_input
class FundingFilter:
    """Which funding lines."""

    initiative: strawberry.ID | None = where(
        "Of this initiative.", lambda row, initiative, _: row.initiative_id == initiative
    )
    financial_year: int | None = where(
        "For the financial year that begins in April of this year.",
        lambda row, year, _: row.financial_year == year,
    )
    text: str | None = where(
        "This text in the source.",
        lambda row, text, _: func.strpos(func.lower(row.source), func.lower(text)) > 0,
    )
    under_spent: bool | None = where(
        "Flagged as under-spent, or not.",
        lambda row, wanted, ask: func.coalesce(under_spent(row, ask), False) == wanted,
    )
    is_match: bool | None = where(
        "Match funding, or not.", lambda row, wanted, _: row.is_match == wanted
    )


FUNDING = Listing(
    FundingFilter,
    FundingOrder,
    {
        FundingOrder.OLDEST: Order(lambda row: [row.created_at]),
        FundingOrder.NEWEST: Order(lambda row: [row.created_at], descending=True),
    },
    FundingOrder.OLDEST,
)


def _grant(row: Columns) -> tuple[ColumnElement[Any], ...]:
    nothing: ColumnElement[str] = literal_column("''")
    year = func.coalesce(row.financial_year, literal_column("0"))
    return func.lower(row.source), func.lower(func.coalesce(row.grant_reference, nothing)), year


def _same_grant_elsewhere(row: Columns, _: Ask) -> ColumnElement[bool]:
    other = table_of(tables.FundingLine).alias()
    found = exists().where(
        *(theirs == ours for theirs, ours in zip(_grant(other.c), _grant(row), strict=True)),
        not_(other.c.is_match),
        other.c.initiative_id != row.initiative_id,
    )
    named = row.grant_reference.is_not(None)
    return and_(named, not_(row.is_match), found.correlate(row.id.table))


@reads(tables.FundingLine)
class FundingLine(Node):
    """Money from one source for one financial year, April to March."""

    initiative: InitiativeType = one("The initiative it is for.", "initiative_id")
    source: str = column("Who gives it.")
    grant_reference: str | None = column("The funder's reference of the grant.")
    amount: Decimal = column("How much for the year, in pounds.")
    financial_year: int | None = column("The year in whose April it begins; null: not known.")
    financial_year_label: str | None = sql("The same as `2026/27`.", label, nullable=True)
    spent: Decimal = column("What of it is spent so far, in pounds.")
    is_match: bool = column("Whether it is match funding.")
    under_spent: bool = sql(
        "Whether 80 % of the financial year is gone and less than half of the money is spent.",
        lambda row, ask: func.coalesce(under_spent(row, ask), False),
    )
    same_grant_elsewhere: bool = sql(
        "Whether another initiative that you see names the same grant for the same year.",
        _same_grant_elsewhere,
    )
    note: str | None = column("What a reader should know.")
    is_sample: bool = column("Whether it was made up for the sample.")
    created_at: datetime = column("When it was entered.")
    updated_at: datetime = column("When it was last changed.")
    version: int = column("Pass it as `expectedVersion` with a change.")


@value_type
class FundingTotal:
    """The money of one source for one financial year."""

    source: str = column("Who gives it.")
    financial_year: int | None = column("The year in whose April it begins; null: not known.")
    financial_year_label: str | None = sql("The same as `2026/27`.", label, nullable=True)
    amount: Decimal = column("How much, match funding included, in pounds.")
    match_amount: Decimal = column("How much of it is match funding, in pounds.")
    spent: Decimal = column("How much of it is spent, in pounds.")
    lines: int = column("From how many lines.")


def totals(*conditions: ColumnElement[bool], line: Any) -> Select[Any]:  # noqa: ANN401 - a table's alias
    """Sums by source, whatever its capitals, and year: the latest year first."""
    year = line.c.financial_year
    matched = case((line.c.is_match, line.c.amount), else_=literal_column("0"))
    return (
        select(
            func.min(line.c.source).label("source"),
            year.label("financial_year"),
            func.sum(line.c.amount).label("amount"),
            func.sum(matched).label("match_amount"),
            func.sum(line.c.spent).label("spent"),
            func.count().label("lines"),
        )
        .where(*conditions)
        .group_by(func.lower(line.c.source), year)
        .order_by(year.desc().nulls_last(), func.lower(line.c.source))
        .limit(literal_column(str(TOTALS_LIMIT)))
    )


def totals_of(row: Columns, _: Ask) -> Select[Any]:
    """The sums of one initiative."""
    line = table_of(tables.FundingLine).alias()
    return totals(line.c.initiative_id == row.id, line=line)


def _all_totals(_row: Columns, _ask: Ask) -> Select[Any]:
    return totals(line=table_of(tables.FundingLine).alias())


@strawberry.type
class FundingQueries:
    """Where the money comes from."""

    funding_lines: Connection[FundingLine] = many(
        "The funding lines of initiatives you may see.", FUNDING
    )
    funding_line: FundingLine | None = by_id("One funding line.")
    funding_totals: list[FundingTotal] = values(
        "Sums by source and year over the initiatives you may see, the latest year first,"
        f" at most {TOTALS_LIMIT}. A grant that two of them name counts twice: see"
        " `sameGrantElsewhere`.",
        _all_totals,
        size=TOTALS_LIMIT,
    )


_EDIT = "initiatives:edit"


@strawberry.type
class FundingMutations:
    """Entering money and what is spent of it."""

    add_funding_line = mutation(verbs.add_funding_line, FundingLine, needs=_EDIT)
    change_funding_line = mutation(verbs.change_funding_line, FundingLine, needs=_EDIT)
    record_spend = mutation(verbs.record_spend, FundingLine, needs=_EDIT)
    delete_funding_line = mutation(verbs.delete_funding_line, "Deleted", needs=_EDIT)
