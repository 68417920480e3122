"""Whatever a page shows of the partnership's data is in the answer of the one document it runs."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.markup import seen
from support.overhearing import Listener
from support.visiting import COOKIE, Pages
from support.walk import STOPS, Stop

from portal.clock import LONDON
from portal.web.charts import chart_of

WEB = Path(__file__).parents[2] / "portal" / "web"
WORD = re.compile(r"[^\W_]+(?:[.,'\u2019][^\W_]+)*")
DATED = re.compile(r"\d{4}-\d\d-\d\d")
KIT = frozenset({"main", "menu", "breadcrumb"})
"""What GOV.UK's own templates say."""
EXAMPLE = frozenset({"27", "3", "2027"})
"""The day that a date field gives as an example."""
SHOWN = [stop for stop in STOPS if stop.document]


async def page_of(listener: Listener, shown: Pages, stop: Stop) -> str:
    listener.heard.clear()
    cookie = await shown.cookie(stop.person) if stop.person else ""
    headers = {"accept": "text/html", "cookie": f"{COOKIE}={cookie}"}
    return (await listener.client.get(stop.path, headers=headers)).text


@pytest.mark.parametrize("stop", SHOWN, ids=str)
async def test_a_page_shows_nothing_but_its_documents_answer(
    listener: Listener, shown: Pages, stop: Stop
):
    html = await page_of(listener, shown, stop)
    [(name, answer)] = listener.heard
    assert name == stop.document
    told = set(words_of_values(answer)) | set(scales(answer))
    asked = parse_qsl(urlsplit(stop.path).query)
    narrowing = [name for name, _ in asked if name not in {"text", "sort"}]
    typed = {word for _, value in asked for word in words(value)} | {str(len(narrowing))}
    known = told | typed | our_words() | (EXAMPLE if "/add" in stop.path else frozenset())
    assert [w for text in seen(html) for w in words(text) if w not in known] == []


def words(text: str) -> Iterator[str]:
    """Lower-case words and numbers; 1,234 and £1,234 are 1234."""
    for word in WORD.findall(text.lower()):
        plain = word.replace(",", "")
        yield plain if plain.replace(".", "").isdigit() else word


@cache
def our_words() -> frozenset[str]:
    """Those of the templates and of the code that words pages."""
    files = [*WEB.rglob("*.html"), *WEB.glob("*.py")]
    found = {word for file in files for word in words(file.read_text()) if not word[0].isdigit()}
    return frozenset(found) | KIT


def words_of_values(value: object) -> Iterator[str]:
    """Every value of an answer, as a page may write it."""
    if isinstance(value, dict):
        for each in value.values():
            yield from words_of_values(each)
    elif isinstance(value, list):
        for each in value:
            yield from words_of_values(each)
    elif value is not None:
        yield from written(str(value))


def written(value: str) -> Iterator[str]:
    yield from words(value)
    yield from words(value.replace("_", " "))
    yield from words(re.sub(r"([A-Z])", r" \1", value))
    if DATED.match(value):
        yield from dated(value)
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        amount = Decimal(value)
        yield from words(f"{amount.normalize():f} {amount:.0f} {amount:.2f}".replace("-", ""))


def dated(value: str) -> Iterator[str]:
    day: date = date.fromisoformat(value[:10])
    if "T" in value:
        here = datetime.fromisoformat(value).astimezone(LONDON)
        day = here.date()
        yield from (str(here.hour % 12 or 12), f"{here:%M}am", f"{here:%M}pm")
    yield from (str(day.day), f"{day:%B}".lower(), f"{day:%b}".lower(), str(day.year))


def scales(answer: dict[str, Any]) -> Iterator[str]:
    """The round numbers beside a chart: they are no figures of anybody's."""
    measures = ((answer.get("initiativeByReference") or {}).get("measures") or {}).get("nodes", ())
    for measure in measures:
        if chart := chart_of(measure):
            yield from (word for tick in chart.levels for word in words(tick.says))


async def test_what_is_from_elsewhere_would_be_found(listener: Listener, shown: Pages):
    html = await page_of(listener, shown, SHOWN[0])
    [(_, answer)] = listener.heard
    told = set(words_of_values(answer)) | our_words()
    there = [*seen(html), "Marsden"]
    assert [w for text in there for w in words(text) if w not in told] == ["marsden"]
