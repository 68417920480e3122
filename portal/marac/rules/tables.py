"""By which routes MARACs take cases and what a repeat is, by area and date; changed by two."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from portal.marac.tables import RepeatAnchor
from portal.proposals.tables import CONFIRMED, Proposed
from portal.store.base import choice


class MaracRoute(StrEnum):
    """A way by which a case comes to a MARAC, as its pathway has them."""

    VISIBLE_HIGH_RISK = "visible_high_risk"
    """An assessment reaches the threshold."""
    PROFESSIONAL_JUDGEMENT = "professional_judgement"
    """A practitioner judges it so, whatever the score."""
    POTENTIAL_ESCALATION = "potential_escalation"
    """So many incidents within a year."""
    REPEAT = "repeat"
    """Something new between the same people after an earlier case."""


class RepeatTrigger(StrEnum):
    """What has to happen again for a repeat."""

    ANY_ABUSE = "any_abuse"
    """Any abuse between the same people, a crime or not, whoever knows of it."""
    CRIME = "crime"
    """Something that would be a crime."""


_ROUTES = ", ".join(f"'{route}'" for route in MaracRoute)


class MaracRule(Proposed, table=True):
    """What holds for cases of an area that are sent from a day on; a later rule replaces it whole.
    Where there is none, what the pathway's file says.
    """

    __tablename__ = "marac_rule"
    __table_args__ = (
        CheckConstraint(
            f"cardinality(routes) > 0 AND routes <@ ARRAY[{_ROUTES}]::text[]", name="routes"
        ),
        CheckConstraint("fewest_incidents BETWEEN 1 AND 99", name="incidents"),
        CheckConstraint("repeat_months BETWEEN 1 AND 60", name="months"),
        Index(
            "marac_rule_begins",
            "area_code",
            "valid_from",
            unique=True,
            postgresql_where=CONFIRMED,
            postgresql_nulls_not_distinct=True,
        ),
    )

    area_code: str | None = Field(default=None, foreign_key="area.code")
    """Where the victim lives; NULL: wherever an area has no rule of its own."""
    routes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    fewest_incidents: int
    """Within twelve months, on the route of potential escalation."""
    repeat_months: int
    repeat_trigger: RepeatTrigger = Field(sa_type=choice(RepeatTrigger, "repeat_trigger"))
    repeat_anchor: RepeatAnchor = Field(sa_type=choice(RepeatAnchor, "anchor"))
