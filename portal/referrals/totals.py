"""Totals over cases: none below five, and none that tells one."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    case,
    cast,
    func,
    select,
)
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


class ChargingDecision(StrEnum):
    """What a prosecutor decided of a suspect."""

    CHARGE = "charge"
    """To charge."""
    NO_FURTHER_ACTION = "no_further_action"
    """To take no further action, for the evidence or the public interest."""
    OUT_OF_COURT = "out_of_court"
    """To resolve it out of court."""


@value_type
class ChargingTotal:
    """How many suspects there are of whom a prosecutor decided so."""

    whole: bool = column("Whether this is all legal decisions together: a rate's denominator.")
    decision: ChargingDecision | None = column("What was decided; null of the whole.")
    suspects: int | None = column(
        "How many; null for fewer than five, and where one of fewer could be worked out with it."
    )
    percent: Decimal | None = column(
        "Their part of all legal decisions: of those to charge, the charge rate. Null where either"
        " number is."
    )


def _charging(_: Ask, given: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    listed = func.charging_totals(given["year"]).table_valued(
        column_("key", Text), column_("cases", Integer), column_("whole", Boolean), name="charging"
    )
    whole = func.coalesce(listed.c.whole, False)
    decisions = func.max(case((whole, listed.c.cases))).over()
    share = 100 * cast(listed.c.cases, Numeric) / func.nullif(decisions, 0)
    percent = func.round(share, 1, type_=Numeric)
    found = select(
        whole.label("whole"),
        listed.c.key.label("decision"),
        listed.c.cases.label("suspects"),
        percent.label("percent"),
    )
    return found.order_by(whole.desc(), listed.c.key)


@strawberry.type
class TotalsQueries:
    """How many cases there are."""

    case_totals: list[CaseTotal] = answers(
        "How many cases were sent in a financial year, by one thing: all of the partnership's for a"
        " programme lead, who sees totals and no case; for others those that they see. Where those"
        " listed would tell of one, the whole alone is.",
        {
            "by": (CaseTotalsBy, "By what they are counted."),
            "year": (int, "The year in whose April it begins."),
        },
        _totals,
        size=MOST,
    )
    charging_totals: list[ChargingTotal] = answers(
        "What prosecutors decided of the suspects in matters that were sent in a financial year."
        " What the police ended themselves (POLICE_NFA) and what was finalised administratively is"
        " no legal decision, and in no part of the rate.",
        {"year": (int, "The year in whose April it begins.")},
        _charging,
        size=5,
    )
