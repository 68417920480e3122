"""A line of money for an initiative: from whom, for which year, how much, what is spent."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from portal.initiatives.tables import Tied
from portal.store.base import Instant, Money

FIRST_YEAR, LAST_YEAR = 2000, 2099
_GRANT = (
    text("lower(source)"),
    text("lower(coalesce(grant_reference, ''))"),
    text("coalesce(financial_year, 0)"),
)


class FundingLine(Tied, table=True):
    """Money from one source for one financial year, April to March.

    Imported history may not know the year; then the note says where the figure comes from.
    """

    __tablename__ = "funding_line"
    __table_args__ = (
        CheckConstraint("length(btrim(source)) > 0", name="source"),
        CheckConstraint("length(btrim(grant_reference)) > 0", name="grant_reference"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("spent >= 0", name="spent"),
        CheckConstraint(
            f"financial_year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="financial_year"
        ),
        CheckConstraint(
            "financial_year IS NOT NULL OR coalesce(length(btrim(note)), 0) > 0",
            name="year_unknown",
        ),
        # Within one initiative only: across initiatives a constraint would tell of hidden lines.
        Index(
            "funding_line_grant_once",
            "initiative_id",
            *_GRANT,
            unique=True,
            postgresql_where=text("NOT is_match"),
        ),
        Index("funding_line_by_grant", *_GRANT),
        Index("funding_line_by_initiative", "initiative_id", "created_at", "id"),
        Index("funding_line_newest", "created_at", "id"),
    )

    source: str = Field(max_length=120)
    grant_reference: str | None = Field(default=None, max_length=60)
    amount: Decimal = Field(sa_type=Money)
    financial_year: int | None = None
    spent: Decimal = Field(default=Decimal(0), sa_type=Money)
    is_match: bool = False
    note: str | None = Field(default=None, max_length=1000)
    is_sample: bool = False
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
