"""What is exported comes in again and goes out equal, whatever people have written."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal
from support.databases import empty_database
from support.initiating import LEAD
from support.measuring import COUNT, SHARE, confirmed, made
from support.workbooks import brought, initiatives, key, taken

from portal import database
from portal.furnishing import furnish_portal
from portal.sample.partnership import load_partnership
from portal.sheets.exporting import About, Exported
from portal.sheets.format import SHEETS
from portal.sheets.workbook import write_export
from portal.store.build import build
from portal.store.server import Server

HOSTILE = (
    "=1+1", "+44 151", "-5", "@SUM(A1)", "'quoted'", "''", "'=x", "\t=1", "=cmd|' /C calc'!A0",
    "_x0041_", "_x005F_", "<b>&amp;</b>", '"a","b"', "a;b", "two\nlines", "one\r\ntwo",
    "\u202eevil", "😀 Café", "NULL", "#N/A", "TRUE", "1e5", "00123", "2026-03-04", "x" * 90,
    "'; DROP TABLE x--", "{{7*7}}", "%s%n", "\\",
    "\u00a0pad\u00a0", "a\u2028b", "\ufeffmark", "https://example.org/?a=b",
    "VG-ABCDE2", "mailto:x@example.org", "\ufffd",
)  # fmt: skip
SEEDS = range(6)


@pytest.fixture(scope="module")
async def begun(server: Server, portal: Portal) -> AsyncIterator[Portal]:
    """Another partnership, that has just begun and counts the same things."""
    async with empty_database(server, "elsewhere") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_partnership(owner)
        yield Portal(portal.schema, engines.command)


class Hand:
    """Somebody who fills in a workbook with whatever comes to mind."""

    def __init__(self, seed: int, measures: list[str]) -> None:
        self.chance, self.measures = Random(f"round trip {seed}"), measures  # noqa: S311
        self.title = f"Round {seed} {uuid4().hex[:8]}"

    def text(self, most: int = 3) -> str | None:
        if self.chance.random() < 0.2:
            return None
        return " ".join(self.chance.choices(HOSTILE, k=self.chance.randint(1, most)))

    def day(self, begin: date = date(2020, 1, 1)) -> date:
        return begin + timedelta(days=self.chance.randrange(2000))

    def pick(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def workbook(self, path: Path) -> Path:
        rows = [self.initiative(at) for at in range(5)]
        keys = [row["Initiative"] for row in rows]
        more = {
            name: [row for of in keys for row in make(of)]
            for name, make in (
                ("Partners", self.partners), ("Funding", self.funding), ("Actions", self.actions),
                ("Measures", self.aims), ("Observations", self.figures),
            )
        }  # fmt: skip
        return initiatives(path, *rows, **more)

    def initiative(self, at: int) -> dict[str, Any]:
        rating = self.pick("red", "green", None, "not started")
        return {
            "Initiative": key(), "Title": f"{self.title} {at} {self.text() or ''}"[:120],
            "Summary": self.text(9), "Audience": self.text(1), "Place": self.text(1),
            "Lead team": self.pick(None, "Community safety"),
            "Areas": self.pick(None, "Liverpool", "Wirral; Halton; E47000004"),
            "Themes": self.pick(None, "online", "Transport; Police conduct"),
            "Framework entries": self.pick(None, "The 4 Ps, 2024: PREVENT"),
            "Stage": self.pick(None, "live", "closed", "cancelled"), "Visibility": "partners",
            "Timing source": self.text(1) or "known", "Starts on": self.pick(None, self.day()),
            "Rating": rating, "Rating reason": (self.text() or "late") if rating == "red" else None,
            "Equality impact": self.text(5), "Equality reviewed on": self.pick(None, self.day()),
            "Source": self.text(1),
        }  # fmt: skip

    def partners(self, of: str) -> list[dict[str, Any]]:
        asked = self.chance.sample(["RASA", "Merseytravel", "Savera UK"], self.chance.randint(0, 3))
        return [
            {"Initiative": of, "Agency": agency, "Parts": self.pick("fund", "host; deliver"),
             "Note": self.text()}
            for agency in asked
        ]  # fmt: skip

    def funding(self, of: str) -> list[dict[str, Any]]:
        return [
            {"Initiative": of, "Source": f"{at} {self.text(1) or 'Fund'}",
             "Amount": Decimal(at) / 4,
             "Financial year": self.pick(2026, "2025/26", None), "Spent": self.pick(None, 7),
             "Match funding": self.pick("yes", "no"), "Note": self.text() or "unknown"}
            for at in range(1, self.chance.randint(1, 4))
        ]  # fmt: skip

    def actions(self, of: str) -> list[dict[str, Any]]:
        states = self.chance.choices(["open", "in progress", "done", "not done"], k=4)
        return [
            {"Initiative": of, "Title": self.text(1) or "Act", "Detail": self.text(5),
             "Team": self.pick("Community safety", "Early help"), "Due on": self.day(),
             "State": state, "Done on": self.day() if state == "done" else None,
             "Note": (self.text() or "said") if "done" in state else None,
             "Evidence link": self.pick(None, "https://example.org/a?b='c'")}
            for state in states
        ]  # fmt: skip

    def aims(self, of: str) -> list[dict[str, Any]]:
        return [
            {"Initiative": of, "Measure": measure, "Baseline": Decimal("12345678901234.5678"),
             "Baseline on": date(2020, 1, 1), "Target": -1.5, "Target on": date(2027, 1, 1)}
            for measure in self.measures
        ]  # fmt: skip

    def figures(self, of: str) -> list[dict[str, Any]]:
        count, share = self.measures
        part = {"Measure": share, "Numerator": 1, "Denominator": 3, "Value": self.pick(None, 33.3)}
        whole = {"Measure": count, "Value": self.pick(7, "12345678901234.5678", 0)}
        begins = self.day()
        return [
            {"Initiative": of, "Period from": begins, "Period to": begins + timedelta(days=at),
             "Area": "St. Helens" if at == 1 else None, "Group": f"g {self.text(1)}"[:80]
             if at == 2 else None, "Provisional": self.pick("yes", "no"), "Note": self.text(),
             "Source": self.text(1), **self.pick(part, whole)}
            for at in range(4)
        ]  # fmt: skip


@pytest.fixture(scope="module")
async def measures(portal: Portal, begun: Portal) -> list[str]:
    """The keys of a count and of a share that both partnerships have defined."""
    keys = [f"round-{word}-{uuid4().hex[:8]}" for word in ("count", "share")]
    for place in (portal, begun):
        for name, words in zip(keys, (COUNT, SHARE), strict=True):
            proposal = await made(place, LEAD, "defineMeasure", key=name, words=words)
            await confirmed(place, proposal)
    return keys


def write(path: Path, exported: Exported) -> Path:
    write_export(path, exported, About(exported, "http://localhost", None))
    return path


def alike(exported: Exported) -> dict[str, list[list[Any]]]:
    """Without what each portal gives by itself: references and records."""
    titles = {row[0]: row[1] for row in exported.rows["Initiatives"]}
    return {
        name: sorted(([titles[row[0]], *row[1:-1]] for row in rows), key=str)
        for name, rows in exported.rows.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_export_comes_in_unchanged_here_and_equal_elsewhere(
    portal: Portal, begun: Portal, measures: list[str], tmp_path: Path, seed: int
):
    hand = Hand(seed, measures)
    await brought(portal, LEAD, hand.workbook(tmp_path / "hand.xlsx"))
    first = await taken(portal, LEAD, text=hand.title)
    assert all(first.rows[sheet.name] for sheet in SHEETS)
    for suffix in (".xlsx", ".csv"):
        back = await brought(portal, LEAD, write(tmp_path / f"first{suffix}", first))
        assert {word for found in back.values() for word in found} == {"unchanged"}
    assert (await taken(portal, LEAD, text=hand.title)).rows == first.rows
    await brought(begun, LEAD, tmp_path / "first.xlsx", elsewhere=True)
    second = await taken(begun, LEAD, text=hand.title)
    assert alike(second) == alike(first)
    again = await brought(begun, LEAD, tmp_path / "first.xlsx", elsewhere=True)
    assert {word for found in again.values() for word in found} == {"unchanged"}


async def test_an_edited_export_changes_its_records_and_no_others(
    portal: Portal, measures: list[str], tmp_path: Path
):
    hand = Hand(99, measures)
    await brought(portal, LEAD, hand.workbook(tmp_path / "hand.xlsx"))
    first = await taken(portal, LEAD, text=hand.title)
    for sheet, column, cell in (
        ("Initiatives", 2, "Edited summary"), ("Actions", 1, "Edited title"),
        ("Funding", 1, "Edited source"), ("Measures", 4, Decimal(3)),
        ("Observations", 10, "Edited note"),
    ):  # fmt: skip
        first.rows[sheet][0][column] = cell
    file = write(tmp_path / "edited.xlsx", first)
    found = await brought(portal, LEAD, file)
    assert {name: each.get("changed", 0) for name, each in found.items()} == {
        "Initiatives": 1, "Partners": 0, "Funding": 1, "Actions": 1, "Measures": 1,
        "Observations": 1,
    }  # fmt: skip
    assert not any("new" in each for each in found.values())
    again = await brought(portal, LEAD, file)
    assert {word for found in again.values() for word in found} == {"unchanged"}
    after = await taken(portal, LEAD, text=hand.title)
    for sheet in SHEETS:
        before = sorted((row[:-1] for row in first.rows[sheet.name]), key=str)
        assert sorted((row[:-1] for row in after.rows[sheet.name]), key=str) == before
