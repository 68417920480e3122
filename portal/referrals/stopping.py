"""What would stop if an agreement were interrupted, changed or ended: one's own cases by name,
other agencies' in bands.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy import column as column_

from auth import tables
from portal.agencies.api import Agency
from portal.agreements.categories import DataCategory
from portal.reading.declare import Ask, Columns, answers, column, one, value_type
from portal.store.rules import table_of

CHANGE = (
    "What would change: the id of an agreement, as if it were suspended or withdrawn; of a party,"
    " as if it were suspended or left; or of a version, as if all had signed it and it counted."
)
_Keys = ColumnElement[Any]


class CaseBand(StrEnum):
    """How many cases, so that no number of another agency's is told exactly."""

    FEWER_THAN_5 = "fewer_than_5"
    """None to four."""
    FROM_5_TO_19 = "from_5_to_19"
    """Five to nineteen."""
    FROM_20 = "from_20"
    """Twenty or more."""


def _keys(found: ColumnElement[Any]) -> _Keys:
    return select(func.coalesce(found, literal_column("'{}'::int[]"))).scalar_subquery()


def _meet(column: ColumnElement[Any], keys: _Keys) -> ColumnElement[bool]:
    return func.coalesce(column.bool_op("&&")(keys), False, type_=Boolean)


def _stays(row: Columns, change: ColumnElement[Any]) -> ColumnElement[bool]:
    keys = func.keys_after(change, type_=ARRAY(Integer))
    shut = func.ways_shut_by(change, type_=ARRAY(Integer))
    urgent = func.caller_urgent(type_=ARRAY(Integer))
    closes = and_(_meet(row.routes, _keys(shut)), not_(_meet(row.acl, _keys(urgent))))
    return and_(_meet(row.acl, _keys(keys)), not_(closes))


def stops_with(row: Columns, change: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    """The caller sees it now, and would not after the change."""
    return not_(_stays(row, change))


def narrows_with(row: Columns, change: ColumnElement[Any], _: Ask) -> ColumnElement[bool]:
    """It stays in sight, and the caller's agency would read less of it, or some there nothing."""

    def opens(category: DataCategory, after: ColumnElement[Any]) -> ColumnElement[bool]:
        keys = func.own_keys_after(category.value, after, type_=ARRAY(Integer))
        return _meet(row.full_acl, _keys(keys))

    now = literal_column("NULL", Uuid())
    closes = (and_(opens(each, now), not_(opens(each, change))) for each in DataCategory)
    left_out = _meet(row.acl, _keys(func.own_keys_some_lose(change, type_=ARRAY(Integer))))
    return and_(_stays(row, change), or_(left_out, *closes))


@value_type
class AgreementStop:
    """What a change of an agreement would stop for one of its parties."""

    agency: Agency = one("The party.", "agency_id")
    own: bool = column("Whether it is your own agency.")
    stops: CaseBand = column(
        "How many cases its people would see no longer; your own agency's are those that"
        " `referrals(filter: {stopsWith})` lists, with those of its narrow teams."
    )
    narrows: CaseBand = column(
        "Of how many of the others they would read less, or some of them, whose roles a version"
        " leaves out, nothing; see `referrals(filter: {narrowsWith})`."
    )


def _stops(_: Ask, given: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    told = func.agreement_stops(given["change"]).table_valued(
        column_("agency_id", Uuid),
        column_("own", Boolean),
        column_("stops", Text),
        column_("narrows", Text),
        name="told",
    )
    party = table_of(tables.Agency)
    # The function leaves none of them out; its columns do not say so.
    found = select(
        party.c.id.label("agency_id"),
        func.coalesce(told.c.own, False).label("own"),
        func.coalesce(told.c.stops, literal_column("''", Text()), type_=Text()).label("stops"),
        func.coalesce(told.c.narrows, literal_column("''", Text()), type_=Text()).label("narrows"),
    )
    found = found.select_from(told).join(party, party.c.id == told.c.agency_id)
    return found.order_by(told.c.own.desc(), party.c.name)


@strawberry.type
class StoppingQueries:
    """What would stop."""

    agreement_stops: list[AgreementStop] = answers(
        "What a change of an agreement would stop, for each party, your own agency first: to be"
        " looked at before it is made. Who could make the change is told of every party, others of"
        " their own agency.",
        {"change": (strawberry.ID, CHANGE)},
        _stops,
    )
