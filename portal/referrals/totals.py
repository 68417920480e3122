"""Totals over cases: none below five, and none that tells one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import Boolean, ColumnElement, Integer, Select, Text, case, func, select
from sqlalchemy import column as column_

from portal.reading.declare import Ask, answers, column, value_type

MOST = 60


class CaseTotalsBy(StrEnum):
    """By what cases are counted."""

    PATHWAY = "pathway"
    """By the pathway that they go along."""
    STATE = "state"
    """By where they stand as a whole."""
    AREA = "area"
    """By the area in which the victim lives."""
    MONTH = "month"
    """By the month in which they were sent."""
    OUTCOME = "outcome"
    """By what came of them, as it was last said."""
    LATE_WITH = "late_with"
    """By the agency with which they have been late for longest; null counts those that are not."""


@value_type
class CaseTotal:
    """How many cases there are of one kind."""

    whole: bool = column("Whether this is all of them together.")
    key: str | None = column(
        "Which: a pathway, state, outcome, ONS code, month such as 2026-11, or an agency's short"
        " name; null where nothing was said or nothing is late, and of the whole."
    )
    cases: int | None = column(
        "How many; null for fewer than five, and where one of fewer could be worked out with it."
    )


def _totals(_: Ask, given: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    listed = func.case_totals(given["by"], given["year"]).table_valued(
        column_("key", Text), column_("cases", Integer), column_("whole", Boolean), name="totals"
    )
    whole = func.coalesce(listed.c.whole, False)
    found = select(whole.label("whole"), listed.c.key, listed.c.cases)
    return found.order_by(whole.desc(), case((listed.c.key.is_(None), 1), else_=0), listed.c.key)


@strawberry.type
class TotalsQueries:
    """How many cases there are."""

    case_totals: list[CaseTotal] = answers(
        "How many cases were sent in a financial year, by one thing: all of the partnership's for a"
        " programme lead, who sees totals and no case; for others those that they see.",
        {
            "by": (CaseTotalsBy, "By what they are counted."),
            "year": (int, "The year in whose April it begins."),
        },
        _totals,
        size=MOST,
    )
