"""A chart says what its figures say, and no more."""

from typing import Any

import pytest
from support.visiting import Pages
from support.walk import MEASURE, SAFE_ROUTES

from portal.web.charts import BOTTOM, TOP, chart_of, sentence
from portal.web.words import day, moment, money, number, verb, words

FIGURE = f"{SAFE_ROUTES}/measures/{MEASURE}/add-figure"


def measure(*values: str | None, baseline: str | None = None, **more: Any) -> dict[str, Any]:
    """Of one quarter after the other in 2025 and later; the newest comes first, as in the API."""
    figures = [
        {
            "periodFrom": f"{2025 + n // 4}-{1 + n % 4 * 3:02}-01",
            "periodTo": f"{2025 + n // 4}-{3 + n % 4 * 3:02}-28",
            "value": value,
            "provisional": False,
        }
        for n, value in enumerate(values)
    ]
    return {
        "definition": {"name": "Reports", "unit": "reports"},
        "observations": {"nodes": figures[::-1]},
        "latest": figures[-1] if figures else None,
        "baselineValue": baseline,
        "baselineOn": None,
        "targetValue": None,
        "targetOn": None,
        "againstTarget": None,
    } | more


def test_a_higher_figure_stands_higher():
    drawn = chart_of(measure("10", "30", "20"))
    assert drawn
    low, high, middle = (point.y for point in drawn.points)
    assert TOP <= high < middle < low <= BOTTOM
    assert [point.x for point in drawn.points] == sorted(point.x for point in drawn.points)
    assert drawn.latest_says == "20"


@pytest.mark.parametrize(
    "values",
    [
        ("0",),
        ("0", "0"),
        ("-5", "5"),
        ("1E+3",),
        ("0.0001", "0.0002"),
        ("9" * 18, "1"),
        ("7", None),
    ],
)
def test_any_figures_can_be_drawn(values: tuple[str | None, ...]):
    drawn = chart_of(measure(*values, baseline="3", targetValue="4"))
    assert drawn
    everything = [*(p.y for p in drawn.points), *(rule.y for rule in drawn.rules)]
    assert all(TOP - 1 <= y <= BOTTOM + 1 for y in everything)
    assert 2 <= len(drawn.levels) <= 8


def test_there_is_no_chart_without_a_figure():
    assert chart_of(measure()) is None
    assert chart_of(measure(None)) is None


def test_labels_of_lines_that_nearly_meet_are_apart():
    drawn = chart_of(measure("50", baseline="50", targetValue="50.5"))
    assert drawn
    one, other = (rule.label_y for rule in drawn.rules)
    assert abs(one - other) >= 20


def test_a_month_and_a_year_are_not_joined():
    year = {
        "periodFrom": "2024-01-01",
        "periodTo": "2024-12-31",
        "value": "1",
        "provisional": False,
    }
    quarters = measure("1", "2")
    assert chart_of(quarters).joined  # type: ignore[union-attr]
    quarters["observations"]["nodes"].append(year)
    assert not chart_of(quarters).joined  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("met", "says"), [(True, ", which is reached."), (False, " yet."), (None, "4.")]
)
def test_the_sentence_tells_the_latest_against_the_target(met: bool | None, says: str):
    told = sentence(measure("3", targetValue="4", againstTarget={"met": met}))
    assert told.startswith("3 reports in the period to 28 March 2025; the target is 4")
    assert told.endswith(says)


def test_values_read_as_people_write_them():
    assert (number("1234.5000"), number("-0.10"), number("100")) == ("1,234.5", "-0.1", "100")
    assert (money("1234.00"), money("0.5"), money(None)) == ("£1,234", "£0.50", "")
    assert day("2026-11-06") == "6 November 2026"
    assert moment("2026-07-01T12:05:00Z") == "1 July 2026 at 1:05pm"
    assert moment("2026-11-01T00:00:00Z") == "1 November 2026 at 12:00am"
    assert words("MARAC_COORDINATOR") == "MARAC coordinator"
    assert verb("addAction") == verb("add_action") == "Add action"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"period_to-month": "9", "value": "5"}, "period_to"),
        ({"value": "57,5"}, "value"),
        ({"value": "1.2.3"}, "value"),
        ({"value": "٣"}, "value"),
        ({"value": "9" * 60}, "value"),
        ({}, "value"),
        ({"value": "5", "note": "x" * 1_001}, "note"),
        ({"value": "5", "period_from-year": "2027", "period_to-year": "2027"}, "period_from"),
        ({"value": "5", "period_to-day": "30"}, "period_to"),
    ],
)
async def test_what_is_wrong_with_a_figure_leads_to_its_field(
    shown: Pages, given: dict[str, str], field: str
):
    officer = await shown.visitor("wirral.contributor")
    days = {"period_from-day": "1", "period_from-month": "10", "period_from-year": "2026"}
    days |= {"period_to-day": "31", "period_to-month": "10", "period_to-year": "2026"}
    page = officer.send(
        FIGURE, **(days | given | ({"period_to-month": "11"} if given.get("period_to-day") else {}))
    )
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert f'id="{field}' in page.text


async def test_a_second_figure_for_a_period_is_refused_in_words_for_people(shown: Pages):
    officer = await shown.visitor("wirral.contributor")
    given = {"period_from-day": "1", "period_from-month": "7", "period_from-year": "2026"}
    given |= {"period_to-day": "30", "period_to-month": "9", "period_to-year": "2026"}
    page = officer.send(FIGURE, **given, value="53")
    assert page.status_code == 422
    assert "Choose another period" in page.text
    assert "Observation:" not in page.text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
        ({"owner_team": "Team:00000000-0000-4000-8000-000000000000"}, "owner_team"),
        ({"owner_team": "Team:x"}, "owner_team"),
        ({"due_on-day": "31", "due_on-month": "2"}, "due_on"),
        ({"due_on-month": "feb", "due_on-day": "30"}, "due_on"),
    ],
)
async def test_what_is_wrong_with_an_action_leads_to_its_field(
    shown: Pages, given: dict[str, str], field: str
):
    officer = await shown.visitor("wirral.coordinator")
    path = f"{SAFE_ROUTES}/actions/add"
    team = officer.get(path).text.partition('<option value="Team:')[2].partition('"')[0]
    good = {"title": "Light", "owner_team": f"Team:{team}", "due_on-year": "2026"}
    good |= {"due_on-day": "1", "due_on-month": "12"}
    page = officer.send(path, **(good | given))
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
