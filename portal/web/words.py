"""How the API's values read on a page: days, moments, numbers, choices. British, and in London."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, reduce
from operator import getitem
from typing import Any

from jinja2 import Environment

from portal.clock import LONDON

CAPITALS = {"cps": "CPS", "marac": "MARAC", "spoc": "SPOC", "idva": "IDVA", "isva": "ISVA"}
SAID: Mapping[str, str] = {
    "UNKNOWN": "Not known",
    "NOT_DONE": "Will not be done",
    "PARTNERS": "Its partners",
    "PARTNERSHIP": "The whole partnership",
    "PUBLIC": "Anybody",
    "DRAFT": "Draft, only its lead",
}
"""Where the name of a choice does not read well by itself."""


@lru_cache(1024)
def words(choice: str | None) -> str:
    """A choice such as IN_PROGRESS as people say it."""
    if not choice:
        return ""
    if choice in SAID:
        return SAID[choice]
    said = " ".join(CAPITALS.get(word, word) for word in choice.lower().split("_"))
    return said[:1].upper() + said[1:]


def verb(name: str) -> str:
    """A verb of the API, such as add_action or addAction, as a line of history."""
    return words("".join(f"_{c}" if c.isupper() else c for c in name).strip("_"))


def day(written: str | None) -> str:
    """16 November 2026."""
    return _day(date.fromisoformat(written), "%B") if written else ""


@lru_cache(1024)
def short_day(written: str | None) -> str:
    """16 Nov 2026."""
    return _day(date.fromisoformat(written), "%b") if written else ""


def moment(written: str | None) -> str:
    """16 November 2026 at 2:05pm, by the clock in London."""
    if not written:
        return ""
    here = datetime.fromisoformat(written).astimezone(LONDON)
    half = "am" if here.hour < 12 else "pm"
    return f"{_day(here, '%B')} at {here.hour % 12 or 12}:{here:%M}{half}"


def moment_day(written: str | None) -> str:
    """The day of a moment, in London."""
    here = datetime.fromisoformat(written).astimezone(LONDON) if written else None
    return _day(here, "%b") if here else ""


def number(written: str | None) -> str:
    """1,234.5 of 1234.5000."""
    return f"{_plain(Decimal(written)):,f}" if written is not None else ""


def money(written: str | None) -> str:
    """£1,234, with pence where there are any."""
    if written is None:
        return ""
    amount = Decimal(written)
    return f"£{amount:,.0f}" if amount == amount.to_integral_value() else f"£{amount:,.2f}"


def _plain(figure: Decimal) -> Decimal:
    """Without noughts that say nothing; not as a power of ten."""
    whole = figure.to_integral_value()
    return whole if figure == whole else figure.normalize()


def _day(of: date, month: str) -> str:
    return f"{of.day} {of.strftime(month)} {of.year}"


def names(rows: Iterable[Any], *path: str) -> str:
    """What stands in each row at the end of the path, or its name, with commas between."""
    return ", ".join(reduce(getitem, path or ("name",), row) for row in rows)


def add_words(templates: Environment) -> None:
    """All of them as filters."""
    for each in (words, verb, day, short_day, moment, moment_day, number, money, names):
        templates.filters[each.__name__] = each
