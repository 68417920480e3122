"""What a risk tool's scores mean, by area and date; two people change it."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal.proposals.tables import CONFIRMED, Proposed
from portal.referrals.codes import RiskTool
from portal.store.base import Row, choice


class RiskScale(Proposed, table=True):
    """A tool's grades in an area from a day on. A later scale replaces it whole; whoever was
    assessed before keeps the grade they were given.
    """

    __tablename__ = "risk_scale"
    __table_args__ = (
        UniqueConstraint("id", "highest"),
        CheckConstraint("highest BETWEEN 1 AND 1000", name="highest"),
        Index(
            "risk_scale_begins",
            "tool",
            "area_code",
            "valid_from",
            unique=True,
            postgresql_where=CONFIRMED,
            postgresql_nulls_not_distinct=True,
        ),
    )

    tool: RiskTool = Field(sa_type=choice(RiskTool, "tool"))
    area_code: str | None = Field(default=None, foreign_key="area.code")
    """NULL: wherever an area has none of its own."""
    highest: int
    """The tool's highest score."""


class RiskThreshold(Row, table=True):
    """From which score on a scale gives a grade."""

    __tablename__ = "risk_threshold"
    __table_args__ = (
        ForeignKeyConstraint(("risk_scale_id", "highest"), ("risk_scale.id", "risk_scale.highest")),
        UniqueConstraint("risk_scale_id", "grade"),
        UniqueConstraint("risk_scale_id", "at_least"),
        CheckConstraint("at_least >= 0 AND at_least <= highest", name="score"),
        CheckConstraint("grade ~ '^[a-z][a-z_]{1,19}$'", name="grade"),
    )

    risk_scale_id: UUID
    highest: int
    """As its scale says."""
    grade: str = Field(max_length=20)
    at_least: int
    high_risk: bool = False
    """Whether this grade is visible high risk, and goes to a MARAC."""
