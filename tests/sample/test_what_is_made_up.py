"""Whoever looks at the sample can tell what is public from what was made up."""

from typing import TypeVar

from sqlmodel import SQLModel

from portal.funding.tables import FundingLine
from portal.initiatives.tables import Initiative
from portal.measures.tables import Measure, MeasureDefinition, Observation
from portal.sample.figures import definition_id
from portal.sample.initiatives import public_rows
from portal.sample.safe_routes import invented_rows

T = TypeVar("T", bound=SQLModel)
PUBLIC = {definition_id(key) for key in ("conduct-people", "conduct-cases", "conduct-allegations")}


def of(kind: type[T]) -> list[T]:
    return [row for row in (*public_rows(), *invented_rows()) if isinstance(row, kind)]


def test_a_figure_without_a_published_source_is_marked_as_made_up() -> None:
    counts = {one.id: one.definition_id for one in of(Measure)}
    figures = of(Observation)
    assert {counts[one.measure_id] for one in figures if not one.is_sample} == PUBLIC
    assert all(one.source for one in figures if not one.is_sample)
    assert not {counts[one.measure_id] for one in figures if one.is_sample} & PUBLIC
    assert {one.is_sample for one in figures} == {True, False}


def test_what_is_aimed_at_is_made_up_and_so_is_what_it_is_counted_by() -> None:
    for one in of(Measure):
        assert one.is_sample or (one.target_value is None and one.baseline_value is None)
    for definition in of(MeasureDefinition):
        assert definition.is_sample == (definition.id not in PUBLIC)
        assert definition.is_sample == (definition.source is None)


def test_an_amount_is_made_up_or_says_where_it_is_from() -> None:
    money = of(FundingLine)
    assert {one.is_sample for one in money} == {True, False}
    assert all(one.is_sample or "Source: " in (one.note or "") for one in money)


def test_an_initiative_is_made_up_or_is_a_public_one_with_its_source() -> None:
    public = [row for row in public_rows() if isinstance(row, Initiative)]
    assert public
    assert not any(one.is_sample for one in public)
    invented = [row for row in invented_rows() if isinstance(row, Initiative)]
    assert invented
    assert all(one.is_sample for one in invented)
