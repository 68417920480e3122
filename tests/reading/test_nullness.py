"""What can come out as NULL is known before anything is read; in doubt it can."""

from typing import Any

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    not_,
    null,
    select,
)
from sqlalchemy.sql.expression import extract

from portal.reading.nullness import gives_one_row, label_may_be_null, may_be_null

HOUSES = Table(
    "house", MetaData(), Column("id", Integer, primary_key=True),
    Column("name", Integer, nullable=False), Column("owner", Integer),
)  # fmt: skip
DOORS = Table(
    "door", HOUSES.metadata, Column("id", Integer, primary_key=True),
    Column("house_id", ForeignKey("house.id"), nullable=False), Column("colour", Integer),
)  # fmt: skip
H, D = HOUSES.c, DOORS.c
NEVER: dict[str, Any] = {
    "a column that may not be": H.name,
    "a key": H.id,
    "a literal": literal("x"),
    "a request's value": bindparam("ask_today", None),
    "coalesce with something sure": func.coalesce(H.owner, 0),
    "a count": func.count(),
    "a count of the matching": func.count().filter(H.owner > 1),
    "a comparison of what is sure": H.name > 2,
    "a test for NULL": H.owner.is_(None),
    "a test for difference": H.owner.is_distinct_from(3),
    "both, of what is sure": and_(H.name > 1, not_(H.id == 2)),
    "a strict function of what is sure": func.lower(H.name),
    "a cast": cast(H.name, Integer),
    "a part of a date": extract("year", H.name),
    "a case with an else": case((H.owner > 1, 1), else_=0),
    "whether there are rows": exists(select(D.id)),
    "a number in the list": H.name.in_([1, 2]),
    "a row's number": func.row_number().over(order_by=H.owner),
    "a count elsewhere": select(func.count()).where(D.house_id == H.id).scalar_subquery(),
    "a sum elsewhere, or nothing": func.coalesce(select(func.sum(D.id)).scalar_subquery(), 0),
    "concat, which leaves NULL out": func.concat(H.owner, ":"),
}
PERHAPS: dict[str, Any] = {
    "a column that may be": H.owner,
    "NULL": null(),
    "NULL as a literal": literal_column("NULL"),
    "an empty parameter": bindparam("other", None),
    "coalesce of nothing sure": func.coalesce(H.owner, null()),
    "a comparison with a gap": H.owner > 2,
    "either, with a gap": (H.name > 1) | (H.owner > 1),
    "a strict function with a gap": func.lower(H.owner),
    "a function nobody knows": func.mystery(H.name),
    "a sum over perhaps no rows": func.sum(H.name),
    "the last one matching": func.max(H.name).filter(H.owner > 1),
    "a case without else": case((H.name > 1, 1)),
    "a case with a gap": case((H.name > 1, H.owner), else_=0),
    "a row elsewhere that may not be": select(D.id).where(D.house_id == H.id).scalar_subquery(),
    "a sum elsewhere": select(func.sum(D.id)).scalar_subquery(),
    "the row before": func.lag(H.name).over(order_by=H.id),
}


@pytest.mark.parametrize("what", NEVER)
def test_it_is_never_null(what: str) -> None:
    assert not may_be_null(NEVER[what])


@pytest.mark.parametrize("what", PERHAPS)
def test_it_may_be_null(what: str) -> None:
    assert may_be_null(PERHAPS[what])


def test_a_condition_settles_what_it_demands() -> None:
    asked = select(H.owner.label("owner"))
    assert label_may_be_null(asked, "owner")
    assert not label_may_be_null(asked.where(H.owner.is_not(None)), "owner")
    assert not label_may_be_null(asked.where(H.owner.is_not(None), H.name > 1), "owner")


def test_a_group_has_rows() -> None:
    grouped = select(func.sum(H.name).label("sum"), func.max(H.owner).label("top")).group_by(H.name)
    assert not label_may_be_null(grouped, "sum")
    assert label_may_be_null(grouped, "top")


def test_an_outer_join_may_find_nothing() -> None:
    joined = select(H.name, D.house_id).select_from(HOUSES.outerjoin(DOORS))
    assert not label_may_be_null(joined, "name")
    assert label_may_be_null(joined, "house_id")
    inner = select(D.house_id).select_from(HOUSES.join(DOORS))
    assert not label_may_be_null(inner, "house_id")


def test_a_subquery_is_looked_into() -> None:
    inner = select(H.owner.label("owner"), H.name.label("name")).subquery()
    assert not may_be_null(inner.c.name)
    assert may_be_null(inner.c.owner)


def test_only_an_aggregate_without_groups_always_gives_one_row() -> None:
    assert gives_one_row(select(func.count(), func.max(H.name)).select_from(HOUSES))
    assert gives_one_row(select(literal("x")))
    assert not gives_one_row(select(literal("x")).where(literal(value=False)))
    assert not gives_one_row(select(func.count()).group_by(H.name))
    assert not gives_one_row(select(H.name))
    assert not gives_one_row(select(func.count()).select_from(HOUSES).having(H.name > 1))
